"""Features on their way into a cache: blocks of pictures, each whole on the disk or not there."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from iconym.errors import Usage
from iconym.files import (
    MANIFEST,
    check_writable,
    load_folder,
    save_folder,
    to_json,
    to_safetensors,
)

KIND, FORMAT = "block of features", 1
FEATURES, FAILED = "features.safetensors", "failed.json"
SIZE = 128  # pictures: what a run that is killed loses


@dataclass(frozen=True)
class Block:
    """``features[i]`` is of the data set's row ``rows[i]``; ``failed`` says why a row has none."""

    rows: list[int]
    features: Float[np.ndarray, "n _"]
    failed: dict[int, str]


@dataclass(frozen=True)
class Blocks:
    """The blocks of a data set of ``total`` pictures, as folders in ``place``."""

    place: Path
    total: int
    size: int = SIZE

    def rows(self, number: int) -> range:
        """The rows of the data set that a block covers."""
        return range(number * self.size, min((number + 1) * self.size, self.total))

    def missing(self) -> list[int]:
        """The numbers of the blocks that are still to be written."""
        return [number for number in self._numbers if not (self._at(number) / MANIFEST).is_file()]

    def write(self, number: int, block: Block) -> None:
        """Save a block; once this returns, no kill loses it."""
        arrays = {"rows": np.array(block.rows, np.int64), "features": block.features}
        files = {
            FEATURES: to_safetensors(arrays),
            FAILED: to_json([[row, why] for row, why in block.failed.items()]),
        }
        save_folder(self._at(number), KIND, FORMAT, files)

    def read(self) -> Iterator[Block]:
        """All blocks in their order, one in memory at a time.

        Raises:
            BadFolder: if one is missing or damaged.
        """
        for number in self._numbers:
            folder = load_folder(self._at(number), KIND, FORMAT)
            arrays, failed = folder.arrays(FEATURES), folder.json(FAILED)
            yield Block(arrays["rows"].tolist(), arrays["features"], dict(failed))

    @property
    def _numbers(self) -> range:
        return range(-(-self.total // self.size))

    def _at(self, number: int) -> Path:
        return self.place / f"{number:06}"


@contextmanager
def one_at_a_time(place: Path) -> Iterator[Path]:
    """A folder for what is done so far of ``place``, for one process at a time; in the end it goes.

    It stays where the block ends with an error, and the next run finds it.

    Raises:
        Usage: if another process is inside, or nobody may write there.
    """
    check_writable(place)
    partial = place.with_name(f"{place.name}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    with open(partial / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Usage(f"another process makes {place} now; wait for it") from error
        yield partial
        shutil.rmtree(partial, ignore_errors=True)  # gone if another was here since we opened it
