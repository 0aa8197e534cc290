"""Any exported image network: an ONNX file with its preprocessing, run by ONNX Runtime."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from iconym.encoders.preprocessing import Preprocessing
from iconym.errors import BadData
from iconym.nouns import Image


@dataclass(frozen=True)
class OnnxEncoder:
    """Pictures in, the network's output named ``output`` out, as float32 rows.

    Args:
        name: for people; part of no computation.
        model: the ONNX file's bytes; its only input is (n, 3, size, size) float32.
        preprocessing: what turns pictures into that input.
        output: the name of the output to use, shape (n, dim).
        batch: pictures a run, which bounds memory.
    """

    name: str
    model: bytes
    preprocessing: Preprocessing
    output: str = "features"
    batch: int = 32

    def __call__(self, images: Sequence[Image]) -> Float[np.ndarray, "n dim"]:
        """One row of features for each image; no image gives no row."""
        rows = [
            self._run(self.preprocessing(images[start : start + self.batch]))
            for start in range(0, len(images), self.batch)
        ]
        return np.concatenate(rows) if rows else np.empty((0, self.dim), np.float32)

    @cached_property
    def dim(self) -> int:
        """How many features a picture has."""
        outputs = {o.name: o.shape for o in self._session.get_outputs()}
        if self.output not in outputs:
            raise BadData(f"{self.name} has no output {self.output!r}, only {', '.join(outputs)}")
        shape = outputs[self.output]
        if len(shape) == 2 and isinstance(shape[1], int):
            return shape[1]
        blank = np.zeros((1, 3, self.preprocessing.size, self.preprocessing.size), np.float32)
        return int(self._run(blank).shape[1])

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the network, its preprocessing and the output used, hexadecimal."""
        digest = hashlib.sha256(self.model)
        settings = {"preprocessing": self.preprocessing.to_json(), "output": self.output}
        digest.update(json.dumps(settings, sort_keys=True).encode())
        return digest.hexdigest()

    def _run(self, blob: np.ndarray) -> np.ndarray:
        session = self._session
        (features,) = session.run([self.output], {session.get_inputs()[0].name: blob})
        return features.astype(np.float32, copy=False)

    @cached_property
    def _session(self) -> Any:
        # its import alone leaves a device id in the home and tells its maker of each use
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        import onnxruntime  # a tenth of a second that a search for words does without

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(
                self.model, options, providers=["CPUExecutionProvider"]
            )
        except _onnx_errors(onnxruntime) as error:
            first = str(error).splitlines()[0]
            raise BadData(f"{self.name} is no ONNX model that can be run: {first}") from error


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


def _onnx_errors(onnxruntime: Any) -> tuple[type[Exception], ...]:
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented")
    return tuple(getattr(state, name) for name in names)
