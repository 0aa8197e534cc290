"""How strongly to correct for hubs, chosen on seen labels that play the unseen."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from jaxtyping import Float

from iconym.labellers.hubness import CslsLabeller, InvertedSoftmaxLabeller
from iconym.labellers.space import SpaceLabeller
from iconym.nouns import WordVectors
from iconym.protocols import Labeller
from iconym.space import Projection
from iconym.training.held_back import labeller_hits

# What is learned from (n, features) and the names of their n labels.
Project = Callable[[np.ndarray, Sequence[str]], Projection]

# A space and the places of the pictures it learned from to a labeller that corrects by them.
Correction = Callable[[SpaceLabeller, np.ndarray], Labeller]

CSLS: tuple[Correction, ...] = tuple(
    partial(CslsLabeller, k=k) for k in (1, 3, 10, 30, 100, 300, 1000)
)
INVERTED_SOFTMAX: tuple[Correction, ...] = tuple(
    partial(InvertedSoftmaxLabeller, temperature=t) for t in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
)


def chosen_correction(
    corrections: Sequence[Correction],
    project: Project,
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    vectors: WordVectors,
    *,
    seed: int,
) -> Correction:
    """The correction with the highest hit@1 on seen labels that play the unseen.

    The bank is always of the pictures learned from. Of equally good ones the last is taken.

    Args:
        corrections: to choose from, as ``CSLS`` or ``INVERTED_SOFTMAX``.
        project: learns the projection that is corrected, with its settings chosen.
        features: of all pictures, of seen labels only.
        labels: the label of each picture.
        vectors: of every label.
        seed: of who plays the unseen when.

    Raises:
        BadData: if there are fewer than 4 labels.
    """

    def learn(some: np.ndarray, their_labels: Sequence[str]) -> list[Labeller]:
        projection = project(some, their_labels)
        space, bank = SpaceLabeller(projection, vectors), projection(some)
        return [correct(space, bank) for correct in corrections]

    hits = labeller_hits(learn, features, labels, seed=seed)
    return corrections[int(np.flatnonzero(hits == hits.max())[-1])]
