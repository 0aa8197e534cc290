"""``iconym index`` takes in a folder; its verbs plan, build, tune and measure the index."""

from dataclasses import fields

import numpy as np
import pytest

from colors import BLUE, GREEN, RED, save, saved_color_space
from iconym.collection import create_collection, open_collection
from iconym.index.hnsw import HnswConfig
from iconym.index.ivf import IvfConfig
from iconym.index.lsh import LshConfig
from iconym.nouns import Picture
from iconym.space import save_space

VERBS = ("plan", "build", "tune", "evaluate", "verify")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def space(here):
    save_space(saved_color_space(), here / "colors")
    return here / "colors"


@pytest.fixture
def filled(here):
    """300 pictures whose vectors lie all over the sphere."""
    collection, space = create_collection(here), saved_color_space()
    collection.use_space(space)
    rows = np.random.default_rng(0).standard_normal((300, 3), np.float32)
    collection.catalog.put([Picture(f"{i}.png") for i in range(300)], space.fingerprint, rows)
    return here


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("iconym.planning.evaluating.SECONDS", 0.01)
    monkeypatch.setattr("iconym.planning.evaluating.SINGLE", 5)


# ---- folder or verb


def test_what_is_no_verb_is_a_folder_to_take_in(run, here, space):
    for name, color in (("red", RED), ("green", GREEN), ("blue", BLUE)):
        save(here / "photos" / f"{name}.png", color)
    assert run("index", "photos", "--space", space).code == 0
    assert run("index", "--space", space, "photos", "--json").json["unchanged"] == 3
    assert len(open_collection(here / "photos").catalog) == 3


def test_a_folder_named_like_a_verb_is_given_as_a_path(run, here, space):
    save(here / "plan" / "red.png", RED)
    assert run("index", "./plan", "--space", space).code == 0
    assert len(open_collection(here / "plan").catalog) == 1


def test_the_help_shows_the_folder_its_options_and_every_verb(run):
    help = run("index", "--help").out
    assert "iconym index [OPTIONS] [FOLDER|FILE.parquet]" in help
    assert "--space" in help and "./plan" in help
    assert all(f"  {verb} " in help for verb in VERBS)


@pytest.mark.parametrize("config", [HnswConfig, LshConfig, IvfConfig])
def test_the_help_of_build_names_every_setting(run, config):
    help = run("index", "build", "--help").out
    assert all(field.name in help for field in fields(config))


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_does_not_name_the_folder_to_take_in(run, verb):
    assert f"Usage: iconym index {verb} [OPTIONS]" in run("index", verb, "--help").out


def test_an_option_that_nobody_knows_is_refused(run, here):
    assert run("index", ".", "--bogus").code == 2
    assert run("index", "plan", "--bogus").code == 2


# ---- plan


def test_plan_prints_why_and_the_choices_and_marks_what_is_extrapolated(run):
    ran = run("index", "plan", "--count", "100e6", "--dim", 200, "--memory", "32G")
    first, _, head, best, *_ = ran.out.splitlines()
    assert ran.code == 0 and " a query" in first
    assert head.split()[:3] == ["index", "memory", "disk"]
    assert best.rstrip().endswith("x") and "yes" in best
    assert "leave out the reads of the disk" in ran.out


def test_plan_says_that_exact_is_fast_enough(run):
    ran = run("index", "plan", "--count", 50_000, "--dim", 200)
    assert ran.out.startswith("exact is fast enough: ")
    assert "extrapolated says how" not in ran.out


def test_plan_as_json_holds_the_choices_and_what_they_rest_on(run):
    found = run("index", "plan", "--count", "1e6", "--dim", 200, "--json").json
    assert {choice["method"] for choice in found["choices"]} == {"exact", "hnsw", "ivfpq", "lsh"}
    assert found["measured"]["machine"] and found["measured"]["laws"][0]["off_by"]["latency"] > 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--count", "many"), "--count 'many' is no whole number of at least 1"),
        (("--memory", "32X"), "the memory '32X' is no amount; write 32G, 500M or 1e9"),
        (("--recall", "95"), "a recall of 95.0; give one between 0 and 1, as 0.95"),
    ],
)
def test_plan_names_what_it_cannot_use(run, arguments, complaint):
    ran = run("index", "plan", "--count", "1e6", "--dim", 200, *arguments)
    assert ran.code == 2 and ran.complaint.startswith(complaint)


# ---- build


def test_build_stays_exact_while_that_is_fast_enough_and_says_so(run, filled):
    ran = run("index", "build")
    assert ran.code == 0 and "exact is fast enough here" in ran.err
    assert ": exact; 300 vectors of 3 numbers" in ran.out


def test_where_exact_would_be_slow_build_makes_the_graph_of_the_plan_and_tunes_it(
    run, filled, monkeypatch
):
    monkeypatch.setattr("iconym.planning.plan.ENOUGH", 0.0)
    found = run("index", "build", "--json").json
    assert found["method"] == "hnsw" and found["tuned"]["reached"] is True
    assert found["settings"]["expansion"] == found["tuned"]["chosen"]


def test_build_makes_what_it_is_told(run, filled):
    ran = run("index", "build", filled, "--method", "hnsw", "--set", "connectivity=8", "--json")
    assert ran.json["method"] == "hnsw" and ran.json["settings"]["connectivity"] == 8
    assert (ran.json["count"], ran.json["dim"], ran.json["tuned"]) == (300, 3, None)


def test_build_with_a_recall_tunes_at_once(run, filled):
    ran = run("index", "build", "--method", "hnsw", "--recall", 0.9, "--json")
    assert ran.json["tuned"]["reached"] is True
    assert ran.json["settings"]["expansion"] == ran.json["tuned"]["chosen"]
    assert "kept: expansion" in run("index", "build", "--method", "hnsw", "--recall", 0.9).out


def test_build_refuses_a_recall_that_is_none(run, filled):
    assert run("index", "build", "--recall", 0).complaint.startswith("a recall of 0.0; give one")


def test_settings_without_a_method_are_refused(run, filled):
    assert "give --method" in run("index", "build", "--set", "connectivity=8").complaint


def test_an_index_that_nobody_knows_is_refused(run, filled):
    ran = run("index", "build", "--method", "tree")
    assert ran.code == 2 and "exact, hnsw, lsh, ivfpq" in ran.complaint


def test_a_method_whose_extra_is_missing_says_how_to_install_it(run, filled, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "faiss", None)
    ran = run("index", "build", "--method", "ivfpq")
    assert ran.code == 1 and "pip install 'iconym[faiss]'" in ran.complaint


# ---- tune, evaluate, verify


def test_tune_reports_pictures_and_words(run, filled):
    run("index", "build", "--method", "hnsw")
    found = run("index", "tune", "--recall", 0.9, "--json").json
    assert set(found["recall"]) == {"pictures", "words"}
    assert "kept: expansion" in run("index", "tune").out


def test_evaluate_shows_the_index_beside_exact(run, filled):
    run("index", "build", "--method", "hnsw")
    ran = run("index", "evaluate")
    assert "Recall in percent, 300 pictures asked" in ran.out
    assert "recall@1 " in ran.out and "queries/s in batches" in ran.out
    names = [row["name"] for row in run("index", "evaluate", "--json").json["indexes"]]
    assert names == ["hnsw", "exact"]


def test_changes_since_the_build_are_told_of(run, filled):
    run("index", "build")
    catalog = open_collection(filled).catalog
    catalog.put([Picture("new.png")], open_collection(filled).current_space().fingerprint, one())
    assert "changes since it was built are not looked at: 1; " in run("index", "evaluate").err


def one():
    return np.ones((1, 3), np.float32)


def test_verify_finds_a_flipped_byte(run, filled):
    run("index", "build")
    assert "every byte is as it was written" in run("index", "verify").out
    assert run("index", "verify", "--json").json["whole"] is True
    collection = open_collection(filled)
    path = collection.index_path(collection.current_space().fingerprint) / "vectors.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    ran = run("index", "verify")
    assert ran.code == 1 and "vectors.npy differs from its checksum" in ran.complaint


@pytest.mark.parametrize("verb", ["build", "tune", "evaluate", "verify"])
def test_without_a_collection_there_is_one_line_with_the_remedy(run, here, verb):
    ran = run("index", verb)
    assert ran.code == 2 and "there is no collection in" in ran.complaint


@pytest.mark.parametrize("verb", ["tune", "evaluate", "verify"])
def test_without_an_index_there_is_one_line_with_the_remedy(run, filled, verb):
    ran = run("index", verb)
    assert ran.code == 2 and f"run: iconym index build {filled}" in ran.complaint
