"""Linear layers learned by descent on features that stay as they are: a projection, a softmax.

One loop serves all; what differs is where the scores come from: a softmax layer, inner products
with label vectors, or cosines with them. ``networks.py`` learns with the same parts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from iconym.errors import UnknownWord
from iconym.features import Scaling
from iconym.labellers.softmax import SoftmaxLabeller
from iconym.nouns import Track, WordVectors, untracked
from iconym.objectives import Objective, PairedObjective
from iconym.objectives.candidates import Similarity
from iconym.objectives.softmax import softmax
from iconym.similarity import dot, unit
from iconym.space import Projection
from iconym.training.descent import Examples, Prepare, TrainingConfig, as_is, descend
from iconym.training.positives import Matrix, Pairs


@dataclass(frozen=True)
class Goal:
    """Where pictures are to go: the label vectors, and what being near the right one means.

    Args:
        labels: label vectors, taken at unit length; training never moves them.
        objective: of scores and positive; if it is a module, its parameters are learned too.
        similarity: what makes a score: ``dot`` as in DeViSE, where the projected features are
            not normalized, or ``cosine``.
    """

    labels: WordVectors
    objective: Objective
    similarity: Similarity = dot


@dataclass(frozen=True)
class PairedGoal:
    """A ``Goal`` with more labels than a matrix of scores should hold.

    Args:
        labels: as for ``Goal``.
        objective: of projected features, label vectors at unit length and positive pairs; it
            chooses the negatives: ``in_batch``, ``sampled``, or all a chunk at a time.
    """

    labels: WordVectors
    objective: PairedObjective


def fit_projection(
    examples: Examples,
    goal: Goal | PairedGoal,
    config: TrainingConfig,
    track: Track = untracked,
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
    if isinstance(goal, Goal):
        learned = [layer, *_modules(goal.objective)]
        descend(score_towards(goal, layer), learned, examples, goal.objective, config, progress)
    else:
        descend(layer, [layer], examples, _towards(goal), config, progress)
    return as_projection(layer)


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
    examples = of_classes(torch.from_numpy(scaling(features)), labels, classes)
    layer, steps = nn.Linear(features.shape[1], len(classes)), config.steps(len(examples))
    progress = track(range(steps), "softmax layer", steps)
    descend(layer, [layer], examples, softmax, config, progress)
    fitted = as_projection(layer)
    return SoftmaxLabeller(*scaling.undone(fitted.weight, fitted.bias), classes)


def examples_of(
    inputs: Tensor,
    labels: Sequence[str],
    goal: Goal | PairedGoal,
    prepare: Prepare = as_is,
) -> Examples:
    """Inputs with the labels they carry, as examples on the way to a goal.

    Labels of equal vectors are all right for a picture of one of them.

    Raises:
        UnknownWord: for a label that the goal lacks.
    """
    _, group = np.unique(goal.labels.vectors, axis=0, return_inverse=True)
    row = {word: i for i, word in enumerate(goal.labels.words)}
    missing = [label for label in labels if label not in row]
    if missing:
        raise UnknownWord(missing[0])
    truth = torch.from_numpy(group[[row[label] for label in labels]])
    positives = Matrix if isinstance(goal, Goal) else Pairs
    return Examples(inputs, truth, positives(torch.from_numpy(group)), prepare)


def of_classes(
    inputs: Tensor,
    labels: Sequence[str],
    classes: Sequence[str],
    prepare: Prepare = as_is,
) -> Examples:
    """Inputs with their labels, as examples for a layer with these classes as its columns."""
    number = {label: i for i, label in enumerate(dict.fromkeys(classes))}
    truth, columns = ([number[label] for label in some] for some in (labels, classes))
    return Examples(inputs, torch.tensor(truth), Matrix(torch.tensor(columns)), prepare)


def score_towards(goal: Goal, layer: nn.Linear) -> Callable[[Tensor], Tensor]:
    """What scores features (n, features), projected by ``layer``, against the goal's labels."""
    labels = _at_unit_length(goal.labels)
    return lambda features: goal.similarity(layer(features), labels)


def as_projection(layer: nn.Linear) -> Projection:
    """What the layer has learned, as a projection."""
    weight, bias = (p.detach().numpy().copy() for p in (layer.weight.T, layer.bias))
    return Projection(weight, bias)


def _towards(goal: PairedGoal) -> Callable[[Tensor, Tensor], Tensor]:
    """The objective of projected features and pairs; the label vectors are the goal's."""
    labels = _at_unit_length(goal.labels)
    return lambda projected, pairs: goal.objective(projected, labels, pairs)


def _at_unit_length(labels: WordVectors) -> Tensor:
    return torch.from_numpy(unit(labels.vectors.astype(np.float32)))


def _modules(objective: Objective) -> list[nn.Module]:
    return [objective] if isinstance(objective, nn.Module) else []
