"""A network with the linear layer on top of it, as one step of the demo hands it to the next."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from iconym.encoders.cnn import Cnn, CnnConfig
from iconym.encoders.export import to_onnx
from iconym.encoders.onnx import OnnxEncoder
from iconym.encoders.preprocessing import Preprocessing
from iconym.encoders.radial import RadialBasis
from iconym.files import load_folder, save_folder, to_json, to_safetensors
from iconym.space import Projection

FORMAT = 1
LAYER, ANCHORS = "layer.", "anchors"  # the arrays that are not the network's own


@dataclass(frozen=True)
class Layered:
    """A network, and a linear layer: a softmax over ``classes``, or a projection without any.

    With a ``basis`` the layer reads the nearness to its anchors instead of the features.
    """

    network: Cnn
    weight: Float[np.ndarray, "features out"]
    bias: Float[np.ndarray, " out"]
    classes: tuple[str, ...] = ()
    basis: RadialBasis | None = None

    @property
    def projection(self) -> Projection:
        """The layer as a projection."""
        return Projection(self.weight, self.bias)

    def encoder(self, side: int, name: str) -> OnnxEncoder:
        """The network as it serves: pictures padded to a square of ``side`` pixels."""
        square = Preprocessing(side, "pad", "area")
        return to_onnx(self.network, square, name, basis=self.basis, mirror=True)


def save_layered(layered: Layered, shape: CnnConfig, path: Path) -> None:
    """Write network and layer as a folder of JSON and safetensors, whole or not at all."""
    arrays = {name: value.numpy() for name, value in layered.network.state_dict().items()}
    arrays |= {f"{LAYER}weight": layered.weight, f"{LAYER}bias": layered.bias}
    basis = layered.basis
    if basis is not None:
        arrays[ANCHORS] = basis.anchors
    gamma = None if basis is None else basis.gamma
    about = {"classes": layered.classes, "shape": asdict(shape), "gamma": gamma}
    files = {"network.json": to_json(about), "network.safetensors": to_safetensors(arrays)}
    save_folder(path, "network", FORMAT, files)


def load_layered(path: Path) -> Layered:
    """Read what ``save_layered`` wrote.

    Raises:
        BadFolder: no saved network there, a file missing or damaged, or a newer format.
    """
    folder = load_folder(path, "network", FORMAT)
    about, arrays = folder.json("network.json"), folder.arrays("network.safetensors")
    weight, bias = (arrays.pop(f"{LAYER}{part}") for part in ("weight", "bias"))
    basis = None
    if about["gamma"] is not None:
        basis = RadialBasis(arrays.pop(ANCHORS), about["gamma"])
    network = Cnn(CnnConfig(**{key: tuple(value) for key, value in about["shape"].items()}))
    network.load_state_dict({name: torch.from_numpy(a.copy()) for name, a in arrays.items()})
    return Layered(network.eval(), weight, bias, tuple(about["classes"]), basis)
