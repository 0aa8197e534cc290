"""Word vectors on disk: our own folder, and the files that other programs write.

======================  =========================================================================
a folder                ours: words.json and vectors.safetensors, with checksums
``.txt`` ``.vec`` ...   text: word2vec's with its line "words dim", or GloVe's without
``.bin``                word2vec's binary
``.npz``                NumPy arrays ``words`` and ``vectors``; pickled ones are refused
======================  =========================================================================

Text and binary may be packed by gzip, with ".gz" after the name.
"""

import io
import zipfile
import zlib
from pathlib import Path
from typing import Literal

import numpy as np

from iconym.errors import BadData, DamagedFolder
from iconym.files import (
    load_folder,
    replace_file,
    restore_interrupted,
    save_folder,
    to_json,
    to_safetensors,
)
from iconym.nouns import WordVectors
from iconym.words.binary_format import read_binary, write_binary
from iconym.words.text_format import read_text, write_text

KIND, FORMAT = "words", 1


def save_words(
    words: WordVectors, path: Path, *, dtype: Literal["float32", "float16"] = "float32"
) -> None:
    """Write ``words`` as the kind of file that the name of ``path`` asks for.

    ".txt" and ".vec" are word2vec's text, ".bin" its binary, ".npz" NumPy arrays, each other
    name our own folder, which takes the place of one that was there.

    Args:
        words: in text and binary no word may hold a blank.
        path: where to.
        dtype: float16 halves a folder or .npz and keeps 3 digits; text and binary have no such
            form.

    Raises:
        BadData: if the format cannot hold a word, or not this dtype.
        BadFolder: if ``path`` is there and is no folder of words.
    """
    kind = _kind(path)
    with np.errstate(over="ignore"):  # told below
        vectors = words.vectors.astype(dtype)
    if not np.isfinite(vectors).all():
        raise BadData(f"a number beyond the range of {dtype}; save as float32")
    if kind in (".txt", ".bin") and dtype != "float32":
        raise BadData(f"{path.name}: {kind} files hold no {dtype}; save a folder or .npz")
    if kind == ".npz":
        packed = io.BytesIO()
        np.savez_compressed(packed, words=np.array(words.words, dtype=np.str_), vectors=vectors)
        replace_file(path, packed.getvalue())
    elif kind == ".txt":
        write_text(words, path)
    elif kind == ".bin":
        write_binary(words, path)
    else:
        listing = to_json(list(words.words))
        arrays = to_safetensors({"vectors": vectors})
        files = {"words.json": listing, "vectors.safetensors": arrays}
        save_folder(path, KIND, FORMAT, files)


def load_words(path: Path) -> WordVectors:
    """The word vectors at ``path``, in float32; which format it is, its name and start tell.

    Raises:
        BadData: if the file is not there or cannot be used; says where and what to do.
        BadFolder: if a folder is not one of words, is damaged or was written by a later version.
    """
    restore_interrupted(path)
    if path.is_dir():
        return _load_folder(path)
    if not path.is_file():
        raise BadData(f"{path} is not there; name a folder or file of word vectors")
    readers = {".npz": _read_npz, ".bin": read_binary}
    return readers.get(_kind(path), read_text)(path)


def _kind(path: Path) -> str:
    """The suffix that tells the format, ".txt" for each kind of text and "" for a folder."""
    suffix = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    return ".txt" if suffix == ".vec" or (path.suffix == ".gz" and suffix != ".bin") else suffix


def _load_folder(path: Path) -> WordVectors:
    folder = load_folder(path, KIND, FORMAT)
    arrays = folder.arrays("vectors.safetensors")
    if "vectors" not in arrays:
        raise DamagedFolder(f"{path / 'vectors.safetensors'} has no vectors; save it again")
    words = folder.json("words.json")
    if not isinstance(words, list):
        raise DamagedFolder(f"{path / 'words.json'} is no list of words; save it again")
    return WordVectors(tuple(words), arrays["vectors"].astype(np.float32))


def _read_npz(path: Path) -> WordVectors:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            words, vectors = arrays["words"], arrays["vectors"]
    except KeyError as error:
        raise BadData(f"{path} lacks an array; it needs words and vectors") from error
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        why = str(error).splitlines()[0]
        raise BadData(
            f"{path}: {why}; save it anew, with words as an array of text (no objects)"
        ) from error
    if words.ndim != 1 or words.dtype.kind not in "US" or vectors.ndim != 2:
        raise BadData(
            f"{path}: words are {words.dtype} {words.shape}, vectors {vectors.shape}; "
            "it needs text (n,) and numbers (n, dim)"
        )
    if vectors.dtype.kind != "f":
        raise BadData(f"{path}: vectors are {vectors.dtype}; save them as float32")
    try:
        names = np.char.decode(words, "utf-8") if words.dtype.kind == "S" else words
    except UnicodeDecodeError as error:
        raise BadData(f"{path}: words are no UTF-8 ({error.reason}); save them as text") from error
    return WordVectors(tuple(names.tolist()), vectors.astype(np.float32))
