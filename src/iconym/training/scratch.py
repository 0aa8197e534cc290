"""A space whose encoder is trained on the same pictures, and trained on with it if wished."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from iconym.encoders.preprocessing import Preprocessing
from iconym.features import encode
from iconym.nouns import Track, untracked
from iconym.training.cnn import DESCENT, SQUARES, learn_cnn
from iconym.training.config import TrainingConfig
from iconym.training.fine_tuning import FineTuning
from iconym.training.spaces import SpaceConfig, train_space
from iconym.training.tasks import ZeroShotTask
from iconym.training.tuned_spaces import TunedSpace, tune_space


@dataclass(frozen=True)
class FromPictures:
    """How network and space are learned.

    Args:
        preprocessing: what pictures go through; of mean and standard deviation 0.5.
        descent: of the network.
        tuning: of the second stage; None for none.
        work: a folder for the state of both trainings; what was killed goes on from it.
    """

    preprocessing: Preprocessing = SQUARES
    descent: TrainingConfig = DESCENT
    tuning: FineTuning | None = None
    work: Path | None = None


def train_from_scratch(
    task: ZeroShotTask,
    how: FromPictures,
    config: SpaceConfig,
    *,
    name: str = "space",
    track: Track = untracked,
) -> TunedSpace:
    """A network trained on the task's pictures, the space on its features, and fine-tuning.

    Raises:
        BadData: if no picture can be decoded, or the features cannot be learned from.
        Stopped: if the network's training diverges or collapses.
        Usage: as ``learn_cnn`` and ``tune_space``.
    """
    network, tuning = (how.work / part if how.work else None for part in ("network", "tuning"))
    learned = learn_cnn(task.data, how.preprocessing, how.descent, checkpoint=network, track=track)
    encoding = partial(encode, track=track)
    trained = train_space(task, learned.encoder, config, name=name, encode=encoding, track=track)
    if how.tuning is None:
        return TunedSpace(trained)
    again = replace(how.tuning, checkpoint=tuning)
    return tune_space(task, trained, learned, config, again, track)
