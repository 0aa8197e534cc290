"""Training a joint space from labelled pictures and word vectors, with its baselines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from iconym.data.contents import save_contents
from iconym.evidence import Evidence
from iconym.features import Encode, Encoded, encode
from iconym.labellers.baselines import Baselines, save_baselines
from iconym.labellers.chance import random_vectors
from iconym.labellers.space import SpaceLabeller
from iconym.nouns import Track, WordVectors, untracked
from iconym.protocols import ImageEncoder
from iconym.space import JointSpace, Projection, save_space
from iconym.training.checks import check_features
from iconym.training.descent import TrainingConfig
from iconym.training.evidence import evidence_of, known_pictures
from iconym.training.held_back import chosen_gamma
from iconym.training.layers import fit_softmax
from iconym.training.projections import LINEAR, Method, Ridge, project, settled
from iconym.training.prototypes import ByPrototypes, fit_prototypes, settled_prototypes
from iconym.training.tasks import ZeroShotTask

RIDGE = Ridge()
FEWEST = 8  # seen labels, for a gamma to be chosen on


@dataclass(frozen=True)
class SpaceConfig:
    """How a space is learned.

    Args:
        method: the objective with its settings. The random baseline of prototypes, which have no
            objective, is by ridge.
        softmax: of the softmax layer it is compared with.
        seed: of the folds that settings are chosen by, and of the random vectors.
    """

    method: Method | ByPrototypes = RIDGE
    softmax: TrainingConfig = LINEAR
    seed: int = 0


DEFAULT = SpaceConfig()


@dataclass(frozen=True)
class Trained:
    """A space, what it is compared with, and how it came about."""

    space: JointSpace
    baselines: Baselines
    method: Method | ByPrototypes  # with what was chosen
    skipped: tuple[str, ...]  # pictures that could not be used, and why


def train_space(
    task: ZeroShotTask,
    encoder: ImageEncoder,
    config: SpaceConfig = DEFAULT,
    *,
    name: str = "space",
    encode: Encode = encode,
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
        encode: makes the features, or finds them where they were kept.
        track: shows progress.

    Raises:
        BadData: if no picture can be decoded, the features cannot be learned from, or learning
            diverges.
    """
    encoded = encode(task.data, encoder)
    check_features(encoded.features, encoded.names or encoded.labels, encoder.dim)
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
    placed = _placed(task, features, labels, config, track)
    linear = Ridge() if isinstance(placed.method, ByPrototypes) else placed.method
    labelled = [*task.seen, *task.unseen]
    random = random_vectors(labelled, task.vocabulary.dim, seed=config.seed)
    baselines = Baselines(
        softmax=fit_softmax(features, labels, config.softmax, track),
        random=project(linear, features, labels, random, track),
        seed=config.seed,
        seen=task.seen,
        unseen=task.unseen,
        words=None if placed.vocabulary is task.vocabulary else task.vocabulary,
        gamma=_gamma(task, encoded, replace(config, method=placed.method), track),
    )
    evidence = _evidence(task, placed, encoded)
    space = JointSpace(name, encoder, placed.projection, placed.text, placed.vocabulary, evidence)
    return Trained(space, baselines, placed.method, encoded.skipped)


def save_trained(trained: Trained, path: Path, contents: Sequence[str] = ()) -> None:
    """Write the space and, inside its folder, what it was trained on and its baselines.

    The baselines come last, and no space is evaluated without them: one whose saving was killed
    is never measured on pictures that it was trained on.

    Args:
        trained: the space with its baselines.
        path: the folder.
        contents: of the pictures trained on, as for ``save_contents``; none if nobody said.

    Raises:
        Usage: as ``save_space``.
        BadFolder: as ``save_space``.
    """
    save_space(trained.space, path)
    if contents:
        save_contents(contents, path)
    save_baselines(trained.baselines, path)


@dataclass(frozen=True)
class _Placed:
    """Where pictures and words are put, and by what."""

    method: Method | ByPrototypes
    projection: Projection
    text: WordVectors
    vocabulary: WordVectors


def _placed(
    task: ZeroShotTask,
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    config: SpaceConfig,
    track: Track,
) -> _Placed:
    asked, words, seed = config.method, task.vocabulary, config.seed
    if isinstance(asked, ByPrototypes):
        chosen = settled_prototypes(asked, features, labels, words, seed=seed, track=track)
        fitted = fit_prototypes(features, labels, words, chosen)
        moved = fitted.moved(task.text), fitted.moved(words)
        return _Placed(ByPrototypes(chosen), fitted.projection, *moved)
    method = settled(asked, features, labels, words, seed=seed, track=track)
    return _Placed(method, project(method, features, labels, words, track), task.text, words)


def _evidence(task: ZeroShotTask, placed: _Placed, encoded: Encoded) -> Evidence | None:
    features, labels = encoded.features, encoded.labels
    found = evidence_of(placed.method, features, labels, task.vocabulary, placed.projection)
    if found is None or not task.contents:
        return found
    return known_pictures(found, task.data.labels, task.contents)


def _gamma(task: ZeroShotTask, encoded: Encoded, config: SpaceConfig, track: Track) -> float | None:
    """Of calibrated stacking, where labels are held back and enough are left to play them."""
    if not task.unseen or len(set(encoded.labels)) < FEWEST:
        return None

    def learn(features: np.ndarray, labels: Sequence[str]) -> SpaceLabeller:
        placed = _placed(task, features, labels, config, untracked)
        return SpaceLabeller(placed.projection, placed.vocabulary)

    return chosen_gamma(learn, encoded.features, encoded.labels, seed=config.seed, track=track)
