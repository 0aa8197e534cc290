"""How the optimizer runs: its settings, and the learning rate at each step."""

import math
from dataclasses import dataclass

from iconym.errors import Usage


@dataclass(frozen=True)
class TrainingConfig:
    """How the optimizer runs: AdamW, a linear warm-up, then a cosine down to nothing.

    Args:
        epochs: passes over the examples.
        batch: examples a step.
        learning_rate: at the end of the warm-up.
        weight_decay: decoupled from the gradient.
        warmup: share of all steps, in [0, 1].
        seed: of everything that is drawn.

    Source:
        Loshchilov and Hutter, 2019 (AdamW) and 2017 (the cosine).
    """

    epochs: int = 30
    batch: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    warmup: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.epochs, self.batch) < 1 or not self.learning_rate > 0:
            raise Usage(
                f"epochs {self.epochs}, batch {self.batch} and learning_rate "
                f"{self.learning_rate} must be above 0"
            )
        if not self.weight_decay >= 0 or not 0 <= self.warmup <= 1:
            raise Usage(
                f"weight_decay {self.weight_decay} must be at least 0 and "
                f"warmup {self.warmup} in [0, 1]"
            )

    def steps(self, examples: int) -> int:
        """How many steps that many examples take."""
        return self.epochs * math.ceil(examples / self.batch)


def schedule(done: float, warmup: float) -> float:
    """The share of the learning rate, in [0, 1], when the share ``done`` of all steps is done."""
    rise = min(1.0, (done + 1e-3) / warmup) if warmup > 0 else 1.0  # the first step is one too
    return rise * (0.5 + 0.5 * math.cos(math.pi * done))
