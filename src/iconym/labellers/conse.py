"""Labels by a convex combination of the label vectors that a softmax classifier believes in."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from iconym.labellers.softmax import SoftmaxLabeller
from iconym.labellers.space import readable, score_by_text
from iconym.protocols import TextEncoder


@dataclass(frozen=True)
class ConseLabeller:
    """Puts a picture at the mean of its ``top`` likeliest classes' vectors, by probability.

    The probabilities of those classes are scaled to sum to 1, their vectors have length 1. Of
    equally likely classes the first in the classifier's order are taken. A class that ``text``
    cannot read is passed over. Nothing is trained.

    Raises:
        ValueError: if ``top`` is below 1.

    Source:
        Norouzi et al., ConSE, ICLR 2014.
    """

    softmax: SoftmaxLabeller
    text: TextEncoder
    top: int = 10

    def __post_init__(self) -> None:
        if self.top < 1:
            raise ValueError(f"top is {self.top}; ConSE needs at least 1 class")

    def score(
        self, features: Float[np.ndarray, "n features"], labels: Sequence[str]
    ) -> Float[np.ndarray, "n m"]:
        """Cosines in [-1, 1]; -inf for a label that ``text`` cannot read.

        Raises:
            UnknownWord: if ``text`` can read none of the classifier's classes.
        """
        return score_by_text(self.embed(features), self.text, labels)

    def embed(self, features: Float[np.ndarray, "n features"]) -> Float[np.ndarray, "n dim"]:
        """The convex combination for each picture, not of unit length."""
        columns, vectors = self._classes
        beliefs = self.softmax.log_probabilities(features)[:, columns]
        likeliest = np.argsort(-beliefs, axis=1, kind="stable")[:, : self.top]
        kept = np.full_like(beliefs, -np.inf)
        np.put_along_axis(kept, likeliest, np.take_along_axis(beliefs, likeliest, 1), 1)
        weights = np.exp(kept - kept.max(axis=1, keepdims=True))  # of 0, not of 0 / 0, if unlikely
        return weights / weights.sum(axis=1, keepdims=True) @ vectors

    @cached_property
    def _classes(self) -> tuple[list[int], Float[np.ndarray, "classes dim"]]:
        """The columns of the classes that ``text`` can read, and their vectors."""
        known = readable(self.text, self.softmax.classes)
        return known, self.text([self.softmax.classes[i] for i in known])
