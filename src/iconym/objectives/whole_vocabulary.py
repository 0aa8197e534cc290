"""InfoNCE and hinge rank over a whole vocabulary, a chunk of its scores in memory at a time.

The gradient of a log-sum-exp of scores towards an image's vector is the average of the targets by
their softmax. Both are made in one pass over the targets, like attention to them (Dao et al.,
FlashAttention, NeurIPS 2022): while the largest score grows, what is summed so far shrinks.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import softplus

from iconym.similarity import unit


@dataclass(frozen=True)
class Chunks:
    """How the products of images and targets are made.

    Args:
        size: targets at a time.
        dtype: of the factors, and of what stands in memory between two products; sums are
            float32. None: bfloat16 where the processor multiplies it, else float32.
    """

    size: int = 512
    dtype: torch.dtype | None = None

    def factors(self) -> torch.dtype:
        """The dtype, chosen by the processor if it was left open."""
        if self.dtype is not None:
            return self.dtype
        able = torch.cpu.get_capabilities()
        fast = able.get("avx512_bf16") or able.get("amx_bf16")
        return torch.bfloat16 if fast else torch.float32


DEFAULT = Chunks()


def chunked_info_nce(
    images: Float[Tensor, "n d"],
    targets: Float[Tensor, "m d"],
    pairs: Int[Tensor, "pairs 2"],
    *,
    temperature: float = 0.07,
    cosines: bool = True,
    chunks: Chunks = DEFAULT,
) -> Float[Tensor, ""]:
    """``info_nce`` of the scores of all targets, without their matrix.

    Args:
        images: projected features; the gradient goes to these.
        targets: label vectors, which stay as they are; of length 1 for cosines.
        pairs: which (image, target) are positive, each once: ``positive.nonzero()``.
        temperature: divides the scores.
        cosines: whether images are brought to length 1; if not, scores are inner products, with
            which temperature 1 is softmax cross-entropy.
        chunks: how the products are made.
    """
    images = (unit(images) if cosines else images) / temperature
    image, target = pairs.unbind(1)
    right = (images[image] * targets[target]).sum(dim=1)
    negatives = _LogSumExp.apply(images, targets, pairs, chunks)
    return softplus(negatives[image] - right).sum() / max(len(pairs), 1)


def chunked_hinge_rank(
    images: Float[Tensor, "n d"],
    targets: Float[Tensor, "m d"],
    pairs: Int[Tensor, "pairs 2"],
    *,
    margin: float = 0.1,
    chunks: Chunks = DEFAULT,
) -> Float[Tensor, ""]:
    """``hinge_rank`` of the inner products with all targets, without their matrix.

    Args:
        images: projected features; the gradient goes to these.
        targets: what stays as it is: label vectors, of unit length in DeViSE.
        pairs: which (image, target) are positive, each once: ``positive.nonzero()``.
        margin: by how much a positive must beat each negative.
        chunks: how the products are made.
    """
    image, target = pairs.unbind(1)
    ahead = margin - (images[image] * targets[target]).sum(dim=1)
    positive, own = (image[:, None] == image[None, :]).nonzero(as_tuple=True)
    ignored = torch.stack([positive, target[own]], dim=1)
    lost = _SumOfHinges.apply(images[image], ahead, targets, ignored, chunks)
    return lost.sum() / max(len(images), 1)


class _LogSumExp(torch.autograd.Function):
    """log sum exp of inner products with all targets but those ignored: (n,).

    Minus infinity where all are ignored.
    """

    @staticmethod
    def forward(
        ctx: Any, images: Tensor, targets: Tensor, ignored: Tensor, chunks: Chunks
    ) -> Tensor:
        largest = images.new_full((len(images),), torch.finfo(torch.float32).min)
        total, average = torch.zeros_like(largest), torch.zeros_like(images)
        # by powers of 2, which take a fifth of the time of powers of e
        for scores, part in _scored(images / math.log(2), targets, ignored, chunks):
            before, largest = largest, torch.maximum(largest, scores.amax(dim=1))
            weights = scores.sub_(largest[:, None]).exp2_()
            shrink = (before - largest).exp2_()
            total.mul_(shrink).add_(weights.sum(dim=1))
            average.mul_(shrink[:, None]).add_(weights.to(part.dtype) @ part)
        ctx.save_for_backward(average / total.clamp(min=torch.finfo(torch.float32).tiny)[:, None])
        return (largest + total.log2()) * math.log(2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        (average,) = ctx.saved_tensors
        return gradient[:, None] * average, None, None, None


class _SumOfHinges(torch.autograd.Function):
    """Sum of max(0, ahead + inner product) over all targets but those ignored: (n,)."""

    @staticmethod
    def forward(
        ctx: Any, images: Tensor, ahead: Tensor, targets: Tensor, ignored: Tensor, chunks: Chunks
    ) -> Tensor:
        total, count, towards = torch.zeros_like(ahead), torch.zeros_like(ahead), 0 * images
        for scores, part in _scored(images, targets, ignored, chunks):
            lost = scores.add_(ahead[:, None]).clamp_(min=0)
            over = (lost > 0).to(part.dtype)
            total += lost.sum(dim=1)
            count += over.sum(dim=1, dtype=torch.float32)
            towards += over @ part
        ctx.save_for_backward(towards, count)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        towards, count = ctx.saved_tensors
        return gradient[:, None] * towards, gradient * count, None, None, None


def _scored(
    images: Tensor, targets: Tensor, ignored: Tensor, chunks: Chunks
) -> Iterator[tuple[Tensor, Tensor]]:
    """Scores of all images with some targets, -inf where ignored, and those targets."""
    dtype = chunks.factors()
    rows, columns = ignored[ignored[:, 1].argsort()].unbind(1)
    starts = torch.arange(0, len(targets), chunks.size)
    ends = torch.searchsorted(columns.contiguous(), starts + chunks.size).tolist()
    factors = images.to(dtype)
    for start, first, last in zip(starts.tolist(), [0, *ends], ends, strict=False):
        part = targets[start : start + chunks.size].to(dtype)
        scores = (factors @ part.T).float()
        scores[rows[first:last], columns[first:last] - start] = -torch.inf
        yield scores, part
