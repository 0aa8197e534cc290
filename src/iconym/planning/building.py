"""The index of a collection, built and saved beside its catalog."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iconym.collection import Collection
from iconym.errors import Usage
from iconym.files import restore_interrupted
from iconym.index.layered import Base
from iconym.index.saved import (
    SavedIndex,
    Settings,
    VectorBatches,
    build_saved,
    load_index,
    method_named,
)
from iconym.nouns import Track, untracked
from iconym.planning.plan import Choice, plan_index
from iconym.protocols import KnownSpace


@dataclass(frozen=True)
class OpenIndex:
    """The saved index of a collection's vectors in a space, with what it was built as."""

    path: Path
    space: KnownSpace
    saved: SavedIndex
    base: Base

    @property
    def method(self) -> str:
        """Its name: "exact", "hnsw", "lsh" or "ivfpq"."""
        return self.saved.index.method.name

    @property
    def settings(self) -> Settings:
        """Those of the method."""
        return self.saved.index.method.settings

    @property
    def bytes(self) -> int:
        """Of its files."""
        return sum(file.stat().st_size for file in self.path.iterdir())


def count_vectors(collection: Collection, space: KnownSpace) -> int:
    """How many pictures of the collection have a vector in ``space``."""
    return sum(len(ids) for ids, _ in collection.catalog.vector_batches(space.fingerprint))


def suggested(collection: Collection, *, recall: float) -> Choice:
    """What the planner recommends for the collection as it is: exact or a graph.

    Raises:
        NoCollection: if nothing was indexed yet.
        Usage: for a recall that is none, or a collection without a vector.
    """
    space = collection.current_space()
    count = count_vectors(collection, space)
    if not count:
        raise Usage(f"{collection.folder} holds no vectors to index; add pictures to it")
    choices = plan_index(count, space.dim, recall=recall).choices
    return next(choice for choice in choices if choice.method in ("exact", "hnsw"))


def build_index(
    collection: Collection,
    name: str,
    settings: Settings | None = None,
    *,
    track: Track = untracked,
) -> OpenIndex:
    """Build the index of the collection's vectors in its current space, in place of an older one.

    Args:
        collection: other processes may search it meanwhile, and change it: what changes is found
            all the same, for a search takes in what the catalog's log has since.
        name: of the method: "exact", "hnsw", "lsh" or "ivfpq".
        settings: of the method; the others as they are by default.
        track: told of the method's building.

    Raises:
        NoCollection: if nothing was indexed yet.
        Usage: for another name or setting, a collection without a vector, or one that cannot be
            written to.
        BadData: if vectors come or go while they are copied; try again.
        MissingTool: for "ivfpq" without faiss.
    """
    method, space = method_named(name, settings or {}), collection.current_space()
    # before the vectors, so that a change in between is taken in again by whoever searches
    sequence = collection.catalog.last_sequence()
    count = count_vectors(collection, space)
    if not count:
        raise Usage(f"{collection.folder} holds no vectors to index; add pictures to it")
    batches = collection.catalog.vector_batches(space.fingerprint)
    build_saved(
        collection.index_path(space.fingerprint),
        VectorBatches(batches, count, space.dim),
        method,
        space=space.fingerprint,
        sequence=sequence,
        track=track,
    )
    return open_index(collection)


def open_index(collection: Collection) -> OpenIndex:
    """The saved index of the collection's vectors in its current space.

    Raises:
        NoCollection: if nothing was indexed yet.
        Usage: if no index was built.
        BadFolder: if it cannot be used.
        MissingTool: if its method needs an extra.
    """
    path, space = index_place(collection)
    saved = load_index(path, space=space.fingerprint, dim=space.dim)
    base: Any = saved.index.base
    if base is None:
        raise Usage(f"{path} indexes no vector; run: iconym index build {collection.folder}")
    return OpenIndex(path, space, saved, base)


def index_place(collection: Collection) -> tuple[Path, KnownSpace]:
    """Where the saved index of the current space lies, and that space.

    Raises:
        NoCollection: if nothing was indexed yet.
        Usage: if no index was built.
    """
    space = collection.current_space()
    path = collection.index_path(space.fingerprint)
    restore_interrupted(path)
    if not path.exists():
        raise Usage(
            f"no index was built for {collection.folder}, its vectors are compared one and all; "
            f"run: iconym index build {collection.folder}"
        )
    return path, space
