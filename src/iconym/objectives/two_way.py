"""Two-way ranking: each image picks its targets, and each target picks its images."""

from jaxtyping import Bool, Float
from torch import Tensor

from iconym.objectives import Objective


def two_way(
    scores: Float[Tensor, "n m"],
    positive: Bool[Tensor, "n m"],
    *,
    objective: Objective,
) -> Float[Tensor, ""]:
    """The objective of the scores plus that of the scores turned over.

    Two captions of one image, or two images of one label, are both positives and never each
    other's negatives.

    Args:
        scores: how close each image of a batch is to each target of the batch.
        positive: which targets belong to which image.
        objective: of one direction; its mean is over images, and over targets the other way.

    Source:
        Kiros et al., 2014: ``hinge_rank`` on cosines, margin 0.2, all negatives (VSE's SUM);
        Faghri et al., VSE++, BMVC 2018: the hardest (MAX). Radford et al., CLIP, ICML 2021:
        ``info_nce``, of which they take half the sum. The first two sum over images.
    """
    return objective(scores, positive) + objective(scores.T, positive.T)
