"""Ways to learn the projection from features to word vectors: one for each objective."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float

from iconym.errors import Usage
from iconym.features import Scaling
from iconym.nouns import Track, WordVectors, untracked
from iconym.objectives.hinge_rank import hinge_rank
from iconym.objectives.info_nce import info_nce
from iconym.similarity import cosine
from iconym.space import Projection
from iconym.training.class_splits import unseen_hits
from iconym.training.descent import TrainingConfig
from iconym.training.layers import Goal, examples_of, fit_projection
from iconym.training.ridge import fit_ridge, ridge_path, targets_of

ALPHAS = (1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
MIDDLE = 0.3  # where there are too few classes to choose by
LINEAR = TrainingConfig(epochs=20, batch=128, learning_rate=1e-3, weight_decay=0.01)


@dataclass(frozen=True)
class Ridge:
    """Least squares with penalty ``alpha``, as in ``fit_ridge``; None: chosen on seen labels."""

    alpha: float | None = None

    def __post_init__(self) -> None:
        _above_zero("alpha", self.alpha)


@dataclass(frozen=True)
class Hinge:
    """DeViSE's own: inner products, the right label ahead by ``margin`` of one that is not."""

    margin: float = 0.1
    descent: TrainingConfig = LINEAR

    def __post_init__(self) -> None:
        _above_zero("margin", self.margin)


@dataclass(frozen=True)
class CosineSoftmax:
    """InfoNCE on cosines: the right label out of all seen ones."""

    temperature: float = 0.07
    descent: TrainingConfig = LINEAR

    def __post_init__(self) -> None:
        _above_zero("temperature", self.temperature)


Method = Ridge | Hinge | CosineSoftmax


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

    def learn(some: np.ndarray, their_labels: Sequence[str]) -> list[Projection]:
        return ridge_path(some, targets_of(their_labels, vectors), alphas=ALPHAS)

    hits = unseen_hits(learn, features, labels, vectors, seed=seed, track=track)
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
        BadData: if learning diverges.
    """
    match method:
        case Ridge(alpha):
            return fit_ridge(
                features, targets_of(labels, vectors), alpha=MIDDLE if alpha is None else alpha
            )
        case Hinge(margin, descent):
            objective = partial(hinge_rank, margin=margin, negatives="first")
            goal = Goal(_of(labels, vectors), objective)
        case CosineSoftmax(temperature, descent):
            objective = partial(info_nce, temperature=temperature)
            goal = Goal(_of(labels, vectors), objective, cosine)
    scaling = Scaling.of(features)
    examples = examples_of(torch.from_numpy(scaling(features)), labels, goal)
    fitted = fit_projection(examples, goal, descent, track)
    return Projection(*scaling.undone(fitted.weight, fitted.bias))


def _of(labels: Sequence[str], vectors: WordVectors) -> WordVectors:
    """The vectors of the labels that occur: an unseen one is never a negative."""
    classes = tuple(dict.fromkeys(labels))
    return WordVectors(classes, targets_of(classes, vectors))


def _above_zero(name: str, value: float | None) -> None:
    if value is not None and not value > 0:
        raise Usage(f"{name} is {value}; it must be above 0")
