"""Labellers as a folder of arrays and JSON, each under a name."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from iconym.errors import DamagedFolder, Usage
from iconym.files import load_folder, save_folder, to_json, to_safetensors
from iconym.labellers.chance import ChanceLabeller
from iconym.labellers.conse import ConseLabeller
from iconym.labellers.hubness import CslsLabeller, InvertedSoftmaxLabeller
from iconym.labellers.novelty import GaussianGate, LoopGate
from iconym.labellers.softmax import SoftmaxLabeller
from iconym.labellers.space import SpaceLabeller
from iconym.labellers.stacking import CalibratedStacking
from iconym.labellers.transfer import TanhProjection, TransferLabeller
from iconym.nouns import WordVectors
from iconym.protocols import Labeller
from iconym.space import Projection

KIND, FORMAT = "labellers", 1

# All that a folder may hold: nothing else is made from a name that is read.
PARTS = (
    *(SpaceLabeller, SoftmaxLabeller, ConseLabeller, ChanceLabeller, TransferLabeller),
    *(CslsLabeller, InvertedSoftmaxLabeller, CalibratedStacking),
    *(Projection, TanhProjection, GaussianGate, LoopGate, WordVectors),
)
BY_NAME: dict[str, Any] = {part.__name__: part for part in PARTS}


def save_labellers(labellers: Mapping[str, Labeller], path: Path) -> None:
    """Write labellers as a folder, in place of an older one there.

    An array that several of them share is written once.

    Raises:
        Usage: if one of them is, or holds, what cannot be saved so, as an encoder.
        BadFolder: if other files stand at ``path``.
    """
    written = _Written()
    about = {name: written.part(labeller) for name, labeller in labellers.items()}
    files = {
        "labellers.json": to_json(about),
        "labellers.safetensors": to_safetensors(written.arrays),
    }
    save_folder(path, KIND, FORMAT, files)


def load_labellers(path: Path) -> dict[str, Labeller]:
    """The labellers saved at ``path``, by name, in their order.

    Raises:
        BadFolder: if the folder is missing, damaged or of a later version.
    """
    folder = load_folder(path, KIND, FORMAT)
    arrays = folder.arrays("labellers.safetensors")
    about = folder.json("labellers.json")
    try:
        return {name: _read(part, arrays) for name, part in about.items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedFolder(f"{path / 'labellers.json'}: {error!r}; save it again") from error


@dataclass(frozen=True)
class _Written:
    """The arrays written so far, and under which name each one is."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)  # by id(): equal objects, not equal numbers

    def part(self, value: Any) -> Any:
        """``value`` as JSON, its arrays by their names."""
        match value:
            case np.ndarray():
                return {"array": self._name(value)}
            case None | bool() | int() | float() | str():
                return value
            case tuple():
                return [self.part(item) for item in value]
            case _ if type(value) in PARTS:
                inner = {f.name: self.part(getattr(value, f.name)) for f in fields(value)}
                return {"kind": type(value).__name__, **inner}
            case _:
                raise Usage(f"a {type(value).__name__} cannot be saved with labellers")

    def _name(self, array: np.ndarray) -> str:
        name = self.names.setdefault(id(array), str(len(self.names)))
        self.arrays[name] = array
        return name


def _read(part: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    match part:
        case {"array": name}:
            return arrays[name]
        case {"kind": kind, **inner}:
            return BY_NAME[kind](**{str(name): _read(v, arrays) for name, v in inner.items()})
        case list():
            return tuple(_read(item, arrays) for item in part)
        case _:
            return part
