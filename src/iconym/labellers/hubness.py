"""Labels by closeness in a joint space, less what a label is close to anyway.

Some label vectors, the hubs, are near almost every picture and win too often. Both corrections
here take from a label's cosine how near it is to a bank of reference pictures: training pictures,
which are saved with the labeller; the pictures asked about never correct each other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float

from iconym.errors import BadData
from iconym.labellers.space import SpaceLabeller, score_by_text
from iconym.protocols import TextEncoder

BLOCK = 4_000_000  # cosines with the bank in memory at a time

# Cosines of every picture of the bank with some labels to how near each is.
Measure = Callable[[Float[np.ndarray, "pictures m"]], Float[np.ndarray, " m"]]


@dataclass(frozen=True)
class CslsLabeller:
    """Twice the cosine, less the label's mean cosine with the ``k`` nearest pictures of the bank.

    The paper also takes away the picture's mean cosine with its nearest labels. That is the same
    for every label of a picture and changes no order, but would make the score of a label depend
    on the others asked about; it is left out.

    Args:
        space: gives the cosines.
        bank: the places of training pictures in the space, ``space.projection(features)``.
        k: how many of them count; all, if the bank has fewer.

    Raises:
        ValueError: if ``k`` is below 1.
        BadData: if the bank is empty.

    Source:
        Conneau et al., Word Translation Without Parallel Data, ICLR 2018, equations 2 and 3.
    """

    space: SpaceLabeller
    bank: Float[np.ndarray, "pictures dim"]
    k: int = 10

    def __post_init__(self) -> None:
        _check_bank(self.bank)
        if self.k < 1:
            raise ValueError(f"k is {self.k}; CSLS needs at least 1 neighbor")

    def score(
        self, features: Float[np.ndarray, "n features"], labels: Sequence[str]
    ) -> Float[np.ndarray, "n m"]:
        """Scores in [-3, 3]; -inf for a label that the space cannot read."""
        cosines = self.space.score(features, labels)
        return 2 * cosines - self._nearness(labels)

    def _mean_of_nearest(self, cosines: Float[np.ndarray, "pictures m"]) -> Float[np.ndarray, " m"]:
        rest = max(len(cosines) - self.k, 0)
        return np.partition(cosines, rest - 1, axis=0)[rest:].mean(axis=0, dtype=float)

    @cached_property
    def _nearness(self) -> "_Nearness":
        return _Nearness(self.bank, self.space.text, self._mean_of_nearest)


@dataclass(frozen=True)
class InvertedSoftmaxLabeller:
    """The log-probability of the picture, among those of the bank, given the label.

    With cosine s, temperature t and the N pictures of the bank: s - t log(1/N sum exp(s_n / t)),
    which is t times the logarithm of the paper's softmax over pictures, for 1 / t = its beta and
    but for log N, so that the score stays in units of the cosine. Its factor alpha, equal for all
    labels of a picture, changes no order and is left out.

    Args:
        space: gives the cosines.
        bank: the places of training pictures in the space, ``space.projection(features)``.
        temperature: small looks at the nearest pictures of the bank, large at their mean.

    Raises:
        ValueError: if ``temperature`` is not above 0.
        BadData: if the bank is empty.

    Source:
        Smith et al., Offline Bilingual Word Vectors, Orthogonal Transformations and the Inverted
        Softmax, ICLR 2017, equation 11.
    """

    space: SpaceLabeller
    bank: Float[np.ndarray, "pictures dim"]
    temperature: float = 0.1

    def __post_init__(self) -> None:
        _check_bank(self.bank)
        if not self.temperature > 0:
            raise ValueError(f"temperature is {self.temperature}; it must be above 0")

    def score(
        self, features: Float[np.ndarray, "n features"], labels: Sequence[str]
    ) -> Float[np.ndarray, "n m"]:
        """Scores in [-2, 2]; -inf for a label that the space cannot read."""
        cosines = self.space.score(features, labels)
        return cosines - self._nearness(labels)

    def _soft_maximum(self, cosines: Float[np.ndarray, "pictures m"]) -> Float[np.ndarray, " m"]:
        largest = cosines.max(axis=0)  # taken out first: exp of what is left cannot overflow
        rest = np.exp((cosines - largest) / self.temperature).mean(axis=0, dtype=float)
        return largest + self.temperature * np.log(rest)

    @cached_property
    def _nearness(self) -> "_Nearness":
        return _Nearness(self.bank, self.space.text, self._soft_maximum)


@dataclass(frozen=True)
class _Nearness:
    """How near the bank each label is; what was measured once is kept."""

    bank: Float[np.ndarray, "pictures dim"]
    text: TextEncoder
    measure: Measure
    known: dict[str, float] = field(default_factory=dict)

    def __call__(self, labels: Sequence[str]) -> Float[np.ndarray, " m"]:
        new = [label for label in dict.fromkeys(labels) if label not in self.known]
        size = max(1, BLOCK // len(self.bank))
        for start in range(0, len(new), size):
            some = new[start : start + size]
            cosines = score_by_text(self.bank, self.text, some)
            readable = np.isfinite(cosines).all(axis=0)  # the score of others is -inf as it is
            found = self.measure(np.where(readable, cosines, 0))
            self.known.update(zip(some, found.tolist(), strict=True))
        return np.array([self.known[label] for label in labels])


def _check_bank(bank: np.ndarray) -> None:
    if not len(bank):
        raise BadData("the bank has no picture; give the places of training pictures")
