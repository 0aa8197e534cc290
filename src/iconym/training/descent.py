"""Descent: the optimizer's loop that everything learned by gradients goes through."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from iconym.errors import BadData, Usage
from iconym.objectives import Objective

Prepare = Callable[[Tensor, Generator], Tensor]  # what is drawn anew for each batch: augmentation


def as_is(batch: Tensor, _generator: Generator) -> Tensor:
    """The batch, unchanged: the ``Prepare`` of features."""
    return batch


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


@dataclass(frozen=True)
class Examples:
    """What is learned from: inputs, and which targets belong to each.

    Args:
        inputs: (n, ...); pictures as uint8 or features as float32.
        truth: (n,) the class of each input.
        columns: (m,) the class of each target; those of the input's class are its positives, so
            that labels with one and the same vector are never each other's negatives.
        prepare: turns a batch of inputs into what the model takes, drawn anew each time.
    """

    inputs: Tensor
    truth: Tensor
    columns: Tensor
    prepare: Prepare = as_is

    def __post_init__(self) -> None:
        if len(self.inputs) == 0 or len(self.inputs) != len(self.truth):
            raise BadData(f"{len(self.inputs)} examples with {len(self.truth)} labels")

    def __len__(self) -> int:
        return len(self.truth)

    def draw(self, rows: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        """The prepared inputs of these rows and which targets are positive (rows, m)."""
        positive = self.truth[rows][:, None] == self.columns[None, :]
        return self.prepare(self.inputs[rows], generator), positive


def descend(
    score: Callable[[Tensor], Tensor],
    modules: Sequence[nn.Module],
    examples: Examples,
    objective: Objective,
    config: TrainingConfig,
    progress: Iterable[object],
) -> None:
    """Change the parameters of ``modules`` so that ``objective`` of ``score`` goes down.

    Args:
        score: a batch of prepared inputs to its scores against all targets (batch, targets); a
            pair to be ignored is scored -inf.
        modules: what is learned; left in evaluation mode.
        examples: what from.
        objective: of scores and positive.
        config: the optimizer's settings.
        progress: one item for each of all steps.

    Raises:
        BadData: when the loss is no longer finite, with the step.
    """
    generator = torch.Generator().manual_seed(config.seed)
    parameters = [p for module in modules for p in module.train().parameters()]
    optimizer = torch.optim.AdamW(
        parameters, config.learning_rate, weight_decay=config.weight_decay
    )
    steps = config.steps(len(examples))
    rows = _shuffled(len(examples), config.batch, generator)
    for step, _ in enumerate(progress):
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * schedule(step / steps, config.warmup)
        inputs, positive = examples.draw(next(rows), generator)
        loss = objective(score(inputs), positive)
        if not math.isfinite(loss.item()):
            raise BadData(f"the loss is {loss.item()} at step {step}; lower learning_rate")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for module in modules:
        module.eval()


def schedule(done: float, warmup: float) -> float:
    """The share of the learning rate, in [0, 1], when the share ``done`` of all steps is done."""
    rise = min(1.0, (done + 1e-3) / warmup) if warmup > 0 else 1.0  # the first step is one too
    return rise * (0.5 + 0.5 * math.cos(math.pi * done))


def _shuffled(n: int, batch: int, generator: Generator) -> Iterator[Tensor]:
    """Rows 0..n-1 in a fresh random order for each pass, ``batch`` at a time, without end."""
    while True:
        yield from torch.randperm(n, generator=generator).split(batch)
