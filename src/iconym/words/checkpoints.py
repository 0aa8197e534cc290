"""The state of a training on disk, so that one that was killed can go on."""

import json
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from iconym.errors import BadData
from iconym.files import replaced_file
from iconym.words.corpus import Corpus
from iconym.words.vocabulary import Vocabulary

SECONDS = 20.0  # between two states: a training that is killed loses no more, and one step
PIECE = 1 << 20  # numbers at a time


class Checkpoint:
    """Arrays and how many steps made them, in one file that is replaced as a whole.

    The file is a line of JSON, the bytes of each array, and their CRC-32.
    """

    def __init__(self, path: Path, fingerprint: str, seconds: float = SECONDS) -> None:
        """``fingerprint`` tells this training from all others."""
        self.path, self.fingerprint, self.seconds = path, fingerprint, seconds
        self._last = time.monotonic()

    def restore(self, arrays: Mapping[str, np.ndarray]) -> int:
        """Fill ``arrays`` with the saved state; how many steps it has, 0 if there is no state.

        Raises:
            BadData: if the file belongs to another training or is damaged.
        """
        if not self.path.exists():
            return 0
        with open(self.path, "rb") as file:
            head = self._head(file.readline(10_000))
            if head["fingerprint"] != self.fingerprint:
                raise BadData(
                    f"{self.path} belongs to a training with another text or other settings; "
                    "take those, or remove the file"
                )
            check = 0
            for array in arrays.values():
                bytes_ = array.reshape(-1).view(np.uint8).data
                if file.readinto(bytes_) != len(bytes_):
                    raise BadData(f"{self.path} is cut short; remove it")
                check = zlib.crc32(bytes_, check)
            if file.read() != check.to_bytes(4, "little"):
                raise BadData(f"{self.path} differs from its checksum; remove it")
        return int(head["done"])

    def save_if_due(self, done: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Save the state after ``done`` steps, if the last is ``seconds`` ago."""
        if time.monotonic() - self._last >= self.seconds:
            self.save(done, arrays)

    def save(self, done: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Save the state after ``done`` steps.

        Other threads may write to ``arrays`` meanwhile: what is saved is then some mixture of
        before and after, but whole.
        """
        head = {"fingerprint": self.fingerprint, "done": done}
        with replaced_file(self.path) as file:
            file.write(json.dumps(head).encode() + b"\n")
            check = 0
            for array in arrays.values():
                numbers = array.reshape(-1)
                for start in range(0, len(numbers), PIECE):
                    piece = numbers[start : start + PIECE].tobytes()  # threads go on writing
                    file.write(piece)
                    check = zlib.crc32(piece, check)
            file.write(check.to_bytes(4, "little"))
        self._last = time.monotonic()

    def _head(self, line: bytes) -> dict[str, Any]:
        try:
            head = json.loads(line)
            return {"fingerprint": head["fingerprint"], "done": int(head["done"])}
        except (ValueError, KeyError, TypeError) as error:
            raise BadData(f"{self.path} is no saved training; remove it") from error


def training_fingerprint(corpus: Corpus, vocabulary: Vocabulary, settings: str) -> str:
    """A text that differs where the corpus, the vocabulary or the settings do."""
    check = zlib.crc32(settings.encode())
    for array in (corpus.offsets, corpus.tokens, vocabulary.counts):
        for start in range(0, len(array), PIECE):
            check = zlib.crc32(np.ascontiguousarray(array[start : start + PIECE]).data, check)
    check = zlib.crc32("\n".join(vocabulary.words).encode(), check)
    return f"{check:08x}-{len(corpus.tokens)}-{len(vocabulary)}"
