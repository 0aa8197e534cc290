"""The picture files of a folder, found without opening one and without holding them all."""

import os
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import chain
from pathlib import Path

from iconym.errors import NothingToDo, Usage
from iconym.nouns import FileState
from iconym.pictures.pillow import one_line

SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .mpo .png .apng .gif .webp .bmp .dib .tif .tiff .avif "
    ".heic .heics .heif .heifs .hif".split()
)
LATEST = 2**63 - 1  # nanoseconds that a catalog can hold, to 2262; some disks have later files


def scan_pictures(folder: Path) -> Iterator[FileState]:
    """All files below ``folder`` whose suffix is a picture's, in any order; at least one.

    Hidden files and folders (".iconym") are left out. Linked folders are entered after the real
    ones, and no folder twice, so circles end. A link to nothing is found, and so is a folder
    that cannot be read, both with size and time 0: ``read_picture`` then says what is wrong.
    Held in memory is what tells each folder from the others, nothing of the files.

    Raises:
        Usage: if there is no such folder, it is a file, or it must not be read.
        NothingToDo: if there is no picture file.
    """
    _check_folder(folder)
    files = _walk(str(folder))
    first = next(files, None)
    if first is None:
        with os.scandir(folder) as entries:
            what = "holds no picture file; check the path"
            what = what if any(entries) else "is empty; put pictures into it"
        raise NothingToDo(f"{str(folder)!r} {what}")
    return chain([first], files)


def picture_files(folder: Path) -> list[Path]:
    """What ``scan_pictures`` finds, sorted by path; maybe nothing.

    Raises:
        Usage: as ``scan_pictures``.
    """
    _check_folder(folder)
    return sorted(folder / file.uri for file in _walk(str(folder)))


def some_picture_files(folder: Path) -> list[Path]:
    """As ``picture_files``, but at least one.

    Raises:
        Usage, NothingToDo: as ``scan_pictures``.
    """
    return sorted(folder / file.uri for file in scan_pictures(folder))


def is_picture_name(name: str) -> bool:
    """Whether a file of this name is looked at: not hidden, and with a picture's suffix."""
    return name[0] != "." and name[name.rfind(".") :].lower() in SUFFIXES


def file_state(path: str | Path | os.DirEntry[str], uri: str) -> FileState:
    """Size and time of the file that ``uri`` names, both 0 where there is none to be had."""
    try:
        status = path.stat() if isinstance(path, os.DirEntry) else os.stat(path)
    except (OSError, ValueError):
        return FileState(uri, 0, 0)
    modified = max(-LATEST, min(status.st_mtime_ns, LATEST))
    return FileState(uri, status.st_size, modified or 1)  # 0 is for "no file"


def _check_folder(folder: Path) -> None:
    try:
        os.scandir(folder).close()
    except FileNotFoundError as error:
        raise Usage(f"no folder {str(folder)!r}; check the path") from error
    except NotADirectoryError as error:
        raise Usage(f"{str(folder)!r} is no folder; give the folder it lies in") from error
    except OSError as error:
        raise Usage(f"{str(folder)!r} cannot be read: {one_line(error)}") from error


def _walk(root: str) -> Iterator[FileState]:
    entered: set[tuple[int, int]] = set()
    waiting, linked = [""], list[str]()  # uris of folders, those of links as a heap
    while waiting or linked:
        uri = waiting.pop() if waiting else heappop(linked)
        folder = os.path.join(root, uri)
        try:
            if not _was_entered(folder, entered):
                yield from _files(folder, uri, waiting, linked)
        except OSError:
            if not uri:
                raise
            yield FileState(uri, 0, 0)


def _files(folder: str, uri: str, waiting: list[str], linked: list[str]) -> Iterator[FileState]:
    """The picture files right in a folder; the folders in it go into the two lists."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name[0] == ".":
                continue
            inside = f"{uri}/{entry.name}" if uri else entry.name
            if entry.is_dir(follow_symlinks=False):
                waiting.append(inside)
            elif entry.is_symlink() and os.path.isdir(entry):
                heappush(linked, inside)
            elif is_picture_name(entry.name):
                yield file_state(entry, inside)


def _was_entered(folder: str, entered: set[tuple[int, int]]) -> bool:
    status = os.stat(folder)
    place = (status.st_dev, status.st_ino)
    if place in entered:
        return True
    entered.add(place)
    return False
