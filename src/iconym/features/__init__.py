"""Features of a labelled data set: every picture decoded and encoded once, bad ones told of."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, overload, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8

from iconym.encoders.preprocessing import Preprocessing
from iconym.encoders.runtimes import usable_threads
from iconym.errors import BadData, BadPicture
from iconym.nouns import Image, LabelledImages, Track, untracked
from iconym.protocols import ImageEncoder

BATCH = 32  # pictures in memory at a time


@dataclass(frozen=True)
class Encoded:
    """``features[i]`` belongs to ``labels[i]``; ``skipped`` says which pictures are not here.

    Args:
        features: finite; those of a memory map were checked before they were saved.
        labels: one of each picture.
        skipped: for each bad picture, which it is and what is wrong.
        names: of the pictures, or none.

    Raises:
        BadData: if the numbers of features and labels or names differ, or one is not finite.
    """

    features: Float[np.ndarray, "n _"]
    labels: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.features) != len(self.labels):
            raise BadData(f"{len(self.features)} rows of features but {len(self.labels)} labels")
        if self.names and len(self.names) != len(self.labels):
            raise BadData(f"{len(self.labels)} labels but {len(self.names)} names")
        if isinstance(self.features, np.memmap):
            return
        finite = np.isfinite(self.features).all(axis=1)
        if not finite.all():
            row, bad = int(np.argmin(finite)), int((~finite).sum())
            raise BadData(
                f"the features of {bad} of {len(finite)} pictures hold NaN or infinity, the first "
                f"of picture {row}, {self.labels[row]!r}; use another encoder, or its preprocessing"
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


@runtime_checkable
class Fingerprinted(Protocol):
    """Images that say what they show without being decoded."""

    def fingerprint(self, row: int) -> str | None:
        """Another text whenever ``images[row]`` would be another image; None if unknown."""
        ...


@dataclass(frozen=True)
class Decoded:
    """The images of some rows of a data set, and what is wrong with the others."""

    images: list[Any]  # of Image; Any, for whoever checks types at run time would walk all
    rows: list[int]  # ``images[i]`` is that of ``rows[i]``
    failed: dict[int, str]  # row: why it has no image


Encode = Callable[[LabelledImages, ImageEncoder], Encoded]  # ``encode``, or a cache's


def encode(data: LabelledImages, encoder: ImageEncoder, track: Track = untracked) -> Encoded:
    """The features of every picture that can be decoded, in the order of the data.

    Raises:
        BadData: if not one picture can be decoded, with the first one's fault.
    """
    features, rows, skipped = _turned(data, encoder, "encoding pictures", track)
    return encoded_rows(data, features, rows, skipped)


def encoded_rows(
    data: LabelledImages,
    features: Float[np.ndarray, "n _"],
    rows: Sequence[int],
    skipped: Sequence[str],
) -> Encoded:
    """The features of these rows of a data set, with their labels and names."""
    labels = tuple(data.labels[row] for row in rows)
    names = tuple(data.names[row] for row in rows) if data.names else ()
    return Encoded(features, labels, tuple(skipped), names)


def read_squares(
    data: LabelledImages, preprocessing: Preprocessing, track: Track = untracked
) -> tuple[UInt8[np.ndarray, "n size size 3"], tuple[str, ...]]:
    """Every picture that can be decoded as a square in memory, and their labels.

    Raises:
        BadData: as ``encode``.
    """

    def turn(images: Sequence[Image]) -> np.ndarray:
        return np.stack([preprocessing.square(image) for image in images])

    squares, rows, _ = _turned(data, turn, "reading pictures", track)
    return squares, tuple(data.labels[row] for row in rows)


def take(data: LabelledImages, rows: Sequence[int]) -> LabelledImages:
    """These rows of a data set, in this order; nothing is decoded."""
    names = tuple(data.names[row] for row in rows) if data.names else ()
    labels = tuple(data.labels[row] for row in rows)
    return LabelledImages(_Taken(data.images, rows), labels, names)


def decode_rows(data: LabelledImages, rows: Iterable[int]) -> Decoded:
    """The images of these rows, decoded side by side on as many threads as there may be."""
    asked = list(rows)
    with ThreadPoolExecutor(usable_threads()) as pool:
        found = list(pool.map(lambda row: _image(data, row), asked))
    good = [(row, image) for row, image in zip(asked, found, strict=True) if _is_image(image)]
    failed = {row: str(bad) for row, bad in zip(asked, found, strict=True) if not _is_image(bad)}
    return Decoded([image for _, image in good], [row for row, _ in good], failed)


def none_usable(data: LabelledImages, skipped: Sequence[str]) -> BadData:
    """The error of a data set without a single good picture."""
    why = f", the first: {skipped[0]}" if skipped else ""
    return BadData(f"none of {len(data)} pictures can be used{why}")


@dataclass(frozen=True)
class _Taken(Sequence[Image]):
    """Some rows of a sequence of images, as lazy as that is."""

    images: Sequence[Any]
    rows: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, row: int) -> Image: ...
    @overload
    def __getitem__(self, row: slice) -> "_Taken": ...
    def __getitem__(self, row: int | slice) -> "Image | _Taken":
        if isinstance(row, slice):
            return _Taken(self.images, self.rows[row])
        return self.images[self.rows[row]]

    def fingerprint(self, row: int) -> str | None:
        """As the images themselves say."""
        images = self.images
        return images.fingerprint(self.rows[row]) if isinstance(images, Fingerprinted) else None


def _image(data: LabelledImages, row: int) -> Image | BadPicture:
    try:
        return data.images[row]
    except BadPicture as error:
        return error


def _is_image(found: Any) -> bool:
    return not isinstance(found, BadPicture)


def _turned(
    data: LabelledImages,
    turn: Callable[[Sequence[Image]], np.ndarray],
    doing: str,
    track: Track,
) -> tuple[Any, list[int], list[str]]:
    blocks: list[np.ndarray] = []
    rows: list[int] = []
    skipped: list[str] = []
    starts = range(0, len(data), BATCH)
    for start in track(starts, doing, len(starts)):
        decoded = decode_rows(data, range(start, min(start + BATCH, len(data))))
        rows += decoded.rows
        skipped += decoded.failed.values()
        if decoded.images:
            blocks.append(turn(decoded.images))
    if not blocks:
        raise none_usable(data, skipped)
    return np.concatenate(blocks), rows, skipped
