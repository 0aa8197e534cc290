"""Ridge regression, in closed form: from features, or from a kernel, to word vectors."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float, Int

from iconym.nouns import WordVectors
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


def fit_kernel_ridge(
    kernel: Float[np.ndarray, "n n"], targets: Float[np.ndarray, "n dim"], *, alpha: float
) -> Projection:
    """The projection from kernel values to word vectors: W solves (K + alpha n I) W = Y.

    Args:
        kernel: symmetric and positive semi-definite, such as ``RadialBasis.of(x)(x)``.
        targets: the vector of each picture's label.
        alpha: strength, above 0.

    Raises:
        ValueError: if ``alpha`` is not above 0, or there is no picture.

    Source:
        Saunders, Gammerman and Vovk, Ridge Regression Learning Algorithm in Dual Variables,
        ICML 1998, their a = alpha n; there is no bias, so the targets should be centered.
    """
    n = len(kernel)
    if not n or alpha <= 0:
        raise ValueError(f"{n} pictures, alpha {alpha}; both must be above 0")
    loaded = kernel.astype(np.float64)
    loaded[np.diag_indices(n)] += alpha * n
    weight = np.linalg.solve(loaded, targets.astype(np.float64)).astype(np.float32)
    return Projection(weight, np.zeros(targets.shape[1], np.float32))


def within_class_covariance(
    features: Float[np.ndarray, "n features"],
    rows: Int[np.ndarray, " n"],
    means: Float[np.ndarray, "classes features"],
) -> Float[np.ndarray, "features features"]:
    """The mean product of what two features differ by from their mean in a picture's class.

    Args:
        features: of each picture.
        rows: the class of each picture, as a row of ``means``.
        means: the mean features of each class.
    """
    gram = np.zeros((features.shape[1], features.shape[1]))
    for chunk in _chunks(len(features)):
        x = (features[chunk] - means[rows[chunk]]).astype(np.float32)
        gram += x.T @ x
    return gram / max(len(features), 1)


def targets_of(labels: Sequence[str], vectors: WordVectors) -> Float[np.ndarray, "n dim"]:
    """The vector of each label, one row for each picture."""
    return np.stack([vectors[label] for label in labels])


def _chunks(n: int) -> Iterator[slice]:
    return (slice(start, start + CHUNK) for start in range(0, n, CHUNK))
