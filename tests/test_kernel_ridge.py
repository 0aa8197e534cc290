"""Kernel ridge regression is its formula, and ridge regression where the kernel is linear."""

import numpy as np
import pytest

from iconym.kernel_ridge import fit_kernel_ridge

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 4)), RNG.normal(size=(12, 3)).astype(np.float32)


def test_the_weights_solve_the_loaded_system():
    kernel = (X @ X.T).astype(np.float32)
    weight = fit_kernel_ridge(kernel, Y, alpha=0.1).weight
    assert kernel @ weight + 0.1 * 12 * weight == pytest.approx(Y, abs=1e-4)


def test_with_a_linear_kernel_it_is_ridge_regression():
    weight = fit_kernel_ridge((X @ X.T).astype(np.float32), Y, alpha=0.1).weight
    primal = np.linalg.solve(X.T @ X + 0.1 * 12 * np.eye(4), X.T @ Y)
    new = RNG.normal(size=(5, 4))
    assert (new @ X.T) @ weight == pytest.approx(new @ primal, abs=1e-4)


@pytest.mark.parametrize(("n", "alpha"), [(0, 1.0), (3, 0.0), (3, -1.0)])
def test_nothing_to_learn_from_or_no_strength_is_refused(n, alpha):
    with pytest.raises(ValueError, match="both must be above 0"):
        fit_kernel_ridge(np.eye(n, dtype=np.float32), np.ones((n, 2), np.float32), alpha=alpha)
