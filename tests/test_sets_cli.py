"""The verbs about sets of pictures, as one meets them on the command line."""

import csv
import io
import json
import shutil
from dataclasses import replace

import pytest

from colors import BLUE, GREEN, RED, YELLOW, save, saved_color_space
from iconym.collection import open_collection
from iconym.space import save_space


@pytest.fixture(scope="session")
def space(tmp_path_factory):
    path = tmp_path_factory.mktemp("spaces") / "colors"
    save_space(saved_color_space(), path)
    return path


@pytest.fixture
def collection(tmp_path, monkeypatch, space, run):
    """red.png with a copy in the folder trip, trip/green.png, blue.png and yellow.png."""
    folder = tmp_path / "photos"
    files = {"red": RED, "trip/green": GREEN, "blue": BLUE, "yellow": YELLOW}
    for name, color in files.items():
        save(folder / f"{name}.png", color)
    shutil.copy(folder / "red.png", folder / "trip" / "copy.png")
    monkeypatch.chdir(folder)
    assert run("index", folder, "--space", space).code == 0
    return folder


def paths(ran):
    assert ran.code == 0, ran.err
    return ran.out.splitlines()


# ---- related


def test_related_shows_what_is_most_like_a_picture(run, collection):
    assert paths(run("related", "red.png", "--files", "-k", "1")) == ["yellow.png"]
    ran = run("related", "red.png", "-k", "1")
    assert ran.err.startswith("space: colors (")
    assert [line.split() for line in ran.out.splitlines()] == [
        ["score", "picture", "words"],
        ["0.707", "yellow.png"],
    ]


def test_related_takes_an_id_too(run, collection):
    (red,) = open_collection(collection).catalog.find(uris=["red.png"])
    assert paths(run("related", red, "--files", "-k", "1")) == ["yellow.png"]


def test_related_in_json_tells_id_path_and_score(run, collection):
    (best,) = run("related", "red.png", "-k", "1", "--json").json
    assert best["picture"] == best["path"] == "yellow.png"
    assert best["score"] == pytest.approx(0.7071, abs=1e-4)
    assert run("related", best["id"], "--below", "trip", "--json").json[0]["words"] == []


def test_related_refuses_what_is_not_there(run, collection):
    assert "check the path" in run("related", "nowhere.png").complaint
    assert "no picture 999 in this space" in run("related", "999").complaint
    assert "give --files or --json" in run("related", "red.png", "-f", "--json").complaint


# ---- complete


def test_complete_goes_on_with_a_gallery_of_files_and_folders(run, collection):
    assert paths(run("complete", "red.png", "trip/green.png", "-f", "-k", "1")) == ["yellow.png"]
    assert paths(run("complete", "trip", "--files")) == ["yellow.png", "blue.png"]


def test_complete_answers_with_pictures_that_filters_keep(run, collection):
    assert paths(run("complete", "yellow.png", "--below", "trip", "-f", "-k", "1")) in (
        ["trip/copy.png"],
        ["trip/green.png"],
    )


def test_complete_with_nothing_left_says_so(run, collection):
    ran = run("complete", ".")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.endswith("no picture found; ask with fewer filters\n")


def test_complete_refuses_what_is_not_in_the_collection(run, collection, tmp_path):
    other = save(tmp_path / "other.png", (9, 9, 9))
    assert "is not in the collection; run: iconym index" in run("complete", other).complaint
    assert run("complete", "red.png", "--diversity", "2").code == 2


# ---- order


def test_order_puts_a_folder_in_the_order_of_a_brief(run, collection):
    best_first = ["trip/green.png", "trip/copy.png"]
    assert paths(run("order", "green", "--below", "trip", "--files")) == best_first
    assert paths(run("order", "red", "--below", "trip", "--files")) == best_first[::-1]
    assert paths(run("order", "red", "--below", "trip", "--files", "-k", "1")) == best_first[1:]


def test_a_brief_takes_examples_weights_and_signs(run, collection):
    first, *_ = paths(run("order", "yellow.png + 3:blue", "- 0.5:green", "--files"))
    assert first == "blue.png"


def test_order_without_submissions_is_one_line(run, collection):
    assert "no submissions" in run("order", "red", "--below", "nowhere").complaint


# ---- owners


def test_owners_without_an_owner_says_how_to_tell_one(run, collection):
    assert "iconym follow" in run("owners", "red").complaint


def test_owners_shows_whose_pictures_fit(run, collection):
    catalog = open_collection(collection).catalog
    owner = {"red.png": "Ann", "blue.png": "Ann", "yellow.png": "Bob"}
    known = [p for p in catalog.pictures() if p.uri in owner]
    catalog.update([replace(p, owner=owner[p.uri]) for p in known])
    rows = [line.split() for line in run("owners", "red").out.splitlines()[1:]]
    assert rows == [["0.707", "Bob", "1", "yellow.png"], ["0.500", "Ann", "2", "red.png"]]
    (best,) = run("owners", "red", "--top", "1", "-k", "1", "--json").json
    assert (best["owner"], best["score"], best["pictures"]) == ("Ann", 1.0, 2)
    assert best["best"]["path"] == "red.png"


# ---- duplicates


def test_duplicates_shows_groups_with_the_largest_first(run, collection):
    ran = run("duplicates")
    assert "threshold: 0.999999; 1 group\n" in ran.err
    assert [line.split() for line in ran.out.splitlines()[1:]] == [
        ["1", "\u2013", "6x4", str((collection / "red.png").stat().st_size), "red.png"],
        ["1.000", "6x4", str((collection / "red.png").stat().st_size), "trip/copy.png"],
    ]


def test_duplicates_in_json_tells_threshold_and_groups(run, collection):
    found = run("duplicates", "--threshold", "0.7", "--json").json
    assert found["threshold"] == 0.7
    ((largest, *others),) = found["groups"]
    assert (largest["width"], largest["height"]) == (6, 4)
    assert len(others) == 3


def test_a_collection_without_duplicates_shows_no_table(run, collection):
    ran = run("duplicates", "--below", "trip")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.endswith("; 0 groups\n")


# ---- suggest


def test_suggest_prints_tags_as_csv(run, collection):
    ran = run("suggest", "--below", "trip", "-k", "1")
    rows = sorted(csv.reader(io.StringIO(ran.out)))
    assert rows == [
        ["picture", "tag", "score"],
        ["trip/copy.png", "red", "1.0"],
        ["trip/green.png", "green", "1.0"],
    ]


def test_suggest_writes_a_new_file_and_never_over_another(run, collection):
    photo = (collection / "red.png").read_bytes()
    assert "is there already" in run("suggest", "-o", "red.png").complaint
    assert (collection / "red.png").read_bytes() == photo
    ran = run("suggest", "-k", "1", "-o", "tags.csv")
    assert (ran.out, len((collection / "tags.csv").read_text().splitlines())) == ("", 6)
    assert ran.err.endswith("suggestions are in tags.csv\n")


def test_suggest_leaves_no_file_where_it_fails(run, collection):
    assert "use fewer filters" in run("suggest", "--below", "no", "-o", "tags.csv").complaint
    assert not (collection / "tags.csv").exists()


def test_suggest_takes_another_vocabulary(run, collection, tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("rose 1 0 0\nleaf 0 1 0\nsky 0 0 1\n")
    ran = run("suggest", "--vocabulary", words, "-k", "1", "--below", "trip", "--json")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    tags = {row["picture"]: row["tag"] for row in rows}
    assert tags == {"trip/copy.png": "rose", "trip/green.png": "leaf"}
