"""DeViSE's second stage: on through the projection into the encoder; word vectors stay."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from iconym.errors import Stopped, Usage
from iconym.nouns import Track, untracked
from iconym.space import Projection
from iconym.training.config import TrainingConfig
from iconym.training.descent import Descent, Examples, run
from iconym.training.layers import Goal, as_projection, score_towards

Encoder = TypeVar("Encoder", bound=nn.Module)
TUNING = TrainingConfig(epochs=5, batch=64, learning_rate=1e-3)


@dataclass(frozen=True)
class FineTuning:
    """How an encoder and the projection on it are trained on together.

    Args:
        descent: the optimizer's settings; the learning rate is the projection's.
        encoder_rate: the encoder's learning rate, by the projection's.
        frozen: parts of the encoder that stay as they are, as ``named_modules`` names them.
        fixed_statistics: batch normalization goes on with the statistics that it has, as it
            serves, rather than each batch's own; its weights are learned nevertheless.
        checkpoint: a folder for the state, as for ``run``; one that is there goes on.
    """

    descent: TrainingConfig = TUNING
    encoder_rate: float = 0.1
    frozen: tuple[str, ...] = ()
    fixed_statistics: bool = False
    checkpoint: Path | None = None

    def __post_init__(self) -> None:
        if not self.encoder_rate > 0:
            raise Usage(f"encoder_rate is {self.encoder_rate}; it must be above 0")


DEFAULT = FineTuning()


@dataclass(frozen=True)
class Tuned(Generic[Encoder]):
    """An encoder and its projection, trained on together.

    Args:
        network: the encoder, in evaluation mode.
        projection: from its features to the words' space.
        stopped: why training ended early, "" if it did not; both are then the last good ones.
    """

    network: Encoder
    projection: Projection
    stopped: str = ""


def fine_tune(
    network: Encoder,
    projection: Projection,
    examples: Examples,
    goal: Goal,
    how: FineTuning = DEFAULT,
    track: Track = untracked,
) -> Tuned[Encoder]:
    """Encoder and projection trained on together towards fixed label vectors.

    Those given stay as they are: copies are trained.

    Args:
        network: any module that makes features (n, dim) of prepared pictures; where it starts.
        projection: from the first stage; where it starts.
        examples: pictures, of ``examples_of`` this goal.
        goal: where to; an objective that is a module is learned too.
        how: rates, and what is left as it is.
        track: shows progress.

    Raises:
        Usage: if the network has no part of a name in ``how.frozen``.
        BadData, BadFolder: if the checkpoint cannot be gone on with, as ``run``.

    Source:
        Frome et al., DeViSE, NIPS 2013, section 3.3: first the projection alone, then with the
        visual model, the label vectors fixed. They descend by AdaGrad, we by AdamW.
    """
    torch.manual_seed(how.descent.seed)  # of what objective and dropout draw
    tuned, layer = copy.deepcopy(network), _as_layer(projection)
    frozen = _frozen(tuned, how.frozen)
    weights = [p for part in frozen for p in part.parameters() if p.requires_grad]
    for weight in weights:
        weight.requires_grad_(False)
    still = _PartlyStill(
        tuned, [*frozen, *(_normalizations(tuned) if how.fixed_statistics else ())]
    )
    learned = [goal.objective] if isinstance(goal.objective, nn.Module) else []
    towards, stopped = score_towards(goal, layer), ""
    descent = Descent(
        lambda pictures: towards(encoded(still, pictures)),
        [still, layer, *learned],
        examples,
        goal.objective,
        how.descent,
        rates=[how.encoder_rate, 1.0, *(1.0 for _ in learned)],
        given=(goal, how.frozen, how.fixed_statistics),
    )
    try:
        run(descent, "fine-tuning", track, how.checkpoint)
    except Stopped as reason:
        stopped = str(reason)
    for weight in weights:
        weight.requires_grad_(True)
    return Tuned(tuned, as_projection(layer), stopped)


def encoded(network: nn.Module, pictures: Tensor) -> Tensor:
    """Features, by products in bfloat16 where the processor has them: twice as fast or more."""
    able = torch.cpu.get_capabilities()
    fast = bool(able.get("avx512_bf16") or able.get("amx_bf16"))
    with torch.autocast("cpu", torch.bfloat16, enabled=fast):
        features = network(pictures.contiguous(memory_format=torch.channels_last))
    return features.float()


class _PartlyStill(nn.Module):
    """A network of which some parts stay in evaluation mode."""

    def __init__(self, network: nn.Module, still: Sequence[nn.Module]) -> None:
        super().__init__()
        self.network, self._still = network, tuple(still)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.network(pictures)

    def train(self, mode: bool = True) -> "_PartlyStill":
        super().train(mode)
        for part in self._still:
            part.eval()
        return self


def _as_layer(projection: Projection) -> nn.Linear:
    layer = nn.Linear(*projection.weight.shape)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(projection.weight.T))
        layer.bias.copy_(torch.from_numpy(projection.bias))
    return layer


def _frozen(network: nn.Module, names: Sequence[str]) -> list[nn.Module]:
    parts = dict(network.named_modules())
    for name in names:
        if name not in parts:
            known = ", ".join(filter(None, parts))
            raise Usage(f"the network has no part {name!r} to freeze; there is {known}")
    return [parts[name] for name in names]


def _normalizations(network: nn.Module) -> list[nn.Module]:
    return [part for part in network.modules() if isinstance(part, _BatchNorm)]
