"""The owners whose pictures, as sets, fit a brief."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from iconym.errors import Usage
from iconym.index.checks import check_k, unit_rows
from iconym.nouns import Filter
from iconym.search.pictures import EVERYTHING, Hit, Search
from iconym.search.query import Term
from iconym.search.stored import cosines_with, own_ids

SetScore = Callable[[Float[np.ndarray, " n"]], float]  # of the scores of a set's pictures


def mean_score(scores: Float[np.ndarray, " n"]) -> float:
    """The mean: a set fits as well as its pictures on average. At least one score."""
    return float(scores.mean(dtype=np.float64))


def best_score(scores: Float[np.ndarray, " n"]) -> float:
    """The largest: a set fits as well as its best picture. At least one score."""
    return float(scores.max())


def top_mean(m: int) -> SetScore:
    """A set's score: the mean of its best m, or of all where there are fewer.

    ``top_mean(1)`` is ``best_score``; an m as large as the largest set gives ``mean_score``.

    Raises:
        Usage: for an m below 1.
    """
    if m < 1:
        raise Usage(f"the mean of the best {m} pictures; give at least 1")
    return lambda scores: mean_score(np.sort(scores)[-m:])


BEST_FEW = top_mean(5)  # who does many things well is found for one of them


@dataclass(frozen=True)
class OwnerFit:
    """An owner, how well the pictures fit as a set, how many they are, and the best of them."""

    owner: str
    score: float
    pictures: int
    best: Hit


def owners_for(
    search: Search,
    brief: Sequence[Term],
    k: int = 10,
    *,
    set_score: SetScore = BEST_FEW,
    wanted: Filter = EVERYTHING,
) -> list[OwnerFit]:
    """At most k owners whose pictures fit a brief best, best first; equal ones by name.

    Every picture of an owner in this space is looked at, none through an index. Pictures of the
    brief, and copies of them, count for nobody. Memory grows by a number for each picture.

    Args:
        search: whose pictures.
        brief: words and examples, with weights.
        k: at least 1.
        set_score: makes one score of the cosines of an owner's pictures with the brief; the mean
            of the best five if left out.
        wanted: look at these pictures only.

    Raises:
        Usage: for a k below 1, if no picture has an owner, and as ``Search.by_query``.
        UnknownWord: for a word that the space does not know.
        BadPicture: for a picture that cannot be read.
    """
    check_k(k)
    scores: defaultdict[str, list[float]] = defaultdict(list)
    best: dict[str, Hit] = {}
    for hit in _scored(search, brief, wanted):
        owner = hit.picture.owner
        scores[owner].append(hit.score)
        if owner not in best or hit.score > best[owner].score:
            best[owner] = hit
    if not best:
        raise Usage(
            "no picture here has an owner; use fewer filters, or tell owners with iconym follow"
        )
    fits = [
        OwnerFit(owner, set_score(np.array(scores[owner])), len(scores[owner]), hit)
        for owner, hit in best.items()
    ]
    return sorted(fits, key=lambda fit: (-fit.score, fit.owner))[:k]


def _scored(search: Search, brief: Sequence[Term], wanted: Filter) -> Iterator[Hit]:
    """The pictures that have an owner with their cosines with the brief, in the order of ids."""
    query = search.embed(brief)
    with search.catalog.reading() as catalog:
        own = list(own_ids(catalog, search.collection, [term.what for term in brief]))
        kept = catalog.select(wanted) if wanted else None
        for ids, vectors in catalog.vector_batches(search.space.fingerprint):
            looked_at = ~np.isin(ids, own)
            if kept is not None:
                looked_at &= np.isin(ids, kept)
            units = unit_rows(vectors[looked_at], search.space.dim)
            pictures = catalog.get(ids[looked_at].tolist())
            for picture, score in zip(pictures, cosines_with(query, units), strict=True):
                if picture.owner:
                    yield Hit(picture, float(score))
