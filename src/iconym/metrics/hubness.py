"""Hubness: whether a few labels are among the nearest of far more pictures than others are."""

import numpy as np
from jaxtyping import Float

from iconym.metrics.ranking import Scores


def k_occurrences(scores: Scores, k: int) -> Float[np.ndarray, " m"]:
    """N_k: how many queries have each target among their k best-scored.

    The number expected over all orders of equal scores; they sum to k for each query that answers
    at least k targets. A score of -inf is no answer and never among the best. Without a query all
    are 0.

    Raises:
        ValueError: if k is below 1, or a score is NaN.

    Source:
        Radovanovic, Nanopoulos and Ivanovic, Hubs in Space, JMLR 2010, section 2; ties are ours.
    """
    if k < 1:
        raise ValueError(f"k is {k}; it must be at least 1")
    if np.isnan(scores).any():
        raise ValueError("a score is NaN; -inf is how to give no answer")
    count = scores.shape[1]
    if k >= count:
        return (scores > -np.inf).sum(axis=0).astype(float)
    least = np.partition(scores, count - k, axis=1)[:, count - k, None]
    above = scores > least
    level = (scores == least) & (least > -np.inf)
    places = k - above.sum(axis=1, keepdims=True)
    return (above + level * places / np.maximum(level.sum(axis=1, keepdims=True), 1)).sum(axis=0)


def skewness(values: Float[np.ndarray, " m"]) -> float:
    """The third standardized moment; that of ``k_occurrences`` is large where there are hubs.

    0 where all values are equal.

    Raises:
        ValueError: if there are no values.

    Source:
        Radovanovic, Nanopoulos and Ivanovic, Hubs in Space, JMLR 2010, equation 1.
    """
    if not len(values):
        raise ValueError("no labels, so no skewness; give at least one")
    apart = values - values.mean()
    deviation = np.sqrt(np.mean(apart**2))
    # of equal numbers, the rounding of their mean is all that deviates
    if deviation <= 1e-12 * np.abs(values).max():
        return 0.0
    return float(np.mean((apart / deviation) ** 3))
