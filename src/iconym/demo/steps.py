"""Steps whose results are kept, so that a run goes on where the last one was stopped.

A step's folder is named by the step and by everything its result depends on, and comes into being
whole: if it is there, the step is done.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any

from iconym.files import replace_file, restore_interrupted, to_json


@dataclass(frozen=True)
class Steps:
    """The folder that holds a run's steps, and the file with the seconds each one took."""

    folder: Path

    def do(self, name: str, depends: Any, make: Callable[[Path], None]) -> Path:
        """The folder of a step's result, made by ``make`` unless it is there.

        Args:
            name: of the step.
            depends: what the result depends on: settings (dataclasses, JSON values) and the
                folders of earlier steps.
            make: writes the result to the path it is given, whole or not at all.
        """
        place = self.folder / f"{name}-{_key(depends)}"
        restore_interrupted(place)
        if place.exists():
            return place
        with self.timed(name):
            make(place)
        return place

    def seconds(self) -> dict[str, float]:
        """How long each step took when it was last done."""
        try:
            return dict(json.loads((self.folder / "timing.json").read_bytes()))
        except (OSError, ValueError):
            return {}

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Note the seconds of something that is done in every run."""
        start = time.monotonic()
        yield
        self._note(name, time.monotonic() - start)

    def _note(self, name: str, seconds: float) -> None:
        noted = {**self.seconds(), name: round(seconds, 2)}
        replace_file(self.folder / "timing.json", to_json(noted))


def _key(depends: Any) -> str:
    text = json.dumps(depends, default=_plain, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {type(value).__name__: asdict(value)}
    if isinstance(value, Path):
        return value.name
    raise TypeError(f"a step cannot depend on a {type(value).__name__}")
