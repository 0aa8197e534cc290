"""Which targets are right for the inputs of a batch: as a matrix, or as pairs where many are."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class Matrix:
    """Whether each target is right for each input.

    Args:
        columns: (m,) the class of each target; those of an input's class are its positives, so
            that labels with one and the same vector are never each other's negatives.
    """

    columns: Tensor

    def __call__(self, truth: Tensor) -> Tensor:
        """For inputs of these classes (n,), which targets are right (n, m)."""
        return truth[:, None] == self.columns[None, :]


@dataclass(frozen=True)
class Pairs:
    """The places where ``Matrix`` is true, for more targets than a matrix should hold.

    Args:
        columns: as for ``Matrix``.
    """

    columns: Tensor

    def __call__(self, truth: Tensor) -> Tensor:
        """For inputs of these classes (n,), every (row of the batch, target) that is right."""
        order, classes = self._by_class
        first = torch.searchsorted(classes, truth)
        counts = torch.searchsorted(classes, truth, right=True) - first
        nth = torch.arange(int(counts.sum())) - (counts.cumsum(0) - counts).repeat_interleave(
            counts
        )
        target = order[first.repeat_interleave(counts) + nth]
        image = torch.arange(len(truth)).repeat_interleave(counts)
        return torch.stack([image, target], dim=1)

    @cached_property
    def _by_class(self) -> tuple[Tensor, Tensor]:
        """The targets by class, those of one class in their own order, and their classes."""
        classes, order = self.columns.sort(stable=True)
        return order, classes


Positives = Matrix | Pairs
