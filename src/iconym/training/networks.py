"""Networks learned by descent from scratch: a classifier, and a joint one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from iconym.encoders.cnn import Cnn, CnnConfig
from iconym.nouns import Track, untracked
from iconym.objectives import Objective
from iconym.objectives.smoothed_softmax import smoothed_softmax, uniform
from iconym.training.config import TrainingConfig
from iconym.training.descent import Descent, Prepare, run
from iconym.training.fine_tuning import encoded
from iconym.training.layers import Goal, as_projection, of_classes, score_towards

SMOOTHING = 0.1  # share of a classifier's label that goes to all classes alike


@dataclass(frozen=True)
class FromScratch:
    """How a network is trained from scratch.

    Args:
        shape: of the network.
        descent: the optimizer's settings.
        prepare: turns a batch of pictures into network input (n, 3, side, side), augmented.
        checkpoint: a folder for the state, as for ``run``; one that is there goes on.
    """

    shape: CnnConfig
    descent: TrainingConfig
    prepare: Prepare
    checkpoint: Path | None = None


@dataclass(frozen=True)
class Classifier:
    """A network and the softmax layer on it; ``classes[j]`` belongs to column j."""

    cnn: Cnn
    weight: Float[np.ndarray, "features classes"]
    bias: Float[np.ndarray, " classes"]
    classes: tuple[str, ...]


def train_classifier(
    pictures: Tensor,
    labels: Sequence[str],
    how: FromScratch,
    track: Track = untracked,
) -> Classifier:
    """A network trained from scratch by softmax cross-entropy with smoothed labels.

    Args:
        pictures: (n, channels, side, side) uint8.
        labels: one for each picture; classes stand in the order of their first picture.
        how: shape, optimizer and augmentation.
        track: shows progress.

    Source:
        Szegedy et al., Rethinking the Inception Architecture, CVPR 2016, section 7 (smoothing).
    """
    torch.manual_seed(how.descent.seed)
    classes = tuple(dict.fromkeys(labels))
    network, layer = Cnn(how.shape), nn.Linear(how.shape.widths[-1], len(classes))
    examples = of_classes(pictures, labels, classes, how.prepare)
    descent = Descent(
        lambda inputs: layer(encoded(network, inputs)),
        [network, layer],
        examples,
        _smoothed(len(classes)),
        how.descent,
    )
    run(descent, "classifier", track, how.checkpoint)
    fitted = as_projection(layer)
    return Classifier(network, fitted.weight, fitted.bias, classes)


def train_jointly(
    pictures: Tensor,
    labels: Sequence[str],
    goal: Goal,
    how: FromScratch,
    track: Track = untracked,
) -> Cnn:
    """A network trained from scratch to classify and to reach the goal, both counting the same.

    It has two layers on top, a softmax and a projection; what it learned for both stays in it.

    Args:
        pictures: as for ``train_classifier``.
        labels: one for each picture, all of the goal's.
        goal: label vectors, and the second objective; labels of equal vectors are negatives of
            each other here, which softmax objectives do not mind.
        how: shape, optimizer and augmentation.
        track: shows progress.
    """
    torch.manual_seed(how.descent.seed)
    classes = goal.labels.words
    network, layer = Cnn(how.shape), nn.Linear(how.shape.widths[-1], len(classes))
    projection = nn.Linear(how.shape.widths[-1], goal.labels.dim)
    towards, smoothed = score_towards(goal, projection), _smoothed(len(classes))
    examples = of_classes(pictures, labels, classes * 2, how.prepare)  # the columns of both layers

    def score(inputs: Tensor) -> Tensor:
        features = encoded(network, inputs)
        return torch.cat([layer(features), towards(features)], dim=1)

    def both(scores: Tensor, positive: Tensor) -> Tensor:
        logits, nearness = scores.chunk(2, dim=1)
        right, _ = positive.chunk(2, dim=1)
        return smoothed(logits, right) + goal.objective(nearness, right)

    modules = [network, layer, projection]
    descent = Descent(score, modules, examples, both, how.descent, given=goal)
    run(descent, "joint network", track, how.checkpoint)
    return network


def _smoothed(classes: int) -> Objective:
    return partial(smoothed_softmax, soft_labels=uniform(classes, share=SMOOTHING))
