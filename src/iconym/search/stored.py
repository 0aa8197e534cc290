"""What a catalog holds of the pictures of an answer: unit vectors, copies, hits.

Each of these asks several questions: give a catalog of ``reading``, which is of one version.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from iconym.collection import Collection
from iconym.errors import Usage
from iconym.index.checks import unit_rows
from iconym.index.ranking import cosines
from iconym.protocols import Catalog
from iconym.search.pictures import Hit

LARGEST = 2**63 - 1  # of ids


def unit_vectors(catalog: Catalog, space: str, ids: Sequence[int]) -> Float32[np.ndarray, "n dim"]:
    """The vectors of pictures in a space, of length 1, in the order of ``ids``.

    Raises:
        Usage: for an id without a vector there.
    """
    asked = np.array([i if 0 <= i <= LARGEST else -1 for i in ids], np.int64)
    held, vectors = catalog.vectors(space, np.unique(asked))
    for i, is_held in zip(ids, np.isin(asked, held), strict=True):
        if not is_held:
            raise Usage(f"the collection has no picture {i} in this space; search for its id again")
    return unit_rows(vectors, vectors.shape[1])[np.searchsorted(held, asked)]


def cosines_with(
    query: Float[np.ndarray, " dim"], vectors: Float32[np.ndarray, "n dim"]
) -> Float32[np.ndarray, " n"]:
    """The cosines of a unit vector with others, the same numbers as an index gives."""
    return cosines(vectors, query.astype(np.float32)[None], np.arange(len(vectors))[None])[0]


def own_ids(
    catalog: Catalog, collection: Collection | None, asked: Iterable[str | Path | bytes | int]
) -> set[int]:
    """The ids of the pictures that a query names, and of copies: those of the same content.

    Raises:
        KeyError: for an id that is not held.
    """
    ids: set[int] = set()
    uris: list[str] = []
    contents: list[str] = []
    for what in asked:
        match what:
            case int():
                ids.add(what)
            case bytes():
                contents.append(hashlib.sha256(what).hexdigest())
            case Path():
                contents.append(hashlib.sha256(what.read_bytes()).hexdigest())
                uri = collection.uri(what) if collection else None
                uris += [uri] if uri else []
    contents += [picture.content for picture in catalog.get(sorted(ids))]
    return ids | set(catalog.find(uris=uris, contents=contents))


def known_hits(catalog: Catalog, space: str, best: Sequence[tuple[int, float]]) -> list[Hit]:
    """The hits of an index's answer, without pictures that have no vector in the space any more."""
    held, _ = catalog.vectors(space, np.array([i for i, _ in best], np.int64))
    known = set(held.tolist())
    kept = [(i, score) for i, score in best if i in known]
    pictures = catalog.get([i for i, _ in kept])
    return [Hit(picture, score) for picture, (_, score) in zip(pictures, kept, strict=True)]
