"""Pictures told apart by the bytes of their files, and those that a space was trained on.

The same picture is the same picture under any name, in a folder and in Parquet.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from iconym.data.parquet import content_hashes
from iconym.errors import BadData
from iconym.files import content_hash, load_folder, save_folder, to_safetensors
from iconym.nouns import LabelledImages

KIND, FORMAT, FOLDER = "pictures trained on", 1, "pictures"
ARRAYS, DIGEST = "sha256.safetensors", 32  # bytes of a SHA-256


def read_contents(path: Path, data: LabelledImages, *, image: str | None = None) -> tuple[str, ...]:
    """SHA-256 of each picture's file or encoded bytes, hexadecimal; "" for one that is not there.

    Args:
        path: where ``read_labelled`` read ``data``.
        data: all of it or a part, with its names.
        image: the Parquet file's column of pictures, "image" if None.

    Raises:
        Usage, BadData, MissingTool: as ``read_parquet``.
    """
    if path.suffix != ".parquet":
        return tuple(content_hash(path / name) for name in data.names)
    every = content_hashes(path, image=image or "image")
    return tuple(every[int(name.rpartition(" ")[2])] for name in data.names)  # "a.parquet row 3"


def save_contents(contents: Sequence[str], space: Path) -> None:
    """Write which pictures a space was trained on into its saved folder; "" is none.

    Saving the space again removes them, so they are saved after it.
    """
    hashes = b"".join(bytes.fromhex(content) for content in sorted({*contents} - {""}))
    array = np.frombuffer(hashes, np.uint8).reshape(-1, DIGEST)
    save_folder(space / FOLDER, KIND, FORMAT, {ARRAYS: to_safetensors({"pictures": array})})


def load_contents(space: Path) -> frozenset[str]:
    """The pictures that the space saved at ``space`` was trained on; none if nobody wrote them.

    Raises:
        BadFolder: if they are damaged or of a later version.
    """
    if not (space / FOLDER).exists():
        return frozenset()
    array = load_folder(space / FOLDER, KIND, FORMAT).arrays(ARRAYS)["pictures"]
    return frozenset(row.tobytes().hex() for row in array)


def untrained(contents: Sequence[str], trained: frozenset[str]) -> list[int]:
    """The rows whose pictures are not among those trained on.

    Raises:
        BadData: if all of them are.
    """
    rows = [row for row, content in enumerate(contents) if content not in trained]
    if contents and not rows:
        raise BadData(
            f"the space was trained on all {len(contents)} pictures; evaluate it on others, or "
            "hold some back when you train it, as by --test-share 0.2"
        )
    return rows
