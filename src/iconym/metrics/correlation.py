"""Whether two lists of numbers put things into the same order: Spearman's rho and its interval."""

import math

import numpy as np
from jaxtyping import Float, Shaped

from iconym.metrics.intervals import Interval

NORMAL_95 = 1.959964  # 95 % of a normal distribution lie within so many standard deviations


def spearman(x: Shaped[np.ndarray, " n"], y: Shaped[np.ndarray, " n"]) -> float:
    """Spearman's rank correlation in [-1, 1]; equal numbers share the mean of their ranks.

    NaN where it is not defined: below two pairs, or where all of x or all of y are equal.

    Source: Spearman 1904; as Pearson's correlation of the ranks, which is right with ties.
    """
    if len(x) < 2:
        return math.nan
    a, b = (ranks - ranks.mean() for ranks in (mean_ranks(x), mean_ranks(y)))
    spread = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / spread if spread > 0 else math.nan


def mean_ranks(x: Shaped[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """The rank of each number from the smallest, 1, on; equal ones share the mean of theirs."""
    _, group, sizes = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    return (last - (sizes - 1) / 2)[group]


def rho_interval(rho: float, pairs: int) -> Interval | None:
    """The 95 % interval of Spearman's rho over so many pairs; None where there is none.

    It is none below four pairs and where rho is NaN. A rho of 1 or -1 has no width.

    Source: Fisher's z with the variance (1 + rho^2 / 2) / (n - 3), as Bonett & Wright 2000
        ("Sample size requirements for estimating Pearson, Kendall and Spearman correlations").
    """
    if math.isnan(rho) or pairs < 4:
        return None
    if abs(rho) >= 1:
        return Interval(rho, rho, rho)
    z, half = math.atanh(rho), NORMAL_95 * math.sqrt((1 + rho**2 / 2) / (pairs - 3))
    return Interval(rho, math.tanh(z - half), math.tanh(z + half))
