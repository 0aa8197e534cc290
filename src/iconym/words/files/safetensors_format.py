r"""Word vectors as one safetensors file, which any program that knows the format can read or map.

It holds two tensors: ``vectors`` (n, dim), F32 or F16, and ``words``, the n words in UTF-8 joined
by line breaks, as U8. With the safetensors library::

    tensors = safetensors.numpy.load_file("vectors.safetensors")
    words = tensors["words"].tobytes().decode().split("\n")
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from iconym.errors import BadData
from iconym.files import replaced_file
from iconym.nouns import WordVectors
from iconym.words.files.rows import Fault, cast, refuse, without_faults

TYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "U8": "u1"}  # those of words and vectors


def read_safetensors(path: Path, fault: Fault = refuse, *, mapped: bool = False) -> WordVectors:
    """The word vectors of a safetensors file, in float32.

    Args:
        path: the file.
        fault: told of a word that is given twice or not finite.
        mapped: leave the vectors on the disk, as they are and unread.

    Raises:
        BadData: for a damaged file, or one without these two tensors.
    """
    tensors = mapped_tensors(path)
    if not {"words", "vectors"} <= tensors.keys():
        raise BadData(f"{path} holds {sorted(tensors)}; it needs the tensors words and vectors")
    vectors, text = tensors["vectors"], tensors["words"]
    if vectors.ndim != 2 or vectors.dtype.kind != "f" or text.dtype != np.uint8:
        raise BadData(
            f"{path}: vectors are {vectors.dtype} {vectors.shape}, words {text.dtype}; it needs "
            "floating numbers (n, dim) and bytes"
        )
    try:
        words: list[str | None] = [*text.tobytes().decode().split("\n")] if len(vectors) else []
    except UnicodeDecodeError as error:
        raise BadData(f"{path}: no UTF-8 at byte {error.start} of words; save it again") from error
    held = vectors if mapped else in_memory(vectors)
    return without_faults((words, held), path, lambda row: f"row {row}", fault)


def write_safetensors(words: WordVectors, path: Path, dtype: str = "float32") -> None:
    """Write the file, block by block.

    Raises:
        BadData: for a word with a line break in it, or a number beyond the range of ``dtype``.
    """
    broken = next((word for word in words.words if "\n" in word), None)
    if broken is not None:
        raise BadData(f"the word {broken!r} holds a line break; save a folder")
    text = "\n".join(words.words).encode()
    with replaced_file(path) as file:
        file.write(header({"vectors": (dtype, words.vectors.shape), "words": ("u1", (len(text),))}))
        file.writelines(pieces(words.vectors, dtype))
        file.write(text)


def mapped_tensors(path: Path) -> dict[str, np.memmap]:
    """Every tensor of the file as a memory map; its structure is checked, no number is read.

    Raises:
        BadData: if the file is damaged or cut short, or holds a type of number that we lack.
    """
    try:
        with safe_open(path, "numpy"):  # the library checks sizes, gaps and overlaps
            pass
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            listing = json.loads(file.read(length))
    except SafetensorError as error:
        raise BadData(f"{path}: {error}; fetch or save it again") from error
    listing.pop("__metadata__", None)
    strange = {
        name: entry["dtype"] for name, entry in listing.items() if entry["dtype"] not in TYPES
    }
    if strange:
        raise BadData(f"{path} holds {strange}; save the numbers as F32 or F16")
    return {
        name: np.memmap(
            path,
            TYPES[entry["dtype"]],
            "r",
            8 + length + entry["data_offsets"][0],
            tuple(entry["shape"]),
        )
        for name, entry in listing.items()
    }


def in_memory(vectors: np.ndarray) -> np.ndarray:
    """The numbers of a matrix in float32, those of a map read; infinity where one is too big."""
    if isinstance(vectors, np.memmap) and vectors.flags.c_contiguous:  # read, not mapped and copied
        numbers = np.fromfile(
            str(vectors.filename), vectors.dtype, vectors.size, offset=vectors.offset
        )
        vectors = numbers.reshape(vectors.shape)
    with np.errstate(over="ignore"):
        return np.asarray(vectors).astype(np.float32, copy=False)


def header(tensors: Mapping[str, tuple[str, tuple[int, ...]]]) -> bytes:
    """The start of a safetensors file whose data follow in this order, by dtype and shape."""
    names = {np.dtype(dtype): name for name, dtype in TYPES.items()}
    listing, start = {}, 0
    for name, (kind, shape) in tensors.items():
        dtype = np.dtype(kind)
        end = start + dtype.itemsize * int(np.prod(shape))
        listing[name] = {"dtype": names[dtype], "shape": shape, "data_offsets": [start, end]}
        start = end
    text = json.dumps(listing, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the numbers stand at a multiple of 8
    return len(text).to_bytes(8, "little") + text


def pieces(vectors: np.ndarray, dtype: str) -> Iterator[bytes]:
    """The data of a tensor in this type, some thousand rows at a time.

    Raises:
        BadData: for a number that is not finite in it.
    """
    return (rows.tobytes() for rows in cast(vectors, np.dtype(dtype).newbyteorder("<").str))
