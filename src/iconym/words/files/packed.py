"""Files of bytes that may be packed by gzip, and files of other programs that we do not read."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from iconym.errors import BadData
from iconym.files import replaced_file

PICKLE = (
    "a Python pickle, which could run any program; if gensim saved it, open it there and save it "
    "with save_word2vec_format('vectors.bin', binary=True)"
)
FOREIGN = {  # how the files of others start
    b"PK\x03\x04": "a zip archive; unpack it and name a file of it, or let it end in .npz",
    b"\x1f\x8b": "packed by gzip; let its name end in .gz",
    b"\x93NUMPY": "a NumPy array; let its name end in .npy",
    b"\xba\x16\x4f\x2f": "fastText's own model; fetch or print its vectors as .vec",
    b"\x89HDF": "HDF5, which is not read; save word2vec's text or binary",
    **{bytes([0x80, protocol]): PICKLE for protocol in range(2, 6)},
}


def refuse_foreign(path: Path) -> None:
    """Nothing, unless a file that should be text or binary starts as one of another program.

    Raises:
        BadData: names what it is and what to do.
    """
    with open(path, "rb") as file:
        start = file.read(8)
    for magic, what in FOREIGN.items():
        if start.startswith(magic) and (magic != b"\x1f\x8b" or path.suffix != ".gz"):
            raise BadData(f"{path} is {what}")


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """The bytes of a file, unpacked if its name ends in ".gz".

    Raises:
        BadData: where the gzip data are damaged or cut short.
    """
    try:
        with open(path, "rb") as file:
            if path.suffix == ".gz":
                # GzipFile is slow line by line
                yield io.BufferedReader(gzip.GzipFile(fileobj=file), 1 << 20)
            else:
                yield file
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadData(f"{path}: damaged gzip ({error}); fetch it again") from error


@contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """A file to write, packed if ``path`` ends in ".gz", whole in its place at the end."""
    with replaced_file(path) as file:
        if path.suffix == ".gz":
            with gzip.GzipFile("", "wb", 6, fileobj=file, mtime=0) as packed:
                yield packed  # type: ignore[misc]
        else:
            yield file
