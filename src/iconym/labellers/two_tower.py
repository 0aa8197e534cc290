"""Labels by a model with a tower for pictures and one for texts, as CLIP and SigLIP are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from iconym.labellers.space import score_by_text
from iconym.protocols import TextEncoder


@dataclass(frozen=True)
class TwoTowerLabeller:
    """Scores a label by the cosine of its vector with the picture's features, as they are.

    A ``SpaceLabeller`` with the identity as projection gives the same scores. What is more here
    is the scale, and the bias, that the towers were trained with, which make probabilities.

    Args:
        text: the model's own text tower, or prompts around it.
        scale: what a cosine was multiplied with in training (the inverse of the temperature).
        bias: added then, if the model was trained to judge each label by itself (SigLIP); None
            if it was trained to choose among labels (CLIP).

    Source:
        Radford et al., ICML 2021, figure 3 (softmax); Zhai et al., Sigmoid Loss for Language Image
        Pre-Training, ICCV 2023, section 3.2 (sigmoid).
    """

    text: TextEncoder
    scale: float
    bias: float | None = None

    def score(
        self, features: Float[np.ndarray, "n features"], labels: Sequence[str]
    ) -> Float[np.ndarray, "n m"]:
        """Cosines in [-1, 1]; -inf for a label that ``text`` cannot read."""
        return score_by_text(features, self.text, labels)

    def probabilities(
        self, features: Float[np.ndarray, "n features"], labels: Sequence[str]
    ) -> Float[np.ndarray, "n m"]:
        """How likely each label is; 0 for one that ``text`` cannot read.

        Without a bias one of ``labels`` is taken to be right: a row sums to 1 (a label asked twice
        has half of it in each place). With a bias each label is judged by itself, and a row may
        sum to anything: a picture that shows none of them has low numbers throughout.
        """
        logits = self.scale * self.score(features, labels)
        if self.bias is None:
            best = logits.max(axis=1, keepdims=True, initial=-self.scale)
            weights = np.exp(logits - best)
            return weights / np.maximum(weights.sum(axis=1, keepdims=True), np.finfo("f4").tiny)
        return np.exp(-np.logaddexp(0, -logits - self.bias))  # the sigmoid, without overflow
