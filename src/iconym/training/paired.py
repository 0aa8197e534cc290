"""Examples whose positives are told as pairs, for more targets than a matrix should hold."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Generator, Tensor

from iconym.training.descent import Examples


@dataclass(frozen=True)
class Paired(Examples):
    """Examples that are drawn with pairs (row of the batch, target) in place of a matrix."""

    def draw(self, rows: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        """The prepared inputs of these rows, and every positive pair (pairs, 2) among them."""
        order, classes = self._by_class
        truth = self.truth[rows]
        first = torch.searchsorted(classes, truth)
        counts = torch.searchsorted(classes, truth, right=True) - first
        nth = torch.arange(int(counts.sum())) - (counts.cumsum(0) - counts).repeat_interleave(
            counts
        )
        target = order[first.repeat_interleave(counts) + nth]
        image = torch.arange(len(rows)).repeat_interleave(counts)
        return self.prepare(self.inputs[rows], generator), torch.stack([image, target], dim=1)

    @cached_property
    def _by_class(self) -> tuple[Tensor, Tensor]:
        """The targets by class, those of one class in their own order, and their classes."""
        classes, order = self.columns.sort(stable=True)
        return order, classes
