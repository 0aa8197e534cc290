"""A collection: a folder of pictures with what we know of it in ``.iconym`` inside.

``.iconym/catalog.db`` is the catalog, ``.iconym/spaces/<fingerprint's first 16>`` a copy of each
space used, ``.iconym/indexes/<the same>`` an index of its vectors if one was built. The catalog
knows which space is the current one.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iconym.catalog.sqlite import SqliteCatalog
from iconym.encoders.onnx import OnnxEncoder
from iconym.errors import BadFolder, DamagedFolder, NewerFormat, NoCollection, SpaceMismatch, Usage
from iconym.files import restore_interrupted
from iconym.nouns import WordVectors
from iconym.protocols import Catalog, KnownSpace
from iconym.space import JointSpace, load_space, save_space

FOLDER = ".iconym"
CATALOG = "catalog.db"


@dataclass(frozen=True)
class Collection:
    """A folder of pictures and the catalog of them."""

    folder: Path
    catalog: Catalog

    def space_path(self, fingerprint: str) -> Path:
        """Where the copy of a space lies."""
        return self.folder / FOLDER / "spaces" / fingerprint[:16]

    def index_path(self, fingerprint: str) -> Path:
        """Where the saved index of a space's vectors lies, if one was built."""
        return self.folder / FOLDER / "indexes" / fingerprint[:16]

    def uri(self, path: Path) -> str | None:
        """The uri of a file of this collection, None for one outside its folder."""
        path = absolute(path)
        inside = path.is_relative_to(self.folder)
        return path.relative_to(self.folder).as_posix() if inside else None

    def use_space(self, space: JointSpace) -> None:
        """Make ``space`` the current one, with a copy of it in the collection.

        A space whose encoder cannot be saved has no copy: give it again to whoever searches.
        """
        if isinstance(space.encoder, OnnxEncoder):
            self._keep(space)
        self.catalog.use_space(KnownSpace(space.fingerprint, space.name, space.dim))

    def load_space(self, path: Path | None = None) -> JointSpace:
        """The current space, or the one saved at ``path`` if this collection was indexed with it.

        Raises:
            NoCollection: if nothing was indexed yet.
            SpaceMismatch: if the collection has no vectors of the space at ``path``.
            BadFolder: if there is no whole space.
        """
        if path is None:
            return self._load_copy(self.current_space().fingerprint)
        space = load_space(path)
        self.check_space(space)
        return space

    def check_space(self, space: JointSpace) -> None:
        """Nothing, if the collection was indexed with ``space``.

        Raises:
            NoCollection: if nothing was indexed yet.
            SpaceMismatch: if it was indexed with other spaces only.
        """
        current = self.current_space()
        if all(known.fingerprint != space.fingerprint for known in self.catalog.spaces()):
            raise SpaceMismatch(
                f"{self.folder} was indexed with space {current.fingerprint[:8]} "
                f"({current.name}), not with {space.fingerprint[:8]} ({space.name}): leave out "
                f"the space, or run: iconym index {self.folder} --space SPACE"
            )

    def current_space(self) -> KnownSpace:
        """The space used last.

        Raises:
            NoCollection: if nothing was indexed yet.
        """
        spaces = self.catalog.spaces()
        if not spaces:
            raise NoCollection(
                f"{self.folder} holds no vectors yet; run: iconym index {self.folder} --space SPACE"
            )
        return spaces[0]

    def _keep(self, space: JointSpace) -> None:
        path = self.space_path(space.fingerprint)
        restore_interrupted(path)
        if not path.exists() or not _is_whole_copy(path, space):
            save_space(space, path)

    def _load_copy(self, fingerprint: str) -> JointSpace:
        try:
            return load_space(self.space_path(fingerprint))
        except NewerFormat:
            raise
        except BadFolder as error:
            raise type(error)(
                f"{error}, or run: iconym index {self.folder} --space SPACE"
            ) from error


def open_collection(start: Path) -> Collection:
    """The collection in the folder ``start``, or in the nearest one above it.

    Raises:
        NoCollection: if there is none, or no such folder.
        BadData: if its catalog cannot be used.
        NewerFormat: if a later version of this package wrote its catalog.
    """
    start = absolute(start)
    if not start.is_dir():
        raise NoCollection(f"no folder {str(start)!r}; check the path")
    for folder in (start, *start.parents):
        if is_collection(folder):
            return Collection(folder, SqliteCatalog(folder / FOLDER / CATALOG))
    raise NoCollection(
        f"there is no collection in {start} or above; run: iconym index {start} --space SPACE"
    )


def create_collection(folder: Path) -> Collection:
    """The collection in exactly ``folder``, which must be there; a new one if it has none.

    Raises:
        Usage: if ``folder`` is no folder, or one that cannot be written to.
        BadData: if its catalog cannot be used.
        NewerFormat: if a later version of this package wrote its catalog.
    """
    folder = absolute(folder)
    if not folder.is_dir():
        raise Usage(f"{folder} is no folder; give the folder that holds the pictures")
    try:
        (folder / FOLDER).mkdir(exist_ok=True)
    except OSError as error:
        raise Usage(f"cannot write to {folder} ({error.strerror}); copy the pictures") from error
    return Collection(folder, SqliteCatalog(folder / FOLDER / CATALOG))


def is_collection(folder: Path) -> bool:
    """Whether exactly ``folder`` is a collection; one above it does not count."""
    return (folder / FOLDER / CATALOG).is_file()


def absolute(path: Path) -> Path:
    """``path`` from the root, without "..", links as they stand."""
    return Path(os.path.abspath(path))


def needed_side(space: JointSpace) -> int | None:
    """The short side, pixels, below which a picture would lose by being shrunk while it is read.

    None if the encoder does not tell: read the whole picture then.
    """
    return space.encoder.at_least if isinstance(space.encoder, OnnxEncoder) else None


def _is_whole_copy(path: Path, space: JointSpace) -> bool:
    try:
        return _same_words(load_space(path), space)
    except DamagedFolder:
        return False


def _same_words(a: JointSpace, b: JointSpace) -> bool:
    pairs: list[tuple[WordVectors, WordVectors]] = [(a.text, b.text), (a.vocabulary, b.vocabulary)]
    return all(x.words == y.words and np.array_equal(x.vectors, y.vectors) for x, y in pairs)
