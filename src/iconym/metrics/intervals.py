"""How far a mean over queries may be off: intervals by resampling the queries."""

from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Float

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
    values: Float[np.ndarray, "n columns"], *, seed: int, samples: int = SAMPLES
) -> list[Interval]:
    """``bootstrap`` of every column; row i is one query, drawn or left out in all columns alike.

    Raises:
        ValueError: as ``bootstrap``.
    """
    if not len(values):
        raise ValueError("no queries, so no mean; evaluate at least one")
    means = _resampled_means(values, seed, samples)
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    columns = zip(values.mean(axis=0), low, high, strict=True)
    return [Interval(float(value), float(below), float(above)) for value, below, above in columns]


def paired_difference(
    a: Float[np.ndarray, " n"],
    b: Float[np.ndarray, " n"],
    *,
    seed: int,
    samples: int = SAMPLES,
) -> Interval:
    """The mean of ``a - b`` with its interval, where a[i] and b[i] are of the same query.

    An interval that holds 0 says that the two may be equally good.

    Raises:
        ValueError: as ``bootstrap``.
    """
    return bootstrap(a - b, seed=seed, samples=samples)


def _resampled_means(
    values: Float[np.ndarray, "n columns"], seed: int, samples: int
) -> Float[np.ndarray, "samples columns"]:
    random, n = np.random.default_rng(seed), len(values)
    rows = max(1, BLOCK // n)
    means = []
    for start in range(0, samples, rows):
        size = min(rows, samples - start)
        drawn = random.integers(n, size=(size, n)) + n * np.arange(size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n)
        means.append(times.astype(float) @ values / n)
    return np.concatenate(means)
