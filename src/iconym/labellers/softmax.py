"""Labels by a softmax classifier over the classes it was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from iconym.errors import BadData


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
        known = self.log_probabilities(features)
        nothing = np.full((len(features), 1), -np.inf, known.dtype)
        column = {label: i for i, label in enumerate(self.classes)}
        columns = [column.get(label, len(self.classes)) for label in labels]
        return np.concatenate([known, nothing], axis=1)[:, columns]

    def log_probabilities(
        self, features: Float[np.ndarray, "n features"]
    ) -> Float[np.ndarray, "n classes"]:
        """The logarithm of each class's probability, in the order of ``classes``; finite."""
        logits = features @ self.weight + self.bias
        logits = logits - logits.max(axis=1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
