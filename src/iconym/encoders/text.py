"""Any exported text network: an ONNX file with its tokens, run by ONNX Runtime."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from iconym.encoders.runtimes import ONNXRUNTIME, Network, Running, open_network
from iconym.encoders.tokens import Tokens
from iconym.similarity import unit

OUTPUT = "features"


@dataclass(frozen=True)
class OnnxTextEncoder:
    """Texts in, the network's vectors out, brought to length 1.

    Args:
        name: for people; part of no computation.
        model: the ONNX file's bytes; its only input is (n, tokens) int64, its output
            ``features`` (n, dim).
        tokens: what turns texts into that input.
        batch: texts a run, which bounds memory.
    """

    name: str
    model: bytes
    tokens: Tokens
    batch: int = 64

    def __call__(self, texts: Sequence[str]) -> Float[np.ndarray, "n dim"]:
        """One unit vector for each text; no text gives no row.

        Raises:
            UnknownWord: for a text of blanks.
            BadData: if the model cannot be run.
            MissingTool: without the package tokenizers.
        """
        rows = [
            self._run(self.tokens(texts[start : start + self.batch]))
            for start in range(0, len(texts), self.batch)
        ]
        return unit(np.concatenate(rows)) if rows else np.empty((0, self.dim), np.float32)

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        if self._network.dim is not None:
            return self._network.dim
        return int(self._run(self.tokens(["one"])).shape[1])

    def _run(self, tokens: np.ndarray) -> np.ndarray:
        return self._network.run(tokens)

    @cached_property
    def _network(self) -> Network:
        return open_network(self.name, self.model, OUTPUT, Running(ONNXRUNTIME))
