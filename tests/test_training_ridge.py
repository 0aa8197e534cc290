"""Ridge regression, with a kernel too, is its formula."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iconym.training.ridge import CHUNK, fit_kernel_ridge, fit_ridge, ridge_path

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


A, B = RNG.normal(size=(12, 4)), RNG.normal(size=(12, 3)).astype(np.float32)


def test_the_weights_of_a_kernel_solve_the_loaded_system():
    kernel = (A @ A.T).astype(np.float32)
    weight = fit_kernel_ridge(kernel, B, alpha=0.1).weight
    assert kernel @ weight + 0.1 * 12 * weight == pytest.approx(B, abs=1e-4)


def test_with_a_linear_kernel_it_is_ridge_regression():
    weight = fit_kernel_ridge((A @ A.T).astype(np.float32), B, alpha=0.1).weight
    primal = np.linalg.solve(A.T @ A + 0.1 * 12 * np.eye(4), A.T @ B)
    new = RNG.normal(size=(5, 4))
    assert (new @ A.T) @ weight == pytest.approx(new @ primal, abs=1e-4)


@pytest.mark.parametrize(("n", "alpha"), [(0, 1.0), (3, 0.0), (3, -1.0)])
def test_an_empty_kernel_or_no_strength_is_refused(n, alpha):
    with pytest.raises(ValueError, match="both must be above 0"):
        fit_kernel_ridge(np.eye(n, dtype=np.float32), np.ones((n, 2), np.float32), alpha=alpha)
