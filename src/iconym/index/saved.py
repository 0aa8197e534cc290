"""An index in a saved folder: vectors, ids and what searches them, mapped instead of read."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from iconym.errors import BadData, DamagedFolder, NewerFormat, SpaceMismatch, Usage
from iconym.files import (
    Contents,
    edition,
    file_names,
    load_folder,
    save_folder,
    saved_in_steps,
    to_json,
    unless_replaced,
    verify_folder,
)
from iconym.index.checks import check_dim, check_ids, unit_rows
from iconym.index.layered import Base, LayeredIndex, Method
from iconym.index.npy import map_npy, npy_header, to_npy
from iconym.nouns import IdSet, Track, untracked

KIND, FORMAT = "index", 1
ABOUT, IDS, VECTORS = "index.json", "ids.npy", "vectors.npy"
FLOAT32, INT64 = np.dtype(np.float32), np.dtype(np.int64)

MOST = 2**31 - 1  # of a setting: what usearch and faiss count with

Settings = Mapping[str, Any]  # str to int


@dataclass(frozen=True)
class SavedIndex:
    """An index that was loaded, and what its vectors are.

    Args:
        index: its vectors lie in a memory map; what is added to it is held in memory, and it never
            folds by itself.
        space: the fingerprint of the joint space of the vectors.
        sequence: the last change of the catalog that it knows of.
    """

    index: LayeredIndex
    space: str
    sequence: int


@dataclass(frozen=True)
class VectorBatches:
    """Vectors that come one batch after the other, as ``Catalog.vector_batches`` gives them.

    Args:
        batches: ids, ascending from batch to batch, and the vector of each.
        count: how many they are in all.
        dim: how many numbers a vector has.
    """

    batches: Iterable[tuple[IdSet, Float[np.ndarray, "_ _"]]]
    count: int
    dim: int


@dataclass(frozen=True)
class _About:
    """What stands in index.json."""

    method: str
    settings: Settings
    dim: int
    count: int
    space: str
    sequence: int


def save_index(index: LayeredIndex, path: Path, *, space: str, sequence: int) -> None:
    """Write ``index`` to the folder ``path``, in place of an index that was there.

    What was changed is folded in first.

    Args:
        index: any number of vectors.
        path: whole or as it was before, whatever happens.
        space: the fingerprint of the joint space of the vectors.
        sequence: the last change of the catalog that the index knows of.

    Raises:
        BadFolder: if ``path`` is there and is no saved index.
        Usage: if nobody may write there.
        OSError: if the disk is full.
    """
    index.fold()
    method, base = index.method, index.base
    about = _About(method.name, method.settings, index.dim, len(index), space, sequence)
    ids = np.empty(0, np.int64) if base is None else base.ids
    vectors = np.empty((0, index.dim), np.float32) if base is None else base.vectors
    files: dict[str, Contents] = {IDS: to_npy(ids), VECTORS: to_npy(vectors)}
    files |= {} if base is None else base.structure.files()
    save_folder(path, KIND, FORMAT, {ABOUT: to_json(asdict(about)), **files})


def build_saved(
    path: Path,
    vectors: VectorBatches,
    method: Method,
    *,
    space: str,
    sequence: int,
    track: Track = untracked,
) -> None:
    """Build an index in the folder ``path``, in place of one that was there.

    Vectors go to the disk batch by batch and are mapped from there: what is held in memory is a
    batch, the ids, and what ``method`` needs.

    Args:
        path: whole or as it was before, whatever happens.
        vectors: need not be of unit length; they may be none.
        method: how the index searches.
        space: the fingerprint of the joint space of the vectors.
        sequence: the last change of the catalog that was made before the vectors were asked for.
        track: of the method's building.

    Raises:
        BadData: for ids that do not ascend, vectors of a wrong dimension, zero or not finite, and
            if there are more or fewer of them than was said.
        BadFolder, Usage, OSError: as ``save_index``.
    """
    check_dim(vectors.dim)
    about = _About(method.name, method.settings, vectors.dim, vectors.count, space, sequence)
    with saved_in_steps(path, KIND, FORMAT) as saving:
        ids = np.empty(vectors.count, np.int64)
        file = saving.write(VECTORS, _rows(vectors, ids))
        if vectors.count:
            rows = map_npy(file, (vectors.count, vectors.dim), FLOAT32)
            for name, data in method.build(rows, track).files().items():
                saving.write(name, data)
        saving.write(IDS, to_npy(ids))
        saving.write(ABOUT, to_json(asdict(about)))


def load_index(path: Path, *, space: str | None = None, dim: int | None = None) -> SavedIndex:
    """The index saved in the folder ``path``, its files mapped: ``verify_index`` looks at bytes.

    It may be replaced while it is read; what was loaded stays as it is then.

    Args:
        path: the folder.
        space: the fingerprint of the space that its vectors have to be of.
        dim: how many numbers they have to have.

    Raises:
        BadFolder: if there is no index, or it was damaged or cut short.
        NewerFormat: if a later version of this package wrote it.
        SpaceMismatch: if its vectors are of another space.
        BadData: if they are of another dimension.
        MissingTool: if its method needs an extra.
    """
    before = edition(path)
    about, index = unless_replaced(path, lambda: _loaded(path))
    if edition(path) != before:  # files of different editions may have been mapped
        return load_index(path, space=space, dim=dim)
    if space not in (None, about.space):
        raise SpaceMismatch(
            f"{path} indexes vectors of space {about.space[:8]}, not of {space[:8]}; build it again"
        )
    if dim not in (None, about.dim):
        raise BadData(f"{path} indexes vectors of {about.dim} numbers, not {dim}; build it again")
    return SavedIndex(index, about.space, about.sequence)


def verify_index(path: Path) -> None:
    """Nothing, if every byte of the saved index is as it was written.

    Raises:
        DamagedFolder: naming the first file that is not.
        BadFolder, NewerFormat: as ``load_index``.
    """
    verify_folder(path, KIND, FORMAT)


def method_named(name: str, settings: Settings) -> Method:
    """A method of search by the name in its saved folders.

    Args:
        name: "exact", "hnsw", "lsh" or "ivfpq".
        settings: those of its configuration that differ from the defaults.

    Raises:
        Usage: for another name or setting.
        MissingTool: if it needs an extra.
    """
    if name not in METHODS:
        raise Usage(f"no method {name!r} of search; there are {', '.join(METHODS)}")
    for setting, value in settings.items():
        if not isinstance(value, int) or value > MOST:
            raise Usage(f"{setting} is {value}; give a whole number up to {MOST:,}")
    try:
        return METHODS[name](settings)
    except TypeError as error:
        raise Usage(f"method {name!r}: {error}") from error


def _exact(settings: Settings) -> Method:
    from iconym.index.exact import exact_method

    if settings:
        raise Usage(f"method 'exact' has no settings; leave out {', '.join(settings)}")
    return exact_method()


def _hnsw(settings: Settings) -> Method:
    from iconym.index.hnsw import HnswConfig, hnsw_method

    return hnsw_method(HnswConfig(**settings))


def _lsh(settings: Settings) -> Method:
    from iconym.index.lsh import LshConfig, lsh_method

    return lsh_method(LshConfig(**settings))


def _ivfpq(settings: Settings) -> Method:
    from iconym.index.ivf import IvfConfig, ivf_method

    return ivf_method(IvfConfig(**settings))


# imported when asked for: most need a package that no other needs
METHODS: Mapping[str, Callable[[Settings], Method]] = {
    "exact": _exact,
    "hnsw": _hnsw,
    "lsh": _lsh,
    "ivfpq": _ivfpq,
}


def _rows(vectors: VectorBatches, ids: IdSet) -> Iterator[bytes]:
    """The file of vectors in pieces; ``ids`` are filled in meanwhile."""
    yield npy_header((vectors.count, vectors.dim), FLOAT32)
    done, last = 0, -1
    for part, rows in vectors.batches:
        check_ids(part, len(rows))
        if (np.diff(part, prepend=last) <= 0).any():
            raise BadData(f"ids do not ascend after {last}; give them in order")
        if done + len(part) > vectors.count:
            raise BadData(f"more than the {vectors.count} vectors that were told of; try again")
        ids[done : done + len(part)] = part
        done, last = done + len(part), int(part[-1]) if len(part) else last
        yield unit_rows(rows, vectors.dim).tobytes()
    if done < vectors.count:
        raise BadData(f"{done} vectors came, {vectors.count} were told of; try again")


def _loaded(path: Path) -> tuple[_About, LayeredIndex]:
    unread = file_names(path, KIND, FORMAT) - {ABOUT}
    try:
        about = _About(**load_folder(path, KIND, FORMAT, unread=unread).json(ABOUT))
    except TypeError as error:
        raise DamagedFolder(f"{path / ABOUT}: {error}; build the index again") from error
    if about.method not in METHODS:
        raise NewerFormat(f"{path} has method {about.method!r}, unknown here; upgrade iconym")
    method, base = method_named(about.method, about.settings), None
    if about.count:
        ids = map_npy(path / IDS, (about.count,), INT64)
        vectors = map_npy(path / VECTORS, (about.count, about.dim), FLOAT32)
        base = Base(ids, vectors, method.load(vectors, path))
    return about, LayeredIndex(about.dim, method, base=base)
