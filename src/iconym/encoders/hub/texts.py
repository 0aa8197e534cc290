"""A pretrained text network as a text encoder, run by torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from iconym.encoders.tokens import Tokens
from iconym.similarity import unit


@dataclass(frozen=True, eq=False)
class PretrainedTextEncoder:
    """Texts in, unit vectors out, in the space of the model's other tower.

    Args:
        name: for people; part of no computation.
        tower: token numbers (n, tokens) to vectors (n, dim).
        tokens: what turns texts into those numbers.
        batch: texts a run, which bounds memory.
    """

    name: str
    tower: nn.Module
    tokens: Tokens
    batch: int = 64

    def __call__(self, texts: Sequence[str]) -> Float[np.ndarray, "n dim"]:
        """One unit vector for each text; no text gives no row.

        A text longer than the model reads is cut off.

        Raises:
            UnknownWord: for a text of blanks.
        """
        rows = [
            self._run(self.tokens(texts[start : start + self.batch]))
            for start in range(0, len(texts), self.batch)
        ]
        return unit(np.concatenate(rows)) if rows else np.empty((0, self.dim), np.float32)

    @cached_property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return int(self._run(self.tokens(["one"])).shape[1])

    def _run(self, tokens: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return self.tower(torch.from_numpy(tokens)).numpy()
