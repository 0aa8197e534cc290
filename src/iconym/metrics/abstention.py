"""What it is worth to leave the least certain answers ungiven: risk against coverage."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from iconym.metrics.calibration import by_certainty

SHOWN = 20  # points of the curve in JSON


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """The risk-coverage curve of a labeller's answers.

    Args:
        wrong: ``wrong[i]`` is the number of wrong answers among the i + 1 most certain ones;
            the expected number where answers are equally certain.
    """

    wrong: Float[np.ndarray, " n"]

    @property
    def risks(self) -> Float[np.ndarray, " n"]:
        """The share of wrong answers among the 1, 2, ... n most certain ones."""
        return self.wrong / np.arange(1, len(self.wrong) + 1)

    @property
    def area(self) -> float:
        """The mean of ``risks``, in [0, 1]; certainty at random gives the share wrong."""
        return float(self.risks.mean())

    def accuracy_at(self, coverage: float) -> float:
        """The share of right answers among this share of the answers, the most certain ones.

        A share that is no whole number of answers is rounded up to one, at least to one.

        Raises:
            ValueError: if the coverage is not in [0, 1].
        """
        return float(1 - self.risks[self._kept(1 - coverage) - 1])

    def avoided(self, share: float) -> float:
        """Which share of the wrong answers is avoided if this share, the least certain, is left.

        Confidence at random avoids as large a share as is left. 0 if nothing is wrong.

        Raises:
            ValueError: if the share is not in [0, 1].
        """
        kept = 0 if share == 1 else self._kept(share)
        given = float(self.wrong[kept - 1]) if kept else 0.0
        return 1 - given / float(self.wrong[-1]) if self.wrong[-1] > 0 else 0.0

    def to_json(self) -> dict[str, Any]:
        """The area, and points of the curve, to six digits."""
        n = len(self.wrong)
        places = np.unique(np.linspace(1, n, min(n, SHOWN)).round().astype(int))
        return {
            "area": round(self.area, 6),
            "coverage": np.round(places / n, 6).tolist(),
            "risk": np.round(self.risks[places - 1], 6).tolist(),
        }

    def _kept(self, left: float) -> int:
        if not 0 <= left <= 1:
            raise ValueError(f"a share of {left:g} of the answers; it must be from 0 to 1")
        n = len(self.wrong)
        return max(1, n - int(left * n + 1e-9))  # 0.1 x 30 is 3, though not in binary


def risk_coverage(
    confidence: Float[np.ndarray, " n"], correct: Float[np.ndarray, " n"]
) -> RiskCoverage:
    """The curve of answers given from the most certain one on.

    Args:
        confidence: larger is more certain; only the order counts.
        correct: 1 where the answer is right, 0 where it is not, between where it ties.

    Raises:
        ValueError: if there is no answer, or the numbers differ.

    Source:
        El-Yaniv and Wiener, JMLR 2010; the area as Geifman et al., ICLR 2019. Ties are ours.
    """
    _, right = by_certainty(confidence, correct)
    return RiskCoverage(np.cumsum(1 - right))
