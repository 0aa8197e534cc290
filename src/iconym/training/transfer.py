"""Cross-modal transfer, learned: two layers from features to the word vectors of seen labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from iconym.errors import Usage
from iconym.features import Scaling
from iconym.labellers.novelty import GaussianGate, LoopGate, variance_of
from iconym.labellers.softmax import SoftmaxLabeller
from iconym.labellers.transfer import TanhProjection, TransferLabeller
from iconym.nouns import Track, WordVectors, untracked
from iconym.objectives.l2 import l2
from iconym.similarity import negative_squared_distance
from iconym.space import Projection
from iconym.training.descent import TrainingConfig, descend
from iconym.training.layers import as_projection, of_classes
from iconym.training.ridge import targets_of

TWO_LAYERS = TrainingConfig(epochs=10, batch=128, learning_rate=1e-3, weight_decay=0.05)


@dataclass(frozen=True)
class TransferConfig:
    """How the two layers are learned, and which gate tells what is novel.

    Args:
        hidden: how many numbers are between the layers.
        descent: the optimizer's settings.
        gate: ``GaussianGate`` or ``LoopGate`` with 20 neighbors and lambda 3, as in the paper.
        cutoff: from where on a picture counts as novel; None: the novelty is its probability.
    """

    hidden: int = 200
    descent: TrainingConfig = TWO_LAYERS
    gate: Literal["gaussian", "loop"] = "loop"
    cutoff: float | None = None

    def __post_init__(self) -> None:
        if self.hidden < 1:
            raise Usage(f"hidden is {self.hidden}; it must be at least 1")


DEFAULT = TransferConfig()


def fit_transfer(
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    vectors: WordVectors,
    softmax: SoftmaxLabeller,
    config: TransferConfig = DEFAULT,
    track: Track = untracked,
) -> TransferLabeller:
    """Cross-modal transfer, learned from pictures of seen labels.

    The gate is made from the pictures learned from, as in the paper. The Gaussians around unseen
    labels have the variance of these pictures around their own labels' vectors, over all of them;
    the paper does not say which it took.

    Args:
        features: of each picture.
        labels: the label of each.
        vectors: of these labels, and of the unseen ones, which are all that ``softmax`` lacks.
        softmax: over the seen labels.
        config: how to learn.
        track: shows progress.

    Raises:
        UnknownWord: for a label without a vector.
        BadData: if there is no picture, no unseen label, or learning diverges; or, for LoOP, if
            there are not more than 20 pictures.

    Source:
        Socher et al., Zero-Shot Learning Through Cross-Modal Transfer, NIPS 2013.
    """
    projection = fit_tanh_projection(features, labels, vectors, config, track)
    places = projection(features)
    squared = np.square(places - targets_of(labels, vectors)).sum(axis=1, dtype=float)
    novel = tuple(word for word in vectors.words if word not in set(softmax.classes))
    return TransferLabeller(
        softmax=softmax,
        projection=projection,
        gate=LoopGate.of(places)
        if config.gate == "loop"
        else GaussianGate.of(places, labels, vectors),
        unseen=WordVectors(novel, targets_of(novel, vectors)),
        variance=variance_of(squared, vectors.dim),
        cutoff=config.cutoff,
    )


def fit_tanh_projection(
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    vectors: WordVectors,
    config: TransferConfig = DEFAULT,
    track: Track = untracked,
) -> TanhProjection:
    """The map theta2 tanh(theta1 x) of the least squared error to the labels' vectors.

    Args:
        features: of each picture, of any scale.
        labels: the label of each.
        vectors: of these labels, at least; as they are, of any length.
        config: how to learn.
        track: shows progress.

    Raises:
        UnknownWord: for a label without a vector.
        BadData: if there is no picture, or learning diverges.

    Source:
        Socher et al., Zero-Shot Learning Through Cross-Modal Transfer, NIPS 2013, equation 1. The
        paper sums over pictures, we average; both layers have a bias and decoupled weight decay,
        as the authors' program has a bias and a penalty on the weights; its sparsity penalty is
        left out.
    """
    torch.manual_seed(config.descent.seed)
    scaling, classes = Scaling.of(features), tuple(dict.fromkeys(labels))
    targets = torch.from_numpy(targets_of(classes, vectors).astype(np.float32))
    examples = of_classes(torch.from_numpy(scaling(features)), labels, classes)
    hidden = nn.Linear(features.shape[1], config.hidden)
    output = nn.Linear(config.hidden, vectors.dim)
    steps = config.descent.steps(len(examples))

    def score(batch: Tensor) -> Tensor:
        return negative_squared_distance(output(torch.tanh(hidden(batch))), targets)

    progress = track(range(steps), "two layers", steps)
    descend(score, [hidden, output], examples, l2, config.descent, progress)
    inner = as_projection(hidden)
    return TanhProjection(
        Projection(*scaling.undone(inner.weight, inner.bias)), as_projection(output)
    )
