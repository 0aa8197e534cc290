"""Ridge regression: the linear map from features to word vectors, in closed form."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float

from iconym.space import Projection

CHUNK = 4096  # pictures whose products are summed in float32; those sums add up in float64


def fit_ridge(
    features: Float[np.ndarray, "n features"],
    targets: Float[np.ndarray, "n dim"],
    *,
    alpha: float,
) -> Projection:
    """The projection of the least squared error plus ``alpha`` times the squared weights.

    With X and Y the features and targets less their means, n rows, and v the mean variance of a
    feature, the weight W solves (X'X / n + alpha v I) W = X'Y / n. So one alpha means the same
    for any number of pictures and any scale of the features. The bias is not penalized.

    Args:
        features: of each picture.
        targets: the vector of each picture's label.
        alpha: strength, above 0.

    Raises:
        ValueError: if ``alpha`` is not above 0, or there is no picture.

    Source:
        Hoerl and Kennard, Ridge Regression, Technometrics 1970; alpha in units of v is ours.
    """
    return ridge_path(features, targets, alphas=[alpha])[0]


def ridge_path(
    features: Float[np.ndarray, "n features"],
    targets: Float[np.ndarray, "n dim"],
    *,
    alphas: Sequence[float],
) -> list[Projection]:
    """``fit_ridge`` for each of several alphas at the cost of one.

    Raises:
        ValueError: as ``fit_ridge``.
    """
    if not len(features) or min(alphas) <= 0:
        raise ValueError(f"{len(features)} pictures, alphas {alphas}; both must be above 0")
    n, width = features.shape
    origin, goal = features.mean(axis=0, dtype=float), targets.mean(axis=0, dtype=float)
    gram, cross = np.zeros((width, width)), np.zeros((width, targets.shape[1]))
    for rows in _chunks(n):
        x = (features[rows] - origin).astype(np.float32)  # centered first: no digits are lost
        gram += x.T @ x
        cross += x.T @ (targets[rows] - goal)
    variances, axes = np.linalg.eigh(gram / n)
    variances = variances.clip(min=0)  # rounding
    rotated, unit = axes.T @ cross / n, variances.mean() or 1.0
    weights = [axes @ (rotated / (variances + alpha * unit)[:, None]) for alpha in alphas]
    return [
        Projection(weight.astype(np.float32), (goal - origin @ weight).astype(np.float32))
        for weight in weights
    ]


def _chunks(n: int) -> Iterator[slice]:
    return (slice(start, start + CHUNK) for start in range(0, n, CHUNK))
