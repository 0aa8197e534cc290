"""Softmax cross-entropy: a classifier's loss, and that of a softmax over words."""

from jaxtyping import Bool, Float
from torch import Tensor

from iconym.objectives.info_nce import info_nce


def softmax(scores: Float[Tensor, "n m"], positive: Bool[Tensor, "n m"]) -> Float[Tensor, ""]:
    """Mean over positive pairs of -log softmax of their score: ``info_nce`` of temperature 1.

    Args:
        scores: logits: a layer's outputs, or inner products with label vectors.
        positive: which targets are right for which image; several never compete.
    """
    return info_nce(scores, positive, temperature=1.0)
