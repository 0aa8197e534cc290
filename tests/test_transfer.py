"""Cross-modal transfer: the map that is learned, the gate's mixture, and the curve it traces."""

import math
from dataclasses import replace

import numpy as np
import pytest

from iconym.errors import BadData, Usage
from iconym.labellers.novelty import GaussianGate, LoopGate
from iconym.labellers.softmax import SoftmaxLabeller
from iconym.labellers.transfer import TanhProjection, TransferLabeller
from iconym.nouns import WordVectors
from iconym.space import Projection
from iconym.training.descent import TrainingConfig
from iconym.training.layers import fit_softmax
from iconym.training.transfer import TransferConfig, fit_tanh_projection, fit_transfer

LINE = Projection(np.array([[1.0], [0.0]]), np.zeros(1))  # the first feature, and no second layer
WORDS = WordVectors(("cat", "dog"), np.array([[0.0], [0.5]]))
NEW = WordVectors(("emu", "yak"), np.array([[1.0], [2.0]]))
SOFTMAX = SoftmaxLabeller(np.array([[0.0, 0.0], [1.0, 0.0]]), np.zeros(2), ("cat", "dog"))


class Novelty:
    """A gate that says what it is told."""

    def __init__(self, *novelty):
        self.novelty = np.array(novelty)

    def __call__(self, places):
        return self.novelty


def labeller(gate, **settings):
    straight = TanhProjection(LINE, Projection(np.ones((1, 1)), np.zeros(1)))
    return TransferLabeller(SOFTMAX, straight, gate, NEW, variance=0.5, **settings)


PICTURE = np.array([[0.0, math.log(3)]])  # cat to dog as 3 to 1; at place 0
OF_NEW = np.exp([-1.0, -4.0]) / np.exp([-1.0, -4.0]).sum()  # squared distances 1 and 4


def test_the_map_is_theta2_tanh_theta1_x():
    rng = np.random.default_rng(0)
    hidden = Projection(rng.normal(size=(3, 4)), rng.normal(size=4))
    output = Projection(rng.normal(size=(4, 2)), rng.normal(size=2))
    x = rng.normal(size=3)
    within = [math.tanh(x @ hidden.weight[:, j] + hidden.bias[j]) for j in range(4)]
    expected = [np.array(within) @ output.weight[:, i] + output.bias[i] for i in range(2)]
    assert TanhProjection(hidden, output)(x[None])[0].tolist() == pytest.approx(expected)


GATE = GaussianGate.of(np.array([[0.0], [0.2], [0.4]]), ["cat", "cat", "dog"], WORDS)


def with_novelty(monkeypatch, *novelty):
    monkeypatch.setattr(GaussianGate, "__call__", Novelty(*novelty))


def test_probabilities_are_mixed_by_novelty(monkeypatch):
    with_novelty(monkeypatch, 0.25)
    scores = labeller(GATE).score(PICTURE, ["cat", "dog", "emu", "yak"])
    expected = [0.75 * 3 / 4, 0.75 / 4, *(0.25 * OF_NEW)]
    assert np.exp(scores[0]).tolist() == pytest.approx(expected)
    assert np.exp(scores).sum() == pytest.approx(1)


def test_with_a_cutoff_the_gate_is_hard(monkeypatch):
    with_novelty(monkeypatch, 0.25)
    new, known = (
        labeller(GATE, cutoff=c).score(PICTURE, [*"cd", "cat", "emu"]) for c in (0.25, 0.3)
    )
    assert np.exp(new[0]).tolist() == pytest.approx([0, 0, 0, OF_NEW[0]])
    assert np.exp(known[0]).tolist() == pytest.approx([0, 0, 3 / 4, 0])


def test_a_label_behind_a_closed_gate_has_a_finite_score_below_all_others():
    scores = labeller(GATE, cutoff=2.0).score(PICTURE, ["cat", "dog", "emu", "wombat"])[0]
    assert np.isfinite(scores[:3]).all() and scores[3] == -np.inf
    assert scores[2] < scores[:2].min() - 600


def test_an_unseen_label_must_be_there_and_not_be_seen():
    with pytest.raises(BadData, match="'dog' is both seen and unseen"):
        replace(labeller(GATE), unseen=WordVectors(("dog",), np.ones((1, 1))))
    with pytest.raises(BadData, match="no unseen label"):
        replace(labeller(GATE), unseen=WordVectors((), np.ones((0, 1))))


# A world of five labels at the corners and the center of a square; two corners are never seen.
PLACES = {"a": (2, 2), "b": (-2, 2), "c": (0, 0), "u": (2, -2), "v": (-2, -2)}
ALL = WordVectors(tuple(PLACES), np.array(list(PLACES.values()), np.float32) / 2)
BRIEF = TrainingConfig(epochs=40, batch=20, learning_rate=0.03, weight_decay=0.0)


def pictures(labels, seed):
    rng = np.random.default_rng(seed)
    truth = [label for label in labels for _ in range(40)]
    noise = rng.normal(0, 0.7, (len(truth), 2))
    return (np.array([PLACES[label] for label in truth]) + noise).astype(np.float32), truth


def test_the_map_carries_pictures_to_their_words():
    features, labels = pictures("abc", seed=0)
    fitted = fit_tanh_projection(features, labels, ALL, TransferConfig(8, BRIEF))
    tested, truth = pictures("abc", seed=1)
    goal = np.stack([ALL[label] for label in truth])
    unexplained = np.square(fitted(tested) - goal).mean() / goal.var()
    assert unexplained < 0.35


def test_what_the_features_are_measured_in_does_not_matter():
    features, labels = pictures("abc", seed=0)
    plain, larger = (
        fit_tanh_projection(f, labels, ALL, TransferConfig(4, BRIEF))
        for f in (features, 1000 * features + 5)
    )
    np.testing.assert_allclose(plain(features), larger(1000 * features + 5), atol=1e-2)


@pytest.fixture(scope="module")
def fitted():
    features, labels = pictures("abc", seed=0)
    softmax = fit_softmax(features, labels, BRIEF)
    loop = fit_transfer(features, labels, ALL, softmax, TransferConfig(8, BRIEF))
    places = loop.projection(features)
    return {
        "loop": loop,
        "gaussian": replace(loop, gate=GaussianGate.of(places, labels, ALL)),
    }


@pytest.mark.parametrize("gate", ["loop", "gaussian"])
def test_seen_accuracy_rises_with_the_cutoff_and_unseen_accuracy_falls(fitted, gate):
    tested, truth = pictures("abcuv", seed=1)
    curve = fitted[gate].curve(tested, truth, np.linspace(0, 1.1, 23).tolist())
    assert (np.diff(curve.seen) >= 0).all() and (np.diff(curve.unseen) <= 0).all()
    assert curve.seen[0] == 0 and curve.seen[-1] > 0.8
    assert curve.unseen[0] > 0.8 and curve.unseen[-1] == 0


@pytest.mark.parametrize("cutoff", [0.05, 0.5, 0.9])
def test_a_point_of_the_curve_is_how_often_the_labeller_with_that_cutoff_is_right(fitted, cutoff):
    tested, truth = pictures("abcuv", seed=1)
    for each in fitted.values():
        curve = each.curve(tested, truth, [cutoff])
        scores = replace(each, cutoff=cutoff).score(tested, ALL.words)
        right = np.array(ALL.words)[scores.argmax(axis=1)] == truth
        assert curve.seen.tolist() == pytest.approx([right[:120].mean()])
        assert curve.unseen.tolist() == pytest.approx([right[120:].mean()])


def test_a_curve_needs_pictures_of_both_kinds_and_of_known_labels(fitted):
    tested, truth = pictures("abc", seed=1)
    with pytest.raises(BadData, match="both seen and unseen labels"):
        fitted["loop"].curve(tested, truth, [0.5])
    with pytest.raises(BadData, match="'wombat' is neither"):
        fitted["loop"].curve(tested[:1], ["wombat"], [0.5])


def test_the_config_says_which_gate_is_made(fitted):
    features, labels = pictures("abc", seed=0)
    config = TransferConfig(8, BRIEF, gate="gaussian", cutoff=0.95)
    made = fit_transfer(features, labels, ALL, fitted["loop"].softmax, config)
    assert isinstance(made.gate, GaussianGate) and made.cutoff == 0.95
    assert isinstance(fitted["loop"].gate, LoopGate) and fitted["loop"].cutoff is None
    assert made.unseen.words == ("u", "v")
    squared = np.square(made.projection(features) - np.stack([ALL[name] for name in labels]))
    assert made.variance == pytest.approx(squared.mean())


def test_no_hidden_layer_is_refused():
    with pytest.raises(Usage, match="hidden is 0"):
        TransferConfig(hidden=0)
