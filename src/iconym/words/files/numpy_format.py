"""Word vectors as NumPy arrays: one ``.npz``, or an ``.npy`` with its words in a text beside it.

``w.npz`` holds the arrays ``words`` (n,) of text and ``vectors`` (n, dim). ``w.npy`` holds the
vectors alone, which NumPy can map; line i of ``w.words.txt`` is the word of row i.
"""

import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError

import numpy as np
from numpy.lib.npyio import NpzFile

from iconym.errors import BadData
from iconym.files import replace_file, replaced_file
from iconym.nouns import WordVectors
from iconym.words.files.rows import Fault, cast, refuse, without_faults
from iconym.words.files.safetensors_format import in_memory

MOST = 1 << 30  # bytes of words in memory; NumPy gives each one the room of the longest

# what NumPy and zipfile raise where a file is damaged, as found by changing its bytes
DAMAGED_ARRAY = (ValueError, EOFError, TokenError)
DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, IndexError, NotImplementedError, OSError)


def read_npz(path: Path, fault: Fault = refuse) -> WordVectors:
    """The word vectors of a file with the arrays ``words`` and ``vectors``, in float32.

    Args:
        path: the file; nothing pickled in it is opened.
        fault: told of a word that is given twice or not finite.

    Raises:
        BadData: for a damaged file or other arrays.
    """
    try:
        with open(path, "rb") as file, NpzFile(file, allow_pickle=False) as arrays:
            words, vectors = arrays["words"], arrays["vectors"]
    except KeyError as error:
        raise BadData(f"{path} lacks an array; it needs words and vectors") from error
    except (*DAMAGED_ARRAY, *DAMAGED_ZIP) as error:
        remedy = "save it anew, with words as an array of text (no objects)"
        raise BadData(f"{path}: {_why(error)}; {remedy}") from error
    if words.ndim != 1 or words.dtype.kind not in "US":
        raise BadData(f"{path}: words are {words.dtype} {words.shape}; it needs text (n,)")
    try:
        names = np.char.decode(words, "utf-8") if words.dtype.kind == "S" else words
    except UnicodeDecodeError as error:
        raise BadData(f"{path}: words are no UTF-8 ({error.reason}); save them as text") from error
    held = in_memory(_checked(path, vectors))
    return without_faults((names.tolist(), held), path, lambda row: f"row {row}", fault)


def write_npz(words: WordVectors, path: Path, dtype: str = "float32") -> None:
    """Write both arrays, packed.

    Raises:
        BadData: for a number beyond the range of ``dtype``, or a word that such an array cannot
            hold: it ends in a zero character, or is so long that all together get too big.
    """
    wrong = next((word for word in words.words if word.endswith("\0")), None)
    if wrong is not None:
        raise BadData(f"the word {wrong!r} ends in a zero character; save a folder")
    size = 4 * len(words) * max(map(len, words.words), default=0)
    if size > MOST:
        raise BadData(f"words of {size >> 20} MB, each as wide as the longest; save .safetensors")
    vectors = np.concatenate([np.empty((0, words.dim), dtype), *cast(words.vectors, dtype)])
    with replaced_file(path) as file:
        np.savez_compressed(file, words=np.array(words.words, np.str_), vectors=vectors)


def read_npy(path: Path, fault: Fault = refuse, *, mapped: bool = False) -> WordVectors:
    """The word vectors of an .npy file and the words beside it, in float32.

    Args:
        path: the .npy file.
        fault: told of a word that is given twice or not finite.
        mapped: leave the vectors on the disk, as they are and unread.

    Raises:
        BadData: for a damaged file, words that are not there or of another number.
    """
    try:
        vectors = np.lib.format.open_memmap(path, mode="r")
        if vectors.offset + vectors.nbytes != path.stat().st_size:
            raise ValueError("it is longer than its array")
    except DAMAGED_ARRAY as error:
        raise BadData(f"{path}: {_why(error)}; save it anew with numpy.save") from error
    words = _words_beside(path)
    held = _checked(path, vectors) if mapped else in_memory(_checked(path, vectors))
    return without_faults((words, held), path, lambda row: f"row {row}", fault)


def write_npy(words: WordVectors, path: Path, dtype: str = "float32") -> None:
    """Write the words and then the vectors, each file whole.

    Raises:
        BadData: for a word with a line break in it, or a number beyond the range of ``dtype``.
    """
    broken = next((word for word in words.words if "\n" in word or "\r" in word), None)
    if broken is not None:
        raise BadData(f"the word {broken!r} holds a line break; save a folder")
    with replaced_file(path) as file:
        shape, kind = words.vectors.shape, np.dtype(dtype).newbyteorder("<").str
        about = {"descr": kind, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, about)
        file.writelines(rows.tobytes() for rows in cast(words.vectors, kind))
        replace_file(_beside(path), "".join(f"{word}\n" for word in words.words).encode())


def _why(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _beside(path: Path) -> Path:
    return path.with_suffix(".words.txt")


def _words_beside(path: Path) -> list[str | None]:
    words = _beside(path)
    try:
        *lines, end = words.read_bytes().decode().split("\n")
    except FileNotFoundError as error:
        raise BadData(
            f"{words} is not there; write the words of {path.name}, one a line"
        ) from error
    except UnicodeDecodeError as error:
        raise BadData(f"{words}: no UTF-8 at byte {error.start}; save it as UTF-8") from error
    if end:
        raise BadData(f"{words}:{len(lines) + 1}: no line break at the end; is it cut short?")
    return [line.removesuffix("\r") for line in lines]


def _checked(path: Path, vectors: np.ndarray) -> np.ndarray:
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise BadData(f"{path}: vectors are {vectors.dtype} {vectors.shape}; save float32 (n, dim)")
    return vectors
