"""What happens to a picture before a network sees it; saved beside the network, always."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image as PillowImage

from iconym.errors import BadData
from iconym.nouns import Image

FITS = ("whole", "crop", "center_crop", "pad")
FILTERS = {
    "nearest": PillowImage.Resampling.NEAREST,
    "bilinear": PillowImage.Resampling.BILINEAR,
    "bicubic": PillowImage.Resampling.BICUBIC,
    "area": PillowImage.Resampling.BOX,
}
LONG = 16  # times as long as wide, beyond which a picture is never resized as a whole


@dataclass(frozen=True)
class Preprocessing:
    """Resize to a square, scale to [0, 1], subtract ``mean``, divide by ``std``.

    Args:
        size: side of the square, pixels.
        fit: "whole" squeezes the picture into the square; "crop" brings the short side to
            size / crop_share and cuts the middle out; "center_crop" does so on the grid of the
            resized picture, as torchvision and transformers do: the short side is rounded, the
            long side and the corner of the square are rounded down; "pad" brings the long side to
            size and fills up with white.
        filter: how pixels are resampled; shrinking is always antialiased.
        mean: of red, green and blue, in [0, 1].
        std: likewise, above 0.
        crop_share: side of the square by the short side, for "crop" and "center_crop".
    """

    size: int = 224
    fit: str = "crop"
    filter: str = "bilinear"
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)
    crop_share: float = 0.875

    def __post_init__(self) -> None:
        if not 1 <= self.size <= 4096:
            raise BadData(f"preprocessing size {self.size} is not in 1..4096")
        if self.fit not in FITS:
            raise BadData(f"preprocessing fit {self.fit!r} is none of {', '.join(FITS)}")
        if self.filter not in FILTERS:
            raise BadData(f"preprocessing filter {self.filter!r} is none of {', '.join(FILTERS)}")
        if min(self.std) <= 0 or not 0 < self.crop_share <= 1:
            raise BadData(f"preprocessing std {self.std} or crop_share {self.crop_share} is <= 0")

    def __call__(self, images: Sequence[Image]) -> Float[np.ndarray, "n 3 size size"]:
        """The pictures as one float32 array (n, 3, size, size), ready for the network."""
        levels = np.arange(256, dtype=np.float32) / 255
        scaled = np.empty((len(images), 3, self.size, self.size), np.float32)
        for planes, image in zip(scaled, images, strict=True):
            square = self.square(image)
            for color, (mean, std) in enumerate(zip(self.mean, self.std, strict=True)):
                table = (levels - np.float32(mean)) / np.float32(std)
                np.take(table, square[..., color], out=planes[color], mode="clip")
        return scaled

    def to_json(self) -> dict[str, Any]:
        """The settings as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Preprocessing":
        """The settings that ``to_json`` gave.

        Raises:
            BadData: for an unknown setting, naming the known ones.
        """
        known = [f.name for f in fields(cls)]
        unknown = set(value) - set(known)
        if unknown:
            raise BadData(f"unknown preprocessing {sorted(unknown)}; known are {', '.join(known)}")
        lists: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in value.items()
        }
        return cls(**lists)

    def square(self, image: Image) -> UInt8[np.ndarray, "size size 3"]:
        """The picture brought to a square of ``size`` pixels, still 8 bits a color."""
        height, width = image.shape[:2]
        resample, size = FILTERS[self.filter], self.size
        if (height, width) == (size, size) and self.fit in ("whole", "pad"):
            return image
        picture = PillowImage.fromarray(image)
        if self.fit == "whole":
            return np.asarray(picture.resize((size, size), resample))
        if self.fit == "pad":
            return _padded(picture, size, resample)
        if self.fit == "center_crop":
            return _cut(picture, size, resample, round(size / self.crop_share))
        side = min(width, height) * self.crop_share
        left, top = (width - side) / 2, (height - side) / 2
        box = (left, top, left + side, top + side)
        return np.asarray(picture.resize((size, size), resample, box=box))


def _cut(
    picture: PillowImage.Image, size: int, resample: PillowImage.Resampling, short: int
) -> np.ndarray:
    """The middle square of the picture, once its short side is ``short`` pixels."""
    resized = [short * side // min(picture.size) for side in picture.size]
    left, top = ((side - size) // 2 for side in resized)
    if max(resized) <= LONG * short:
        whole = np.asarray(picture.resize((resized[0], resized[1]), resample))
        return whole[top : top + size, left : left + size]
    # a picture of one line would fill the memory; a box gives the same but for rounding
    across, down = (side / new for side, new in zip(picture.size, resized, strict=True))
    right, bottom = (left + size) * across, (top + size) * down
    box = (left * across, top * down, min(right, picture.width), min(bottom, picture.height))
    return np.asarray(picture.resize((size, size), resample, box=box))


def _padded(picture: PillowImage.Image, size: int, resample: PillowImage.Resampling) -> np.ndarray:
    scale = size / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    square = np.full((size, size, 3), 255, np.uint8)
    top, left = (size - height) // 2, (size - width) // 2
    small = np.asarray(picture.resize((width, height), resample))
    square[top : top + height, left : left + width] = small
    return square
