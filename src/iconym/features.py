"""Features of a labelled data set: every picture decoded and encoded once, bad ones told of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from iconym.data.folder import LazyImages
from iconym.encoders.preprocessing import Preprocessing
from iconym.errors import BadData, BadPicture
from iconym.nouns import Image, LabelledImages, Track, untracked
from iconym.protocols import ImageEncoder

BATCH = 32  # pictures in memory at a time


@dataclass(frozen=True)
class Encoded:
    """``features[i]`` belongs to ``labels[i]``; ``skipped`` says which pictures are not here.

    Raises:
        BadData: if the numbers of features and labels differ, or a feature is not finite.
    """

    features: Float[np.ndarray, "n _"]
    labels: tuple[str, ...]
    skipped: tuple[str, ...] = ()  # for each bad picture, which it is and what is wrong

    def __post_init__(self) -> None:
        if len(self.features) != len(self.labels):
            raise BadData(f"{len(self.features)} rows of features but {len(self.labels)} labels")
        finite = np.isfinite(self.features).all(axis=1)
        if not finite.all():
            row = int(np.argmin(finite))
            raise BadData(
                f"the features of picture {row}, {self.labels[row]!r}, hold NaN or infinity; "
                "use another encoder, or its preprocessing"
            )


@dataclass(frozen=True)
class Scaling:
    """Features shifted and shrunk, so that descent meets numbers of one size from any encoder.

    One scale serves all features: how much they vary among each other is what the encoder says.
    """

    mean: Float[np.ndarray, " features"]
    scale: float  # root of the mean variance; 1 where nothing varies

    @classmethod
    def of(cls, features: Float[np.ndarray, "n features"]) -> "Scaling":
        """The scaling that gives these features mean 0 and, over all of them, variance 1."""
        # summed in float64: in float32 even equal numbers seem to vary
        mean = features.mean(axis=0, dtype=float).astype(features.dtype)
        scale = float(np.sqrt(np.square(features - mean).mean(dtype=float)))
        return cls(mean, scale if scale > 0 else 1.0)

    def __call__(
        self, features: Float[np.ndarray, "n features"]
    ) -> Float[np.ndarray, "n features"]:
        """The features, scaled."""
        return ((features - self.mean) / self.scale).astype(np.float32)

    def undone(
        self, weight: Float[np.ndarray, "features m"], bias: Float[np.ndarray, " m"]
    ) -> tuple[Float[np.ndarray, "features m"], Float[np.ndarray, " m"]]:
        """Weight and bias that do to raw features what the given ones do to scaled features."""
        raw = (weight / self.scale).astype(np.float32)
        return raw, (bias - self.mean @ raw).astype(np.float32)


def encode(data: LabelledImages, encoder: ImageEncoder, track: Track = untracked) -> Encoded:
    """The features of every picture that can be decoded, in the order of the data.

    Raises:
        BadData: if not one picture can be decoded, with the first one's fault.
    """
    rows, labels, skipped = _turned(data, encoder, "encoding pictures", track)
    return Encoded(rows, labels, skipped)


def read_squares(
    data: LabelledImages, preprocessing: Preprocessing, track: Track = untracked
) -> tuple[UInt8[np.ndarray, "n size size 3"], tuple[str, ...]]:
    """Every picture that can be decoded as a square in memory, and their labels.

    Raises:
        BadData: as ``encode``.
    """

    def turn(images: Sequence[Image]) -> np.ndarray:
        return np.stack([preprocessing.square(image) for image in images])

    squares, labels, _ = _turned(data, turn, "reading pictures", track)
    return squares, labels


def take(data: LabelledImages, rows: Sequence[int]) -> LabelledImages:
    """These rows of a data set, in this order; nothing is decoded."""
    names = tuple(data.names[row] for row in rows) if data.names else ()
    labels = tuple(data.labels[row] for row in rows)
    return LabelledImages(LazyImages(rows, lambda row: data.images[row]), labels, names)


def _turned(
    data: LabelledImages,
    turn: Callable[[Sequence[Image]], np.ndarray],
    doing: str,
    track: Track,
) -> tuple[Any, tuple[str, ...], tuple[str, ...]]:
    labels: list[str] = []
    blocks: list[np.ndarray] = []
    skipped: list[str] = []
    starts = range(0, len(data), BATCH)
    for start in track(starts, doing, len(starts)):
        images = []
        for row in range(start, min(start + BATCH, len(data))):
            try:
                images.append(data.images[row])
                labels.append(data.labels[row])
            except BadPicture as error:
                skipped.append(str(error))
        if images:
            blocks.append(turn(images))
    if not blocks:
        why = f", the first: {skipped[0]}" if skipped else ""
        raise BadData(f"none of {len(data)} pictures can be used{why}")
    return np.concatenate(blocks), tuple(labels), tuple(skipped)
