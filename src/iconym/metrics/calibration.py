"""Whether a labeller's confidence can be taken at its word: temperature and reliability."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

BINS = 15  # as Guo et al.
COLDEST, HOTTEST = 1e-6, 1e6  # temperatures, in units of the scores' spread
HALVINGS = 60  # of a range of 12 powers of ten, in logarithms: to a part in 10^16


def temperature(scores: Float[np.ndarray, "n m"], positive: Bool[np.ndarray, "n m"]) -> float:
    """The T > 0 at which softmax(scores / T) gives the positives the highest likelihood.

    One number for all queries: the order of answers does not change. To be fitted on pictures
    that neither the labeller was trained on nor the confidence is reported for.

    Args:
        scores: -inf for a label that is no answer.
        positive: one label for each query; a query whose positive has no answer is left out.

    Returns:
        A T within a factor of 10^6 of the spread of the scores: the least where every query is
        right, the greatest where the scores say less than nothing; 1 where there is nothing to
        tell by, as all scores are equal or no query is left.

    Raises:
        ValueError: if a query has not exactly one positive, or a score is NaN.

    Source:
        Guo et al., On Calibration of Modern Neural Networks, ICML 2017, section 4.2.
    """
    if np.isnan(scores).any():
        raise ValueError("a score is NaN; -inf is how to give no answer")
    if (positive.sum(axis=1) != 1).any():
        raise ValueError("a query has none or several positives; give exactly one")
    true = scores[positive].astype(float)
    kept = true > -np.inf
    known, true = scores[kept].astype(float), true[kept]
    above = known - known.max(axis=1, keepdims=True, initial=-np.inf) if kept.any() else known
    spread = float(np.where(np.isfinite(above), -above, 0.0).mean()) if kept.any() else 0.0
    if spread == 0:
        return 1.0
    behind = (true - known.max(axis=1)) / spread
    slope = _slope(above / spread, behind)
    return spread * _root(slope)


def confidences(scores: Float[np.ndarray, "n m"], temperature: float) -> Float[np.ndarray, " n"]:
    """The probability of each query's best answer under softmax(scores / temperature).

    0 for a query without any answer.

    Raises:
        ValueError: if the temperature is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"the temperature is {temperature}; it must be above 0")
    best = scores.max(axis=1, keepdims=True, initial=-np.inf)
    answered = best[:, 0] > -np.inf
    behind = (scores - np.where(answered[:, None], best, 0.0)) / temperature
    total = np.exp(behind.astype(float)).sum(axis=1)
    return np.where(answered, 1 / np.where(answered, total, 1.0), 0.0)


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence beside accuracy, in bins from the least certain answers to the most certain.

    Args:
        counts: how many answers are in each bin.
        confidence: their mean confidence.
        accuracy: the share of them that is right.
    """

    counts: Float[np.ndarray, " bins"]
    confidence: Float[np.ndarray, " bins"]
    accuracy: Float[np.ndarray, " bins"]

    @property
    def error(self) -> float:
        """The expected calibration error: the mean of |accuracy - confidence| over answers.

        Chance alone makes it larger than 0, the more the fewer answers a bin has.
        """
        return float(np.average(np.abs(self.accuracy - self.confidence), weights=self.counts))

    def to_json(self) -> dict[str, Any]:
        """The error, and the bins as lists, to six digits."""
        bins = {
            "count": self.counts.astype(int).tolist(),
            "confidence": np.round(self.confidence, 6).tolist(),
            "accuracy": np.round(self.accuracy, 6).tolist(),
        }
        return {"error": round(self.error, 6), "bins": bins}


def reliability(
    confidence: Float[np.ndarray, " n"], correct: Float[np.ndarray, " n"], bins: int = BINS
) -> Reliability:
    """The reliability of answers in ``bins`` of equal numbers of answers, fewer if those are few.

    Answers of equal confidence share their accuracy, so that their order does not matter.

    Args:
        confidence: in [0, 1].
        correct: 1 where the answer is right, 0 where it is not, between where it ties.
        bins: at least 1.

    Raises:
        ValueError: if there is no answer, the numbers differ, or ``bins`` is below 1.

    Source:
        Guo et al., ICML 2017, equations 2 and 3; their bins are of equal width, ours of equal
        mass, as those of Nguyen and O'Connor, EMNLP 2015.
    """
    if bins < 1:
        raise ValueError(f"{bins} bins; there must be at least 1")
    confidence, correct = by_certainty(confidence, correct)
    parts = np.array_split(np.arange(len(confidence))[::-1], min(bins, len(confidence)))
    means = [(len(part), confidence[part].mean(), correct[part].mean()) for part in parts]
    counts, said, right = np.array(means, float).T
    return Reliability(counts, said, right)


def by_certainty(
    confidence: Float[np.ndarray, " n"], correct: Float[np.ndarray, " n"]
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Both, the most certain answer first; those of equal confidence have their mean ``correct``.

    Raises:
        ValueError: if there is no answer, or the numbers differ.
    """
    if not len(confidence) or len(confidence) != len(correct):
        raise ValueError(f"{len(confidence)} confidences of {len(correct)} answers; give one each")
    levels, place, sizes = np.unique(-confidence, return_inverse=True, return_counts=True)
    mean = np.bincount(place, weights=correct) / sizes
    return np.repeat(-levels, sizes), np.repeat(mean, sizes)


def _slope(
    above: Float[np.ndarray, "n m"], behind: Float[np.ndarray, " n"]
) -> Callable[[float], float]:
    """How fast the loss grows with 1 / T: it never shrinks, as the loss is convex in 1 / T."""
    finite = np.where(np.isfinite(above), above, 0.0)

    def slope(sharpness: float) -> float:
        weights = np.exp(sharpness * above)
        expected = (weights * finite).sum(axis=1) / weights.sum(axis=1)
        return float((expected - behind).mean())

    return slope


def _root(slope: Callable[[float], float]) -> float:
    """The T between the coldest and the hottest at which the slope at 1 / T is 0."""
    cold, hot = np.log(COLDEST), np.log(HOTTEST)
    for _ in range(HALVINGS):
        middle = (cold + hot) / 2
        if slope(float(np.exp(-middle))) <= 0:  # a sharper softmax would be better
            hot = middle
        else:
            cold = middle
    return float(np.exp((cold + hot) / 2))
