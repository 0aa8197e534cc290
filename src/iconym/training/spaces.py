"""Training a joint space from labelled pictures and word vectors, with its baselines."""

from dataclasses import dataclass
from pathlib import Path

from iconym.features import Encoded, encode
from iconym.labellers.baselines import Baselines, save_baselines
from iconym.labellers.chance import random_vectors
from iconym.nouns import Track, untracked
from iconym.protocols import ImageEncoder
from iconym.space import JointSpace, save_space
from iconym.training.descent import TrainingConfig
from iconym.training.layers import fit_softmax
from iconym.training.projections import LINEAR, Method, Ridge, project, settled
from iconym.training.tasks import ZeroShotTask

RIDGE = Ridge()


@dataclass(frozen=True)
class SpaceConfig:
    """How a space is learned.

    Args:
        method: the objective with its settings.
        softmax: of the softmax layer it is compared with.
        seed: of the folds that settings are chosen by, and of the random vectors.
    """

    method: Method = RIDGE
    softmax: TrainingConfig = LINEAR
    seed: int = 0


DEFAULT = SpaceConfig()


@dataclass(frozen=True)
class Trained:
    """A space, what it is compared with, and how it came about."""

    space: JointSpace
    baselines: Baselines
    method: Method  # with what was chosen
    skipped: tuple[str, ...]  # pictures that could not be used, and why


def train_space(
    task: ZeroShotTask,
    encoder: ImageEncoder,
    config: SpaceConfig = DEFAULT,
    *,
    name: str = "space",
    track: Track = untracked,
) -> Trained:
    """The space in which the encoder's features lie near the vectors of their labels.

    Nothing is learned from, or chosen by, pictures of unseen labels. Pictures that cannot be
    decoded are skipped.

    Args:
        task: pictures, labels and words.
        encoder: pictures to features; it stays as it is.
        config: how to learn.
        name: of the space.
        track: shows progress.

    Raises:
        BadData: if no picture can be decoded, or learning diverges.
    """
    encoded = encode(task.data, encoder, track)
    return fit_space(task, encoder, encoded, config, name=name, track=track)


def fit_space(
    task: ZeroShotTask,
    encoder: ImageEncoder,
    encoded: Encoded,
    config: SpaceConfig = DEFAULT,
    *,
    name: str = "space",
    track: Track = untracked,
) -> Trained:
    """``train_space`` on features made before, by this encoder from this task's pictures."""
    features, labels = encoded.features, encoded.labels
    method = settled(
        config.method, features, labels, task.vocabulary, seed=config.seed, track=track
    )
    labelled = [*task.seen, *task.unseen]
    random = random_vectors(labelled, task.vocabulary.dim, seed=config.seed)
    projection = project(method, features, labels, task.vocabulary, track)
    baselines = Baselines(
        softmax=fit_softmax(features, labels, config.softmax, track),
        random=project(method, features, labels, random, track),
        seed=config.seed,
        seen=task.seen,
        unseen=task.unseen,
    )
    space = JointSpace(name, encoder, projection, task.text, task.vocabulary)
    return Trained(space, baselines, method, encoded.skipped)


def save_trained(trained: Trained, path: Path) -> None:
    """Write the space and, inside its folder, its baselines.

    Raises:
        Usage: as ``save_space``.
        BadFolder: as ``save_space``.
    """
    save_space(trained.space, path)
    save_baselines(trained.baselines, path)
