"""Ridge regression is its formula; what it depends on is chosen without unseen classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iconym.class_splits import class_folds, unseen_hits
from iconym.errors import BadData
from iconym.nouns import WordVectors
from iconym.projections import ALPHAS, MIDDLE, CosineSoftmax, Hinge, Ridge, settled, targets_of
from iconym.ridge import CHUNK, fit_ridge, ridge_path
from iconym.space import Projection

RNG = np.random.default_rng(0)
X = RNG.normal(3, [1, 2, 5], (40, 3)).astype(np.float32)
Y = RNG.normal(size=(40, 2)).astype(np.float32)


def test_the_weights_solve_the_normal_equations():
    x, y = X - X.mean(axis=0), Y - Y.mean(axis=0)
    fitted = fit_ridge(X, Y, alpha=0.5)
    loaded = x.T @ x / 40 + 0.5 * x.var(axis=0).mean() * np.eye(3)
    assert loaded @ fitted.weight == pytest.approx(x.T @ y / 40, abs=1e-5)
    assert fitted(X).mean(axis=0) == pytest.approx(Y.mean(axis=0), abs=1e-5)


def test_a_line_is_found_where_the_penalty_is_small():
    x = np.array([[0.0], [1.0], [2.0]], np.float32)
    fitted = fit_ridge(x, 3 * x + 1, alpha=1e-6)
    assert (fitted.weight.item(), fitted.bias.item()) == pytest.approx((3, 1), abs=1e-4)


def test_an_alpha_of_one_halves_a_single_feature():
    x = np.array([[0.0], [1.0], [2.0]], np.float32)
    assert fit_ridge(x, 3 * x + 1, alpha=1.0).weight.item() == pytest.approx(1.5)


@given(st.floats(0.01, 100))
def test_the_scale_of_the_features_does_not_matter(scale):
    plain, scaled = fit_ridge(X, Y, alpha=0.3), fit_ridge(X * np.float32(scale), Y, alpha=0.3)
    assert scaled(X * np.float32(scale)) == pytest.approx(plain(X), abs=1e-3)


def test_many_pictures_are_taken_in_chunks():
    many = CHUNK // 40 + 2
    tall = fit_ridge(np.tile(X, (many, 1)), np.tile(Y, (many, 1)), alpha=0.3)
    assert tall.weight == pytest.approx(fit_ridge(X, Y, alpha=0.3).weight, abs=1e-5)


def test_a_path_holds_the_fit_of_each_alpha():
    path = ridge_path(X, Y, alphas=[0.1, 2.0])
    for fitted, alpha in zip(path, [0.1, 2.0]):
        assert fitted.weight == pytest.approx(fit_ridge(X, Y, alpha=alpha).weight)


def test_features_that_do_not_vary_give_the_mean():
    fitted = fit_ridge(np.ones((4, 2), "f4"), Y[:4], alpha=1.0)
    assert fitted(np.ones((1, 2), "f4"))[0] == pytest.approx(Y[:4].mean(axis=0))


@pytest.mark.parametrize("n, alpha", [(0, 1.0), (3, 0.0), (3, -1.0)])
def test_nothing_to_learn_from_or_no_strength_is_refused(n, alpha):
    with pytest.raises(ValueError, match="both must be above 0"):
        fit_ridge(X[:n], Y[:n], alpha=alpha)


def test_each_class_is_in_one_fold():
    folds = class_folds("abcdefg", 3, seed=1)
    assert sorted(map(len, folds)) == [2, 2, 3]
    assert sorted(sum(folds, ())) == list("abcdefg")


COMPASS = WordVectors(tuple("nesw"), np.array([[0, 1], [1, 0], [0, -1], [-1, 0]], np.float32))
LABELS = list("nesw" * 3)
PLACES = targets_of(LABELS, COMPASS)
RIGHT, WRONG = (Projection(sign * np.eye(2, dtype="f4"), np.zeros(2, "f4")) for sign in (1, -1))


def test_a_setting_is_as_good_as_its_hits_on_classes_held_back():
    hits = unseen_hits(lambda *_: [RIGHT, WRONG], PLACES, LABELS, COMPASS, seed=0)
    assert hits[0] == 1 and hits[1] < 1


def test_no_picture_of_a_class_held_back_is_learned_from():
    learned = []

    def learn(features, labels):
        learned.append(set(labels))
        assert len(features) == len(labels)
        return [RIGHT]

    unseen_hits(learn, PLACES, LABELS, COMPASS, seed=0)
    assert [len(classes) for classes in learned] == [2, 2]
    assert learned[0] | learned[1] == set("nesw") and not learned[0] & learned[1]


def test_three_classes_are_too_few_to_hold_some_back():
    with pytest.raises(BadData, match="3 classes; at least 4"):
        unseen_hits(lambda *_: [RIGHT], PLACES[:3], LABELS[:3], COMPASS, seed=0)


def test_alpha_is_chosen_from_the_grid_unless_it_is_given():
    assert settled(Ridge(), PLACES, LABELS, COMPASS, seed=0).alpha in ALPHAS
    assert settled(Ridge(0.7), PLACES, LABELS, COMPASS, seed=0) == Ridge(0.7)
    assert settled(Hinge(), PLACES, LABELS, COMPASS, seed=0) == Hinge()
    assert settled(CosineSoftmax(), PLACES, LABELS, COMPASS, seed=0) == CosineSoftmax()


def test_with_few_classes_alpha_is_a_fixed_one():
    assert settled(Ridge(), PLACES[:3], LABELS[:3], COMPASS, seed=0) == Ridge(MIDDLE)
