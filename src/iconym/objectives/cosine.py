"""Cosine regression: turn each image towards its positives, look at no negative."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def cosine(scores: Float[Tensor, "n m"], positive: Bool[Tensor, "n m"]) -> Float[Tensor, ""]:
    """Mean over positive pairs of 1 - s+, in [0, 2]; 0 if there is no such pair.

    Args:
        scores: the cosine of each image with each target; nothing else is meaningful here.
        positive: which targets are right for which image; one row may have several.
    """
    right = scores[positive & (scores > -torch.inf)]
    return (1 - right).sum() / max(len(right), 1)
