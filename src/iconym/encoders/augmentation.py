"""Drawings changed at random, so that a network learns what is drawn and not in which style."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from torch import Generator, Tensor
from torch.nn.functional import affine_grid, avg_pool2d, grid_sample, max_pool2d

Batch = Float[Tensor, "n 3 side side"]


@dataclass(frozen=True)
class Augmentation:
    """By how much pictures are changed; each picture draws its own amounts, uniformly.

    Args:
        rotation: degrees to either side.
        scale: factors, from and to.
        shift: share of half the side, in each direction.
        flip: share of pictures that are mirrored.
        saturation: factors, from and to.
        grey: share of pictures without color.
        mix: standard deviation of each color's leak into each other one.
        contrast: factors, from and to.
        brightness: to either side, where white is 1.
        outline: share of pictures of which only the edges are left, dark on white.
        blur: share of pictures that are averaged over 3x3 pixels.
        cut: share of pictures of which a square is hidden.
        cut_side: of the hidden square, by the picture's.
    """

    rotation: float = 12.0
    scale: tuple[float, float] = (0.85, 1.2)
    shift: float = 0.1
    flip: float = 0.5
    saturation: tuple[float, float] = (0.6, 1.3)
    grey: float = 0.1
    mix: float = 0.08
    contrast: tuple[float, float] = (0.7, 1.2)
    brightness: float = 0.15
    outline: float = 0.03
    blur: float = 0.1
    cut: float = 0.3
    cut_side: float = 0.3

    def __call__(self, pictures: UInt8[Tensor, "n 3 side side"], generator: Generator) -> Batch:
        """Network input in [-1, 1], or a little beyond: changed pictures on white ground."""
        draw = _Draw(len(pictures), generator)
        x = self._moved(pictures.float() / 255, draw)
        x = self._recolored(x, draw)
        x = torch.where(draw.chosen(self.outline), _outlines(x), x)
        x = torch.where(draw.chosen(self.blur), avg_pool2d(x, 3, 1, 1, count_include_pad=False), x)
        return (self._cut(x, draw) - 0.5) * 2

    def _moved(self, x: Batch, draw: "_Draw") -> Batch:
        angle = draw.uniform(-1, 1) * math.radians(self.rotation)
        size = 1 / draw.uniform(*self.scale)
        mirror = 1 - 2 * draw.chosen(self.flip).float().flatten()
        shift = [draw.uniform(-1, 1) * self.shift for _ in range(2)]
        cos, sin = angle.cos() * size, angle.sin() * size
        matrix = torch.stack([cos * mirror, -sin, shift[0], sin * mirror, cos, shift[1]], dim=1)
        grid = affine_grid(matrix.view(-1, 2, 3), list(x.shape), align_corners=False)
        return 1 - grid_sample(1 - x, grid, align_corners=False)  # what comes in is white

    def _recolored(self, x: Batch, draw: "_Draw") -> Batch:
        grey = x.mean(dim=1, keepdim=True)
        color = draw.uniform(*self.saturation).masked_fill(draw.chosen(self.grey).flatten(), 0)
        x = grey + (x - grey) * color.view(-1, 1, 1, 1)
        leak = torch.eye(3) + self.mix * draw.normal(3, 3)
        x = torch.einsum("nij,njhw->nihw", leak, x - 0.5)
        contrast, brightness = draw.uniform(*self.contrast), draw.uniform(-1, 1) * self.brightness
        return x * contrast.view(-1, 1, 1, 1) + (0.5 + brightness).view(-1, 1, 1, 1)

    def _cut(self, x: Batch, draw: "_Draw") -> Batch:
        side = x.shape[-1]
        hidden = int(side * self.cut_side)
        place = torch.arange(side)
        top, left = (
            (draw.uniform(0, 1) * (side - hidden)).long().view(-1, 1, 1, 1) for _ in range(2)
        )
        rows, columns = place.view(1, 1, -1, 1), place.view(1, 1, 1, -1)
        inside = (
            (rows >= top) & (rows < top + hidden) & (columns >= left) & (columns < left + hidden)
        )
        return torch.where(inside & draw.chosen(self.cut), 0.5, x)


@dataclass(frozen=True)
class _Draw:
    n: int
    generator: Generator

    def uniform(self, low: float, high: float) -> Float[Tensor, " n"]:
        return low + (high - low) * torch.rand(self.n, generator=self.generator)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(self.n, *shape, generator=self.generator)

    def chosen(self, share: float) -> Tensor:
        """(n, 1, 1, 1) which pictures: each with probability ``share``."""
        return (torch.rand(self.n, generator=self.generator) < share).view(-1, 1, 1, 1)


def _outlines(x: Batch) -> Batch:
    grey = x.mean(dim=1, keepdim=True)
    edge = max_pool2d(grey, 3, 1, 1) + max_pool2d(-grey, 3, 1, 1)
    return (1 - (2.5 * edge).clamp(0, 1)).expand_as(x)
