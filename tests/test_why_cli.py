"""``iconym why``: what it prints, and how it complains."""

import json
from dataclasses import replace

import numpy as np
import pytest

from colors import BLUE, GREEN, RED, save, saved_color_space
from iconym.files import content_hash
from iconym.nouns import WordVectors
from iconym.space import save_space
from iconym.training.evidence import known_pictures, ridge_evidence
from iconym.training.ridge import fit_ridge, targets_of

LABELS = ("red", "green", "blue")
WORDS = WordVectors(LABELS, np.eye(3, dtype=np.float32))


@pytest.fixture
def space(tmp_path):
    """The folder of a space that knows that it was learned from red.png, green.png, blue.png."""
    photos = [
        save(tmp_path / "photos" / f"{name}.png", color)
        for name, color in zip(LABELS, (RED, GREEN, BLUE))
    ]
    x = np.eye(3, dtype=np.float32)
    evidence = ridge_evidence(x, LABELS, WORDS, alpha=0.1)
    known = known_pictures(evidence, LABELS, [content_hash(path) for path in photos])
    projection = fit_ridge(x, targets_of(LABELS, WORDS), alpha=0.1)
    save_space(
        replace(saved_color_space(), projection=projection, evidence=known), tmp_path / "space"
    )
    return tmp_path / "space"


@pytest.fixture
def photos(space, run, monkeypatch):
    """The collection that we stand in."""
    folder = space.parent / "photos"
    monkeypatch.chdir(folder)
    assert run("index", folder, "--space", space).code == 0
    return folder


def column(out, name):
    """The numbers in the first column of the table whose second one is called ``name``."""
    lines = out.splitlines()
    start = next(i for i, line in enumerate(lines) if line.split(maxsplit=1)[-1].strip() == name)
    rows = [line.split(maxsplit=1) for line in lines[start + 1 :]]
    end = next(i for i, row in enumerate(rows) if row[1].strip() == "sum")
    return [float(row[0]) for row in rows[:end]], float(rows[end][0])


def test_both_tables_sum_to_the_score(run, photos):
    told = run("why", "red", "-", "green", "--picture", "red.png")
    assert told.code == 0
    for name in ("of the query", "learned from"):
        parts, total = column(told.out, name)
        assert sum(parts) == pytest.approx(total, abs=0.002)


def test_json_says_the_same_to_the_last_digit(run, photos):
    told = run("why", "red", "green", "--picture", "red.png", "-k", "1", "--json").json
    (hit,) = [h for h in run("search", "red", "green", "--json").json if h["picture"] == "red.png"]
    assert told["score"] == pytest.approx(hit["score"], abs=1e-5)
    assert sum(part["share"] for part in told["words"]) == pytest.approx(told["score"])
    (red,) = told["labels"]
    assert red["label"] == "red" and told["learned"]
    assert red["share"] + told["others"] + told["rest"] == pytest.approx(told["score"])


def test_a_picture_may_be_an_id_of_the_collection(run, photos):
    (hit,) = run("search", "red", "-k", "1", "--json").json
    by_id = run("why", "red", "--picture", hit["id"], "--json").json
    by_path = run("why", "red", "--picture", "red.png", "--json").json
    assert by_id["score"] == pytest.approx(by_path["score"])
    assert by_id["labels"][0]["share"] == pytest.approx(by_path["labels"][0]["share"])


def test_the_training_pictures_of_a_label_are_shown(run, photos):
    told = run("why", "red", "--picture", "red.png", "--label", "red")
    parts, total = column(told.out, "training picture")
    assert parts == pytest.approx([total, 0]) and "red.png" in told.out
    answer = run("why", "red", "-p", "red.png", "-l", "red", "--json").json
    (spoken,) = answer["training"]["pictures"]
    assert (answer["training"]["label"], spoken["picture"]) == ("red", "red.png")


def test_it_is_said_where_nobody_knows_what_was_learned(run, photos):
    (photos / "other.png").write_bytes((photos / "red.png").read_bytes())
    assert run("index", photos).code == 0
    (other,) = [h for h in run("search", "red", "--json").json if h["picture"] == "other.png"]
    (photos / "other.png").unlink()
    told = run("why", "red", "--picture", other["id"])
    assert "near to" in told.out and "what was learned is not known here" in told.err
    assert json.loads(run("why", "red", "-p", other["id"], "--json").out)["learned"] is False


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("red", "-p", "99"), "no picture 99"),
        (("red", "-p", "nowhere.png"), "nowhere.png"),
        (("purple", "-p", "red.png"), "'purple'"),
        (("red", "-p", "red.png", "-l", "purple"), "'purple' is no training label"),
    ],
)
def test_what_cannot_be_explained_is_one_line(run, photos, arguments, complaint):
    told = run("why", *arguments)
    assert told.code in (1, 2) and complaint in told.complaint
