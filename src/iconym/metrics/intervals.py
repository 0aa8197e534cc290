"""How far a mean over queries, or over their classes, may be off: intervals by resampling."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Float, Shaped

Classes = Shaped[np.ndarray, " n"]  # the class of each query, as a text or a number

SAMPLES = 2000
BLOCK = 1_000_000  # drawn at a time, so that memory stays small


@dataclass(frozen=True)
class Interval:
    """A mean and the interval that holds its true value with 95 % confidence."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """The three numbers to six digits."""
        return {name: round(number, 6) for name, number in asdict(self).items()}


def bootstrap(values: Float[np.ndarray, " n"], *, seed: int, samples: int = SAMPLES) -> Interval:
    """The mean of ``values`` with its 95 % percentile bootstrap interval.

    The same numbers and seed give the same interval. One value alone has no width.

    Raises:
        ValueError: if there are no values.

    Source:
        Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    return bootstrap_each(values[:, None], seed=seed, samples=samples)[0]


def bootstrap_each(
    values: Float[np.ndarray, "n columns"],
    *,
    seed: int,
    samples: int = SAMPLES,
    classes: Classes | None = None,
) -> list[Interval]:
    """``bootstrap`` of every column; row i is one query, drawn or left out in all columns alike.

    Args:
        values: a number for each query, in every column.
        seed: of the draws.
        samples: how many times the queries are drawn again.
        classes: of each query; where given, the mean is the mean over classes of each class's
            mean, and as many queries of a class are drawn as it has.

    Raises:
        ValueError: as ``bootstrap``.
    """
    means = resampled_means(values, seed=seed, samples=samples, classes=classes)
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    columns = zip(_weighted(values, classes).mean(axis=0), low, high, strict=True)
    return [Interval(float(value), float(below), float(above)) for value, below, above in columns]


def paired_difference(
    a: Float[np.ndarray, " n"],
    b: Float[np.ndarray, " n"],
    *,
    seed: int,
    samples: int = SAMPLES,
    classes: Classes | None = None,
) -> Interval:
    """The mean of ``a - b`` with its interval, where a[i] and b[i] are of the same query.

    An interval that holds 0 says that the two may be equally good.

    Raises:
        ValueError: as ``bootstrap``.
    """
    each = (a - b)[:, None]
    return bootstrap_each(each, seed=seed, samples=samples, classes=classes)[0]


def resampled_means(
    values: Float[np.ndarray, "n columns"],
    *,
    seed: int,
    samples: int = SAMPLES,
    classes: Classes | None = None,
) -> Float[np.ndarray, "samples columns"]:
    """The means of every column, each over queries drawn anew as in ``bootstrap_each``.

    Raises:
        ValueError: as ``bootstrap``.
    """
    if not len(values):
        raise ValueError("no queries, so no mean; evaluate at least one")
    n = len(values)
    weighted, draw = _weighted(values, classes), _draws(np.random.default_rng(seed), n, classes)
    rows = max(1, BLOCK // n)
    means = []
    for start in range(0, samples, rows):
        size = min(rows, samples - start)
        drawn = draw(size) + n * np.arange(size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n)
        means.append(times.astype(float) @ weighted / n)
    return np.concatenate(means)


def class_weights(classes: Classes) -> Float[np.ndarray, " n"]:
    """By how much to multiply queries' values so that their mean is the mean over classes.

    Source:
        Xian et al., Zero-Shot Learning: the Good, the Bad and the Ugly, CVPR 2017: the accuracy
        of each class first, then the mean of those.
    """
    _, of_query, sizes = np.unique(classes, return_inverse=True, return_counts=True)
    return len(classes) / (len(sizes) * sizes[of_query])


def _weighted(
    values: Float[np.ndarray, "n columns"], classes: Classes | None
) -> Float[np.ndarray, "n columns"]:
    return values if classes is None else values * class_weights(classes)[:, None]


def _draws(
    random: np.random.Generator, n: int, classes: Classes | None
) -> Callable[[int], np.ndarray]:
    """Makes so many draws of n queries: of all, or of each class as many as it has."""
    if classes is None:
        return lambda size: random.integers(n, size=(size, n))
    by_class = np.argsort(classes, kind="stable")
    _, first, sizes = np.unique(classes[by_class], return_index=True, return_counts=True)
    first, sizes = np.repeat(first, sizes), np.repeat(sizes, sizes)
    return lambda size: by_class[first + (random.random((size, n)) * sizes).astype(np.int64)]
