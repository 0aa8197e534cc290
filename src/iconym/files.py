"""Folders of JSON and safetensors that are whole or not there at all.

A saved folder holds data files and ``manifest.json``, which names its kind, its format number and
the size and SHA-256 of every other file. It is written beside its place, flushed to disk and
renamed into it, so a reader meets the old folder, the new one, or none, never half of one.
"""

import errno
import fcntl
import glob
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as decode_safetensors
from safetensors.numpy import save as encode_safetensors

from iconym.errors import BadFolder, DamagedFolder, NewerFormat, Usage

MANIFEST = "manifest.json"
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
    if path.exists() and _kind(path) != kind:
        raise BadFolder(f"{path} is there and is no saved {kind}; choose another place")


def check_writable(path: Path) -> None:
    """Nothing, if something may be created at ``path``, with the folders above it.

    Raises:
        Usage: if not.
    """
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise Usage(f"{above} cannot be written to; choose another place")


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
    format, entries = _manifest(path, kind, newest)
    for name in entries.keys() & set(unread):
        _check_size(path / name, entries[name][0])
    contents = {
        name: _checked(path, name, *entry) for name, entry in entries.items() if name not in unread
    }
    return Folder(path, format, contents, {name: sha256 for name, (_, sha256) in entries.items()})


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
    for name, (size, sha256) in _manifest(path, kind, newest)[1].items():
        _check_inside(path, name)
        _check_size(path / name, size)
        if content_hash(path / name) != sha256:
            raise _differs(path / name)


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A new empty folder that takes the place of ``path`` when the block ends without error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    aside = Path(tempfile.mkdtemp(prefix=_aside_prefix(path), dir=path.parent))
    try:
        with _locked(aside):
            yield aside
            aside.chmod(0o755)
            flush_directory(aside)
            _put_in_place(aside, path)
        flush_directory(path.parent)
        shutil.rmtree(_before(path), ignore_errors=True)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def restore_interrupted(path: Path) -> None:
    """Put back the folder that a killed ``written_aside`` had moved away, if there is one."""
    if not path.exists():
        with suppress(FileNotFoundError):
            os.rename(_before(path), path)


def replace_file(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``; a reader meets the old file or the new one, whole."""
    with replaced_file(path) as file:
        file.write(data)


@contextmanager
def replaced_file(path: Path) -> Iterator[BinaryIO]:
    """A new file that takes the place of ``path`` when the block ends without error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(prefix=_aside_prefix(path), dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(aside, 0o644)
        os.replace(aside, path)
        flush_directory(path.parent)
    finally:
        Path(aside).unlink(missing_ok=True)


def write_flushed(path: Path, data: bytes) -> None:
    """Write ``data`` and wait until it is on the disk."""
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def flush_directory(path: Path) -> None:
    """Wait until what was created, renamed or removed in the folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def content_hash(path: Path) -> str:
    """SHA-256 of a file, hexadecimal; "" for what is no file that can be read.

    A pipe is none: opening it would block.
    """
    with suppress(OSError):
        if path.is_file():
            with open(path, "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
    return ""


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
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BadFolder(f"{path} is no saved {kind}: it has no {MANIFEST}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFolder(f"{path / MANIFEST} is damaged; save the {kind} again") from error
    if found != kind:
        raise BadFolder(f"{path} holds a saved {found}, not a {kind}")
    if format > newest:
        raise NewerFormat(
            f"{path} has format {format}, this version reads up to {newest}; upgrade iconym"
        )
    return format, entries


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


def _kind(path: Path) -> str | None:
    try:
        return str(json.loads((path / MANIFEST).read_bytes())["kind"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _put_in_place(aside: Path, path: Path) -> None:
    before = _before(path)
    while True:
        if path.exists():
            shutil.rmtree(before, ignore_errors=True)
            os.rename(path, before)
        try:
            return os.rename(aside, path)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise  # else a reader took the moment between for a kill, and put the old one back


def _remove_abandoned(path: Path) -> None:
    """Remove what killed writers left beside ``path``: whoever lives holds a lock on his."""
    for left in path.parent.glob(f"{glob.escape(_aside_prefix(path))}*/"):
        with suppress(FileNotFoundError), _locked(left) as alone:
            if alone:
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether the folder is locked for the block, which some file systems do not offer."""
    handle = os.open(folder, os.O_RDONLY)
    alone = False
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alone = True
        yield alone
    finally:
        os.close(handle)


def _aside_prefix(path: Path) -> str:
    return f".{path.name}.new-"


def _before(path: Path) -> Path:
    return path.with_name(f".{path.name}.before")
