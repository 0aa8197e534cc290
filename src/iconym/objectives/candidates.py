"""Which of very many targets a batch of images is compared with: its own, or drawn ones too."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from iconym.objectives import Objective
from iconym.similarity import Matrix, dot

Similarity = Callable[[Matrix, Matrix], Matrix]  # similarity.dot or similarity.cosine


def in_batch(
    images: Float[Tensor, "n d"],
    targets: Float[Tensor, "m d"],
    pairs: Int[Tensor, "pairs 2"],
    *,
    objective: Objective,
    similarity: Similarity = dot,
) -> Float[Tensor, ""]:
    """The objective where an image's negatives are the other targets of its batch.

    Args:
        images: a batch of projected features.
        targets: the vectors of all targets.
        pairs: which (image, target) belong together; the targets in it are the batch's.
        objective: of the scores and positives of images and the batch's targets, each once.
        similarity: what makes a score.
    """
    own, positive = _own(pairs, len(images))
    return objective(similarity(images, targets[own]), positive)


@dataclass(frozen=True)
class Draws:
    """What draws ``count`` targets at a time, with replacement, by their chances; see ``of``."""

    count: int
    cumulative: Float[Tensor, " m"]
    lowered: Float[Tensor, " m"]  # what each target's score is lowered by where it is drawn
    generator: Generator | None = None

    @classmethod
    def of(
        cls,
        frequencies: Float[Tensor, " m"],
        count: int,
        *,
        power: float = 0.75,
        corrected: bool = False,
        generator: Generator | None = None,
    ) -> "Draws":
        """Draws of targets by their frequencies.

        Args:
            frequencies: how often each target occurs, at least 0 and not all 0.
            count: how many are drawn at a time.
            power: of the frequency, to which the chance is proportional: 0.75 as in word2vec, 0
                for all alike.
            corrected: whether a drawn target's score is lowered by the log of how often it is
                expected among the draws, so that a softmax over these stands for one over all.
            generator: torch's own if None.

        Source:
            Mikolov et al., NIPS 2013 (0.75); Bengio and Senécal, IEEE TNN 2008, and Jean et al.,
            ACL 2015, section 3.1 (the correction).
        """
        weights = frequencies.double() ** power
        expected = (count * weights / weights.sum()).log().float()
        lowered = expected if corrected else torch.zeros_like(expected)
        return cls(count, weights.cumsum(0), lowered, generator)

    def __call__(self) -> Int[Tensor, " count"]:
        """The targets drawn."""
        uniform = torch.rand(self.count, generator=self.generator, dtype=torch.float64)
        return torch.searchsorted(self.cumulative, uniform * self.cumulative[-1], right=True)


def sampled(
    images: Float[Tensor, "n d"],
    targets: Float[Tensor, "m d"],
    pairs: Int[Tensor, "pairs 2"],
    *,
    objective: Objective,
    similarity: Similarity = dot,
    draws: Draws,
) -> Float[Tensor, ""]:
    """The objective where an image's negatives are drawn from all targets.

    The other images' targets are ignored, as is a draw of a target that is right for the image.

    Args:
        images: a batch of projected features.
        targets: the vectors of all targets.
        pairs: which (image, target) belong together.
        objective: of the scores and positives of images with the batch's targets and the draws.
        similarity: what makes a score.
        draws: which negatives all images of the batch share.
    """
    own, positive = _own(pairs, len(images))
    drawn = draws()
    right = similarity(images, targets[own]).masked_fill(~positive, -torch.inf)
    place = pairs.new_full((len(targets),), -1)
    place[own] = torch.arange(len(own))
    twin = place[drawn]  # where among the batch's own targets a draw stands, or -1
    known = positive[:, twin] & (twin >= 0)
    wrong = (similarity(images, targets[drawn]) - draws.lowered[drawn]).masked_fill(
        known, -torch.inf
    )
    nothing = torch.zeros_like(known)
    return objective(torch.cat([right, wrong], dim=1), torch.cat([positive, nothing], dim=1))


def _own(
    pairs: Int[Tensor, "pairs 2"], images: int
) -> tuple[Int[Tensor, " own"], Bool[Tensor, "n own"]]:
    """The targets of a batch, each once, and which of them are positive for which image."""
    own, column = pairs[:, 1].unique(return_inverse=True)
    positive = torch.zeros(images, len(own), dtype=torch.bool)
    positive[pairs[:, 0], column] = True
    return own, positive
