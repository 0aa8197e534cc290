"""A training that was killed anywhere goes on to the very same weights, to the bit."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from iconym.encoders.augmentation import Augmentation
from iconym.encoders.cnn import CnnConfig
from iconym.errors import BadData, BadFolder, DamagedFolder
from iconym.files import save_folder
from iconym.nouns import WordVectors
from iconym.objectives.hinge_rank import hinge_rank
from iconym.objectives.info_nce import info_nce
from iconym.training import checkpoints
from iconym.training.checkpoints import forget
from iconym.training.config import TrainingConfig
from iconym.training.descent import Descent, run
from iconym.training.digests import digest, generators_in
from iconym.training.layers import Goal, of_classes
from iconym.training.networks import FromScratch, train_classifier, train_jointly

LABELS = ["east", "north", "west"] * 6
PICTURES = torch.randint(
    0, 256, (18, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
)
SHAPE = CnnConfig(widths=(4, 4), residual=(False, True))
CONFIG = TrainingConfig(epochs=3, batch=4, learning_rate=0.01)  # 5 steps an epoch, the last of 2
VECTORS = WordVectors(("east", "north", "west"), np.eye(3, dtype=np.float32))


@pytest.fixture
def every_step(monkeypatch):
    monkeypatch.setattr(checkpoints, "SECONDS", 0.0)


def stop_after(steps):
    def track(items, doing, total):
        for number, item in enumerate(items):
            if number == steps:
                raise KeyboardInterrupt
            yield item

    return track


def classifier(checkpoint, track=lambda items, *_: items, config=CONFIG, pictures=PICTURES):
    how = FromScratch(SHAPE, config, Augmentation(), checkpoint)
    found = train_classifier(pictures, LABELS, how, track)
    return [*found.cnn.state_dict().values(), found.weight, found.bias]


def same(one, other):
    return all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(one, other))


UNBROKEN = classifier(None)


@pytest.mark.parametrize("steps", [1, 4, 5, 6, 14])
def test_a_training_that_stopped_goes_on_to_the_same_weights(steps, tmp_path, every_step):
    place = tmp_path / "state"
    with pytest.raises(KeyboardInterrupt):
        classifier(place, stop_after(steps))
    torch.manual_seed(99)  # whoever goes on may have drawn otherwise since
    assert same(classifier(place), UNBROKEN)


def test_a_training_may_be_stopped_after_every_single_step(tmp_path, every_step):
    for _ in range(13):
        with pytest.raises(KeyboardInterrupt):
            classifier(tmp_path / "state", stop_after(2))  # a state is from before its step
    assert same(classifier(tmp_path / "state"), UNBROKEN)


def test_a_training_that_is_done_is_not_done_again(tmp_path):
    first, totals = classifier(tmp_path / "state"), []

    def track(items, doing, total):
        totals.append(total)
        return items

    assert same(classifier(tmp_path / "state", track), first) and totals == [0]


def test_a_state_older_than_the_kill_is_gone_on_from_too(tmp_path, monkeypatch):
    seconds = iter([0.0] * 4 + [99.0] * 99)  # due at once, then never again
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: 0.0)
    monkeypatch.setattr(checkpoints.Checkpoint, "due", lambda _: next(seconds) == 0.0)
    with pytest.raises(KeyboardInterrupt):
        classifier(tmp_path / "state", stop_after(9))
    assert json.loads((tmp_path / "state" / "training.json").read_text())["step"] == 3
    assert same(classifier(tmp_path / "state"), UNBROKEN)


def test_generators_of_the_objective_go_on_too(tmp_path, every_step):
    def learned(place, track=lambda items, *_: items):
        generator = torch.Generator().manual_seed(7)
        hinge = partial(hinge_rank, margin=1.0, negatives="first", generator=generator)
        how = FromScratch(SHAPE, CONFIG, Augmentation(), place)
        return train_jointly(PICTURES, LABELS, Goal(VECTORS, hinge), how, track).state_dict()

    with pytest.raises(KeyboardInterrupt):
        learned(tmp_path / "state", stop_after(7))
    assert same(learned(tmp_path / "state").values(), learned(None).values())


def test_dropout_draws_on_as_if_nothing_had_happened(tmp_path, every_step):
    def learned(place, track=lambda items, *_: items):
        torch.manual_seed(0)
        layer = nn.Sequential(nn.Dropout(0.5), nn.Linear(192, 3))
        examples = of_classes(PICTURES.flatten(1).float() / 255, LABELS, VECTORS.words)
        run(Descent(layer, [layer], examples, info_nce, CONFIG), "layer", track, place)
        return layer[1].weight.detach()

    with pytest.raises(KeyboardInterrupt):
        learned(tmp_path / "state", stop_after(7))
    assert torch.equal(learned(tmp_path / "state"), learned(None))


KILLED = """
import sys, time
from pathlib import Path
import torch
from iconym.training import checkpoints
sys.path.insert(0, sys.argv[2])
import test_training_checkpoints as t
torch.set_num_threads(1)
checkpoints.SECONDS = 0.0
def track(items, doing, total):
    for number, item in enumerate(items):
        if number == 8:
            print("here", flush=True)
            time.sleep(60)
        yield item
t.classifier(Path(sys.argv[1]), track)
"""


def test_a_killed_process_leaves_a_state_to_go_on_from(tmp_path):
    command = [sys.executable, "-c", KILLED, tmp_path / "state", os.path.dirname(__file__)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"here\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert same(classifier(tmp_path / "state"), UNBROKEN)


@pytest.mark.parametrize(
    "changed, what",
    [
        ({"config": replace(CONFIG, learning_rate=0.02)}, "other settings;"),
        ({"pictures": PICTURES.flip(0)}, "other pictures or labels;"),
        ({"config": replace(CONFIG, seed=1)}, "other settings and starting weights;"),
    ],
)
def test_a_state_of_another_training_is_refused_in_one_line(tmp_path, changed, what):
    classifier(tmp_path / "state")
    with pytest.raises(BadData, match=what):
        classifier(tmp_path / "state", **changed)


def test_a_damaged_state_is_refused(tmp_path):
    classifier(tmp_path / "state")
    (tmp_path / "state" / "state.safetensors").write_bytes(b"")
    with pytest.raises(DamagedFolder, match="is damaged; remove it, and the training begins"):
        classifier(tmp_path / "state")


def test_nobodys_other_files_are_replaced_or_removed(tmp_path):
    save_folder(tmp_path / "words", "words", 1, {"a": b"dear diary"})
    with pytest.raises(BadFolder, match="choose another place"):
        classifier(tmp_path / "words")
    with pytest.raises(BadFolder, match="choose another place"):
        forget(tmp_path / "words")
    assert (tmp_path / "words" / "a").read_bytes() == b"dear diary"


def test_a_state_can_be_forgotten(tmp_path):
    classifier(tmp_path / "state")
    forget(tmp_path / "state")
    forget(tmp_path / "state")
    assert not (tmp_path / "state").exists()


def test_no_file_of_a_state_is_a_pickle(tmp_path):
    classifier(tmp_path / "state")
    assert {file.name for file in (tmp_path / "state").iterdir()} == {
        "manifest.json",
        "training.json",
        "state.safetensors",
    }


def test_a_digest_tells_contents_apart_and_knows_equal_ones():
    hinge = partial(hinge_rank, margin=0.1)
    assert digest((CONFIG, hinge, PICTURES)) == digest((CONFIG, hinge, PICTURES.clone()))
    different = [
        CONFIG,
        replace(CONFIG, epochs=4),
        hinge,
        partial(hinge_rank, margin=0.2),
        PICTURES,
        PICTURES.float(),
        ["ab", "c"],
        ["a", "bc"],
        [["a"], "b"],
        None,
        0,
        0.0,
        "0",
        np.zeros((2, 1)),
        np.zeros((1, 2)),
    ]
    assert len({digest(value) for value in different}) == len(different)


def test_generators_are_found_however_deep():
    generator = torch.Generator()
    goal = Goal(VECTORS, partial(hinge_rank, generator=generator))
    assert list(generators_in((CONFIG, [goal]))) == [generator]
