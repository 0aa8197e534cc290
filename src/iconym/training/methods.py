"""Methods: the objectives that a projection can be learned by, each with its settings.

``projections.project`` learns by them. The features' scale is not theirs to mind: descent meets
scaled ones. Margins are in units of their scores: inner products of projected features, which are
of any length, with unit label vectors, or cosines.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from math import log

import torch
from jaxtyping import Float
from torch import Tensor

from iconym.errors import Usage
from iconym.hierarchy import Hierarchy
from iconym.nouns import WordVectors
from iconym.objectives.candidates import Draws, in_batch, sampled
from iconym.objectives.cosine import cosine as cosine_regression
from iconym.objectives.hinge_rank import Negatives, hinge_rank
from iconym.objectives.info_nce import info_nce
from iconym.objectives.l2 import l2
from iconym.objectives.negative_sampling import negative_sampling
from iconym.objectives.sigmoid import LearnedSigmoid
from iconym.objectives.smoothed_softmax import smoothed_softmax, soften
from iconym.objectives.softmax import softmax
from iconym.objectives.two_way import two_way
from iconym.objectives.whole_vocabulary import chunked_info_nce
from iconym.similarity import Matrix, cosine, negative_squared_distance
from iconym.training.descent import TrainingConfig
from iconym.training.layers import Goal, PairedGoal
from iconym.training.ridge import targets_of

LINEAR = TrainingConfig(epochs=20, batch=128, learning_rate=1e-3, weight_decay=0.01)
MANY = 4096  # labels from which on their scores are made a chunk at a time


@dataclass(frozen=True)
class Seen:
    """What a projection is to learn: the vectors of the labels that occur, and how often each."""

    words: WordVectors
    frequencies: Float[Tensor, " m"]

    @classmethod
    def of(cls, labels: Sequence[str], vectors: WordVectors) -> "Seen":
        """The labels of these pictures; one of no picture is never a negative."""
        counts = Counter(labels)
        words = WordVectors(tuple(counts), targets_of(tuple(counts), vectors))
        return cls(words, torch.tensor(list(counts.values()), dtype=torch.float32))


@dataclass(frozen=True)
class Ridge:
    """Least squares with penalty ``alpha``, as in ``fit_ridge``; None: chosen on seen labels."""

    alpha: float | None = None

    def __post_init__(self) -> None:
        _above_zero("alpha", self.alpha)


@dataclass(frozen=True)
class Hinge:
    """DeViSE's own: inner products, the right label ahead by ``margin`` of one that is not.

    The paper's margin is 0.1, with features of another scale; 5 was chosen on pictures held back
    from CIFAR-100's training ones.
    """

    margin: float = 5.0
    descent: TrainingConfig = LINEAR
    negatives: Negatives = "first"

    def __post_init__(self) -> None:
        _above_zero("margin", self.margin)

    def goal(self, seen: Seen) -> Goal:
        """The hinge rank loss over all labels."""
        objective = partial(hinge_rank, margin=self.margin, negatives=self.negatives)
        return Goal(seen.words, objective)


@dataclass(frozen=True)
class TwoWay:
    """Kiros et al.: cosines; pictures rank the labels of their batch, and labels the pictures."""

    margin: float = 0.2
    descent: TrainingConfig = LINEAR
    negatives: Negatives = "all"

    def __post_init__(self) -> None:
        _above_zero("margin", self.margin)

    def goal(self, seen: Seen) -> PairedGoal:
        """The hinge rank loss of both directions within a batch."""
        one = partial(hinge_rank, margin=self.margin, negatives=self.negatives)
        both = partial(two_way, objective=one)
        return PairedGoal(seen.words, partial(in_batch, objective=both, similarity=cosine))


@dataclass(frozen=True)
class L2:
    """The squared distance to the right label's vector, and no negative: DeViSE's ablation."""

    descent: TrainingConfig = LINEAR

    def goal(self, seen: Seen) -> Goal:
        """Squared distances."""
        return Goal(seen.words, l2, negative_squared_distance)


@dataclass(frozen=True)
class CosineRegression:
    """The cosine with the right label's vector, and no negative."""

    descent: TrainingConfig = LINEAR

    def goal(self, seen: Seen) -> Goal:
        """Cosines."""
        return Goal(seen.words, cosine_regression, cosine)


@dataclass(frozen=True)
class NegativeSampling:
    """word2vec's, with inner products: yes to the right label, no to those drawn for the batch.

    ``draws`` labels, by how often they occur to the power of 0.75.
    """

    draws: int = 15
    descent: TrainingConfig = LINEAR

    def __post_init__(self) -> None:
        _above_zero("draws", self.draws)

    def goal(self, seen: Seen) -> PairedGoal:
        """Logistic regression against labels drawn anew for each batch."""
        draws = Draws.of(seen.frequencies, self.draws)
        objective = partial(sampled, objective=negative_sampling, draws=draws)
        return PairedGoal(seen.words, objective)


@dataclass(frozen=True)
class Softmax:
    """Cross-entropy of a softmax over all seen labels, whose logits are inner products."""

    descent: TrainingConfig = LINEAR

    def goal(self, seen: Seen) -> Goal | PairedGoal:
        """Softmax cross-entropy, by chunks of the vocabulary where it is large."""
        if len(seen.words) < MANY:
            return Goal(seen.words, softmax)
        whole = partial(chunked_info_nce, temperature=1.0, cosines=False)
        return PairedGoal(seen.words, whole)


@dataclass(frozen=True)
class TreeSoftmax:
    """``Softmax`` with soft labels: a wrong label counts by how far up the tree it meets the right.

    The weight of a label at distance d, in [0, 1], is in proportion to exp(-``beta`` d).

    Source:
        Bertinetto et al., Making Better Mistakes, CVPR 2020 (soft labels).
    """

    hierarchy: Hierarchy = field(repr=False)
    beta: float = 15.0
    descent: TrainingConfig = LINEAR

    def __post_init__(self) -> None:
        _above_zero("beta", self.beta)

    def goal(self, seen: Seen) -> Goal:
        """Softmax cross-entropy with soft labels.

        Raises:
            BadData: if the hierarchy lacks a label.
        """
        distances = torch.from_numpy(self.hierarchy.tree_distances(seen.words.words))
        soft = soften(-distances.float(), temperature=1 / self.beta)
        return Goal(seen.words, partial(smoothed_softmax, soft_labels=soft))


@dataclass(frozen=True)
class CosineSoftmax:
    """InfoNCE on cosines: the right label out of all seen ones.

    Or, with ``draws``, out of as many drawn for the batch by how often labels occur to the power
    of 0.75, the scores corrected for that.
    """

    temperature: float = 0.07
    descent: TrainingConfig = LINEAR
    draws: int | None = None

    def __post_init__(self) -> None:
        _above_zero("temperature", self.temperature)
        _above_zero("draws", self.draws)

    def goal(self, seen: Seen) -> Goal | PairedGoal:
        """InfoNCE over all labels, by chunks where they are many, or over those drawn."""
        if self.draws is not None:
            draws = Draws.of(seen.frequencies, self.draws, corrected=True)
            logits = partial(_logits, temperature=self.temperature)
            objective = partial(sampled, objective=softmax, similarity=logits, draws=draws)
            return PairedGoal(seen.words, objective)
        if len(seen.words) >= MANY:
            return PairedGoal(seen.words, partial(chunked_info_nce, temperature=self.temperature))
        return Goal(seen.words, partial(info_nce, temperature=self.temperature), cosine)


@dataclass(frozen=True)
class Sigmoid:
    """SigLIP's: whether a label is right, from its cosine, with a scale and bias that are learned.

    They start at ``scale`` and ``bias``; None: at log(1 / (labels - 1)), one right out of all.
    """

    scale: float = 10.0
    bias: float | None = None
    descent: TrainingConfig = LINEAR

    def __post_init__(self) -> None:
        _above_zero("scale", self.scale)

    def goal(self, seen: Seen) -> Goal:
        """The sigmoid loss over all labels."""
        start = -log(max(len(seen.words) - 1, 1)) if self.bias is None else self.bias
        return Goal(seen.words, LearnedSigmoid(scale=self.scale, bias=start), cosine)


ByDescent = (
    Hinge
    | TwoWay
    | L2
    | CosineRegression
    | NegativeSampling
    | Softmax
    | TreeSoftmax
    | CosineSoftmax
    | Sigmoid
)
Method = Ridge | ByDescent


def _logits(a: Matrix, b: Matrix, *, temperature: float) -> Matrix:
    return cosine(a, b) / temperature


def _above_zero(name: str, value: float | None) -> None:
    if value is not None and not value > 0:
        raise Usage(f"{name} is {value}; it must be above 0")
