"""Ranges of text files: a large file cut at line breaks, each part read with bounded memory."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path

from iconym.errors import BadData

PIECE = 1 << 20  # bytes that are read at a time; a longer line is cut
EXPANSION = 4  # bytes of text, about, that one byte of a gzip file unpacks to
GZIP_RANGES = 8  # at most: each one unpacks all that stands before it


@dataclass(frozen=True)
class Range:
    """A part of a text file: from the first cut at or after ``start`` to that after ``stop``.

    A cut comes after a line break. Where the next megabyte has none it comes after a blank, and
    where it has none of these either, between two characters.
    """

    path: Path
    start: int  # bytes of the text, unpacked; 0 is itself a cut
    stop: int | None  # None: to the end of the file
    size: int  # bytes of the text, about
    version: str  # of the file: another one whenever it was written to

    @property
    def name(self) -> str:
        """What tells this range from every other one of any file."""
        return f"{self.path.absolute()}:{self.start}:{self.stop}:{self.version}"


def split_file(path: Path, size: int) -> list[Range]:
    """Ranges of about ``size`` bytes, at least 1 MB, that together are the whole file.

    A file whose name ends in ".gz" is one of gzip and gets at most eight ranges. An empty file
    has none.

    Raises:
        BadData: if there is no such file, or no regular one, or it may not be read.
    """
    version, held = _version(path)
    step = max(size, PIECE)
    if path.suffix == ".gz":
        held *= EXPANSION
        step = max(step, -(-held // GZIP_RANGES))
    starts = range(0, held, step)
    # the last range is open: what a gzip file holds is only guessed
    return [
        Range(path, start, start + step, step, version)
        if start + step < held
        else Range(path, start, None, held - start, version)
        for start in starts
    ]


def read_range(part: Range) -> Iterator[str]:
    """The text of ``part`` in pieces of some whole lines, of about 1 MB and at most 2.

    A mark of the byte order at the start of the file is left out.

    Raises:
        BadData: naming the line, for what is not UTF-8 or damaged gzip; if the file cannot be
            read, or has changed since it was split.
    """
    position = part.start
    try:
        with _opened(part.path) as file:
            for position, piece in _pieces(file, part.start, part.stop):
                yield piece.decode("utf-8-sig" if position == 0 else "utf-8")
    except UnicodeDecodeError as error:
        place = f"{part.path}:{_line(part.path, position + error.start)}"
        raise BadData(f"{place}: not UTF-8 ({error.reason}); convert the file") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        place = f"{part.path}:{_line(part.path, None)}"
        raise BadData(f"{place}: damaged gzip ({error}); fetch it again") from error
    except OSError as error:
        raise _unreadable(part.path, error) from error
    if _version(part.path)[0] != part.version:
        raise BadData(f"{part.path} changed while it was read; wait until it is written")


def _pieces(file: BufferedIOBase, start: int, stop: int | None) -> Iterator[tuple[int, bytes]]:
    """Where each piece starts, and its bytes."""
    file.seek(start)
    buffer = file.read(PIECE) if start else b""
    skipped = _first_cut(buffer) if start else 0
    position, buffer = start + skipped, buffer[skipped:]
    while stop is None or position + PIECE < stop:
        buffer += file.read(PIECE - len(buffer))
        if not buffer:
            return
        size = _last_cut(buffer) if len(buffer) == PIECE else len(buffer)
        yield position, buffer[:size]
        position, buffer = position + size, buffer[size:]
    buffer += file.read(stop + PIECE - position - len(buffer))
    size = stop - position + _first_cut(buffer[stop - position :])
    if buffer[:size]:
        yield position, buffer[:size]


def _first_cut(window: bytes) -> int:
    """How many bytes of ``window``, the next megabyte of a file, stand before its first cut."""
    if (line_break := window.find(b"\n")) >= 0:
        return line_break + 1
    if len(window) < PIECE:  # the end of the file
        return len(window)
    if (blank := window.find(b" ")) >= 0:
        return blank + 1
    return next((i for i in range(4) if _starts_character(window[i])), 0)


def _last_cut(buffer: bytes) -> int:
    """How many bytes of ``buffer`` stand before its last cut, at least one."""
    end = len(buffer)
    if size := buffer.rfind(b"\n") + 1 or buffer.rfind(b" ") + 1:
        return size
    return next((i for i in range(end - 1, end - 5, -1) if _starts_character(buffer[i])), end)


def _starts_character(byte: int) -> bool:
    return byte & 0b1100_0000 != 0b1000_0000


def _line(path: Path, position: int | None) -> int:
    """The line that holds a byte of the text, from 1; None: the first one that is damaged."""
    number, left = 1, position
    with suppress(OSError, EOFError, zlib.error), _opened(path) as file:
        while block := file.read1(8192 if left is None else min(8192, left)):
            number += block.count(b"\n")
            left = None if left is None else left - len(block)
    return number


def _opened(path: Path) -> BufferedIOBase:
    return gzip.open(path) if path.suffix == ".gz" else open(path, "rb")


def _version(path: Path) -> tuple[str, int]:
    """The version of the file, and how many bytes it has."""
    try:
        found = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    if not path.is_file():
        raise BadData(f"{path} is no regular file; write the text to one first")
    return f"{found.st_size}:{found.st_mtime_ns}", found.st_size


def _unreadable(path: Path, error: OSError) -> BadData:
    return BadData(f"{path} cannot be read ({error.strerror}); name a text file")
