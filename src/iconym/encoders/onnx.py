"""Any exported image network: an ONNX file with its preprocessing, run by what runs it fastest."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float

from iconym.encoders.preprocessing import Preprocessing
from iconym.encoders.runtimes import DEFAULT, FLOAT32, Blob, Network, Running, open_network
from iconym.errors import BadData
from iconym.nouns import Image
from iconym.similarity import unit


@dataclass(frozen=True)
class OnnxEncoder:
    """Pictures in, the network's output named ``output`` out, as float32 rows.

    Args:
        name: for people; part of no computation.
        model: the ONNX file's bytes; its only input is (n, 3, size, size) float32.
        preprocessing: what turns pictures into that input.
        output: the name of the output to use, shape (n, dim).
        batch: pictures a run; more take more memory, and are no faster.
        running: by which runtime, how exactly and on how many threads.
    """

    name: str
    model: bytes
    preprocessing: Preprocessing
    output: str = "features"
    batch: int = 8
    running: Running = DEFAULT

    def __call__(self, images: Sequence[Image]) -> Float[np.ndarray, "n dim"]:
        """One row of features for each image; no image gives no row.

        Raises:
            BadData, MissingTool, Usage: as ``open_network``, at the first call.
        """
        rows = [
            self.run(self.preprocessing(images[start : start + self.batch]))
            for start in range(0, len(images), self.batch)
        ]
        return np.concatenate(rows) if rows else np.empty((0, self.dim), np.float32)

    def run(self, blob: Blob) -> Float[np.ndarray, "n dim"]:
        """One row of features for each picture that is preprocessed already, in one run."""
        return self.network.run(blob).astype(np.float32, copy=False)

    @cached_property
    def network(self) -> Network:
        """The network, opened when it is first needed."""
        return open_network(self.name, self.model, self.output, self.running)

    @cached_property
    def dim(self) -> int:
        """How many features a picture has."""
        if self.network.dim is not None:
            return self.network.dim
        side = self.preprocessing.size
        return int(self.run(np.zeros((1, 3, side, side), np.float32)).shape[1])

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over network, preprocessing, output used and precision, hexadecimal.

        Not over the runtime: in float32 the features differ by rounding alone.
        """
        digest = hashlib.sha256(self.model)
        settings = {"preprocessing": self.preprocessing.to_json(), "output": self.output}
        if self.running.precision != FLOAT32:
            settings["precision"] = self.running.precision
        digest.update(json.dumps(settings, sort_keys=True).encode())
        return digest.hexdigest()

    @property
    def at_least(self) -> int:
        """The short side, pixels, to which a picture may be shrunk while it is read."""
        square = self.preprocessing
        is_cut = square.fit in ("crop", "center_crop")
        return math.ceil(square.size / square.crop_share) if is_cut else square.size


def cosine_to_float32(encoder: OnnxEncoder, images: Sequence[Image]) -> float:
    """The least cosine between an image's features and those of the same network in float32.

    1 for an encoder that runs in float32, and for no image.
    """
    exact = replace(encoder, running=replace(encoder.running, precision=FLOAT32))
    if exact.running == encoder.running or not images:
        return 1.0
    cosines = (unit(encoder(images).astype(float)) * unit(exact(images).astype(float))).sum(axis=1)
    return float(cosines.clip(max=1).min())


def load_onnx(path: Path, preprocessing: Preprocessing | None = None) -> OnnxEncoder:
    """The encoder in an ONNX file; its preprocessing stands beside it in ``<name>.json``.

    Args:
        path: the file.
        preprocessing: used instead of the JSON file.

    Raises:
        BadData: if the file is not there, or no preprocessing is known.
    """
    try:
        model = path.read_bytes()
    except OSError as error:
        raise BadData(f"cannot read the encoder {path}: {error.strerror}") from error
    if preprocessing is None:
        preprocessing = _preprocessing_beside(path)
    return OnnxEncoder(path.stem, model, preprocessing)


def _preprocessing_beside(path: Path) -> Preprocessing:
    beside = path.with_suffix(".json")
    try:
        return Preprocessing.from_json(json.loads(beside.read_bytes()))
    except OSError as error:
        raise BadData(
            f"{path} has no preprocessing: give it in {beside.name} or as options (size, fit)"
        ) from error
    except (ValueError, TypeError) as error:
        raise BadData(f"{beside} is no preprocessing: {error}") from error
