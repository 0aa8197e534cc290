"""The state of a descent on disk, so that one that was killed goes on to the very same weights."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import load as decode_tensors
from safetensors.torch import save as encode_tensors

from iconym.errors import BadData, DamagedFolder
from iconym.files import check_place, load_folder, restore_interrupted, save_folder, to_json
from iconym.training.state import Snapshot

KIND, FORMAT = "training", 1
SECONDS = 20.0  # between two states: a training that is killed loses no more, and one step


@dataclass(frozen=True)
class Fingerprint:
    """What tells a training from others: each an SHA-256, named as a person would say it."""

    parts: Mapping[str, str]

    def differs_from(self, other: Mapping[str, str]) -> list[str]:
        """The names of the parts that differ."""
        return [name for name, value in self.parts.items() if other.get(name) != value]


class Checkpoint:
    """A folder of safetensors and JSON that is replaced as a whole, every 20 seconds at most."""

    def __init__(self, path: Path, fingerprint: Fingerprint) -> None:
        """Raises BadFolder if ``path`` holds anything but a saved training."""
        restore_interrupted(path)
        check_place(path, KIND)
        self.path, self._fingerprint = path, fingerprint
        self._last = time.monotonic()

    def due(self) -> bool:
        """Whether the last state is long enough ago."""
        return time.monotonic() - self._last >= SECONDS

    def save(self, snapshot: Snapshot) -> None:
        """Put this state in the place of the one before."""
        about = {"step": snapshot.step, "fingerprint": dict(self._fingerprint.parts)}
        tensors = {name: tensor.contiguous() for name, tensor in snapshot.tensors.items()}
        files = {"training.json": to_json(about), "state.safetensors": encode_tensors(tensors)}
        save_folder(self.path, KIND, FORMAT, files)
        self._last = time.monotonic()

    def load(self) -> Snapshot | None:
        """The state that was saved last, None if there is none.

        Raises:
            BadData: if it belongs to another training, saying in what they differ.
            BadFolder: if it is damaged or of a later version.
        """
        if not self.path.exists():
            return None
        try:
            folder = load_folder(self.path, KIND, FORMAT)
            about = folder.json("training.json")
            step, found = int(about["step"]), dict(about["fingerprint"])
        except (DamagedFolder, KeyError, TypeError, ValueError) as error:
            raise DamagedFolder(
                f"{self.path} is damaged; remove it, and the training begins anew"
            ) from error
        if others := self._fingerprint.differs_from(found):
            raise BadData(
                f"{self.path} is of a training with other {' and '.join(others)}; go on with "
                "the same, or remove it"
            )
        return Snapshot(step, decode_tensors(folder.bytes("state.safetensors")))


def forget(path: Path) -> None:
    """Remove a saved training, once its result is safe; nothing if there is none.

    Raises:
        BadFolder: if ``path`` holds anything else.
    """
    check_place(path, KIND)
    shutil.rmtree(path, ignore_errors=True)
