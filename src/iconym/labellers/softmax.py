"""Labels by a softmax classifier over the classes it was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from iconym.errors import BadData
from iconym.metrics.calibration import temperature


@dataclass(frozen=True)
class SoftmaxLabeller:
    """A linear softmax classifier: column i of ``weight`` and ``bias[i]`` are of ``classes[i]``.

    It knows nothing of any other label.

    Raises:
        BadData: if numbers disagree or a class stands twice.
    """

    weight: Float[np.ndarray, "features classes"]
    bias: Float[np.ndarray, " classes"]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.weight.shape[1] == len(self.bias) == len(self.classes):
            raise BadData(
                f"{len(self.classes)} classes but weights for {self.weight.shape[1]} "
                f"and biases for {len(self.bias)}"
            )
        if len(set(self.classes)) != len(self.classes):
            twice = next(c for i, c in enumerate(self.classes) if c in self.classes[:i])
            raise BadData(f"the class {twice!r} stands twice; merge its pictures into one class")

    def score(
        self, features: Float[np.ndarray, "n features"], labels: Sequence[str]
    ) -> Float[np.ndarray, "n m"]:
        """Log-probabilities among all of its classes; -inf for a label that is none of them."""
        return columns_of(self.log_probabilities(features), self.classes, labels)

    def log_probabilities(
        self, features: Float[np.ndarray, "n features"]
    ) -> Float[np.ndarray, "n classes"]:
        """The logarithm of each class's probability, in the order of ``classes``; finite."""
        return log_softmax(features @ self.weight + self.bias)

    def calibrated(
        self, features: Float[np.ndarray, "n features"], labels: Sequence[str]
    ) -> "SoftmaxLabeller":
        """The classifier with weights and biases divided by the temperature that fits best.

        The order of its classes stays; its probabilities become those that make these labels
        likeliest, for ConSE to mix by. Nothing changes where there is nothing to tell by.

        Args:
            features: of pictures that it did not learn from.
            labels: the label of each, one of its classes.

        Raises:
            BadData: if a label is none of its classes.

        Source:
            Guo et al., On Calibration of Modern Neural Networks, ICML 2017, section 4.2.
        """
        stray = set(labels) - set(self.classes)
        if stray:
            raise BadData(f"the label {min(stray)!r} is none of the classes; leave it out")
        positive = np.array(labels)[:, None] == np.array(self.classes)
        found = temperature(self.log_probabilities(features), positive)
        return replace(self, weight=self.weight / found, bias=self.bias / found)


def log_softmax(logits: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n m"]:
    """The logarithm of each row's softmax; finite."""
    logits = logits - logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def columns_of(
    scores: Float[np.ndarray, "n classes"], classes: Sequence[str], labels: Sequence[str]
) -> Float[np.ndarray, "n m"]:
    """The column of each label that is one of the classes; -inf for a label that is none."""
    nothing = np.full((len(scores), 1), -np.inf, scores.dtype)
    column = {label: i for i, label in enumerate(classes)}
    columns = [column.get(label, len(classes)) for label in labels]
    return np.concatenate([scores, nothing], axis=1)[:, columns]
