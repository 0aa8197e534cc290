"""Files and folders written aside and renamed: a reader meets the old one or the new one, whole."""

import errno
import fcntl
import glob
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, TypeVar

from iconym.errors import BadFolder, Usage

Found = TypeVar("Found")
TAKEN = errno.ENOTEMPTY, errno.EEXIST  # what a rename onto a folder that is there fails with


def check_writable(path: Path) -> None:
    """Nothing, if something may be created at ``path``, with the folders above it.

    Raises:
        Usage: if not.
    """
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise Usage(f"{above} cannot be written to; choose another place")


def unless_replaced(path: Path, read: Callable[[], Found]) -> Found:
    """What ``read`` returns, asked again if it fails while another folder takes its place."""
    while True:
        before = edition(path)
        try:
            return read()
        except BadFolder:
            if edition(path) == before:
                raise


def edition(path: Path) -> tuple[int, int] | None:
    """What differs between two folders that were at ``path``; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_ctime_ns  # a number of a folder that is gone is given again


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A new empty folder that takes the place of ``path`` when the block ends without error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    with _locked_aside(path) as aside:
        yield aside
        aside.chmod(0o755)
        flush_directory(aside)
        _put_in_place(aside, path)
    flush_directory(path.parent)
    _remove_before(path)


def restore_interrupted(path: Path) -> None:
    """Put back the folder that a killed ``written_aside`` had moved away, if there is one."""
    before = _before(path)
    if not path.exists() and before.exists():  # asked first: a read-only disk refuses any rename
        with _ignoring(errno.ENOENT, *TAKEN):  # for another reader put it back, or a writer is done
            os.rename(before, path)


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


def _put_in_place(aside: Path, path: Path) -> None:
    """Move the folder ``aside`` to ``path``, whatever others move at the same time."""
    before = _before(path)
    while True:
        if path.exists():
            _remove_before(path)
            with _ignoring(errno.ENOENT, *TAKEN):  # for another writer did the same
                os.rename(path, before)
        with _ignoring(*TAKEN):  # for a reader took this moment for a kill, and put the old back
            return os.rename(aside, path)


@contextmanager
def _ignoring(*numbers: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in numbers:
            raise


@contextmanager
def _locked_aside(path: Path) -> Iterator[Path]:
    """A new empty folder beside ``path``, locked for the block and removed after it."""
    while True:
        aside = Path(tempfile.mkdtemp(prefix=_aside_prefix(path), dir=path.parent))
        with ExitStack() as locked:
            with suppress(FileNotFoundError):
                locked.enter_context(_locked(aside, wait=True))
            if not aside.exists():
                continue  # another writer took it for abandoned before it was locked
            try:
                yield aside
                return
            finally:
                shutil.rmtree(aside, ignore_errors=True)


def _remove_before(path: Path) -> None:
    """Remove the folder that ``path`` was before; nobody may put back what is half removed."""
    gone = path.with_name(_aside_prefix(path) + token_hex(8))
    with suppress(FileNotFoundError):
        os.rename(_before(path), gone)
        shutil.rmtree(gone, ignore_errors=True)


def _remove_abandoned(path: Path) -> None:
    """Remove what killed writers left beside ``path``: whoever lives holds a lock on his."""
    for left in path.parent.glob(f"{glob.escape(_aside_prefix(path))}*/"):
        with suppress(FileNotFoundError), _locked(left) as alone:
            if alone:
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _locked(folder: Path, *, wait: bool = False) -> Iterator[bool]:
    """Whether the folder is locked for the block, which some file systems do not offer."""
    handle = os.open(folder, os.O_RDONLY)
    alone = False
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            alone = True
        yield alone
    finally:
        os.close(handle)


def _aside_prefix(path: Path) -> str:
    return f".{path.name}.new-"


def _before(path: Path) -> Path:
    return path.with_name(f".{path.name}.before")
