"""Squared-error regression: carry each image to where its positives are, look at no negative."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def l2(scores: Float[Tensor, "n m"], positive: Bool[Tensor, "n m"]) -> Float[Tensor, ""]:
    """Mean over positive pairs of the squared distance -s+; 0 if there is no such pair.

    Args:
        scores: ``similarity.negative_squared_distance`` of each image to each target; nothing
            else is meaningful here.
        positive: which targets are right for which image; one row may have several.

    Source:
        The ablation of Frome et al., DeViSE, NIPS 2013. With a tanh layer before the projection
        it is the objective of Socher et al., NIPS 2013, who sum over images.
    """
    right = scores[positive & (scores > -torch.inf)]
    return -right.sum() / max(len(right), 1)
