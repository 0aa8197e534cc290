"""Opening text that may be packed, with progress by the bytes read."""

import bz2
import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from iconym.errors import BadData
from iconym.nouns import Track, untracked

STEP = 1 << 20  # bytes on the disk between two signs of progress
PACKED: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open}


@contextmanager
def opened_text(path: Path, track: Track = untracked) -> Iterator[IO[str]]:
    """``path`` as UTF-8 text, line ends as they are; unpacked if it ends in ".gz" or ".bz2".

    Raises:
        BadData: for damaged or foreign bytes, as the block meets them.
    """
    try:
        with open(path, "rb", buffering=0) as raw:
            watched = _Watched(raw, f"reading {path.name}", track)
            binary = io.BufferedReader(watched, STEP)
            unpacked = PACKED[path.suffix](binary) if path.suffix in PACKED else binary
            with io.TextIOWrapper(unpacked, encoding="utf-8-sig", newline="") as text:
                yield text
            watched.finish()
    except UnicodeDecodeError as error:
        raise BadData(f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8") from error
    except (EOFError, zlib.error) as error:
        raise BadData(f"{path}: damaged ({error}); fetch it again") from error
    except OSError as error:
        if error.errno is not None:  # of the system, not of gzip or bzip2
            raise
        raise BadData(f"{path}: damaged ({error}); fetch it again") from error


class _Watched(io.RawIOBase):
    """The bytes of a file; each piece read is a step of ``track``."""

    def __init__(self, raw: io.FileIO, doing: str, track: Track) -> None:
        steps = os.fstat(raw.fileno()).st_size // STEP + 1
        self._raw = raw
        self._steps = iter(track(range(steps), doing, steps))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        next(self._steps, None)
        return self._raw.readinto(buffer)

    def finish(self) -> None:
        """Take the steps that are left, so that whoever shows them comes to an end."""
        for _ in self._steps:
            pass
