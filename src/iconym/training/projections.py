"""The projection from features to word vectors, learned by the method that is asked for."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float

from iconym.features import Scaling
from iconym.labellers.space import SpaceLabeller
from iconym.nouns import Track, WordVectors, untracked
from iconym.space import Projection
from iconym.training.held_back import labeller_hits
from iconym.training.layers import examples_of, fit_projection
from iconym.training.methods import LINEAR as LINEAR  # where callers look for them
from iconym.training.methods import CosineSoftmax as CosineSoftmax
from iconym.training.methods import Hinge as Hinge
from iconym.training.methods import Method as Method
from iconym.training.methods import Ridge as Ridge
from iconym.training.methods import Seen
from iconym.training.ridge import fit_ridge, ridge_path, targets_of

ALPHAS = (1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
MIDDLE = 0.3  # where there are too few classes to choose by


def settled(
    method: Method,
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    vectors: WordVectors,
    *,
    seed: int,
    track: Track = untracked,
) -> Method:
    """The method with its alpha, if it was to be chosen: the best for labels held back.

    Some of these labels play the unseen in turn; of equally good alphas the largest is taken. With
    fewer than 4 labels it is 0.3.

    Args:
        method: with or without an alpha.
        features: of all pictures, of seen labels only.
        labels: the label of each picture.
        vectors: of every label.
        seed: of who plays the unseen when.
        track: shows progress.
    """
    if not isinstance(method, Ridge) or method.alpha is not None:
        return method
    if len(set(labels)) < 4:
        return Ridge(MIDDLE)

    def learn(some: np.ndarray, their_labels: Sequence[str]) -> list[SpaceLabeller]:
        path = ridge_path(some, targets_of(their_labels, vectors), alphas=ALPHAS)
        return [SpaceLabeller(projection, vectors) for projection in path]

    hits = labeller_hits(learn, features, labels, seed=seed, track=track)
    return Ridge(ALPHAS[int(np.flatnonzero(hits == hits.max())[-1])])


def project(
    method: Method,
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    vectors: WordVectors,
    track: Track = untracked,
) -> Projection:
    """The projection of features towards the vectors of their labels, learned by ``method``.

    Args:
        method: settled.
        features: of each picture, of any scale.
        labels: the label of each picture.
        vectors: of every label, at unit length; those of no picture are never negatives.
        track: shows progress.

    Raises:
        BadData: if learning diverges, or the hierarchy of ``TreeSoftmax`` lacks a label.
    """
    if isinstance(method, Ridge):
        alpha = MIDDLE if method.alpha is None else method.alpha
        return fit_ridge(features, targets_of(labels, vectors), alpha=alpha)
    scaling, goal = Scaling.of(features), method.goal(Seen.of(labels, vectors))
    examples = examples_of(torch.from_numpy(scaling(features)), labels, goal)
    fitted = fit_projection(examples, goal, method.descent, track)
    return Projection(*scaling.undone(fitted.weight, fitted.bias))
