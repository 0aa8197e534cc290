"""The words of a vocabulary that fit pictures."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from iconym.index.exact import exact_index
from iconym.nouns import Image, WordVectors
from iconym.space import JointSpace


class WordIndex:
    """A vocabulary that answers with its best words; build it once for many questions.

    A word whose vector is zero is never an answer.
    """

    def __init__(self, vocabulary: WordVectors) -> None:
        self.vocabulary = vocabulary
        self._index = exact_index(vocabulary.dim)
        rows = np.flatnonzero(vocabulary.vectors.any(axis=1)).astype(np.int64)
        self._index.add(rows, vocabulary.vectors[rows])

    def nearest(self, vectors: Float[np.ndarray, "n dim"], k: int) -> list[list[tuple[str, float]]]:
        """At most k words for each vector with their cosines, best first.

        Equal scores come in the order of the vocabulary. Raises Usage for a k below 1.
        """
        found = self._index.search(vectors, k)
        return [[(self.vocabulary.words[row], score) for row, score in best] for best in found]


def label(
    space: JointSpace, images: Sequence[Image], k: int, *, vocabulary: WordVectors | None = None
) -> list[list[tuple[str, float]]]:
    """At most k labels for each image with their cosines, best first.

    Args:
        space: where images and labels meet.
        images: any number.
        k: at least 1.
        vocabulary: the labels to choose from; the space's own if left out.

    Raises:
        Usage: for a k below 1.
        BadData: for a vocabulary of another dimension.
    """
    return WordIndex(_or_own(vocabulary, space)).nearest(space.embed_images(images), k)


def near_words(
    space: JointSpace,
    vector: Float[np.ndarray, " dim"],
    k: int,
    *,
    vocabulary: WordVectors | None = None,
) -> list[tuple[str, float]]:
    """At most k labels nearest a vector of the space, as ``label``."""
    return WordIndex(_or_own(vocabulary, space)).nearest(vector[None], k)[0]


def _or_own(vocabulary: WordVectors | None, space: JointSpace) -> WordVectors:
    return space.vocabulary if vocabulary is None else vocabulary
