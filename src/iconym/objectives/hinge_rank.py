"""Hinge rank loss: every positive must beat every negative by a margin."""

from typing import Literal, get_args

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

Negatives = Literal["all", "first", "hardest", "warp"]


def hinge_rank(
    scores: Float[Tensor, "n m"],
    positive: Bool[Tensor, "n m"],
    *,
    margin: float = 0.1,
    negatives: Negatives = "all",
    generator: Generator | None = None,
) -> Float[Tensor, ""]:
    """Mean over images of the sum over (positive, negative) pairs of max(0, margin - s+ + s-).

    DeViSE with inner products of unit label vectors, with ``two_way`` the ranking loss of Kiros
    et al., on negative squared distances the triplet loss.

    Args:
        scores: how close each image is to each target; -inf for a pair to be ignored, among them
            targets whose vector equals a positive's.
        positive: which targets are right for which image; one row may have several, which are
            never each other's negatives.
        margin: by how much a positive must beat a negative, in units of the scores.
        negatives: which negatives of a positive count. "all" of them; the "first", in a random
            order drawn anew for each image, that comes within the margin; the "hardest", which
            has the highest score; or, by "warp", one that comes within the margin, weighted by
            the rank that the number of draws it took suggests.
        generator: draws for "first" and "warp"; torch's own if None.

    Raises:
        ValueError: if ``negatives`` is none of these.

    Source:
        Frome et al., DeViSE, NIPS 2013: margin 0.1, and "first" as the faster variant; "hardest"
        is Faghri et al., VSE++, BMVC 2018 (max of hinges); "warp" is Weston et al., WSABIE,
        IJCAI 2011, with margin 1, see ``_warp_weights``. They all sum over images.
    """
    if negatives not in get_args(Negatives):
        raise ValueError(f"negatives {negatives!r}; choose one of {', '.join(get_args(Negatives))}")
    image, target = (positive & (scores > -torch.inf)).nonzero(as_tuple=True)
    violation = (margin - scores[image, target][:, None] + scores[image]).clamp(min=0)
    violation = violation.masked_fill(positive[image], 0)
    if negatives == "hardest":
        violation = violation.amax(dim=1)
    elif negatives != "all":
        order = torch.rand(scores.shape, generator=generator, device=scores.device)
        turn = order[image].masked_fill(violation == 0, torch.inf)
        drawn = violation.gather(1, turn.argmin(dim=1, keepdim=True)).squeeze(1)
        if negatives == "warp":
            among = (~positive & (scores > -torch.inf)).sum(dim=1)[image]
            drawn = drawn * _warp_weights((violation > 0).sum(dim=1), among, generator)
        violation = drawn
    return violation.sum() / max(len(scores), 1)


def _warp_weights(
    violators: Int[Tensor, " pairs"], among: Int[Tensor, " pairs"], generator: Generator | None
) -> Float[Tensor, " pairs"]:
    """For each positive, the weight of its violator: L(floor(among / N)), L(r) = 1 + ... + 1/r.

    The paper draws negatives with replacement until one violates, at the N-th draw, or gives the
    positive up after ``among`` draws. Which violator that is does not depend on N, so N is drawn
    here by its law, the geometric one. The paper's Y - 1 is ``among``, the number of negatives of
    the image, ``violators`` how many of them violate.

    Source:
        Weston, Bengio and Usunier, WSABIE, IJCAI 2011, algorithm 1 with alpha_j = 1 / j.
    """
    uniform = 1 - torch.rand(len(among), generator=generator, device=among.device)
    missed = torch.log1p(-violators.clamp(min=1).double() / among.clamp(min=1))
    draws = 1 + torch.floor(uniform.double().log() / missed)  # -0.0 / -inf where all violate
    longest = int(among.max()) if len(among) else 0
    ranks = torch.arange(1, longest + 1, device=among.device, dtype=torch.float32)
    harmonic = torch.cat([ranks.new_zeros(1), (1 / ranks).cumsum(0)])
    return harmonic[(among / draws).long()]  # given up: rank 0, which weighs nothing
