"""What ``iconym evaluate`` prints and keeps, and what ``iconym compare`` makes of it."""

import json

import pytest
from PIL import Image

from iconym.errors import BadData
from iconym.evaluation.spaces import compare, evaluate_space
from iconym.features import encode
from iconym.labellers.baselines import load_baselines
from iconym.labellers.chance import ChanceLabeller
from iconym.space import load_space
from iconym.training.projections import Ridge
from iconym.training.spaces import save_trained
from test_train_evaluate import DATA, ENCODER, trained


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two spaces and the pictures they are asked about, in class folders."""
    place = tmp_path_factory.mktemp("compared")
    save_trained(trained(), place / "mild")
    save_trained(trained(Ridge(1e6)), place / "strict")
    for image, label, name in zip(DATA.images, DATA.labels, DATA.names):
        (place / "photos" / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / "photos" / label / name)
    return place


@pytest.fixture
def evaluated(place, run):
    """Evaluates both spaces and keeps the runs."""
    for space in ("mild", "strict"):
        run("evaluate", place / space, place / "photos", "--save", place / f"run-{space}")
    return place / "run-mild", place / "run-strict"


def test_evaluate_sums_up_seen_and_unseen_labels(place, run):
    out = run("evaluate", place / "mild", place / "photos").out
    assert "Pictures of seen labels, answered with all: 16 pictures, 6 labels" in out
    assert "AUSUC" in out and "per-class hit@1" in out and "wrong avoided" in out


def test_evaluate_gives_the_same_as_json(place, run):
    found = run("evaluate", place / "mild", place / "photos", "--json").json
    assert set(found["generalized"]["ours"]) == {"U", "S", "H", "AUSUC"}
    assert found["seen"]["rows"]["ours"]["per-class hit@1"]["value"] <= 1
    assert found["confidence"]["unseen"]["softmax"] is None
    assert found["confidence"]["seen"]["ours"]["temperature"] > 0


def test_without_pictures_of_unseen_labels_there_is_no_summary(place, run, tmp_path):
    (tmp_path / "red").mkdir()
    Image.fromarray(DATA.images[0]).save(tmp_path / "red" / "a.png")
    found = run("evaluate", place / "mild", tmp_path, "--json").json
    assert found["generalized"] is None and found["confidence"] == {}


def test_a_hierarchy_that_says_nothing_is_flagged(place, run, tmp_path):
    (tmp_path / "kinds.tsv").write_text("\n".join(f"{label}\tcolor" for label in DATA.classes))
    options = ["--hierarchy", tmp_path / "kinds.tsv"]
    out = run("evaluate", place / "mild", place / "photos", *options).out
    assert "hp@2 says nothing: every label counts as right" in out and "hp@2*" in out


def test_the_mean_size_of_the_correct_set_stands_below_the_table(place, run, tmp_path):
    (tmp_path / "kinds.tsv").write_text("\n".join(f"{label}\tcolor" for label in DATA.classes))
    options = ["--hierarchy", tmp_path / "kinds.tsv"]
    lines = run("evaluate", place / "mild", place / "photos", *options).out.splitlines()
    assert "mean size of the correct set: hp@2 4.00" in lines  # of 4 seen labels


def test_columns_that_look_at_every_label_are_not_printed(place, run):
    found = run("evaluate", place / "mild", place / "photos")
    tables = dict(table.split("\n", 1) for table in found.out.strip().split("\n\n"))
    names = tables["Pictures of unseen labels, answered with those: 8 pictures, 2 labels"]
    assert names.splitlines()[0].split() == ["labeller", "hit@1", "per-class", "hit@1"]
    assert max(map(len, found.out.splitlines())) <= 100


def test_a_space_that_does_not_say_what_it_was_trained_on_is_told_of(place, run):
    err = run("evaluate", place / "mild", place / "photos").err
    assert "mild does not say which pictures it was trained on; none is left out" in err


def test_two_runs_are_compared_by_row_and_metric(evaluated, run):
    found = run("compare", *evaluated, "--row", "ours", "--metric", "hit@1", "--json").json
    assert {d["part"] for d in found} == {"seen", "seen_among_all", "unseen", "unseen_among_all"}
    assert all(0 < d["p"] <= 1 for d in found)
    out = run("compare", *evaluated, "--metric", "hit@1").out
    assert "A - B" in out and "Pictures of unseen labels, answered with those" in out


def test_rows_of_one_run_are_compared(evaluated, run):
    options = ["--row", "ours", "--against", "chance"]
    out = run("compare", evaluated[0], evaluated[0], *options).out
    assert "ours - chance" in out


def test_runs_over_different_pictures_are_refused_in_one_line(place, evaluated, run, tmp_path):
    for label in ("red", "orange"):
        (tmp_path / "few" / label).mkdir(parents=True)
        Image.fromarray(DATA.images[0]).save(tmp_path / "few" / label / "a.png")
    run("evaluate", place / "mild", tmp_path / "few", "--save", tmp_path / "run")
    refused = run("compare", evaluated[0], tmp_path / "run")
    assert refused.code == 2
    assert refused.complaint.startswith("the runs are not of the same pictures: of those in 'seen'")


def test_a_place_with_other_files_is_refused_before_any_work(place, run, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "diary.txt").write_text("dear diary")
    found = run("evaluate", place / "mild", place / "photos", "--save", tmp_path / "run")
    assert found.code == 1 and "choose another place" in found.complaint


def test_further_labellers_join_the_tables_by_name(place):
    tables = evaluate_space(place / "mild", DATA, more={"dull": ChanceLabeller()}).tables
    dull = tables["unseen"].intervals["dull"]["hit@1"].value
    assert dull == 0.5
    space, baselines = load_space(place / "mild"), load_baselines(place / "mild")
    encoded = encode(DATA, ENCODER)
    assert (
        "dull" in compare(space, baselines, encoded, more={"dull": ChanceLabeller()})["seen"].rows
    )
    with pytest.raises(BadData, match="'softmax' already"):
        compare(space, baselines, encoded, more={"softmax": ChanceLabeller()})


def test_a_saved_evaluation_names_its_pictures(evaluated):
    about = json.loads((evaluated[0] / "run.json").read_text())
    names = about["parts"]["unseen"]["pictures"]
    assert len(names) == 8 and all(n.startswith(("orange", "purple")) for n in names)
