"""Hinge rank loss: every positive must beat every negative by a margin."""

from typing import Literal, get_args

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

Negatives = Literal["all", "first", "hardest"]


def hinge_rank(
    scores: Float[Tensor, "n m"],
    positive: Bool[Tensor, "n m"],
    *,
    margin: float = 0.1,
    negatives: Negatives = "all",
    generator: Generator | None = None,
) -> Float[Tensor, ""]:
    """Mean over images of the sum over (positive, negative) pairs of max(0, margin - s+ + s-).

    DeViSE with inner products of unit label vectors, with ``f(S, P) + f(S.T, P.T)`` the two-way
    ranking loss of Kiros et al., on negative squared distances the triplet loss.

    Args:
        scores: how close each image is to each target; -inf for a pair to be ignored, among them
            targets whose vector equals a positive's.
        positive: which targets are right for which image; one row may have several.
        margin: by how much a positive must beat a negative, in units of the scores.
        negatives: which negatives of a positive count: all of them; the first, in a random
            order drawn anew for each image, that comes within the margin, if any does; or the one
            of the highest score.
        generator: draws the orders of "first", the only choice that draws; torch's own if None.

    Raises:
        ValueError: if ``negatives`` is none of these.

    Source:
        Frome et al., DeViSE, NIPS 2013: margin 0.1, and "first" as the faster variant; "hardest"
        is Faghri et al., VSE++, BMVC 2018 (max of hinges, one direction). They sum over images.
    """
    if negatives not in get_args(Negatives):
        raise ValueError(f"negatives {negatives!r}; choose one of {', '.join(get_args(Negatives))}")
    image, target = (positive & (scores > -torch.inf)).nonzero(as_tuple=True)
    violation = (margin - scores[image, target][:, None] + scores[image]).clamp(min=0)
    violation = violation.masked_fill(positive[image], 0)
    if negatives == "first":
        order = torch.rand(scores.shape, generator=generator, device=scores.device)
        turn = order[image].masked_fill(violation == 0, torch.inf)
        violation = violation.gather(1, turn.argmin(dim=1, keepdim=True))
    elif negatives == "hardest":
        violation = violation.amax(dim=1)
    return violation.sum() / max(len(scores), 1)
