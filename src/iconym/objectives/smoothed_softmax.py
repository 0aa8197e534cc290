"""Softmax with soft labels: a wrong answer near the right one costs less than one far off."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def smoothed_softmax(
    scores: Float[Tensor, "n m"],
    positive: Bool[Tensor, "n m"],
    *,
    soft_labels: Float[Tensor, "m m"],
) -> Float[Tensor, ""]:
    """Mean over images of the cross-entropy between their soft label and softmax of the scores.

    Several positives of an image share its label equally. Weight on a pair scored -inf is given
    to the others in proportion. An image without a positive, or without weight on any pair that
    is left, is not counted; 0 if none is.

    Args:
        scores: logits of each image for each target.
        positive: which targets are right for which image.
        soft_labels: row j is what is to be answered where target j is right, at least 0; see
            ``uniform`` and ``soften``. The identity matrix gives ``info_nce`` with temperature 1
            (where an image has one positive).

    Source:
        Bertinetto et al., Making Better Mistakes, CVPR 2020 (soft labels).
    """
    answered = scores > -torch.inf
    wanted = ((positive & answered).to(scores.dtype) @ soft_labels.to(scores.dtype)) * answered
    rows = wanted.sum(dim=1) > 0
    wanted = wanted[rows] / wanted[rows].sum(dim=1, keepdim=True)
    log_softmax = scores[rows].log_softmax(dim=1).masked_fill(~answered[rows], 0)
    return -(wanted * log_softmax).sum() / max(len(wanted), 1)


def uniform(classes: int, *, share: float) -> Float[Tensor, "m m"]:
    """Soft labels that give the right target 1 - ``share``, and ``share`` to all of them alike.

    Source:
        Szegedy et al., Rethinking the Inception Architecture, CVPR 2016, section 7.
    """
    return (1 - share) * torch.eye(classes) + share / classes


def soften(similarity: Float[Tensor, "m m"], *, temperature: float) -> Float[Tensor, "m m"]:
    """Soft labels: softmax of each row of similarities between targets, larger is closer.

    Minus the distances in a tree give the paper's labels (its beta is 1 / temperature), cosines
    of label vectors semantic ones. A temperature near 0 gives hard labels again.

    Source:
        Bertinetto et al., Making Better Mistakes, CVPR 2020 (soft labels).
    """
    return (similarity / temperature).softmax(dim=1)
