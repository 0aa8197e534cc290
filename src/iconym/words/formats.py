"""Word vectors on disk: our own folder, and the files that other programs write.

======================  =========================================================================
a folder                ours: words.json and vectors.safetensors, with checksums
``.txt`` ``.vec`` ...   text: word2vec's and fastText's with a line "words dim", GloVe's without
``.bin``                word2vec's binary
``.safetensors``        tensors ``words`` and ``vectors``
``.npz``                NumPy arrays ``words`` and ``vectors``
``.npy``                a NumPy array, with its words in ``.words.txt`` beside it
======================  =========================================================================

Text and binary may be packed by gzip, with ".gz" after the name. The others but .npz can be mapped:
the vectors stay on the disk, and what is asked of them is read as it is needed.
"""

from pathlib import Path
from typing import Literal

from iconym.errors import BadData
from iconym.files import restore_interrupted
from iconym.nouns import WordVectors
from iconym.words.files.binary_format import read_binary, write_binary
from iconym.words.files.folder_format import FORMAT, KIND, read_folder, write_folder
from iconym.words.files.numpy_format import read_npy, read_npz, write_npy, write_npz
from iconym.words.files.packed import refuse_foreign
from iconym.words.files.rows import Fault, refuse
from iconym.words.files.safetensors_format import read_safetensors, write_safetensors
from iconym.words.files.text_format import read_text, write_text

__all__ = ["FORMAT", "KIND", "load_words", "save_words"]


def save_words(
    words: WordVectors,
    path: Path,
    *,
    dtype: Literal["float32", "float16"] = "float32",
    header: bool = True,
) -> None:
    """Write ``words`` as the kind of file that the name of ``path`` asks for, whole or not at all.

    ".txt" and ".vec" are text, ".bin" word2vec's binary, ".safetensors", ".npz" and ".npy" what
    they say, each other name our own folder. What was there is replaced.

    Args:
        words: in text and binary no word may hold a blank.
        path: where to.
        dtype: float16 halves the file and keeps 3 digits; text and binary have no such form.
        header: False writes text without the first line "words dim", as GloVe does; no other
            format has such a form.

    Raises:
        BadData: if the format cannot hold a word, or not this form.
        BadFolder: if ``path`` is there and is no folder of words.
    """
    kind = _kind(path) or "folder"
    _check_words(words)
    if kind != ".txt" and not header:
        raise BadData(f"{path.name}: only text goes without a header; let its name end in .txt")
    if kind in (".txt", ".bin") and not words.words:
        raise BadData(f"{path.name}: {kind} files hold one word at least; save a folder")
    if kind in (".txt", ".bin") and dtype != "float32":
        raise BadData(f"{path.name}: {kind} files hold no {dtype}; save a folder or .safetensors")
    if kind == ".txt":
        return write_text(words, path, header=header)
    if kind == ".bin":
        return write_binary(words, path)
    writers = {".safetensors": write_safetensors, ".npz": write_npz, ".npy": write_npy}
    return writers.get(kind, write_folder)(words, path, dtype)


def load_words(path: Path, *, mapped: bool = False, fault: Fault = refuse) -> WordVectors:
    """The word vectors at ``path``; which format it is, its name and start tell.

    Args:
        path: a folder or file.
        mapped: False gives float32 numbers in memory, all of them checked. True leaves the
            vectors on the disk as they are, unread and unchecked but for the size of their file:
            a folder, .safetensors or .npy of any size opens at once, and the questions of
            ``words.vectors`` refuse a NaN when they meet it.
        fault: told of each word that stands twice, is no UTF-8 or has a vector that is not
            finite, if such words shall be left out, which reads mapped vectors after all;
            without it the first one is refused.

    Raises:
        BadData: if the file is not there or cannot be used; says where and what to do.
        BadFolder: if a folder is not one of words, is damaged or was written by a later version.
    """
    restore_interrupted(path)
    if not (path.is_dir() or path.is_file()):
        raise BadData(f"{path} is not there; name a folder or file of word vectors")
    kind = "folder" if path.is_dir() else _kind(path) or ".txt"
    mappable = {"folder": read_folder, ".safetensors": read_safetensors, ".npy": read_npy}
    if kind in mappable:
        return mappable[kind](path, fault, mapped=mapped)
    if mapped:
        raise BadData(f"{path} cannot be mapped; convert it once: iconym words convert -o FOLDER")
    if kind == ".npz":
        return read_npz(path, fault)
    refuse_foreign(path)
    return read_binary(path, fault) if kind == ".bin" else read_text(path, fault)


def _kind(path: Path) -> str:
    """The suffix that tells the format, ".txt" for each kind of text and "" for any other name."""
    suffix = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    if suffix in (".txt", ".vec") or (path.suffix == ".gz" and suffix != ".bin"):
        return ".txt"
    return suffix if suffix in (".bin", ".npz", ".npy", ".safetensors") else ""


def _check_words(words: WordVectors) -> None:
    try:
        "".join(words.words).encode()
    except UnicodeEncodeError as error:
        wrong = next(word for word in words.words if error.object[error.start] in word)
        raise BadData(f"the word {wrong!r} has no UTF-8; leave it out") from error
