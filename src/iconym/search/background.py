"""What else the pictures of a collection show: the background a query has to stand out from."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64

from iconym.index.exact import exact_index
from iconym.nouns import Filter, WordVectors
from iconym.protocols import Index
from iconym.search.pictures import Search
from iconym.similarity import unit

SAMPLE = 2_000  # pictures; the entropy of their best labels hardly changes with more
RIVALS = 8  # labels that a picture is asked for beside the query; more of them change nothing
SAME = 0.999  # cosine from which on a label is the query itself


@dataclass(frozen=True, eq=False)
class Background:
    """The labels of a space as null queries, and how crowded a collection is with their pictures.

    Args:
        labels: an index of the rows of ``vectors``.
        vectors: of the labels, of length 1; at least two.
        crowding: the logarithm of how many pictures there are to a subject, as ``crowding``.
    """

    labels: Index
    vectors: Float[np.ndarray, "labels dim"]
    crowding: float

    def margins(
        self, query: Float[np.ndarray, " dim"], pictures: Float[np.ndarray, "n dim"]
    ) -> Float[np.ndarray, " n"]:
        """How far inside the query's own region each picture lies, in [-1, 1].

        With q the query, x a picture and w a label, x is as near to q as to w on the plane through
        the origin that halves the angle between them, and (q - w) . x / |q - w| is its distance
        from there, above 0 on the side of q. The margin is the least of these over the 8 labels
        nearest to x; a label that is the query itself does not count. 0 where none is left.

        Args:
            query: of length 1.
            pictures: of length 1.
        """
        if not len(pictures):
            return np.empty(0)
        near = self.labels.search(pictures, RIVALS)
        rows, place = np.unique(near.ids, return_inverse=True)
        alike = (self.vectors[rows] @ query)[place.reshape(near.ids.shape)].astype(float)
        counts = (near.ids >= 0) & (alike < SAME)
        apart = np.sqrt(np.where(counts, 2 - 2 * alike, 1.0))
        ahead = (pictures @ query).astype(float)[:, None] - np.where(counts, near.scores, 0.0)
        least = np.where(counts, ahead / apart, np.inf).min(axis=1, initial=np.inf)
        return np.where(np.isinf(least), 0.0, least.clip(-1, 1))


def background_of(search: Search, *, sample: int = SAMPLE, seed: int = 0) -> Background | None:
    """The background of a collection as it now is; make it once for many queries.

    Args:
        search: the collection and the space, whose vocabulary are the labels.
        sample: how many pictures are looked at, at most.
        seed: of their draw.

    Returns:
        None for a vocabulary of fewer than two labels with a vector: they tell nothing apart.
    """
    labels = _known(search.space.vocabulary)
    if len(labels) < 2:
        return None
    index = exact_index(search.space.dim)
    index.add(np.arange(len(labels)), labels)
    ids = search.catalog.select(Filter())
    if len(ids) > sample:
        ids = np.sort(np.random.default_rng(seed).choice(ids, sample, replace=False))
    _, pictures = search.catalog.vectors(search.space.fingerprint, ids)
    best = index.search(pictures, 1).ids[:, 0] if len(pictures) else np.empty(0, np.int64)
    return Background(index, labels, crowding(best, len(search.index)))


def crowding(best: Int64[np.ndarray, " sample"], pictures: int) -> float:
    """The logarithm of how many pictures there are to a subject: ln(pictures) - H.

    H is the entropy of the best labels of a sample; exp(H) is how many subjects as common as each
    other would be told apart as well. The best of many margins of pictures that show something
    else grows like this logarithm, as the largest of many draws does. 0 where nothing is held.

    Source:
        Gumbel, Statistics of Extremes, 1958, section 4.2, for the largest of n draws from a tail
        that falls exponentially.
    """
    if not len(best) or not pictures:
        return 0.0
    _, counts = np.unique(best, return_counts=True)
    shares = counts / counts.sum()
    return float(np.log(pictures) + (shares * np.log(shares)).sum())


def _known(vocabulary: WordVectors) -> Float[np.ndarray, "labels dim"]:
    rows = vocabulary.vectors[vocabulary.vectors.any(axis=1)]
    return unit(rows.astype(np.float32))
