"""A collection: a folder of pictures with what we know of it in ``.iconym`` inside.

``.iconym/catalog.db`` is the catalog, ``.iconym/spaces/<fingerprint's first 16>`` a copy of each
space used, ``.iconym/indexes/<the same>`` an index of its vectors if one was built,
``.iconym/vocabularies/<the same>`` what its vocabulary has grown by here,
``.iconym/alignments/<the same>`` a map into it. The catalog knows which space is the current one.
"""

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from iconym.catalog.sqlite import SqliteCatalog
from iconym.encoders.onnx import OnnxEncoder
from iconym.errors import BadFolder, DamagedFolder, NewerFormat, NoCollection, SpaceMismatch, Usage
from iconym.files import edition, restore_interrupted
from iconym.growth import load_growth
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

    def vocabulary_path(self, fingerprint: str) -> Path:
        """Where lies what was added to a space's vocabulary here, if anything was."""
        return self.folder / FOLDER / "vocabularies" / fingerprint[:16]

    def vocabulary_edition(self, fingerprint: str) -> tuple[int, int] | None:
        """Another one whenever words were added or removed; None before the first."""
        path = self.vocabulary_path(fingerprint)
        restore_interrupted(path)
        return edition(path)

    def alignment_path(self, fingerprint: str) -> Path:
        """Where the map into a space lies, if one was learned."""
        return self.folder / FOLDER / "alignments" / fingerprint[:16]

    def uri(self, path: Path) -> str | None:
        """The uri of a file of this collection, None for one outside its folder."""
        path = absolute(path)
        inside = path.is_relative_to(self.folder)
        return path.relative_to(self.folder).as_posix() if inside else None

    def use_space(self, space: JointSpace) -> None:
        """Make ``space`` the current one, with a copy of it in the collection.

        A space whose encoder cannot be saved has no copy: give it again to whoever searches.
        """
        self.keep_space(space)
        self.catalog.use_space(KnownSpace(space.fingerprint, space.name, space.dim))

    def keep_space(self, space: JointSpace) -> None:
        """Put a copy of ``space`` into the collection; the current one stays what it is."""
        if isinstance(space.encoder, OnnxEncoder):
            self._keep(space)

    def switch_space(self, known: KnownSpace) -> JointSpace:
        """Make a space that has vectors here the current one, in one transaction.

        Whoever searches goes on with the space before until he opens the collection again.

        Raises:
            BadFolder: if there is no whole copy of it. Nothing is changed then.
        """
        space = self.load_known(known)
        self.catalog.use_space(KnownSpace(space.fingerprint, space.name, space.dim))
        return space

    def load_space(self, path: Path | None = None) -> JointSpace:
        """The current space, or the one saved at ``path`` if this collection was indexed with it.

        With the words that were added to its vocabulary here, and without those removed.

        Raises:
            NoCollection: if nothing was indexed yet.
            SpaceMismatch: if the collection has no vectors of the space at ``path``.
            BadFolder: if there is no whole space.
        """
        if path is None:
            return self.load_known(self.current_space())
        space = load_space(path)
        self.check_space(space)
        return self._grown(space)

    def load_known(self, known: KnownSpace) -> JointSpace:
        """A space that has vectors here, as ``load_space``.

        Raises:
            BadFolder: if there is no whole copy of it.
        """
        return self._grown(self._load_copy(known.fingerprint))

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

    def known_space(self, name: str) -> KnownSpace:
        """The space of this name, or whose fingerprint begins with it (4 digits at least).

        Raises:
            Usage: if there is none, or more than one.
        """
        spaces = self.named_spaces()
        found = [known for known in spaces if known.name == name] or [
            known for known in spaces if len(name) >= 4 and known.fingerprint.startswith(name)
        ]
        if len(found) == 1:
            return found[0]
        there = ", ".join(f"{known.name} ({known.fingerprint[:8]})" for known in spaces) or "none"
        what = "more than one space" if found else "no space"
        raise Usage(f"{what} {name!r} in {self.folder}; there are: {there}; name one")

    def named_spaces(self) -> list[KnownSpace]:
        """The spaces as the catalog gives them, one that was never current by its copy's name."""
        return [known if known.name else self._named(known) for known in self.catalog.spaces()]

    def _named(self, known: KnownSpace) -> KnownSpace:
        with suppress(BadFolder):
            return replace(known, name=self._load_copy(known.fingerprint).name)
        return known

    def _grown(self, space: JointSpace) -> JointSpace:
        if self.vocabulary_edition(space.fingerprint) is None:
            return space
        return load_growth(self.vocabulary_path(space.fingerprint), space.dim).of(space)

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
        copy = load_space(path)
    except DamagedFolder:
        return False
    return _same_words(copy, space) and (space.evidence is None or copy.evidence is not None)


def _same_words(a: JointSpace, b: JointSpace) -> bool:
    pairs: list[tuple[WordVectors, WordVectors]] = [(a.text, b.text), (a.vocabulary, b.vocabulary)]
    return all(x.words == y.words and np.array_equal(x.vectors, y.vectors) for x, y in pairs)
