"""InfoNCE: pick the positive out of all targets, by softmax."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def info_nce(
    scores: Float[Tensor, "n m"],
    positive: Bool[Tensor, "n m"],
    *,
    temperature: float = 0.07,
) -> Float[Tensor, ""]:
    """Mean over positive pairs of -log softmax of their score among their image's targets.

    With temperature 1 and a classifier's logits as scores this is softmax cross-entropy, so
    there is no other function for that. Of several positives of an image, each competes with the
    others too. 0 if there is no positive pair.

    Args:
        scores: how close each image is to each target.
        positive: which targets are right for which image; one row may have several.
        temperature: divides the scores; smaller is sharper.

    Source:
        van den Oord et al., 2018; temperature as in Radford et al., CLIP, ICML 2021.
    """
    right = positive & (scores > -torch.inf)
    rows = right.any(dim=1)  # a row of nothing but -inf has no softmax
    chosen = (scores[rows] / temperature).log_softmax(dim=1)[right[rows]]
    return -chosen.sum() / max(len(chosen), 1)
