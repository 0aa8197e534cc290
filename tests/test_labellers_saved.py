"""Labellers saved and loaded score the same; a folder holds nothing but what it may."""

import numpy as np
import pytest

from iconym.errors import BadFolder, DamagedFolder, Usage
from iconym.files import load_folder, save_folder, to_json, to_safetensors
from iconym.labellers.saved import KIND, load_labellers, save_labellers
from iconym.labellers.stacking import CalibratedStacking
from test_labellers import BANK, LABELLERS, PICTURES


def test_every_labeller_scores_the_same_after_it_was_saved(tmp_path):
    save_labellers(LABELLERS, tmp_path / "labellers")
    loaded = load_labellers(tmp_path / "labellers")
    assert list(loaded) == list(LABELLERS)
    for name, labeller in LABELLERS.items():
        asked = (PICTURES, ["dog", "emu", "wombat", "cat"])
        assert (loaded[name].score(*asked) == labeller.score(*asked)).all(), name


def test_an_array_that_several_share_is_written_once(tmp_path):
    save_labellers({n: LABELLERS[n] for n in ("csls", "inverted softmax")}, tmp_path / "two")
    arrays = load_folder(tmp_path / "two", KIND, 1).arrays("labellers.safetensors")
    assert [a.tolist() for a in arrays.values()].count(BANK.tolist()) == 1
    loaded = load_labellers(tmp_path / "two")
    assert loaded["csls"].bank is loaded["inverted softmax"].bank


def test_none_is_a_folder_too(tmp_path):
    save_labellers({}, tmp_path / "none")
    assert load_labellers(tmp_path / "none") == {}


def test_what_is_no_labeller_of_arrays_and_numbers_is_refused(tmp_path):
    class Mine:
        def score(self, features, labels):
            return np.zeros((len(features), len(labels)))

    with pytest.raises(Usage, match="a Mine cannot be saved"):
        save_labellers({"mine": CalibratedStacking(Mine(), (), 0.0)}, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    "part",
    [
        {"kind": "Popen", "args": "true"},
        {"kind": "ChanceLabeller", "odd": 1},
        {"kind": "SoftmaxLabeller", "weight": {"array": "7"}},
        {"kind": "ConseLabeller", "softmax": None, "text": None, "top": 0},
    ],
)
def test_a_folder_that_names_anything_else_is_damaged(tmp_path, part):
    files = {
        "labellers.json": to_json({"odd": part}),
        "labellers.safetensors": to_safetensors({"0": np.zeros(1)}),
    }
    save_folder(tmp_path / "odd", KIND, 1, files)
    with pytest.raises(DamagedFolder, match="save it again"):
        load_labellers(tmp_path / "odd")


def test_a_folder_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(BadFolder):
        load_labellers(tmp_path / "nowhere")
