"""Negative sampling: each pair is a yes-or-no question, by logistic regression."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import logsigmoid


def negative_sampling(
    scores: Float[Tensor, "n m"], positive: Bool[Tensor, "n m"]
) -> Float[Tensor, ""]:
    """Mean over images of -sum log sigmoid(s+) - sum log sigmoid(-s-).

    Args:
        scores: inner products of each image with each target, the negatives already sampled.
        positive: which targets are right for which image; one row may have several.

    Source:
        Mikolov et al., NIPS 2013, equation 4, which sums over pairs; ``candidates.sampled`` draws
        the negatives.
    """
    signed = scores.where(positive, -scores)[scores > -torch.inf]
    return -logsigmoid(signed).sum() / max(len(scores), 1)
