"""Laws fitted to measurements: what a cost is the sum of, and how recall falls with size.

A law says how well it fits, and each figure that is taken from it says how far beyond the
measurements it lies.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from iconym.metrics.intervals import Interval

NORMAL = 1.96  # standard deviations to either side that hold 95 %


@dataclass(frozen=True)
class Point:
    """What a cost or a recall depends on."""

    count: int  # vectors
    dim: int
    setting: int = 1  # of the search: expansion, probes


Terms = Callable[[Point], dict[str, float]]


@dataclass(frozen=True)
class CostLaw:
    """A cost as the sum of ``terms``, each times its constant, none of which is negative."""

    terms: Terms
    constants: dict[str, float]  # seconds for one of each term
    residual: float  # root mean square of the relative errors at what it was fitted to

    def __call__(self, point: Point) -> float:
        """Seconds."""
        terms = self.terms(point)
        return sum(constant * terms[name] for name, constant in self.constants.items())


@dataclass(frozen=True)
class RecallLaw:
    """The share of neighbors found: for each setting its log odds are linear in log count.

    All settings have one slope, which is never above 0.
    """

    settings: tuple[int, ...]  # that were measured
    weights: Float[np.ndarray, " features"]  # the height of each setting, and the slope
    covariance: Float[np.ndarray, "features features"]  # of the weights
    spread: float  # root mean square error, in log odds, at sizes that were left out of the fit

    def __call__(self, point: Point) -> Interval:
        """The expected recall, and where that of one more index lies with 95 % confidence.

        Raises:
            ValueError: for a setting that was not measured.

        Source:
            Draper and Smith, Applied Regression Analysis, 1998, section 5.2: the variance of a
            new observation.
        """
        x = _features(point, self.settings)
        middle = float(x @ self.weights)
        reach = NORMAL * math.sqrt(self.spread**2 + float(x @ self.covariance @ x))
        return Interval(*(_share(odds) for odds in (middle, middle - reach, middle + reach)))


def fit_cost(points: Sequence[Point], seconds: Sequence[float], terms: Terms) -> CostLaw:
    """The law that errs least, in squares of relative errors; a term that it would take off is 0.

    Raises:
        ValueError: if there is no point.
    """
    if not points:
        raise ValueError("no measurements to fit a law to; measure at least one")
    rows = [terms(point) for point in points]
    names = [name for name in rows[0] if any(row[name] for row in rows)]
    measured = np.array(seconds)
    while True:
        matrix = np.array([[row[name] for name in names] for row in rows]) / measured[:, None]
        scale = np.abs(matrix).max(axis=0)  # terms differ by many orders of magnitude
        solved = np.linalg.lstsq(matrix / scale, np.ones(len(rows)), rcond=None)[0] / scale
        if solved.min() >= 0:
            break
        names.pop(int((solved * scale).argmin()))
    residual = float(np.sqrt(np.square(matrix @ solved - 1).mean()))
    constants = dict(zip(names, solved.tolist(), strict=True))
    return CostLaw(terms, constants, residual)


def fit_recall(points: Sequence[Point], found: Sequence[int], asked: Sequence[int]) -> RecallLaw:
    """The law that errs least in log odds, over neighbors ``found`` of those ``asked`` for.

    Half a neighbor is added to those found and those missed, so that odds are finite (Haldane).
    Each measurement weighs by how sure it is: by chance, and by how far the law is off at sizes
    that it was not fitted to. All settings of one size count as one in the law's own certainty,
    for they are of one index and err together.

    Raises:
        ValueError: for fewer than three sizes.
    """
    settings = tuple(sorted({point.setting for point in points}))
    x = np.array([_features(point, settings) for point in points])
    sizes, right = np.array([point.count for point in points]), np.array(found) + 0.5
    wrong = np.array(asked) - np.array(found) + 0.5
    if len(np.unique(sizes)) < 3:
        raise ValueError("recall at fewer than three sizes; measure more")
    odds, chance = np.log(right / wrong), 1 / right + 1 / wrong
    errors = np.empty(len(odds))
    for size in np.unique(sizes):
        rest = sizes != size
        errors[~rest] = odds[~rest] - x[~rest] @ _weighted(x[rest], odds[rest], chance[rest])
    spread = float(np.average(errors**2, weights=1 / chance))
    covariance = np.linalg.inv(x.T @ (x / (spread + chance)[:, None])) * len(settings)
    weights = _weighted(x, odds, spread + chance)
    if weights[-1] > 0:  # more vectors are never easier to search; that would be luck
        weights = np.append(_weighted(x[:, :-1], odds, spread + chance), 0.0)
    return RecallLaw(settings, weights, covariance, math.sqrt(spread))


def _weighted(
    x: Float[np.ndarray, "n features"],
    y: Float[np.ndarray, " n"],
    variances: Float[np.ndarray, " n"],
) -> Float[np.ndarray, " features"]:
    scale = 1 / np.sqrt(variances)
    return np.linalg.lstsq(x * scale[:, None], y * scale, rcond=None)[0]


def _features(point: Point, settings: tuple[int, ...]) -> Float[np.ndarray, " features"]:
    if point.setting not in settings:
        raise ValueError(f"setting {point.setting} was not measured; choose one of {settings}")
    return np.array([*(float(point.setting == s) for s in settings), math.log(point.count)])


def _share(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))
