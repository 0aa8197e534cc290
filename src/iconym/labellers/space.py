"""Labels by closeness in a joint space, as DeViSE does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from iconym.errors import UnknownWord
from iconym.protocols import TextEncoder
from iconym.similarity import cosine
from iconym.space import Projection


@dataclass(frozen=True)
class SpaceLabeller:
    """Scores a label by the cosine of its vector with the picture's place in the joint space.

    Source:
        Frome et al., DeViSE, NIPS 2013.
    """

    projection: Projection
    text: TextEncoder

    def score(
        self, features: Float[np.ndarray, "n features"], labels: Sequence[str]
    ) -> Float[np.ndarray, "n m"]:
        """Cosines in [-1, 1]; -inf for a label that ``text`` cannot read."""
        return score_by_text(self.projection(features), self.text, labels)


def score_by_text(
    places: Float[np.ndarray, "n dim"], text: TextEncoder, labels: Sequence[str]
) -> Float[np.ndarray, "n m"]:
    """Cosines of ``places`` with the vectors of labels; -inf for one that ``text`` cannot read."""
    try:
        return cosine(places, text(labels))
    except UnknownWord:
        pass
    scores = np.full((len(places), len(labels)), -np.inf, places.dtype)
    for column, label in enumerate(labels):
        if _reads(text, label):
            scores[:, [column]] = cosine(places, text([label]))
    return scores


def readable(text: TextEncoder, labels: Sequence[str]) -> list[int]:
    """Which of the labels ``text`` can read.

    Raises:
        UnknownWord: if it can read none of them.
    """
    found = [row for row, label in enumerate(labels) if _reads(text, label)]
    if not found:
        raise UnknownWord(labels[0] if labels else "")
    return found


def _reads(text: TextEncoder, label: str) -> bool:
    try:
        text([label])
    except UnknownWord:
        return False
    return True
