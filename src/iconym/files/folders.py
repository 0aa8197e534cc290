"""Folders of JSON and safetensors that are whole or not there at all.

A saved folder holds data files and ``manifest.json``, which names its kind, its format number and
the size and SHA-256 of every other file. It is written beside its place, flushed to disk and
renamed into it, so a reader meets the old folder, the new one, or none, never half of one.
"""

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as decode_safetensors
from safetensors.numpy import save as encode_safetensors

from iconym.errors import BadFolder, DamagedFolder, NewerFormat
from iconym.files.aside import (
    check_writable,
    content_hash,
    restore_interrupted,
    unless_replaced,
    write_flushed,
    written_aside,
)

MANIFEST = "manifest.json"
NO_MANIFEST = (  # what reading a damaged one fails with: a number too large, brackets too deep
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
Arrays = Mapping[str, np.ndarray]
Contents = bytes | Iterable[bytes]  # of a file, whole or in pieces


@dataclass(frozen=True)
class Folder:
    """A folder that was found whole: every file has the size and checksum of the manifest."""

    path: Path
    format: int
    contents: Mapping[str, bytes]
    checksums: Mapping[str, str]  # SHA-256 of each file, hexadecimal

    def json(self, name: str) -> Any:
        """The value in the JSON file ``name``."""
        return json.loads(self.bytes(name))

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """The arrays in the safetensors file ``name``."""
        try:
            return decode_safetensors(self.bytes(name))
        except SafetensorError as error:
            raise DamagedFolder(f"{self.path / name}: {error}; save it again") from error

    def bytes(self, name: str) -> bytes:
        """The bytes of the file ``name``."""
        if name not in self.contents:
            raise DamagedFolder(f"{self.path} has no {name}; save it again")
        return self.contents[name]


def to_json(value: Any) -> bytes:
    """``value`` as readable UTF-8 JSON, the same bytes for the same value; NaN is an error."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def to_safetensors(arrays: Arrays) -> bytes:
    """Named arrays in the safetensors format."""
    return encode_safetensors({name: np.ascontiguousarray(a) for name, a in arrays.items()})


def save_folder(path: Path, kind: str, format: int, files: Mapping[str, Contents]) -> None:
    """Write a folder of ``files`` with its manifest, in place of whatever folder was at ``path``.

    Raises:
        BadFolder: if ``path`` is there and is not a saved folder of this kind: nobody's other
            files are ever replaced.
    """
    with saved_in_steps(path, kind, format) as saved:
        for name, data in files.items():
            saved.write(name, data)


@dataclass(frozen=True)
class Saving:
    """A folder that is being written, beside the place that it takes in the end."""

    aside: Path
    listing: dict[str, dict[str, int | str]] = field(default_factory=dict)

    def write(self, name: str, data: Contents) -> Path:
        """Write a file and wait until it is on the disk: where it is for now, to be read."""
        self.listing[name] = _written(self.aside / name, data)
        return self.aside / name


@contextmanager
def saved_in_steps(path: Path, kind: str, format: int) -> Iterator[Saving]:
    """As ``save_folder``, for whoever needs one file to make the next.

    It takes its place when the block ends without error; else nothing is left of it.

    Raises:
        BadFolder: as ``save_folder``.
    """
    path = path.absolute()
    check_place(path, kind)
    with written_aside(path) as aside:
        saving = Saving(aside)
        yield saving
        manifest = {"kind": kind, "format": format, "files": saving.listing}
        write_flushed(aside / MANIFEST, to_json(manifest))


def check_place(path: Path, kind: str) -> None:
    """Nothing, if ``save_folder`` may write to ``path``: to be asked before long work.

    Raises:
        BadFolder: if ``path`` is there and is not a saved folder of this kind.
        Usage: if nobody may write there.
    """
    check_writable(path)
    unless_replaced(path, lambda: _check_kind(path, kind))


def load_folder(path: Path, kind: str, newest: int, *, unread: Collection[str] = ()) -> Folder:
    """Read the folder that ``save_folder`` wrote and check every byte of it.

    Args:
        path: the folder.
        kind: what it must hold ("space", "words", ...).
        newest: the highest format number that the caller reads.
        unread: files that are left on the disk and out of ``contents``, for whoever maps them;
            of these the size alone is checked.

    Raises:
        BadFolder: not there, not a saved folder, or of another kind.
        NewerFormat: its format number is higher than ``newest``.
        DamagedFolder: a file is missing, or differs in size or checksum.
    """
    return unless_replaced(path, lambda: _load(path, kind, newest, unread))


def file_names(path: Path, kind: str, newest: int) -> frozenset[str]:
    """The names of the files in the folder that ``save_folder`` wrote, none of them looked at.

    Raises:
        BadFolder, NewerFormat, DamagedFolder: as ``load_folder``, for the manifest alone.
    """
    return frozenset(_manifest(path, kind, newest)[1])


def verify_folder(path: Path, kind: str, newest: int) -> None:
    """Nothing, if every byte of the folder is as ``save_folder`` wrote it; in bounded memory.

    Raises:
        BadFolder, NewerFormat, DamagedFolder: as ``load_folder``.
    """
    unless_replaced(path, lambda: _verify(path, kind, newest))


def _written(path: Path, data: Contents) -> dict[str, int | str]:
    """Write ``data`` and wait until it is on the disk: its entry in the manifest."""
    size, checksum = 0, hashlib.sha256()
    with open(path, "wb") as file:
        for piece in (data,) if isinstance(data, bytes) else data:
            size += file.write(piece)
            checksum.update(piece)
        file.flush()
        os.fsync(file.fileno())
    return {"bytes": size, "sha256": checksum.hexdigest()}


def _manifest(path: Path, kind: str, newest: int) -> tuple[int, dict[str, tuple[int, str]]]:
    """The format of a saved folder, and size and checksum of each file."""
    restore_interrupted(path)
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
        found, format, listing = manifest["kind"], int(manifest["format"]), manifest["files"]
        entries = {name: (entry["bytes"], entry["sha256"]) for name, entry in listing.items()}
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise BadFolder(f"{path} is no saved {kind}: it has no {MANIFEST}") from error
    except NO_MANIFEST as error:
        raise DamagedFolder(f"{path / MANIFEST} is damaged; save the {kind} again") from error
    if found != kind:
        raise BadFolder(f"{path} holds a saved {found}, not a {kind}")
    if format > newest:
        raise NewerFormat(
            f"{path} has format {format}, this version reads up to {newest}; upgrade iconym"
        )
    return format, entries


def _load(path: Path, kind: str, newest: int, unread: Collection[str]) -> Folder:
    format, entries = _manifest(path, kind, newest)
    for name in entries.keys() & set(unread):
        _check_size(path / name, entries[name][0])
    contents = {
        name: _checked(path, name, *entry) for name, entry in entries.items() if name not in unread
    }
    return Folder(path, format, contents, {name: sha256 for name, (_, sha256) in entries.items()})


def _verify(path: Path, kind: str, newest: int) -> None:
    for name, (size, sha256) in _manifest(path, kind, newest)[1].items():
        _check_inside(path, name)
        _check_size(path / name, size)
        if content_hash(path / name) != sha256:
            raise _differs(path / name)


def _checked(folder: Path, name: str, size: int, sha256: str) -> bytes:
    _check_inside(folder, name)
    path = folder / name
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise DamagedFolder(f"{path} is missing; save the folder again") from error
    except OSError as error:
        raise DamagedFolder(f"{path} cannot be read: {error.strerror}") from error
    if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
        raise _differs(path)
    return data


def _check_inside(folder: Path, name: str) -> None:
    if Path(name).name != name:
        raise DamagedFolder(f"{folder / MANIFEST} names a file outside the folder: {name!r}")


def _differs(path: Path) -> DamagedFolder:
    return DamagedFolder(f"{path} differs from its checksum; save the folder again")


def _check_size(path: Path, size: int) -> None:
    if not path.is_file():
        raise DamagedFolder(f"{path} is missing; save the folder again")
    if path.stat().st_size != size:
        raise DamagedFolder(f"{path} differs in size from its manifest; save the folder again")


def _check_kind(path: Path, kind: str) -> None:
    found = None
    with suppress(OSError, *NO_MANIFEST):
        found = json.loads((path / MANIFEST).read_bytes())["kind"]
    if found != kind and path.exists():
        raise BadFolder(f"{path} is there and is no saved {kind}; choose another place")
