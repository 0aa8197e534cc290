"""Drawings, how they are dealt into folds, and how emoji are read from their packages."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from iconym.data.drawings import Drawings, deal_folds, load_drawings, save_drawings, unseen_names
from iconym.data.emoji import read_emoji
from iconym.data.shapes import draw_shapes, shape_sentences
from iconym.errors import BadData

BLANK = np.zeros((2, 4, 4, 3), np.uint8)


def two(**changes):
    parts = {"names": ("a", "b"), "groups": ("g", "g"), "subgroups": ("s", "t")}
    parts |= {"files": ("a.png", "b.png"), "pictures": {"x": BLANK, "y": BLANK}}
    return Drawings(**{**parts, **changes})


def test_the_last_style_is_held_out():
    drawings = two(pictures={"x": BLANK, "y": BLANK, "z": BLANK})
    assert (drawings.training_styles, drawings.held_out_style) == (("x", "y"), "z")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"groups": ("g",)}, "2 names, 2 styles"),
        ({"pictures": {"x": BLANK}}, "1 styles"),
        ({"names": ("a", "a")}, "'a' stands twice"),
        ({"files": ("a.png", "a.png")}, r"'a\.png' stands twice"),
    ],
)
def test_parts_that_disagree_are_refused(changes, message):
    with pytest.raises(BadData, match=message):
        two(**changes)


def test_saved_drawings_are_read_as_they_were(tmp_path):
    drawings = draw_shapes(8)
    save_drawings(drawings, tmp_path / "d")
    again = load_drawings(tmp_path / "d")
    assert (again.names, again.triples) == (drawings.names, drawings.triples)
    assert list(again.pictures) == list(drawings.pictures)
    assert (again.pictures["slanted"] == drawings.pictures["slanted"]).all()


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60), st.integers(1, 6))
def test_folds_are_equal_in_size_and_in_every_subgroup(subgroups, folds):
    fold = deal_folds(tuple(subgroups), folds)
    sizes = [np.bincount(fold, minlength=folds)]
    for subgroup in set(subgroups):
        inside = fold[np.array(subgroups) == subgroup]
        sizes.append(np.bincount(inside, minlength=folds))
    assert all(counts.max() - counts.min() <= 1 for counts in sizes)


def test_every_name_is_unseen_in_exactly_one_fold():
    drawings = draw_shapes(8)
    times = sum(unseen_names(drawings, fold).astype(int) for fold in range(5))
    assert times.tolist() == [1] * 48


def test_another_seed_deals_other_folds():
    subgroups = ("s",) * 50
    assert (deal_folds(subgroups, seed=0) == deal_folds(subgroups, seed=0)).all()
    assert (deal_folds(subgroups, seed=0) != deal_folds(subgroups, seed=1)).any()


def test_the_text_about_shapes_names_every_shape_and_color():
    words = {word for sentence in shape_sentences(1) for word in sentence}
    assert {word for name in draw_shapes(8).names for word in name.split()} <= words


SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72">'
    '<rect width="72" height="72" fill="{}"/></svg>'
)


@pytest.fixture
def modules(tmp_path):
    """The four packages with three emoji, a flag, a keycap, a sequence and one not drawn by all."""
    entries = [
        {"label": "cat", "hexcode": "1F408", "group": 3, "subgroup": 34, "order": 20},
        {"label": "sun", "hexcode": "2600-FE0F", "group": 5, "subgroup": 59, "order": 30},
        {"label": "dog", "hexcode": "1F415", "group": 3, "subgroup": 34, "order": 10},
        {"label": "new one", "hexcode": "1FFFF", "group": 3, "subgroup": 34, "order": 40},
        {"label": "flag: Chad", "hexcode": "1F1F9-1F1E9", "group": 9, "subgroup": 98, "order": 50},
        {"label": "keycap: 1", "hexcode": "0031-20E3", "group": 8, "subgroup": 90, "order": 60},
        {
            "label": "black cat",
            "hexcode": "1F408-200D-2B1B",
            "group": 3,
            "subgroup": 34,
            "order": 5,
        },
        {"label": "red hair", "hexcode": "1F9B0", "group": 2, "subgroup": 33, "order": 4},
        {"label": "letter", "hexcode": "1F1E6", "order": 3},
    ]
    names = {
        "groups": {"3": "animals-nature", "5": "travel-places"},
        "subgroups": {"34": "animal-mammal", "59": "sky-weather"},
    }
    base = tmp_path / "emojibase-data"
    for path, value in (("en/data.json", entries), ("meta/groups.json", names)):
        (base / path).parent.mkdir(parents=True)
        (base / path).write_text(json.dumps(value))
    for style, selector in (("google", "-fe0f"), ("twitter", "")):
        folder = tmp_path / f"emoji-datasource-{style}" / "img" / style / "64"
        folder.mkdir(parents=True)
        for code in ("1f408", f"2600{selector}", "1f415", "1f408-200d-2b1b"):
            PillowImage.new("RGB", (64, 64), "red").save(folder / f"{code}.png")
    for style in ("color", "black"):
        folder = tmp_path / "openmoji" / style / "svg"
        folder.mkdir(parents=True)
        for code in ("1F408", "2600", "1F415", "1FFFF"):
            (folder / f"{code}.svg").write_text(SQUARE.format("lime"))
    return tmp_path


def test_single_emoji_that_every_style_draws_are_read_in_unicodes_order(modules):
    drawings = read_emoji(modules)
    assert drawings.names == ("dog", "cat", "sun")
    assert drawings.triples[2] == ("sun", "sky-weather", "travel-places")
    assert drawings.held_out_style == "twitter" and drawings.files[0] == "dog.png"
    assert drawings.pictures["openmoji"][0, 5, 5].tolist() == [0, 255, 0]
    assert drawings.pictures["twitter"].shape == (3, 64, 64, 3)


@pytest.mark.parametrize("lost", ["emojibase-data", "openmoji", "emoji-datasource-google"])
def test_a_missing_package_is_named_with_the_remedy(modules, lost):
    (modules / lost).rename(modules / "elsewhere")
    with pytest.raises(BadData, match="run npm ci"):
        read_emoji(modules)


def test_a_list_in_another_form_is_refused(modules):
    (modules / "emojibase-data" / "en" / "data.json").write_text('[{"name": "cat"}]')
    with pytest.raises(BadData, match="not in the form of version 17"):
        read_emoji(modules)
