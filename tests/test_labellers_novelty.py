"""The two novelty gates are their definitions, by plain loops."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iconym.errors import BadData
from iconym.labellers import novelty
from iconym.labellers.novelty import GaussianGate, LoopGate
from iconym.nouns import WordVectors

WORDS = WordVectors(("cat", "dog"), np.array([[0.0, 0.0], [10.0, 0.0]]))
CATS = [[1.0, 0.0], [0.0, 2.0], [0.0, -3.0], [4.0, 0.0]]  # 1, 2, 3 and 4 from their word
DOGS = [[10.0, 1.0], [10.0, -2.0]]
TRAINED = np.array(CATS + DOGS)
GAUSSIAN = GaussianGate.of(TRAINED, ["cat"] * 4 + ["dog"] * 2, WORDS)


def test_a_labels_variance_is_that_of_its_own_pictures():
    cats, dogs = (1 + 4 + 9 + 16) / 4 / 2, (1 + 4) / 2 / 2
    assert GAUSSIAN.variances.tolist() == pytest.approx([cats, dogs])


@pytest.mark.parametrize(
    ("place", "novel"),
    [
        ([0.0, 0.5], 0),  # nearer than every cat
        ([0.0, 1.5], 1 / 4),  # one cat of four is nearer
        ([0.0, -2.5], 2 / 4),
        ([0.0, 3.5], 3 / 4),
        ([0.0, 5.0], 1),
        ([10.0, 1.5], 1 / 2),  # one dog of two is nearer
        ([5.0, 0.0], 1),
    ],
)
def test_novelty_is_the_share_of_the_most_familiar_labels_pictures_that_are_likelier(place, novel):
    assert GAUSSIAN(np.array([place])).tolist() == [novel]


def test_the_gate_is_the_papers_with_thresholds_at_quantiles():
    rng = np.random.default_rng(0)
    places, labels = rng.normal(size=(40, 3)), ["cat"] * 25 + ["dog"] * 15
    words = WordVectors(("cat", "dog"), rng.normal(size=(2, 3)))
    tested, gate = rng.normal(0, 2, (30, 3)), GaussianGate.of(places, labels, words)

    def likelihood(place, label, variance):
        squared = sum((place - words[label]) ** 2)
        return math.exp(-squared / variance / 2) / math.sqrt(2 * math.pi * variance) ** 3

    for cutoff in (0.2, 0.6, 1.0):
        for place, found in zip(tested, gate(tested)):
            above = []
            for label, own in (("cat", places[:25]), ("dog", places[25:])):
                variance = sum(sum((p - words[label]) ** 2) for p in own) / len(own) / 3
                known = sorted(likelihood(p, label, variance) for p in own)
                threshold = known[round((1 - cutoff) * len(own))]  # so many of them stay below
                above.append(likelihood(place, label, variance) >= threshold)
            assert (found >= cutoff) == (not any(above))


def test_no_training_picture_is_less_likely_than_all_of_its_label():
    assert GAUSSIAN(TRAINED).tolist() == [0, 1 / 4, 2 / 4, 3 / 4, 0, 1 / 2]


def test_pictures_that_lie_on_their_word_make_a_gate_too():
    gate = GaussianGate.of(np.zeros((2, 2)), ["cat", "cat"], WORDS)
    assert gate(np.array([[0.0, 0.0], [1e-3, 0.0]])).tolist() == [0, 1]


def loop_by_loops(trained, tested, k, strictness):
    def spread(place, others):
        nearest = sorted(range(len(others)), key=lambda j: math.dist(place, others[j]))[:k]
        squares = [math.dist(place, others[j]) ** 2 for j in nearest]
        return math.sqrt(sum(squares) / k), [tuple(others[j]) for j in nearest]

    known = {}
    for i, point in enumerate(trained):
        known[tuple(point)] = spread(point, np.delete(trained, i, axis=0))

    def factor(own, neighbors):
        return own / (sum(known[n][0] for n in neighbors) / k) - 1

    squares = [factor(*known[tuple(point)]) ** 2 for point in trained]
    normalizer = strictness * math.sqrt(sum(squares) / len(squares))
    found = [factor(*spread(place, trained)) for place in tested]
    return [max(0.0, math.erf(f / normalizer / math.sqrt(2))) for f in found]


@pytest.mark.parametrize("block", [1, 4_000_000])
def test_loop_is_its_definition(block, monkeypatch):
    monkeypatch.setattr(novelty, "BLOCK", block)
    rng = np.random.default_rng(0)
    trained, tested = rng.normal(size=(30, 3)), rng.normal(0, 2, (12, 3))
    found = LoopGate.of(trained, k=4, strictness=1.5)(tested)
    assert found.tolist() == pytest.approx(loop_by_loops(trained, tested, 4, 1.5))
    assert min(found) == 0 and max(found) > 0.5


def test_the_nearest_training_picture_counts_even_at_the_same_place():
    line = np.arange(6.0)[:, None]
    gate = LoopGate.of(line, k=2)
    assert gate.spreads[2] == pytest.approx(1)  # 1 and 3, itself left out
    twice = gate(np.array([[2.0]]))  # 2 itself, then 1 or 3: denser than around those
    assert twice.tolist() == [0]


def test_a_larger_lambda_finds_fewer_outliers():
    line, far = np.arange(6.0)[:, None], np.array([[9.0]])
    strict, mild = (LoopGate.of(line, k=2, strictness=s)(far) for s in (1.0, 3.0))
    assert 0 < mild < strict


def test_pictures_at_one_place_are_no_outliers_and_everything_else_is():
    gate = LoopGate.of(np.array([[0.0, 0.0]] * 5 + [[1.0, 0.0]]), k=3)
    assert gate(np.array([[0.0, 0.0], [0.5, 0.0]])).tolist() == [0, 1]


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=5))
def test_novelty_is_a_probability(places):
    for gate in (GAUSSIAN, LoopGate.of(TRAINED, k=2)):
        found = gate(np.array(places).reshape(-1, 2))
        assert found.shape == (len(places),) and ((found >= 0) & (found <= 1)).all()


def test_loop_needs_more_pictures_than_neighbors():
    with pytest.raises(BadData, match="4 pictures; 4 neighbors of each need at least 5"):
        LoopGate.of(np.zeros((4, 2)), k=4)
    with pytest.raises(ValueError, match="k 0 and strictness 3"):
        LoopGate.of(np.zeros((4, 2)), k=0)
