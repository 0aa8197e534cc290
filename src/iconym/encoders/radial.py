"""Radial basis features: how near a picture is to each of many known pictures."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from iconym.similarity import dot, unit


@dataclass(frozen=True)
class RadialBasis:
    """Features x become exp(-gamma |u - a|^2) for every anchor a, where u is x at unit length.

    A linear map on top of these is kernel ridge regression, or any other kernel method with a
    Gaussian kernel. A row of zeros has no direction and counts as at a right angle to every
    anchor: exp(-2 gamma).

    Source:
        Broomhead and Lowe, Complex Systems, 1988.
    """

    anchors: Float[np.ndarray, "anchors features"]  # unit rows
    gamma: float

    @classmethod
    def of(cls, features: Float[np.ndarray, "n features"], *, gamma: float) -> "RadialBasis":
        """The basis with one anchor for each of these pictures."""
        return cls(unit(features), gamma)

    def __call__(self, features: Float[np.ndarray, "n features"]) -> Float[np.ndarray, "n anchors"]:
        """The nearness of each picture to each anchor, in (0, 1]."""
        return np.exp(2 * self.gamma * (dot(unit(features), self.anchors) - 1))
