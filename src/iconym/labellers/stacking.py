"""Labels of another labeller, the seen ones held back a little: calibrated stacking."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from iconym.protocols import Labeller


@dataclass(frozen=True)
class CalibratedStacking:
    """The scores of ``labeller``, less ``gamma`` for the labels that it was trained on.

    Whoever learned from pictures of some labels prefers those. ``training.held_back.chosen_gamma``
    finds how much they have to be held back.

    Args:
        labeller: whose scores.
        seen: the labels trained on.
        gamma: in units of the scores; 0 changes nothing.

    Source:
        Chao et al., An Empirical Study and Analysis of Generalized Zero-Shot Learning for Object
        Recognition in the Wild, ECCV 2016, equation 4.
    """

    labeller: Labeller
    seen: tuple[str, ...]
    gamma: float

    def score(
        self, features: Float[np.ndarray, "n features"], labels: Sequence[str]
    ) -> Float[np.ndarray, "n m"]:
        """Scores in units of the labeller's; -inf for a label that it cannot answer."""
        seen = set(self.seen)
        held_back = np.array([self.gamma if label in seen else 0.0 for label in labels])
        return self.labeller.score(features, labels) - held_back
