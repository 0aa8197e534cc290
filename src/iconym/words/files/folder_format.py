"""Word vectors as our own folder: words.json and vectors.safetensors, with checksums."""

from pathlib import Path

import numpy as np

from iconym.errors import BadData, DamagedFolder
from iconym.files import Contents, content_hash, load_folder, save_folder, to_json
from iconym.nouns import WordVectors
from iconym.words.files.rows import Fault, refuse, without_faults
from iconym.words.files.safetensors_format import header, in_memory, mapped_tensors, pieces

KIND, FORMAT = "words", 1
WORDS, VECTORS = "words.json", "vectors.safetensors"


def read_folder(path: Path, fault: Fault = refuse, *, mapped: bool = False) -> WordVectors:
    """The word vectors of a folder, in float32.

    Args:
        path: the folder.
        fault: told of a word that is given twice or not finite.
        mapped: leave the vectors on the disk, as they are; of their file the size is checked, not
            the checksum.

    Raises:
        BadFolder: if it is none of words, is damaged or was written by a later version.
    """
    folder = load_folder(path, KIND, FORMAT, unread=(VECTORS,))
    if VECTORS not in folder.checksums:
        raise DamagedFolder(f"{path} has no {VECTORS}; save it again")
    if not mapped and content_hash(path / VECTORS) != folder.checksums[VECTORS]:
        raise DamagedFolder(f"{path / VECTORS} differs from its checksum; save the folder again")
    vectors, words = _vectors(path / VECTORS), folder.json(WORDS)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise DamagedFolder(f"{path / WORDS} is no list of words; save it again")
    held = vectors if mapped else in_memory(vectors)
    return without_faults((words, held), path, lambda row: f"row {row}", fault)


def write_folder(words: WordVectors, path: Path, dtype: str = "float32") -> None:
    """Write the folder in place of one that was there.

    Raises:
        BadData: for a number beyond the range of ``dtype``.
        BadFolder: if ``path`` is there and is no folder of words.
    """
    tensor = header({"vectors": (dtype, words.vectors.shape)})
    files: dict[str, Contents] = {
        WORDS: to_json(list(words.words)),
        VECTORS: (piece for part in ([tensor], pieces(words.vectors, dtype)) for piece in part),
    }
    save_folder(path, KIND, FORMAT, files)


def _vectors(path: Path) -> np.memmap:
    try:
        vectors = mapped_tensors(path)["vectors"]
    except (BadData, KeyError) as error:
        raise DamagedFolder(f"{path} has no vectors ({error}); save it again") from error
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise DamagedFolder(f"{path}: vectors are {vectors.dtype} {vectors.shape}; save it again")
    return vectors
