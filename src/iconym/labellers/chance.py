"""The two baselines that know nothing: chance, and label vectors that mean nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from iconym.nouns import WordVectors
from iconym.similarity import unit


@dataclass(frozen=True)
class ChanceLabeller:
    """Finds every label equally good, so that a metric's rule for ties computes chance."""

    def score(
        self, features: Float[np.ndarray, "n features"], labels: Sequence[str]
    ) -> Float[np.ndarray, "n m"]:
        """0 for every picture and label, and it knows them all."""
        return np.zeros((len(features), len(labels)))


def random_vectors(labels: Sequence[str], dim: int, *, seed: int) -> WordVectors:
    """A unit vector in a random direction for each label.

    A space trained towards these is DeViSE's random-embedding baseline.
    The same labels in the same order, dim and seed give the same vectors.

    Raises:
        BadData: if a label stands twice.

    Source:
        Frome et al., DeViSE, NIPS 2013.
    """
    directions = np.random.default_rng(seed).standard_normal((len(labels), dim))
    return WordVectors(tuple(labels), unit(directions).astype(np.float32))
