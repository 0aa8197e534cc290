"""Learning the joint space by descent: a classifier, a projection, and both together.

One loop serves all; what differs is where the scores come from: a softmax layer, inner products
with label vectors, or cosines with them.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from iconym.descent import Examples, Prepare, TrainingConfig, descend
from iconym.encoders.cnn import Cnn, CnnConfig
from iconym.errors import UnknownWord
from iconym.features import Scaling
from iconym.labellers.softmax import SoftmaxLabeller
from iconym.nouns import Track, WordVectors, untracked
from iconym.objectives import Objective
from iconym.objectives.info_nce import info_nce
from iconym.objectives.smoothed_softmax import smoothed_softmax
from iconym.similarity import Matrix, dot, unit
from iconym.space import Projection

Similarity = Callable[[Matrix, Matrix], Matrix]  # similarity.dot or similarity.cosine

CROSS_ENTROPY = partial(info_nce, temperature=1.0)
SMOOTHING = 0.1  # share of a classifier's label that goes to all classes alike


@dataclass(frozen=True)
class Goal:
    """Where pictures are to go: the label vectors, and what being near the right one means.

    Args:
        labels: label vectors, taken at unit length; training never moves them.
        objective: of scores and positive.
        similarity: what makes a score: ``dot`` as in DeViSE, where the projected features are
            not normalized, or ``cosine``.
    """

    labels: WordVectors
    objective: Objective
    similarity: Similarity = dot


@dataclass(frozen=True)
class FromScratch:
    """How a network is trained from scratch.

    Args:
        shape: of the network.
        descent: the optimizer's settings.
        prepare: turns a batch of pictures into network input (n, 3, side, side), augmented.
    """

    shape: CnnConfig
    descent: TrainingConfig
    prepare: Prepare


@dataclass(frozen=True)
class Classifier:
    """A network and the softmax layer on it; ``classes[j]`` belongs to column j."""

    cnn: Cnn
    weight: Float[np.ndarray, "features classes"]
    bias: Float[np.ndarray, " classes"]
    classes: tuple[str, ...]


def examples_of(
    inputs: Tensor,
    labels: Sequence[str],
    goal: Goal,
    prepare: Prepare = lambda batch, _generator: batch,
) -> Examples:
    """Inputs with the labels they carry, as examples on the way to a goal.

    Raises:
        UnknownWord: for a label that the goal lacks.
    """
    _, group = np.unique(goal.labels.vectors, axis=0, return_inverse=True)
    row = {word: i for i, word in enumerate(goal.labels.words)}
    missing = [label for label in labels if label not in row]
    if missing:
        raise UnknownWord(missing[0])
    truth = torch.from_numpy(group[[row[label] for label in labels]])
    return Examples(inputs, truth, torch.from_numpy(group), prepare)


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
    examples = _of_classes(pictures, labels, classes, how.prepare)
    steps = how.descent.steps(len(examples))
    descend(
        lambda inputs: layer(_encoded(network, inputs)),
        [network, layer],
        examples,
        _smoothed(len(classes)),
        how.descent,
        track(range(steps), "classifier", steps),
    )
    weight, bias = (p.detach().numpy().copy() for p in (layer.weight.T, layer.bias))
    return Classifier(network, weight, bias, classes)


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
    towards, smoothed = _towards(goal, projection), _smoothed(len(classes))
    examples = _of_classes(pictures, labels, classes * 2, how.prepare)  # the columns of both layers

    def score(inputs: Tensor) -> Tensor:
        features = _encoded(network, inputs)
        return torch.cat([layer(features), towards(features)], dim=1)

    def both(scores: Tensor, positive: Tensor) -> Tensor:
        logits, nearness = scores.chunk(2, dim=1)
        right, _ = positive.chunk(2, dim=1)
        return smoothed(logits, right) + goal.objective(nearness, right)

    steps = how.descent.steps(len(examples))
    progress = track(range(steps), "joint network", steps)
    descend(score, [network, layer, projection], examples, both, how.descent, progress)
    return network


def fit_softmax(
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    config: TrainingConfig,
    track: Track = untracked,
) -> SoftmaxLabeller:
    """A softmax layer on features that stay as they are, trained by cross-entropy.

    Args:
        features: of each picture, of any scale.
        labels: one for each; classes stand in the order of their first picture.
        config: the optimizer's settings.
        track: shows progress.
    """
    torch.manual_seed(config.seed)
    classes, scaling = tuple(dict.fromkeys(labels)), Scaling.of(features)
    examples = _of_classes(torch.from_numpy(scaling(features)), labels, classes)
    layer, steps = nn.Linear(features.shape[1], len(classes)), config.steps(len(examples))
    progress = track(range(steps), "softmax layer", steps)
    descend(layer, [layer], examples, CROSS_ENTROPY, config, progress)
    fitted = _projection(layer)
    return SoftmaxLabeller(*scaling.undone(fitted.weight, fitted.bias), classes)


def fit_projection(
    examples: Examples, goal: Goal, config: TrainingConfig, track: Track = untracked
) -> Projection:
    """The linear map that carries features towards the vectors of their labels.

    Args:
        examples: features (n, features), of ``examples_of`` this goal.
        goal: where to.
        config: the optimizer's settings.
        track: shows progress.
    """
    torch.manual_seed(config.seed)
    layer = nn.Linear(examples.inputs.shape[1], goal.labels.dim)
    steps = config.steps(len(examples))
    progress = track(range(steps), "projection", steps)
    descend(_towards(goal, layer), [layer], examples, goal.objective, config, progress)
    return _projection(layer)


def fine_tune(
    network: Cnn,
    projection: Projection,
    examples: Examples,
    goal: Goal,
    config: TrainingConfig,
    track: Track = untracked,
) -> tuple[Cnn, Projection]:
    """Network and projection trained on together; the ones given stay as they are.

    Args:
        network: where the network starts.
        projection: where the projection starts.
        examples: pictures, of ``examples_of`` this goal.
        goal: where to.
        config: the optimizer's settings.
        track: shows progress.
    """
    tuned, layer = copy.deepcopy(network), nn.Linear(*projection.weight.shape)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(projection.weight.T))
        layer.bias.copy_(torch.from_numpy(projection.bias))
    towards, steps = _towards(goal, layer), config.steps(len(examples))
    descend(
        lambda pictures: towards(_encoded(tuned, pictures)),
        [tuned, layer],
        examples,
        goal.objective,
        config,
        track(range(steps), "fine-tuning", steps),
    )
    return tuned, _projection(layer)


def _smoothed(classes: int) -> Objective:
    soft_labels = (1 - SMOOTHING) * torch.eye(classes) + SMOOTHING / classes
    return partial(smoothed_softmax, soft_labels=soft_labels)


def _encoded(network: Cnn, pictures: Tensor) -> Tensor:
    """Features, by products in bfloat16 where the processor has them: twice as fast or more."""
    able = torch.cpu.get_capabilities()
    fast = bool(able.get("avx512_bf16") or able.get("amx_bf16"))
    with torch.autocast("cpu", torch.bfloat16, enabled=fast):
        features = network(pictures.contiguous(memory_format=torch.channels_last))
    return features.float()


def _of_classes(
    inputs: Tensor,
    labels: Sequence[str],
    classes: Sequence[str],
    prepare: Prepare = lambda batch, _generator: batch,
) -> Examples:
    number = {label: i for i, label in enumerate(dict.fromkeys(classes))}
    truth, columns = ([number[label] for label in some] for some in (labels, classes))
    return Examples(inputs, torch.tensor(truth), torch.tensor(columns), prepare)


def _towards(goal: Goal, layer: nn.Linear) -> Callable[[Tensor], Tensor]:
    labels = torch.from_numpy(unit(goal.labels.vectors.astype(np.float32)))
    return lambda features: goal.similarity(layer(features), labels)


def _projection(layer: nn.Linear) -> Projection:
    weight, bias = (p.detach().numpy().copy() for p in (layer.weight.T, layer.bias))
    return Projection(weight, bias)
