"""A small convolutional network, to be trained from scratch."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn


@dataclass(frozen=True)
class CnnConfig:
    """``widths[i]`` channels in stage i; each stage but the first halves the picture's side."""

    widths: tuple[int, ...] = (32, 64, 128, 256)
    residual: tuple[bool, ...] = (False, False, True, False)  # which stages add a residual block


class Cnn(nn.Module):
    """Stages of 3x3 convolution, batch normalization and ReLU, max-pooled between, then averaged.

    Source:
        The pattern of Simonyan and Zisserman, 2015, with batch normalization (Ioffe and Szegedy,
        2015) and residual blocks (He et al., 2016), at a size for pictures of 32 to 64 pixels.
    """

    def __init__(self, config: CnnConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for stage, (width, residual) in enumerate(zip(config.widths, config.residual, strict=True)):
            layers += [nn.MaxPool2d(2)] if stage else []
            layers += [_convolution(before, width)]
            layers += [Residual(width)] if residual else []
            before = width
        self.dim = before
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Float[Tensor, "n 3 side side"]) -> Float[Tensor, "n dim"]:
        """Features of preprocessed pictures: the mean over all places of the last stage."""
        return self.layers(images).mean(dim=(2, 3))


class Residual(nn.Module):
    """Two convolutions whose result is added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(_convolution(width, width), _convolution(width, width))

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """``x`` and what the convolutions make of it, added."""
        return x + self.inner(x)


def _convolution(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()
    )
