"""Pictures for sets of pictures: related ones, a gallery completed, submissions in order."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from iconym.errors import Usage
from iconym.index.checks import check_k
from iconym.nouns import Filter
from iconym.protocols import Catalog
from iconym.search.diversity import check_diversity, maximal_marginal_relevance
from iconym.search.pictures import CANCELLED, EVERYTHING, Hit, Search
from iconym.search.query import Term
from iconym.search.stored import cosines_with, known_hits, own_ids, unit_vectors
from iconym.similarity import unit

POOL = 10  # times k: so many of the nearest are what a diverse answer is chosen from
SMALLEST_POOL = 100


def related(
    search: Search, picture: int | Path | bytes, k: int = 10, *, wanted: Filter = EVERYTHING
) -> list[Hit]:
    """At most k pictures nearest to one, best first; itself and its copies are left out.

    Args:
        search: whose pictures.
        picture: its id, a picture file, or the bytes of one.
        k: at least 1; a collection of one picture has no related ones.
        wanted: answer with these only.

    Raises:
        Usage: for a k below 1, or an id that is not in the collection.
        BadPicture: for a file that cannot be read.
    """
    return search.by_query([Term(picture)], k, wanted=wanted)


def complete_gallery(
    search: Search,
    gallery: Sequence[int],
    k: int = 10,
    *,
    diversity: float = 0.0,
    wanted: Filter = EVERYTHING,
) -> list[Hit]:
    """At most k pictures that go with those of a gallery, and none of its own nor copies of them.

    Relevance is the cosine with the mean of the gallery's unit vectors; it is the score of a hit,
    also where diversity has another order. Equal scores come by smaller id.

    Args:
        search: whose pictures.
        gallery: ids; one that is given twice counts once.
        k: at least 1.
        diversity: above 0, k of the nearest 10 k, at least 100, by maximal marginal relevance.
        wanted: answer with these only.

    Raises:
        Usage: for no picture, an id that is not in the collection, pictures whose vectors cancel
            out, a k below 1, or a diversity outside 0 to 1.
    """
    check_k(k)
    check_diversity(diversity)
    members = sorted(set(gallery))
    if not members:
        raise Usage("an empty gallery; give at least one of its pictures")
    space, pool = search.space.fingerprint, max(POOL * k, SMALLEST_POOL) if diversity else k
    with search.catalog.reading() as catalog:
        query = _direction(unit_vectors(catalog, space, members))
        own = own_ids(catalog, search.collection, members)
        among = catalog.select(wanted) if wanted else None
        (found,) = search.index.search(query[None], pool + len(own), among)
        others = [(i, score) for i, score in found if i not in own][:pool]
        return _chosen(catalog, space, known_hits(catalog, space, others), k, diversity)


def order_submissions(
    search: Search,
    brief: Sequence[Term],
    submissions: Sequence[int],
    *,
    k: int | None = None,
    diversity: float = 0.0,
) -> list[Hit]:
    """The submissions with their cosines with a brief, best first; equal ones by smaller id.

    None is left out, not even an example of the brief that was submitted. The cosine with the
    weighted sum of the terms orders as the weighted sum of the cosines with each term does.

    Args:
        search: whose pictures.
        brief: words and examples, with weights.
        submissions: ids; one that is given twice is answered once.
        k: so many, at least 1; all, if left out.
        diversity: above 0, the order is that of maximal marginal relevance, which takes time with
            the square of the number of submissions if all are asked for.

    Raises:
        Usage: for no submission, and as ``Search.by_query`` and ``complete_gallery``.
        UnknownWord: for a word that the space does not know.
        BadPicture: for a picture that cannot be read.
    """
    ids = sorted(set(submissions))
    if not ids:
        raise Usage("no submissions; give the ids of at least one, or fewer filters")
    k = len(ids) if k is None else k
    check_k(k)
    check_diversity(diversity)
    query, space = search.embed(brief), search.space.fingerprint
    with search.catalog.reading() as catalog:
        scores = cosines_with(query, unit_vectors(catalog, space, ids)).tolist()
        pictures = catalog.get(ids)
        hits = [Hit(picture, score) for picture, score in zip(pictures, scores, strict=True)]
        best_first = sorted(hits, key=lambda hit: (-hit.score, hit.picture.id))
        return _chosen(catalog, space, best_first, k, diversity)


def _direction(vectors: Float32[np.ndarray, "n dim"]) -> Float[np.ndarray, " dim"]:
    """The mean of unit vectors, of length 1."""
    mean = vectors.mean(axis=0, dtype=np.float64)
    if np.linalg.norm(mean) <= CANCELLED:
        raise Usage("the pictures of the gallery cancel out; leave one out")
    return unit(mean[None])[0]


def _chosen(catalog: Catalog, space: str, hits: list[Hit], k: int, diversity: float) -> list[Hit]:
    """The first k of the hits, which come best first, or k of them with so much diversity."""
    if not diversity or not hits:
        return hits[:k]
    vectors = unit_vectors(catalog, space, [hit.picture.id for hit in hits])
    scores = np.array([hit.score for hit in hits])
    return [hits[row] for row in maximal_marginal_relevance(scores, vectors, k, diversity)]
