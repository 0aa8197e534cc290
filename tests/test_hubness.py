"""Hubness as it is measured, and how strongly it is corrected."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from iconym.labellers.space import SpaceLabeller
from iconym.metrics.hubness import k_occurrences, skewness
from iconym.nouns import WordVectors
from iconym.space import Projection
from iconym.training.hubness import CSLS, INVERTED_SOFTMAX, chosen_correction

SCORES = np.array([[0.9, 0.5, 0.1], [0.8, 0.2, 0.7], [0.6, 0.4, 0.3]])


def test_a_target_counts_the_queries_that_have_it_among_their_best():
    assert k_occurrences(SCORES, 1).tolist() == [3, 0, 0]
    assert k_occurrences(SCORES, 2).tolist() == [3, 2, 1]
    assert k_occurrences(SCORES, 5).tolist() == [3, 3, 3]


def test_tied_targets_share_the_places_they_tie_for():
    assert k_occurrences(np.array([[1.0, 1.0, 0.0, 1.0]]), 2).tolist() == pytest.approx(
        [2 / 3, 2 / 3, 0, 2 / 3]
    )


def test_what_is_no_answer_is_never_among_the_best():
    scores = np.array([[1.0, -np.inf, -np.inf]])
    assert k_occurrences(scores, 2).tolist() == [1, 0, 0]
    assert k_occurrences(scores, 3).tolist() == [1, 0, 0]


@given(
    arrays(float, st.tuples(st.integers(0, 5), st.integers(1, 6)), elements=st.integers(-2, 2)),
    st.integers(1, 7),
)
def test_counts_sum_to_k_for_each_query(scores, k):
    found = k_occurrences(scores, k)
    assert found.sum() == pytest.approx(len(scores) * min(k, scores.shape[1]))


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="k is 0"):
        k_occurrences(SCORES, 0)
    with pytest.raises(ValueError, match="NaN"):
        k_occurrences(SCORES * np.nan, 1)
    with pytest.raises(ValueError, match="no labels"):
        skewness(np.array([]))


def test_skewness_is_the_third_standardized_moment():
    # mean 1, squares 1 1 1 9 over 4 = 3, cubes -1 -1 -1 27 over 4 = 6
    assert skewness(np.array([0.0, 0.0, 0.0, 4.0])) == pytest.approx(6 / 3**1.5)
    assert skewness(np.array([4.0, 4.0, 4.0, 0.0])) == pytest.approx(-6 / 3**1.5)
    assert skewness(np.array([0.1, 0.1, 0.1])) == 0


NAMES = ("n", "e", "s", "w")
COMPASS = WordVectors(NAMES, np.array([[0, 1], [1, 0], [0, -1], [-1, 0]], np.float32))
LABELS, PLACES = list(NAMES) * 3, np.tile(COMPASS.vectors, (3, 1))
AS_IT_IS = Projection(np.eye(2, dtype="f4"), np.zeros(2, "f4"))


@dataclass(frozen=True)
class Backwards:
    space: SpaceLabeller

    def score(self, features, labels):
        return -self.space.score(features, labels)


def test_the_correction_chosen_is_the_best_for_labels_held_back():
    corrections = [lambda space, _: space, lambda space, _: Backwards(space)]
    for some in (corrections, corrections[::-1]):
        found = chosen_correction(some, lambda *_: AS_IT_IS, PLACES, LABELS, COMPASS, seed=0)
        assert found is corrections[0]


def test_of_equally_good_corrections_the_last_is_chosen():
    for corrections in (CSLS, INVERTED_SOFTMAX):
        found = chosen_correction(corrections, lambda *_: AS_IT_IS, PLACES, LABELS, COMPASS, seed=0)
        assert found is corrections[-1]


def test_the_bank_is_of_the_pictures_learned_from():
    banks, learned = [], []

    def project(features, labels):
        learned.append(features.tolist())
        return AS_IT_IS

    def correct(space, bank):
        banks.append(bank.tolist())
        return space

    chosen_correction([correct], project, PLACES, LABELS, COMPASS, seed=0)
    assert banks == learned and [len(bank) for bank in banks] == [6, 6]
