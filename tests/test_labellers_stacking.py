"""Calibrated stacking: seen labels are held back, by how much is chosen on seen ones."""

import numpy as np
import pytest

from iconym.errors import BadData
from iconym.labellers.chance import ChanceLabeller
from iconym.labellers.space import SpaceLabeller
from iconym.labellers.stacking import CalibratedStacking
from iconym.metrics.ranking import hits_at_k
from iconym.nouns import WordVectors
from iconym.space import Projection
from iconym.training.held_back import chosen_gamma, labeller_hits

AS_IT_IS = Projection(np.eye(2), np.zeros(2))
EAST_AND_NORTH = WordVectors(("cat", "emu"), np.eye(2))


def test_gamma_is_taken_from_the_scores_of_seen_labels_only():
    space = SpaceLabeller(AS_IT_IS, EAST_AND_NORTH)
    stacked = CalibratedStacking(space, ("cat",), 0.25)
    assert stacked.score(np.eye(2), ["emu", "cat"]).tolist() == [[0, 0.75], [1, -0.25]]


def test_a_label_without_an_answer_stays_without_one():
    space = SpaceLabeller(AS_IT_IS, EAST_AND_NORTH)
    stacked = CalibratedStacking(space, ("cat", "wombat"), 0.25)
    assert stacked.score(np.eye(2), ["wombat"]).tolist() == [[-np.inf], [-np.inf]]


NAMES = tuple(f"c{i}" for i in range(10))
WORDS = WordVectors(NAMES, np.eye(10))
LABELS = [name for name in NAMES for _ in range(20)]
FEATURES = np.eye(10)[[NAMES.index(label) for label in LABELS]]


class Partial:
    """Scores a label by the picture's feature of its number, and ``more`` if it was learned."""

    def __init__(self, learned, more):
        self.learned, self.more = set(learned), more

    def score(self, features, labels):
        gain = np.array([self.more * (label in self.learned) for label in labels])
        return features[:, [NAMES.index(label) for label in labels]] + gain


def test_gamma_makes_up_for_what_seen_labels_have_ahead():
    gamma = chosen_gamma(lambda _, known: Partial(known, 5.0), FEATURES, LABELS, seed=0)
    assert gamma == pytest.approx(5)  # all are right from 4 to 6
    assert chosen_gamma(lambda _, known: Partial(known, 0.0), FEATURES, LABELS, seed=0) == 0


def test_gamma_has_the_highest_harmonic_mean_of_all():
    rng = np.random.default_rng(1)
    noisy = FEATURES + rng.normal(0, 0.5, FEATURES.shape)
    gamma = chosen_gamma(lambda _, known: Partial(known, 1.0), noisy, LABELS, seed=3)

    rounds = []  # the same folds, as another learner sees them
    chosen_gamma(
        lambda x, known: rounds.append((x, known)) or Partial(known, 1.0), noisy, LABELS, seed=3
    )

    def harmonic(gamma):
        u, s = [], []
        for learned, known in rounds:
            tested = ~(noisy[:, None] == learned).all(axis=2).any(axis=1)
            stacked = CalibratedStacking(Partial(known, 1.0), tuple(set(known)), gamma)
            truth = np.array(LABELS)[tested]
            hits = hits_at_k(stacked.score(noisy[tested], NAMES), truth[:, None] == NAMES, 1)
            for name in NAMES:
                (s if name in known else u).append(hits[truth == name].mean())
        per_fold = [np.mean(part) for part in (u, s)]
        return 2 * per_fold[0] * per_fold[1] / sum(per_fold)

    assert all(harmonic(gamma) >= harmonic(other) - 1e-12 for other in np.linspace(-1, 3, 41))


def test_gamma_is_0_where_nothing_is_told_apart():
    assert chosen_gamma(lambda *_: ChanceLabeller(), FEATURES, LABELS, seed=0) == 0


def test_no_class_that_plays_the_unseen_is_learned_from():
    learned = []
    chosen_gamma(
        lambda _, known: learned.append(set(known)) or Partial(known, 0.0),
        FEATURES,
        LABELS,
        seed=0,
    )
    assert [len(known) for known in learned] == [8] * 5
    assert set.intersection(*learned) == set()


def test_a_setting_is_as_good_as_its_hits_among_the_classes_held_back():
    def learn(_, known):
        backwards = WordVectors(NAMES, -np.eye(10))
        space = Projection(np.eye(10), np.zeros(10))
        return [SpaceLabeller(space, WORDS), ChanceLabeller(), SpaceLabeller(space, backwards)]

    hits = labeller_hits(learn, FEATURES, LABELS, seed=0)
    assert hits == pytest.approx([1, 0.5, 0])


def test_three_classes_are_too_few():
    for choose in (labeller_hits, chosen_gamma):
        with pytest.raises(BadData, match="3 classes; at least 4"):
            choose(lambda *_: [], FEATURES[:60], LABELS[:60], seed=0)
