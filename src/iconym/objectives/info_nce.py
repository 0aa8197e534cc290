"""InfoNCE: pick the positive out of all targets, by softmax."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import softplus


def info_nce(
    scores: Float[Tensor, "n m"],
    positive: Bool[Tensor, "n m"],
    *,
    temperature: float = 0.07,
) -> Float[Tensor, ""]:
    """Mean over positive pairs of -log softmax of s+ / temperature among it and the negatives.

    That is log(1 + sum exp((s- - s+) / temperature)), the hinge rank loss made smooth. Several
    positives of an image never compete with each other. 0 if there is no positive pair.

    Args:
        scores: how close each image is to each target.
        positive: which targets are right for which image; one row may have several.
        temperature: divides the scores; smaller is sharper.

    Source:
        van den Oord et al., 2018; temperature as in Radford et al., CLIP, ICML 2021. Of several
        positives, Khosla et al., NeurIPS 2020, let each compete with the others too.
    """
    answered = scores > -torch.inf
    image, target = (positive & answered).nonzero(as_tuple=True)
    least = torch.finfo(scores.dtype).min  # not -inf: a row of nothing else has no gradient
    logits = (scores / temperature).masked_fill(~answered, least)
    negatives = logits.masked_fill(positive, least).logsumexp(dim=1)
    lost = softplus(negatives[image] - logits[image, target])
    return lost.sum() / max(len(lost), 1)
