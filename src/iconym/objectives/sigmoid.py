"""Sigmoid loss: each pair is a yes-or-no question about a scaled and shifted cosine."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from iconym.objectives.negative_sampling import negative_sampling


def sigmoid(
    scores: Float[Tensor, "n m"],
    positive: Bool[Tensor, "n m"],
    *,
    scale: float | Float[Tensor, ""] = 10.0,
    bias: float | Float[Tensor, ""] = -10.0,
) -> Float[Tensor, ""]:
    """``negative_sampling`` of the logits scale * s + bias, a mean over images.

    Args:
        scores: the cosine of each image with each target.
        positive: which targets are right for which image; one row may have several.
        scale: the paper's t, at its start.
        bias: the paper's b, at its start; log(1 / (m - 1)) says that of m targets one is right.

    Source:
        Zhai et al., SigLIP, ICCV 2023, algorithm 1: t and b are learned, see ``LearnedSigmoid``.
    """
    ignored = scores == -torch.inf
    logits = scale * scores.masked_fill(ignored, 0) + bias  # 0: scale has a gradient there too
    return negative_sampling(logits.masked_fill(ignored, -torch.inf), positive)


class LearnedSigmoid(nn.Module):
    """``sigmoid`` whose scale and bias are learned along with whatever makes the scores.

    Args:
        scale: where the scale starts, above 0; its logarithm is what is learned.
        bias: where the bias starts.
    """

    def __init__(self, *, scale: float = 10.0, bias: float = -10.0) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(math.log(scale)))
        self.bias = nn.Parameter(torch.tensor(bias))

    def forward(
        self, scores: Float[Tensor, "n m"], positive: Bool[Tensor, "n m"]
    ) -> Float[Tensor, ""]:
        """The loss at today's scale and bias."""
        return sigmoid(scores, positive, scale=self.log_scale.exp(), bias=self.bias)
