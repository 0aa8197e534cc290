"""Two searches of one collection, in an old and a new space, compared on the same queries."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from iconym.errors import UnknownWord, Usage
from iconym.index.plain import PlainIndex
from iconym.metrics.correlation import spearman
from iconym.metrics.intervals import Interval, bootstrap
from iconym.nouns import IdSet
from iconym.search.overlap import NEAREST
from iconym.search.pictures import Hit, Search
from iconym.search.query import Term

SEED = 0
Query = Sequence[Term]


@dataclass(frozen=True)
class Changed:
    """What a query answers in the old space and in the new one.

    Args:
        query: the terms, as text.
        overlap: the share of the new answer that the old one held too.
        correlation: Spearman's rho of the cosines in the two spaces over all pictures that one of
            the two answers holds and that have both vectors; None for less than two, or if all of
            one space's cosines are equal.
        gained: what only the new space answers, best first.
        lost: what only the old one answered, best first.
    """

    query: str
    overlap: float
    correlation: float | None
    gained: tuple[Hit, ...]
    lost: tuple[Hit, ...]


@dataclass(frozen=True)
class Comparison:
    """How the answers of two spaces differ.

    Args:
        k: answers to each query.
        pictures: with a vector in the old space, in the new one, in both.
        queries: one for each query that both could read.
        unread: the others, with the reason.
        overlap: the mean of the queries', with its 95 % interval.
        correlation: the same; None if no query has one.
        recall: of the index of the old space and of the new one, against comparing all vectors.
    """

    k: int
    pictures: tuple[int, int, int]
    queries: tuple[Changed, ...]
    unread: tuple[str, ...]
    overlap: Interval
    correlation: Interval | None
    recall: tuple[Interval, Interval]

    def examples(self, count: int = 3) -> list[Changed]:
        """The queries whose answers changed most, the least overlap first."""
        return sorted(self.queries, key=lambda changed: changed.overlap)[:count]

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON; pictures by uri."""
        return {
            "k": self.k,
            "pictures": dict(zip(("old", "new", "both"), self.pictures, strict=True)),
            "overlap": self.overlap.to_json(),
            "correlation": self.correlation.to_json() if self.correlation else None,
            "recall": {
                name: recall.to_json()
                for name, recall in zip(("old", "new"), self.recall, strict=True)
            },
            "queries": [_as_json(changed) for changed in self.queries],
            "unread": list(self.unread),
        }


def compare_searches(
    old: Search, new: Search, queries: Sequence[Query], k: int = NEAREST
) -> Comparison:
    """Ask both searches the same, and say how much of the answers changed.

    Every vector of both spaces is read once, to tell what the indexes ought to answer. A query
    whose words one of the spaces does not know is left out and named.

    Args:
        old: of the space as it was.
        new: of another space, of the same collection.
        queries: live ones, of words and pictures.
        k: answers to each.

    Raises:
        Usage: as ``Search.by_query``, and if no query can be read by both.
        BadPicture: for a picture that cannot be read.
    """
    held = [_held(search) for search in (old, new)]
    exact = [replace(old, index=held[0]), replace(new, index=held[1])]
    changed, recalls, unread = [], [], []
    for query in queries:
        try:
            answers = [search.by_query(query, k) for search in (old, new)]
        except UnknownWord as error:
            unread.append(f"{_text(query)}: {error}")
            continue
        changed.append(_changed((old, new), query, answers[0], answers[1]))
        wanted = [search.by_query(query, k) for search in exact]
        recalls.append([_share(*pair) for pair in zip(answers, wanted, strict=True)])
    if not changed:
        raise Usage(f"not one of {len(queries)} queries can be read in both spaces; ask others")
    rho = [one.correlation for one in changed if one.correlation is not None]
    both = np.intersect1d(held[0].ids, held[1].ids)
    return Comparison(
        k,
        (len(held[0]), len(held[1]), len(both)),
        tuple(changed),
        tuple(unread),
        _mean([one.overlap for one in changed]),
        _mean(rho) if rho else None,
        (_mean([r[0] for r in recalls]), _mean([r[1] for r in recalls])),
    )


def _held(search: Search) -> PlainIndex:
    """All vectors of the space, compared one and all."""
    index = PlainIndex(search.space.dim)
    for ids, vectors in search.catalog.vector_batches(search.space.fingerprint):
        index.add(ids, vectors)
    return index


def _changed(
    searches: tuple[Search, Search], query: Query, before: list[Hit], after: list[Hit]
) -> Changed:
    old, new = ({hit.picture.id for hit in hits} for hits in (before, after))
    return Changed(
        _text(query),
        _share(before, after),
        _correlation(searches, query, np.array(sorted(old | new), np.int64)),
        tuple(hit for hit in after if hit.picture.id not in old),
        tuple(hit for hit in before if hit.picture.id not in new),
    )


def _correlation(searches: tuple[Search, Search], query: Query, ids: IdSet) -> float | None:
    """Of the cosines of the query with these pictures in the two spaces."""
    scores = [_scores(search, query, ids) for search in searches]
    both = [i for i in scores[0] if i in scores[1]]
    rho = spearman(*(np.array([space[i] for i in both]) for space in scores))
    return None if math.isnan(rho) else rho


def _scores(search: Search, query: Query, ids: IdSet) -> dict[int, float]:
    held, vectors = search.catalog.vectors(search.space.fingerprint, ids)
    scores: Float[np.ndarray, " n"] = vectors @ search.embed(query)
    return dict(zip(held.tolist(), scores.tolist(), strict=True))


def _share(found: Sequence[Hit], wanted: Sequence[Hit]) -> float:
    """Of the wanted hits, how many were found; 1 where none is wanted."""
    ids = {hit.picture.id for hit in wanted}
    return len(ids & {hit.picture.id for hit in found}) / len(ids) if ids else 1.0


def _mean(values: Sequence[float]) -> Interval:
    return bootstrap(np.array(values), seed=SEED)


def _text(query: Query) -> str:
    parts = [
        f"{'' if term.weight == 1 else f'{term.weight:g}:'}"
        f"{'a picture' if isinstance(term.what, bytes) else term.what}"
        for term in query
    ]
    return " + ".join(parts)


def _as_json(changed: Changed) -> dict[str, Any]:
    return {
        "query": changed.query,
        "overlap": changed.overlap,
        "correlation": changed.correlation,
        "gained": [hit.picture.uri for hit in changed.gained],
        "lost": [hit.picture.uri for hit in changed.lost],
    }
