"""The pictures of a collection that fit a query of words and pictures."""

import hashlib
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from iconym.collection import Collection, needed_side, open_collection
from iconym.errors import BadFolder, DamagedFolder, NewerFormat, UnknownWord, Usage
from iconym.files import restore_interrupted
from iconym.index.exact import exact_index
from iconym.index.saved import SavedIndex, load_index
from iconym.nouns import Filter, IdSet, Picture
from iconym.pictures import decode_picture, read_picture
from iconym.protocols import Catalog, Index
from iconym.search.fusion import reciprocal_rank_fusion
from iconym.search.query import Term
from iconym.similarity import unit
from iconym.space import JointSpace

CANCELLED = 1e-4  # a sum of unit vectors shorter than this is rounding, not a direction
EVERYTHING = Filter()
FUSED = 100  # of each ranking, at least
LOOKED_AT, SAME = 64, 1e-4  # vectors of a saved index; how far below 1 the cosine of equal ones is
LOG = 50_000  # entries of the log taken in at once


@dataclass(frozen=True)
class Hit:
    """A picture and its cosine with the query."""

    picture: Picture
    score: float


@dataclass(frozen=True)
class Search:
    """A joint space, an index of a collection's vectors in it, and the collection's catalog.

    ``index`` holds the catalog as of change ``sequence``; ``refresh`` brings it up to date.
    """

    space: JointSpace
    index: Index
    catalog: Catalog
    collection: Collection | None = None  # where a picture file of a query may be at home
    sequence: int = 0

    def by_query(
        self, query: Sequence[Term], k: int = 10, *, wanted: Filter = EVERYTHING
    ) -> list[Hit]:
        """At most k pictures nearest the weighted sum of the terms' unit vectors, best first.

        The pictures of the query, and copies of them, are left out, and so is what was removed
        since the last refresh, and what ``wanted`` does not keep. Equal scores come by smaller
        id.

        Raises:
            Usage: for no term, terms that cancel out, a weight that is no number, a k below 1,
                or an id that is not in the collection.
            UnknownWord: for a word that the space does not know.
            BadPicture: for a picture that cannot be read.
        """
        _check_k(k)
        vector = self.embed(query)
        own = {i for term in query for i in self._own(term.what)}
        (found,) = self.index.search(vector[None], k + len(own), self._among(wanted))
        return self._hits([(i, score) for i, score in found if i not in own][:k])

    def by_text(self, text: str, k: int = 10, *, wanted: Filter = EVERYTHING) -> list[Hit]:
        """At most k pictures, by what they look like and by what is written about them at once.

        Reciprocal rank fusion of the nearest to ``text`` in the space and of those whose words,
        caption or path hold words of it; the score of a hit is the fusion's, not a cosine. A text
        that the space cannot read is looked for in writing only.

        Raises:
            Usage: for a k below 1.
        """
        _check_k(k)
        depth = max(k, FUSED)
        written = [i for i, _ in self.catalog.match(text, depth, wanted)]
        seen: list[int] = []
        with suppress(UnknownWord):
            seen = [hit.picture.id for hit in self.by_query([Term(text)], depth, wanted=wanted)]
        return self._hits(reciprocal_rank_fusion([seen, written], k))

    def embed(self, query: Sequence[Term]) -> Float[np.ndarray, " dim"]:
        """The unit vector of a query; raises as ``by_query``."""
        if not query:
            raise Usage("an empty query; give words or a picture")
        if not all(math.isfinite(term.weight) for term in query):
            raise Usage(f"the weights {[term.weight for term in query]} must be finite numbers")
        largest = max(abs(term.weight) for term in query) or 1.0
        weights = [term.weight / largest for term in query]  # no sum of them can overflow
        vectors = [self._vector(term.what) for term in query]
        total = np.sum([w * v for w, v in zip(weights, vectors, strict=True)], axis=0)
        size = sum(map(abs, weights))
        if np.linalg.norm(total) <= CANCELLED * size:
            raise Usage("the terms of the query cancel out; leave one out or change a weight")
        return unit(total[None])[0]

    def refresh(self) -> "Search":
        """This search of what the catalog holds now; changes ``index`` in place.

        Not while another thread searches the same index.
        """
        sequence = self.sequence
        while changes := self.catalog.changes(sequence, LOG):
            changed = np.array([change.id for change in changes], np.int64)
            ids, vectors = self.catalog.vectors(self.space.fingerprint, changed)
            self.index.remove(changed)
            self.index.add(ids, vectors)
            sequence = changes[-1].sequence
        return self if sequence == self.sequence else replace(self, sequence=sequence)

    def _among(self, wanted: Filter) -> IdSet | None:
        return self.catalog.select(wanted) if wanted else None

    def _hits(self, best: Sequence[tuple[int, float]]) -> list[Hit]:
        return [Hit(picture, score) for i, score in best for picture in self._known(i)]

    def _vector(self, what: str | Path | bytes | int) -> Float[np.ndarray, " dim"]:
        at_least = needed_side(self.space)
        match what:
            case str():
                return self.space.embed_texts([what])[0]
            case int():
                return self._stored(what)
            case Path():
                decoded = read_picture(what, at_least=at_least)
            case bytes():
                decoded = decode_picture(what, "the picture of the query", at_least=at_least)
        return self.space.embed_images([decoded.image])[0]

    def _stored(self, i: int) -> Float[np.ndarray, " dim"]:
        ids, vectors = self.catalog.vectors(self.space.fingerprint, np.array([i]))
        if not len(ids):
            raise Usage(f"the collection has no picture {i} in this space; search for its id again")
        return vectors[0]

    def _own(self, what: str | Path | bytes | int) -> set[int]:
        """The ids of a query's picture and of its copies."""
        match what:
            case str():
                return set()
            case int():
                contents = [p.content for p in self._known(what) if p.content]
                return {what, *self.catalog.find(contents=contents)}
            case bytes():
                return set(self.catalog.find(contents=[hashlib.sha256(what).hexdigest()]))
            case Path():
                uri = self.collection.uri(what) if self.collection else None
                content = hashlib.sha256(what.read_bytes()).hexdigest()
                return set(self.catalog.find(uris=[uri] if uri else [], contents=[content]))

    def _known(self, i: int) -> list[Picture]:
        """The picture, or none if another process has removed it since the last refresh."""
        with suppress(KeyError):
            return self.catalog.get([i])
        return []


def open_search(folder: Path, space_path: Path | None = None) -> Search:
    """A search of the collection at or above ``folder``, as ``search_collection``.

    Args:
        folder: of the collection, or inside it.
        space_path: a saved space; the collection's current one if left out.

    Raises:
        NoCollection: if there is none, or nothing is indexed in it.
        SpaceMismatch: if the collection was not indexed with the space at ``space_path``.
        BadFolder: if there is no whole space.
    """
    collection = open_collection(folder)
    return search_collection(collection, collection.load_space(space_path))


def search_collection(collection: Collection, space: JointSpace) -> Search:
    """A search of ``collection`` in ``space``: by the index built for it, else by an exact one.

    Raises:
        BadFolder: if the index that was built cannot be used, or is not of this catalog.
        NoCollection: if nothing is indexed in it.
        SpaceMismatch: if it was not indexed with ``space``.
    """
    collection.check_space(space)
    catalog, path = collection.catalog, collection.index_path(space.fingerprint)
    restore_interrupted(path)
    if path.exists():
        saved = _loaded(path, space, collection.folder)
        search = Search(space, saved.index, catalog, collection, saved.sequence).refresh()
        return _of_catalog(search, saved, path)
    index = exact_index(space.dim)
    # before the vectors, so that a change in between is taken in again by refresh
    sequence = catalog.last_sequence()
    index.add(*catalog.vectors(space.fingerprint))
    return Search(space, index, catalog, collection, sequence)


def _loaded(path: Path, space: JointSpace, folder: Path) -> SavedIndex:
    try:
        return load_index(path, space=space.fingerprint, dim=space.dim)
    except NewerFormat:
        raise
    except BadFolder as error:
        raise type(error)(f"{error}, or run: iconym index build {folder}") from error


def _of_catalog(search: Search, saved: SavedIndex, path: Path) -> Search:
    """The search, or what it is once refreshed, if its index holds what the catalog does.

    A catalog that was lost and made again counts its pictures and changes from 1, so numbers alone
    do not tell. Looked at are vectors all over the index, the last one too: a picture more or less
    moves the ids of all after it.
    """
    base = saved.index.base
    if base is None or _agree(search, _spread(base.ids)):
        return search
    refreshed = search.refresh()
    if refreshed is not search:  # for another process changed something meanwhile
        return _of_catalog(refreshed, saved, path)
    raise DamagedFolder(
        f"{path} indexes other vectors than the catalog holds; run: iconym index build "
        f"{path.parents[2]}"
    )


def _agree(search: Search, ids: IdSet) -> bool:
    """Whether the index holds those of ``ids`` that the catalog does, and their vectors."""
    held, vectors = search.catalog.vectors(search.space.fingerprint, ids)
    anything = np.zeros((1, search.space.dim), np.float32)
    found = search.index.search(np.concatenate([vectors, anything]), len(ids), ids)
    own = found.ids[:-1] == held[:, None]
    scores = np.where(own, found.scores[:-1], -1).max(axis=1, initial=-1)
    return bool((found.ids[-1] >= 0).sum() == len(held) and (scores > 1 - SAME).all())


def _spread(ids: IdSet) -> IdSet:
    return ids[np.unique(np.linspace(0, len(ids) - 1, LOOKED_AT).astype(np.int64))]


def _check_k(k: int) -> None:
    if k < 1:
        raise Usage(f"k is {k}; ask for at least 1")
