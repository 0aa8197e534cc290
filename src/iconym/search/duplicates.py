"""Groups of near-duplicates: pictures that are copies, or nearer than chance explains."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from iconym.errors import Usage
from iconym.index.checks import unit_rows
from iconym.nouns import Filter, IdSet, Picture
from iconym.protocols import Catalog, Index
from iconym.search.chance import FAR, nearness_by_chance
from iconym.search.groups import connected
from iconym.search.pictures import EVERYTHING, Hit, Search
from iconym.search.stored import cosines_with, unit_vectors

SAME = 1 - 1e-6  # a cosine from here on is 1 but for rounding
SAMPLE = 10_000  # pictures whose nearest others tell the threshold
OTHERS = 2 * FAR  # nearest ones of each
FIRST = 8  # neighbors asked for; where all of them are near enough, twice as many
QUERIES, ANSWERS = 1_024, 2**22  # asked at once


@dataclass(frozen=True)
class DuplicateGroup:
    """Pictures that show the same: the largest one, and the others with their cosines with it."""

    largest: Picture
    others: tuple[Hit, ...]  # best first


def duplicate_threshold(search: Search, *, wanted: Filter = EVERYTHING) -> float:
    """The cosine from which two pictures of this collection are nearer than chance explains.

    Chosen so that one picture in 10,000 has another so near that is no duplicate of it: see
    ``nearness_by_chance``, which is given the nearest others of 10,000 pictures evenly among all.
    Of fewer than 100 pictures nothing can be told about chance; it is then 1 but for rounding,
    and never more.

    Args:
        search: whose pictures.
        wanted: of these only.
    """
    nearest = [np.empty((0, OTHERS), np.float32)]
    with search.catalog.reading() as catalog:
        among = catalog.select(wanted) if wanted else None
        step = max(1, (len(search.index) if among is None else len(among)) // SAMPLE)
        for ids, vectors in _batches(catalog, search.space.fingerprint, among, step):
            found = search.index.search(vectors, OTHERS + 1, among)
            itself = np.argsort(
                found.ids == ids[:, None], axis=1, kind="stable"
            )  # moved to the end
            nearest.append(np.take_along_axis(found.scores, itself, axis=1)[:, :OTHERS])
    scores = np.concatenate(nearest)
    return min(nearness_by_chance(scores[np.isfinite(scores).all(axis=1)]), SAME)


def near_duplicates(
    search: Search, threshold: float, *, wanted: Filter = EVERYTHING
) -> list[DuplicateGroup]:
    """The groups of pictures that are joined by cosines of ``threshold`` or more, or by content.

    Two pictures are in one group if a chain of such pairs leads from one to the other; both ends
    of a chain may differ. Of pictures without a vector in the space nothing is said. The largest
    picture has the most pixels, of equal ones the most bytes, of equal ones the smallest id.
    Groups of most pictures come first, of equal ones that of the smaller id. Every pair is found
    that the index finds: all, if it is exact. Memory grows by some numbers for each picture.

    Args:
        search: whose pictures.
        threshold: above -1, as ``duplicate_threshold`` chooses one; above 1 is for content alone.
        wanted: look at these only.

    Raises:
        Usage: for a threshold that is not above -1.
    """
    if not threshold > -1:
        raise Usage(f"a threshold of {threshold}; give a cosine, for instance 0.95")
    space = search.space.fingerprint
    with search.catalog.reading() as catalog:
        among = catalog.select(wanted) if wanted else None
        pairs, ids, contents = [], [], []
        for batch, vectors in _batches(catalog, space, among):
            ids.append(batch)
            contents += [picture.content for picture in catalog.get(batch.tolist())]
            pairs += list(_near_pairs(search.index, batch, vectors, threshold, among))
        every = np.concatenate([np.empty(0, np.int64), *ids])
        pairs.append(_equal(every, np.array(contents, "S64")))
        groups = connected(every, np.concatenate(pairs))
        return [_group(catalog, space, group) for group in groups]


def _batches(
    catalog: Catalog, space: str, among: IdSet | None, step: int = 1
) -> Iterator[tuple[IdSet, Float32[np.ndarray, "n dim"]]]:
    """Ids, ascending, and unit vectors of every ``step``-th picture of those in ``among``."""
    passed = 0
    for ids, vectors in catalog.vector_batches(space, QUERIES):
        rows = np.arange(len(ids)) if among is None else np.flatnonzero(np.isin(ids, among))
        taken = rows[-passed % step :: step]
        passed += len(rows)
        yield ids[taken], unit_rows(vectors[taken], vectors.shape[1])


def _near_pairs(
    index: Index,
    ids: IdSet,
    vectors: Float32[np.ndarray, "n dim"],
    threshold: float,
    among: IdSet | None,
    k: int = FIRST,
) -> Iterator[Int64[np.ndarray, "pairs 2"]]:
    """Each of ``ids`` with everything that is near enough, the smaller id of a pair first."""
    step = max(1, ANSWERS // k)
    for start in range(0, len(ids), step):
        asked, rows = ids[start : start + step], vectors[start : start + step]
        found = index.search(rows, k, among)
        near = found.scores >= threshold
        more = near[:, -1]
        if more.any():
            yield from _near_pairs(index, asked[more], rows[more], threshold, among, 2 * k)
        row, place = np.nonzero(near & ~more[:, None])
        pairs = np.sort(np.stack([asked[row], found.ids[row, place]], axis=1), axis=1)
        yield np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0)


def _equal(ids: IdSet, contents: np.ndarray) -> Int64[np.ndarray, "pairs 2"]:
    """Each picture with the next one of the same content; "" is that of no file."""
    order = np.argsort(contents, kind="stable")
    first, second = order[:-1], order[1:]
    equal = (contents[first] == contents[second]) & (contents[first] != b"")
    return np.stack([ids[first[equal]], ids[second[equal]]], axis=1)


def _group(catalog: Catalog, space: str, ids: IdSet) -> DuplicateGroup:
    pictures = catalog.get(ids.tolist())
    largest = min(pictures, key=lambda p: (-p.width * p.height, -p.size, p.id))
    vectors = unit_vectors(catalog, space, [p.id for p in pictures])
    scores = cosines_with(vectors[pictures.index(largest)], vectors).tolist()
    others = [Hit(p, score) for p, score in zip(pictures, scores, strict=True) if p is not largest]
    return DuplicateGroup(
        largest, tuple(sorted(others, key=lambda hit: (-hit.score, hit.picture.id)))
    )
