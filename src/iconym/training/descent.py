"""Descent: the optimizer's loop that everything learned by gradients goes through."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn

from iconym.errors import BadData, Stopped
from iconym.nouns import Track, untracked
from iconym.objectives import Objective
from iconym.training.checkpoints import Checkpoint, Fingerprint
from iconym.training.config import TrainingConfig as TrainingConfig  # where callers look for it
from iconym.training.config import schedule as schedule
from iconym.training.digests import digest, generators_in
from iconym.training.positives import Positives
from iconym.training.state import Batches, Snapshot, State, parameters_of
from iconym.training.watch import Watch, check_gradient, check_loss

Score = Callable[[Tensor], Tensor]
Prepare = Callable[[Tensor, Generator], Tensor]  # what is drawn anew for each batch: augmentation


def as_is(batch: Tensor, _generator: Generator) -> Tensor:
    """The batch, unchanged: the ``Prepare`` of features."""
    return batch


@dataclass(frozen=True)
class Examples:
    """What is learned from: inputs, and which targets belong to each.

    Args:
        inputs: (n, ...); pictures as uint8 or features as float32.
        truth: (n,) the class of each input.
        positives: of the classes of a batch, which targets are right.
        prepare: turns a batch of inputs into what the model takes, drawn anew each time.
    """

    inputs: Tensor
    truth: Tensor
    positives: Positives
    prepare: Prepare = as_is

    def __post_init__(self) -> None:
        if len(self.inputs) == 0 or len(self.inputs) != len(self.truth):
            raise BadData(f"{len(self.inputs)} examples with {len(self.truth)} labels")

    def __len__(self) -> int:
        return len(self.truth)

    def draw(self, rows: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        """The prepared inputs of these rows, and what ``positives`` makes of their classes."""
        return self.prepare(self.inputs[rows], generator), self.positives(self.truth[rows])


@dataclass(frozen=True)
class Descent:
    """What is learned, from what and how: all that its result depends on.

    Args:
        score: a batch of prepared inputs to its scores against all targets (batch, targets); a
            pair to be ignored is scored -inf.
        modules: what is learned; left in evaluation mode.
        examples: what from.
        objective: of scores and positive.
        config: the optimizer's settings.
        rates: what the learning rate is multiplied by, for each module; by 1 if there are none.
        given: what ``score`` and ``objective`` know besides, as label vectors; a saved state is
            told apart by it, and the generators in it are saved too.
    """

    score: Score
    modules: Sequence[nn.Module]
    examples: Examples
    objective: Objective
    config: TrainingConfig
    rates: Sequence[float] = ()
    given: Any = ()

    @property
    def steps(self) -> int:
        """How many steps it takes."""
        return self.config.steps(len(self.examples))


def descend(
    score: Score,
    modules: Sequence[nn.Module],
    examples: Examples,
    objective: Objective,
    config: TrainingConfig,
    progress: Iterable[object],
) -> None:
    """Change the parameters of ``modules`` so that ``objective`` of ``score`` goes down.

    Args:
        score: as for ``Descent``; the others too.
        modules: what is learned; left in evaluation mode.
        examples: what from.
        objective: of scores and positive.
        config: the optimizer's settings.
        progress: one item for each of all steps.

    Raises:
        Stopped: as ``run``.
    """
    run(Descent(score, modules, examples, objective, config), "", lambda *_: progress)


def run(
    descent: Descent, doing: str, track: Track = untracked, checkpoint: Path | None = None
) -> None:
    """Take all steps of a descent, or those that are left of one that was killed.

    With a checkpoint the result is the same to the bit however often it was killed: on one
    machine, with one number of threads and one version of torch.

    Args:
        descent: what to learn, from what and how.
        doing: what is shown beside the progress.
        track: shows progress.
        checkpoint: a folder for the state, saved every 20 seconds at most and at the end. If there
            is one, its training goes on.

    Raises:
        Stopped: if loss or gradient are no longer finite, or the ``Watch`` finds a collapse. The
            modules, and the checkpoint, then hold the last state that was found good, at most a
            fiftieth of the training older than the trouble.
        BadData: if the checkpoint is of another training.
        BadFolder: if it is damaged or something else.
    """
    state = _start(descent)
    saved = Checkpoint(checkpoint, _fingerprint(descent)) if checkpoint else None
    try:
        _take_steps(descent, state, saved, lambda steps: track(steps, doing, len(steps)))
    finally:
        for module in descent.modules:
            module.eval()


def _take_steps(
    descent: Descent,
    state: State,
    saved: Checkpoint | None,
    shown: Callable[[range], Iterable[object]],
) -> None:
    good = (saved and saved.load()) or state.capture(0)
    state.restore(good)
    watch, steps = Watch(descent.steps), range(good.step, descent.steps)
    for step, _ in enumerate(shown(steps), good.step):
        due = saved is not None and saved.due()
        before = state.capture(step) if due or watch.due(step) else None
        try:
            _step(descent, state, watch, step)
        except Stopped as stopped:
            _keep(good, state, saved)
            raise Stopped(f"stopped at step {step}: {stopped}; {_kept(good, saved)}") from None
        if before and watch.healthy:
            good = before
            if saved and due:
                saved.save(good)
    if saved and watch.healthy and good.step < descent.steps:
        saved.save(state.capture(descent.steps))


def _start(descent: Descent) -> State:
    config, modules = descent.config, descent.modules
    rates = descent.rates or [1.0] * len(modules)
    groups = [
        {"params": parameters_of([module.train()]), "rate": rate}
        for module, rate in zip(modules, rates, strict=True)
    ]
    optimizer = torch.optim.AdamW(groups, config.learning_rate, weight_decay=config.weight_decay)
    generator = torch.Generator().manual_seed(config.seed)
    batches = Batches(len(descent.examples), config.batch, generator)
    others = (descent.objective, descent.examples.prepare, descent.given)
    return State(modules, optimizer, batches, tuple(generators_in(others)))


def _step(descent: Descent, state: State, watch: Watch, step: int) -> None:
    config, examples = descent.config, descent.examples
    rate = config.learning_rate * schedule(step / descent.steps, config.warmup)
    for group in state.optimizer.param_groups:
        group["lr"] = rate * group["rate"]
    inputs, positive = examples.draw(state.batches.rows(step), state.batches.generator)
    scores = descent.score(inputs)
    loss = descent.objective(scores, positive)
    check_loss(loss)
    state.optimizer.zero_grad()
    loss.backward()
    check_gradient(parameters_of(descent.modules))
    if watch.due(step):
        watch.look(scores, positive)
    state.optimizer.step()


def _keep(good: Snapshot, state: State, saved: Checkpoint | None) -> None:
    state.restore(good)
    if saved:
        saved.save(good)


def _kept(good: Snapshot, saved: Checkpoint | None) -> str:
    place = f" in {saved.path}" if saved else ""
    return f"the weights after step {good.step} are kept{place}"


def _fingerprint(descent: Descent) -> Fingerprint:
    examples, config = descent.examples, descent.config
    settings = (config, tuple(descent.rates), descent.objective, examples.prepare, descent.given)
    data = (examples.inputs, examples.truth, examples.positives)
    return Fingerprint(
        {
            "settings": digest(settings),
            "pictures or labels": digest(data),
            "starting weights": digest(list(descent.modules)),
        }
    )
