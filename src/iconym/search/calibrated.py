"""From margins to probabilities: a few numbers, learned where the right answers are known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from iconym.errors import BadData

NEAREST = 50  # pictures that say whether anything fits
SOFTNESS = 0.1  # of the largest margin, between the largest alone and how many there are
FALSE_ALARMS = 0.05  # share of the answerless queries that may pass for answered
PENALTY = 1e-3  # on squared weights, so that a set that is told apart without error has an answer
STEPS = 50  # of Newton's method, which needs about ten
SMALLEST_STEP = 1e-10


@dataclass(frozen=True, eq=False)
class Asked:
    """What is known of one query before any probability.

    Args:
        margins: of the pictures nearest to it, nearest first, as ``Background.margins``.
        crowding: of the collection.
    """

    margins: Float[np.ndarray, " n"]
    crowding: float

    @property
    def evidence(self) -> float:
        """A soft largest of the first 50 margins, s ln(sum(exp(margin / s))) with s = 0.1.

        One picture far inside the query's region counts, and so do many a little inside. -inf
        without pictures.
        """
        nearest = self.margins[:NEAREST]
        largest = float(nearest.max(initial=-np.inf))
        if largest == -np.inf:
            return largest
        return largest + SOFTNESS * float(np.log(np.exp((nearest - largest) / SOFTNESS).sum()))


@dataclass(frozen=True)
class Calibration:
    """Weights of two log odds, for queries of which half have an answer.

    That anything fits: evidence x ``evidence`` + crowding x ``crowding`` + ``fits``. That a picture
    is right: its margin x ``margin`` + those log odds x ``any_fits`` + ``right``.

    Args:
        certain: the probability that anything fits which 5 % of the answerless queries reach.
    """

    evidence: float
    crowding: float
    fits: float
    margin: float
    any_fits: float
    right: float
    certain: float

    def anything_fits(self, asked: Asked) -> float:
        """The probability that the collection holds what is asked."""
        return float(_probability(np.array([self._log_odds(asked)]))[0])

    def each_right(self, asked: Asked) -> Float[np.ndarray, " n"]:
        """The probability of each picture to be right."""
        if not len(asked.margins):
            return np.empty(0)
        return _probability(
            self.margin * asked.margins + self.any_fits * self._log_odds(asked) + self.right
        )

    def _log_odds(self, asked: Asked) -> float:
        return self.evidence * asked.evidence + self.crowding * asked.crowding + self.fits


def calibrate(
    asked: Sequence[Asked], right: Sequence[Float[np.ndarray, " _"]], answerable: Sequence[bool]
) -> Calibration:
    """The numbers for which what happened is the likeliest, by logistic regression twice.

    Args:
        asked: queries, about half of them answerable, of collections of various sizes.
        right: for each, 1 or 0 for each of its first pictures, as many as are shown.
        answerable: whether its collection holds a right picture.

    Raises:
        BadData: if the numbers differ, or all queries are answerable, or none is.

    Source:
        Platt, Probabilistic outputs for support vector machines, 1999; by Newton's method, and
        with two numbers in place of one score.
    """
    if not len(asked) == len(right) == len(answerable):
        raise BadData(f"{len(asked)} queries, {len(right)} answers, {len(answerable)} verdicts")
    fitting = np.array(answerable, float)
    if len(set(answerable)) < 2:
        raise BadData(f"{int(fitting.sum())} of {len(fitting)} queries are answerable; give both")
    seen = np.array([(one.evidence, one.crowding, 1.0) for one in asked])
    first = _logistic(seen, fitting)
    odds = seen @ first
    hits = [
        (margin, odds[i], 1.0)
        for i, (one, hit) in enumerate(zip(asked, right, strict=True))
        for margin in one.margins[: len(hit)]
    ]
    second = _logistic(np.array(hits), np.concatenate(right).astype(float))
    certain = np.quantile(_probability(odds[fitting == 0]), 1 - FALSE_ALARMS)
    evidence, crowding, fits = first.tolist()
    margin, any_fits, bias = second.tolist()
    return Calibration(evidence, crowding, fits, margin, any_fits, bias, float(certain))


def _logistic(x: Float[np.ndarray, "n m"], y: Float[np.ndarray, " n"]) -> Float[np.ndarray, " m"]:
    weights, penalty = np.zeros(x.shape[1]), PENALTY * np.eye(x.shape[1])
    for _ in range(STEPS):
        p = _probability(x @ weights)
        step = np.linalg.solve(
            (x * (p * (1 - p))[:, None]).T @ x + penalty, x.T @ (p - y) + penalty @ weights
        )
        weights = weights - step
        if np.abs(step).max() < SMALLEST_STEP:
            break
    return weights


def _probability(log_odds: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    return 1 / (1 + np.exp(-np.clip(log_odds, -500, 500)))  # exp(500) is still a number
