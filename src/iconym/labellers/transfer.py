"""Labels by cross-modal transfer: a classifier for what looks familiar, words for what is new."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from iconym.errors import BadData
from iconym.labellers.novelty import Gate, log_likelihood
from iconym.labellers.softmax import SoftmaxLabeller, columns_of, log_softmax
from iconym.metrics.ranking import hits_at_k
from iconym.nouns import WordVectors
from iconym.similarity import negative_squared_distance
from iconym.space import Projection

LEAST = float(np.finfo(np.float64).tiny)  # of a probability, so that its logarithm is finite


@dataclass(frozen=True)
class TanhProjection:
    """The learned map of two layers from image features into the words' space."""

    hidden: Projection
    output: Projection

    def __call__(self, features: Float[np.ndarray, "n features"]) -> Float[np.ndarray, "n dim"]:
        """The features' places among the word vectors, not normalized."""
        return self.output(np.tanh(self.hidden(features)))


@dataclass(frozen=True)
class TransferLabeller:
    """p(label | picture), over labels seen and unseen, by how novel the picture is.

    It is p(label | novel, picture) p(novel | picture), and the same for what is not novel. A
    seen label's first factor is the softmax classifier's, on the features themselves; an unseen
    one's comes from Gaussians of one variance around the unseen labels' vectors, equally likely
    at first. It knows no other labels.

    Args:
        softmax: over the seen labels.
        projection: carries features among the word vectors.
        gate: the novelty of such a place, in [0, 1].
        unseen: the labels that a novel picture may have, with their vectors.
        variance: of the Gaussians, for each dimension.
        cutoff: a picture counts as novel where its novelty is at least this: 0 takes every picture
            for novel, above 1 takes none. None: the novelty is the probability itself.

    Raises:
        BadData: if there is no unseen label, or one of them is seen.

    Source:
        Socher et al., Zero-Shot Learning Through Cross-Modal Transfer, NIPS 2013, section 5: with
        a cutoff for the Gaussian gate, without for LoOP.
    """

    softmax: SoftmaxLabeller
    projection: TanhProjection
    gate: Gate
    unseen: WordVectors
    variance: float
    cutoff: float | None = None

    def __post_init__(self) -> None:
        both = set(self.softmax.classes) & set(self.unseen.words)
        if both:
            raise BadData(f"the label {min(both)!r} is both seen and unseen; keep it in one")
        if not self.unseen.words:
            raise BadData("no unseen label; for seen ones alone take the softmax labeller")

    def score(
        self, features: Float[np.ndarray, "n features"], labels: Sequence[str]
    ) -> Float[np.ndarray, "n m"]:
        """Log-probabilities among all labels it knows, finite; -inf for any other label."""
        places = self.projection(features)
        novel = self.gate(places)
        if self.cutoff is not None:
            novel = (novel >= self.cutoff).astype(float)
        seen = self.softmax.log_probabilities(features) + _log(1 - novel)
        known = np.concatenate([seen, self._if_novel(places) + _log(novel)], axis=1)
        return columns_of(known, (*self.softmax.classes, *self.unseen.words), labels)

    def curve(
        self,
        features: Float[np.ndarray, "n features"],
        truth: Sequence[str],
        cutoffs: Sequence[float],
    ) -> "GateCurve":
        """How often it is right on pictures of seen and of unseen labels, for each cutoff.

        As the cutoff rises, fewer pictures count as novel: the seen accuracy never falls and the
        unseen one never rises. Equally good answers count as expected.

        Args:
            features: of each picture.
            truth: the label of each, seen or unseen.
            cutoffs: in place of the labeller's own.

        Raises:
            BadData: if a true label is neither seen nor unseen, or all are of one kind.
        """
        is_seen = self._is_seen(truth)
        places = self.projection(features)
        novel = self.gate(places)[:, None] >= np.array(cutoffs)
        seen = _right(self.softmax.log_probabilities(features), self.softmax.classes, truth)
        unseen = _right(self._if_novel(places), self.unseen.words, truth)
        return GateCurve(
            np.array(cutoffs, float),
            (seen[:, None] * ~novel)[is_seen].mean(axis=0),
            (unseen[:, None] * novel)[~is_seen].mean(axis=0),
        )

    def _if_novel(self, places: Float[np.ndarray, "n dim"]) -> Float[np.ndarray, "n unseen"]:
        vectors = self.unseen.vectors.astype(np.float64)
        squared = -negative_squared_distance(places.astype(np.float64), vectors)
        return log_softmax(log_likelihood(squared, self.variance, vectors.shape[1]))

    def _is_seen(self, truth: Sequence[str]) -> Bool[np.ndarray, " n"]:
        stray = set(truth) - {*self.softmax.classes, *self.unseen.words}
        if stray:
            raise BadData(f"the true label {min(stray)!r} is neither seen nor unseen")
        is_seen = np.isin(np.array(truth), np.array(self.softmax.classes))
        if is_seen.all() or not is_seen.any():
            raise BadData("pictures of both seen and unseen labels are needed to trace the gate")
        return is_seen


class GateCurve(NamedTuple):
    """What each cutoff of the novelty gate does to the two kinds of pictures."""

    cutoffs: Float[np.ndarray, " cutoffs"]
    seen: Float[np.ndarray, " cutoffs"]  # accuracy on pictures of seen labels
    unseen: Float[np.ndarray, " cutoffs"]


def _right(
    scores: Float[np.ndarray, "n m"], labels: Sequence[str], truth: Sequence[str]
) -> Float[np.ndarray, " n"]:
    """How far each picture's best-scored label is the true one, in [0, 1]."""
    return hits_at_k(scores, np.array(truth)[:, None] == np.array(labels), 1)


def _log(probability: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 1"]:
    return np.log(np.maximum(probability, LEAST))[:, None]
