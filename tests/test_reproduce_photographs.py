"""Worlds of photographs: how classes are held back; where data are at hand, what is counted."""

import os
from pathlib import Path

import numpy as np
import pytest

from iconym.features import Encoded
from iconym.hierarchy import Hierarchy
from iconym.nouns import WordVectors
from iconym.reproduce.hops import hops
from iconym.reproduce.photographs import Photographs, attribute_vectors, below_wordnet
from iconym.reproduce.wordnet_graph import WordNet
from iconym.reproduce.worlds import World

DATA = Path(os.environ.get("ICONYM_DATA", Path(__file__).parents[2] / "shared" / "data"))
LABELS = ("ant", "bee", "cat", "dog", "elk")
real = pytest.mark.skipif(not DATA.is_dir(), reason="no real data; name its folder in ICONYM_DATA")


def encoded(first, labels=LABELS):
    rows = np.arange(first, first + len(labels), dtype=np.float32)[:, None]
    return Encoded(np.repeat(rows, 3, axis=1), labels)


def vectors(seen):
    return WordVectors(LABELS, np.eye(5, dtype=np.float32))


def photographs():
    tree = Hierarchy.from_tree((label, "animal") for label in LABELS)
    return Photographs("few", "a few", encoded(0), encoded(10), vectors, tree, 0.4)


def test_photographs_are_a_world():
    assert isinstance(photographs(), World)


def test_nothing_is_learned_from_pictures_of_unseen_classes_and_all_of_them_are_asked():
    draw = photographs().draw(0, ("bee", "dog"))
    assert draw.train.labels == ("ant", "cat", "elk")
    assert draw.train.features[:, 0].tolist() == [0, 2, 4]
    assert draw.test.labels == (*LABELS, "bee", "dog")  # of these the training pictures too
    assert draw.test.features[:, 0].tolist() == [10, 11, 12, 13, 14, 1, 3]


def test_a_seed_holds_back_a_share_of_the_classes():
    draw = photographs().draw(3)
    assert len(draw.unseen) == 2 and {*draw.seen, *draw.unseen} == set(LABELS)
    assert photographs().draw(3).unseen == draw.unseen


def test_attributes_are_taken_from_the_mean_of_the_seen_and_a_missing_one_is_that_mean():
    rows = {
        "ant": {"class_name": "", "wnid": "", "zsl": "", "black": "10", "big": "0"},
        "bee": {"class_name": "", "wnid": "", "zsl": "", "black": "20", "big": "-1"},
        "cat": {"class_name": "", "wnid": "", "zsl": "", "black": "15", "big": "4"},
    }
    found = attribute_vectors(rows)(("ant", "bee"))  # means: black 15, big 0
    assert found["ant"].tolist() == [-1, 0]
    assert found["bee"].tolist() == [1, 0]
    assert found["cat"].tolist() == [0, 1]


@real
def test_on_wordnet_sets_are_as_large_as_others_counted_them():
    result = hops(WordNet(DATA), range(1))
    assert {row.verdict for row in result.rows} == {"in", None}
    assert result.rows[-1].ours.value == 20_842


@real
def test_classes_hang_below_their_synsets_with_all_that_is_above():
    found = below_wordnet(DATA, {"cat": {"wnid": "n02121620"}, "dog": {"wnid": "n02084071"}})
    assert found.nearest("cat", 2, ("cat", "dog")) == {"cat", "dog"}
