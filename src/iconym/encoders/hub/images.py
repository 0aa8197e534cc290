"""A pretrained network as an image encoder, run by torch."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from iconym.encoders.preprocessing import Preprocessing
from iconym.nouns import Image

UNFELT = ("transformers_version", "_name_or_path")  # settings that change no feature


@dataclass(frozen=True, eq=False)
class PretrainedEncoder:
    """Pictures in, the features of a pretrained network out, as float32 rows.

    Args:
        name: for people; part of no computation.
        tower: preprocessed pictures (n, 3, size, size) to features (n, dim).
        preprocessing: what turns pictures into that.
        settings: the model's configuration, as its file has it.
        batch: pictures a run, which bounds memory.
    """

    name: str
    tower: nn.Module
    preprocessing: Preprocessing
    settings: dict[str, Any]
    batch: int = 32

    def __call__(self, images: Sequence[Image]) -> Float[np.ndarray, "n dim"]:
        """One row of features for each image, not of unit length; no image gives no row."""
        rows = [
            self._run(self.preprocessing(images[start : start + self.batch]))
            for start in range(0, len(images), self.batch)
        ]
        return np.concatenate(rows) if rows else np.empty((0, self.dim), np.float32)

    @cached_property
    def dim(self) -> int:
        """How many features a picture has."""
        side = self.preprocessing.size
        return int(self._run(np.zeros((1, 3, side, side), np.float32)).shape[1])

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the tower's weights, the model's settings and preprocessing."""
        settings = {k: v for k, v in self.settings.items() if k not in UNFELT}
        about = {"model": settings, "preprocessing": self.preprocessing.to_json()}
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
        for name, weight in sorted(self.tower.state_dict().items()):
            digest.update(f"{name} {tuple(weight.shape)}".encode())
            digest.update(weight.contiguous().numpy())
        return digest.hexdigest()

    def _run(self, blob: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return self.tower(torch.from_numpy(blob)).numpy()
