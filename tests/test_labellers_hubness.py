"""Correcting for hubs is the papers' formula, by plain loops, but for what changes no order."""

import math

import numpy as np
import pytest

from iconym.errors import BadData
from iconym.labellers.hubness import CslsLabeller, InvertedSoftmaxLabeller
from iconym.labellers.space import SpaceLabeller
from iconym.nouns import WordVectors
from iconym.similarity import cosine
from iconym.space import Projection

RNG = np.random.default_rng(0)
NAMES = tuple("abcdef")
WORDS = WordVectors(NAMES, RNG.normal(size=(6, 4)))
SPACE = SpaceLabeller(Projection(RNG.normal(size=(5, 4)), RNG.normal(size=4)), WORDS)
PICTURES, TRAINING = RNG.normal(size=(7, 5)), RNG.normal(size=(9, 5))
BANK = SPACE.projection(TRAINING)
COSINES = cosine(SPACE.projection(PICTURES), WORDS.vectors)
OF_BANK = cosine(BANK, WORDS.vectors)


@pytest.mark.parametrize("k", [1, 3, 9, 100])
def test_csls_is_twice_the_cosine_less_the_mean_with_the_nearest_pictures(k):
    scores = CslsLabeller(SPACE, BANK, k).score(PICTURES, NAMES)
    for i in range(7):
        for j in range(6):
            nearest = sorted(OF_BANK[:, j], reverse=True)[:k]
            expected = 2 * COSINES[i, j] - sum(nearest) / len(nearest)
            assert scores[i, j] == pytest.approx(expected, abs=1e-6)


def test_csls_orders_labels_as_the_whole_formula_does():
    scores = CslsLabeller(SPACE, BANK, 3).score(PICTURES, NAMES)
    for i in range(7):
        of_picture = np.sort(COSINES[i])[-3:].mean()
        of_label = np.sort(OF_BANK, axis=0)[-3:].mean(axis=0)
        whole = 2 * COSINES[i] - of_picture - of_label
        assert np.argsort(scores[i]).tolist() == np.argsort(whole).tolist()


@pytest.mark.parametrize("temperature", [0.05, 1.0])
def test_the_inverted_softmax_normalizes_over_pictures(temperature):
    labeller = InvertedSoftmaxLabeller(SPACE, BANK, temperature)
    scores = labeller.score(PICTURES, NAMES)
    for i in range(7):
        for j in range(6):
            total = sum(math.exp(c / temperature) for c in OF_BANK[:, j])
            share = math.exp(COSINES[i, j] / temperature) / total
            assert scores[i, j] == pytest.approx(temperature * math.log(9 * share), abs=1e-6)


def test_at_the_lowest_temperatures_only_the_nearest_picture_counts():
    scores = InvertedSoftmaxLabeller(SPACE, BANK, 1e-6).score(PICTURES, NAMES)
    np.testing.assert_allclose(scores, COSINES - OF_BANK.max(axis=0), atol=1e-5)


def test_a_hub_no_longer_wins():
    hub = WordVectors(("hub", "rare"), np.array([[1.0, 0.0], [0.6, -0.8]]))
    plain = SpaceLabeller(Projection(np.eye(2), np.zeros(2)), hub)
    bank = np.array([[1.0, 0.0], [0.8, 0.6], [0.6, 0.8]])
    picture = np.array([[0.92, -0.4]])
    assert plain.score(picture, hub.words).argmax() == 0
    for corrected in (CslsLabeller(plain, bank, 2), InvertedSoftmaxLabeller(plain, bank)):
        assert corrected.score(picture, hub.words).argmax() == 1


def test_labels_asked_in_turn_score_as_labels_asked_at_once():
    for make in (CslsLabeller, InvertedSoftmaxLabeller):
        labeller = make(SPACE, BANK)
        labeller.score(PICTURES, ["b", "e"])
        once = make(SPACE, BANK).score(PICTURES, NAMES)
        np.testing.assert_allclose(labeller.score(PICTURES, NAMES), once)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="k is 0"):
        CslsLabeller(SPACE, BANK, 0)
    with pytest.raises(ValueError, match="temperature is 0"):
        InvertedSoftmaxLabeller(SPACE, BANK, 0.0)
    for make in (CslsLabeller, InvertedSoftmaxLabeller):
        with pytest.raises(BadData, match="no picture"):
            make(SPACE, BANK[:0])
