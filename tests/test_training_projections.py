"""What a projection depends on is chosen without unseen classes."""

from functools import partial

import numpy as np
import pytest
import torch

from iconym.features import Scaling
from iconym.labellers.space import SpaceLabeller
from iconym.nouns import WordVectors
from iconym.objectives.hinge_rank import hinge_rank
from iconym.objectives.info_nce import info_nce
from iconym.similarity import cosine, dot
from iconym.space import Projection
from iconym.training.descent import TrainingConfig
from iconym.training.held_back import class_folds, labeller_hits
from iconym.training.layers import Goal, examples_of, fit_projection
from iconym.training.projections import (
    ALPHAS,
    MIDDLE,
    CosineSoftmax,
    Hinge,
    Ridge,
    project,
    settled,
)
from iconym.training.ridge import ridge_path, targets_of


def test_each_class_is_in_one_fold():
    folds = class_folds("abcdefg", 3, seed=1)
    assert sorted(map(len, folds)) == [2, 2, 3]
    assert sorted(sum(folds, ())) == list("abcdefg")


COMPASS = WordVectors(tuple("nesw"), np.array([[0, 1], [1, 0], [0, -1], [-1, 0]], np.float32))
LABELS = list("nesw" * 3)
PLACES = targets_of(LABELS, COMPASS)
RIGHT = SpaceLabeller(Projection(np.eye(2, dtype="f4"), np.zeros(2, "f4")), COMPASS)


def test_no_picture_of_a_class_held_back_is_learned_from():
    learned = []

    def learn(features, labels):
        learned.append(set(labels))
        assert features.tolist() == targets_of(labels, COMPASS).tolist()  # each its own
        return [RIGHT]

    labeller_hits(learn, PLACES, LABELS, seed=0)
    assert [len(classes) for classes in learned] == [2, 2]
    assert learned[0] | learned[1] == set("nesw") and not learned[0] & learned[1]


def test_alpha_is_chosen_from_the_grid_unless_it_is_given():
    assert settled(Ridge(), PLACES, LABELS, COMPASS, seed=0).alpha in ALPHAS
    assert settled(Ridge(0.7), PLACES, LABELS, COMPASS, seed=0) == Ridge(0.7)
    assert settled(Hinge(), PLACES, LABELS, COMPASS, seed=0) == Hinge()
    assert settled(CosineSoftmax(), PLACES, LABELS, COMPASS, seed=0) == CosineSoftmax()


def test_with_few_classes_alpha_is_a_fixed_one():
    assert settled(Ridge(), PLACES[:3], LABELS[:3], COMPASS, seed=0) == Ridge(MIDDLE)


def test_the_alpha_chosen_is_the_best_for_classes_held_back():
    rng = np.random.default_rng(0)
    names = [f"c{i}" for i in range(12)]
    vectors = WordVectors(tuple(names), rng.normal(size=(12, 4)).astype(np.float32))
    labels = names * 4
    features = targets_of(labels, vectors) * [1, 1, 0.1, 0.1] + 0.1 * rng.normal(size=(48, 4))

    def learn(some, their_labels):
        path = ridge_path(some, targets_of(their_labels, vectors), alphas=ALPHAS)
        return [SpaceLabeller(projection, vectors) for projection in path]

    hits = labeller_hits(learn, features, labels, seed=0)
    assert hits.min() < hits.max()
    best = [alpha for alpha, hit in zip(ALPHAS, hits) if hit == hits.max()]
    assert settled(Ridge(), features, labels, vectors, seed=0) == Ridge(best[-1])


def test_of_equally_good_alphas_the_largest_is_chosen():
    constant = np.ones((12, 2), np.float32)
    assert settled(Ridge(), constant, LABELS, COMPASS, seed=0) == Ridge(ALPHAS[-1])


BRIEF = TrainingConfig(epochs=20, batch=4, learning_rate=0.1)


@pytest.mark.parametrize(
    "method, objective, similarity",
    [
        (Hinge(3.0, BRIEF), partial(hinge_rank, margin=3.0, negatives="first"), dot),
        (CosineSoftmax(0.3, BRIEF), partial(info_nce, temperature=0.3), cosine),
    ],
)
def test_a_method_is_its_objective_on_scaled_features(method, objective, similarity):
    features = 10 * PLACES + 3
    scaling, goal = Scaling.of(features), Goal(COMPASS, objective, similarity)
    examples = examples_of(torch.from_numpy(scaling(features)), LABELS, goal)
    scaled = fit_projection(examples, goal, BRIEF)
    found = project(method, features, LABELS, COMPASS)
    assert found(features) == pytest.approx(scaled(scaling(features)), abs=1e-4)
