"""A labeller of two towers: cosines of features as they are, and probabilities from them."""

import numpy as np
import pytest

from iconym.labellers.space import SpaceLabeller
from iconym.labellers.two_tower import TwoTowerLabeller
from iconym.nouns import WordVectors
from iconym.protocols import Labeller
from iconym.space import Projection

EAST, NORTH, WEST = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]
WORDS = WordVectors(("cat", "dog", "emu"), np.array([EAST, NORTH, WEST]))
LABELS = ["cat", "dog", "emu"]
PICTURES = np.array([[2.0, 0.0], [0.0, 0.5]])
CHOOSING = TwoTowerLabeller(WORDS, scale=np.log(2))
JUDGING = TwoTowerLabeller(WORDS, scale=np.log(9), bias=-np.log(3))


@pytest.mark.parametrize("labeller", [CHOOSING, JUDGING])
def test_scores_are_those_of_a_space_whose_projection_changes_nothing(labeller):
    space = SpaceLabeller(Projection(np.eye(2), np.zeros(2)), WORDS)
    assert isinstance(labeller, Labeller)
    np.testing.assert_array_equal(labeller.score(PICTURES, LABELS), space.score(PICTURES, LABELS))


def test_without_a_bias_labels_share_the_probability():
    """Cosines 1, 0 and -1 at a scale of log 2: 2 to 1 to 1/2."""
    np.testing.assert_allclose(
        CHOOSING.probabilities(PICTURES[:1], LABELS), [[4 / 7, 2 / 7, 1 / 7]]
    )


def test_with_a_bias_each_label_is_judged_by_itself():
    """Odds of 9^cosine / 3: 3, 1/3 and 1/27."""
    np.testing.assert_allclose(
        JUDGING.probabilities(PICTURES[:1], LABELS), [[3 / 4, 1 / 4, 1 / 28]]
    )
    np.testing.assert_allclose(JUDGING.probabilities(PICTURES[:1], ["dog"]), [[1 / 4]])


@pytest.mark.parametrize("labeller", [CHOOSING, JUDGING])
def test_a_label_that_cannot_be_read_is_out_of_the_question(labeller):
    known = labeller.probabilities(PICTURES, ["cat", "dog"])
    with_unknown = labeller.probabilities(PICTURES, ["cat", "wombat", "dog"])
    np.testing.assert_allclose(with_unknown, np.insert(known, 1, 0, axis=1))
    assert labeller.probabilities(PICTURES, ["wombat"]).tolist() == [[0.0], [0.0]]


@pytest.mark.parametrize("bias", [None, -1e3])
def test_large_scales_give_neither_overflow_nor_nan(bias):
    sharp = TwoTowerLabeller(WORDS, scale=1e4, bias=bias)
    features = PICTURES.astype(np.float32)
    assert sharp.probabilities(features, LABELS)[0].tolist() == [1.0, 0.0, 0.0]
    assert sharp.probabilities(features, []).shape == (2, 0)
    assert sharp.probabilities(features[:0], LABELS).shape == (0, 3)
