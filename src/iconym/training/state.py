"""Everything that the next step of a descent depends on, to be taken down and put back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.optim import Optimizer


class Batches:
    """Rows 0..n-1 in a fresh random order for each pass, ``batch`` at a time."""

    def __init__(self, n: int, batch: int, generator: Generator) -> None:
        self._n, self._batch, self.generator = n, batch, generator
        self._before = generator.get_state()  # this pass's order was drawn
        self._order = torch.empty(0, dtype=torch.long)

    def rows(self, step: int) -> Tensor:
        """The rows of a step; steps are asked for one after the other."""
        first = step * self._batch % (-(-self._n // self._batch) * self._batch)
        if first == 0:
            self._before = self.generator.get_state()
            self._order = torch.randperm(self._n, generator=self.generator)
        return self._order[first : first + self._batch]

    def capture(self) -> dict[str, Tensor]:
        """The generator's state, now and before this pass."""
        return {"pass": self._before.clone(), "now": self.generator.get_state()}

    def restore(self, states: Mapping[str, Tensor]) -> None:
        """Go on where ``capture`` was called."""
        self._before = states["pass"].clone()
        self.generator.set_state(states["pass"])
        self._order = torch.randperm(self._n, generator=self.generator)
        self.generator.set_state(states["now"])


@dataclass(frozen=True)
class Snapshot:
    """The state after ``step`` steps: weights, statistics, moments and generators, by name."""

    step: int
    tensors: Mapping[str, Tensor]


@dataclass(frozen=True)
class State:
    """What a descent changes: modules, the optimizer's moments, batches, and other generators."""

    modules: Sequence[nn.Module]
    optimizer: Optimizer
    batches: Batches
    generators: Sequence[Generator]

    def capture(self, step: int) -> Snapshot:
        """A copy of everything, after ``step`` steps; torch's own generator is in it too."""
        tensors = {
            **_under("batches", self.batches.capture()),
            **{f"generator.{i}": g.get_state() for i, g in enumerate(self.generators)},
            "generator.torch": torch.get_rng_state(),
        }
        for i, module in enumerate(self.modules):
            tensors |= _under(f"module.{i}", module.state_dict())
        for i, moments in self.optimizer.state_dict()["state"].items():
            tensors |= _under(f"moments.{i}", moments)
        return Snapshot(step, {name: tensor.detach().clone() for name, tensor in tensors.items()})

    def restore(self, snapshot: Snapshot) -> None:
        """Put back what ``capture`` took down."""
        tensors = snapshot.tensors
        self.batches.restore(_of("batches", tensors))
        for i, generator in enumerate(self.generators):
            generator.set_state(tensors[f"generator.{i}"])
        torch.set_rng_state(tensors["generator.torch"])
        for i, module in enumerate(self.modules):
            module.load_state_dict(_of(f"module.{i}", tensors))
        whole = self.optimizer.state_dict()
        numbers = {name.split(".")[1] for name in tensors if name.startswith("moments.")}
        whole["state"] = {int(i): _of(f"moments.{i}", tensors) for i in numbers}
        self.optimizer.load_state_dict(whole)


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _of(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {n.removeprefix(start): t.clone() for n, t in tensors.items() if n.startswith(start)}


def parameters_of(modules: Iterable[nn.Module]) -> list[nn.Parameter]:
    """The parameters of modules that a gradient may change."""
    return [p for module in modules for p in module.parameters() if p.requires_grad]
