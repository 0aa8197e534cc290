"""ESZSL in closed form: the bilinear map of features and label vectors that tells labels apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from iconym.labellers.space import SpaceLabeller
from iconym.nouns import Track, WordVectors, untracked
from iconym.similarity import unit
from iconym.space import Projection
from iconym.training.held_back import labeller_hits
from iconym.training.ridge import ridge_path, targets_of

STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)


@dataclass(frozen=True)
class Eszsl:
    """The two penalties of ``fit_eszsl``, above 0.

    Args:
        gamma: on the map of label vectors into features, in units of the number of pictures times
            the mean variance of a feature.
        lam: on the map of features into label vectors, in units of the number of labels times the
            mean square of a label vector's coordinate.
    """

    gamma: float = 1.0
    lam: float = 10.0

    def __post_init__(self) -> None:
        if not self.gamma > 0 or not self.lam > 0:
            raise ValueError(f"gamma {self.gamma} and lam {self.lam} must be above 0")


DEFAULT = Eszsl()


def fit_eszsl(
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    vectors: WordVectors,
    settings: Eszsl = DEFAULT,
) -> Projection:
    """The map V for which x'V s is near 1 for a picture's own label and near -1 for any other.

    V = (X X' + gamma I)^-1 X Y S' (S S' + lam I)^-1, where the columns of X are features less
    their mean and those of S label vectors of length 1, and Y holds 1 and -1. ``SpaceLabeller``
    serves it: as label vectors have length 1 there, its cosine orders the labels of a picture as
    the paper's inner product does.

    Args:
        features: of each picture.
        labels: the label of each.
        vectors: of these labels, at least; taken at length 1.
        settings: the penalties.

    Raises:
        ValueError: if there is no picture.
        UnknownWord: for a label without a vector.

    Source:
        Romera-Paredes and Torr, An Embarrassingly Simple Approach to Zero-Shot Learning, ICML 2015,
        equation 10. Taking the mean from the features, and penalties in units of the data, are
        ours.
    """
    return eszsl_path(features, labels, vectors, [settings])[0]


def eszsl_path(
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    vectors: WordVectors,
    settings: Sequence[Eszsl],
) -> list[Projection]:
    """``fit_eszsl`` for each of several settings at little more than the cost of one.

    Raises:
        ValueError: as ``fit_eszsl``.
        UnknownWord: as ``fit_eszsl``.
    """
    if not len(features):
        raise ValueError("no picture to learn from; give at least one")
    # Y S' of a picture is twice its own label's vector less the sum of all, and that sum, the same
    # for every picture, meets features of mean 0: what is left is twice a ridge regression
    gammas = sorted({s.gamma for s in settings})
    targets = unit(targets_of(labels, vectors).astype(np.float64))
    ridges = dict(zip(gammas, ridge_path(features, targets, alphas=gammas), strict=True))
    signatures = unit(targets_of(tuple(dict.fromkeys(labels)), vectors).astype(np.float64))
    maps = [ridges[s.gamma].weight @ _told_apart(signatures, s.lam) for s in settings]
    origin = features.mean(axis=0, dtype=float)
    return [Projection(v.astype(np.float32), -(origin @ v).astype(np.float32)) for v in maps]


def chosen_eszsl(
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    vectors: WordVectors,
    *,
    seed: int,
    track: Track = untracked,
) -> Eszsl:
    """The settings of the highest hit@1 on seen labels that play the unseen, by ``labeller_hits``.

    Both penalties are taken from 0.01, 0.1, 1, 10, 100; of equally good settings the last.

    Raises:
        BadData: if there are fewer than 4 labels.
    """
    grid = [Eszsl(gamma, lam) for gamma in STRENGTHS for lam in STRENGTHS]

    def learn(some: np.ndarray, their_labels: Sequence[str]) -> list[SpaceLabeller]:
        fitted = eszsl_path(some, their_labels, vectors, grid)
        return [SpaceLabeller(projection, vectors) for projection in fitted]

    hits = labeller_hits(learn, features, labels, seed=seed, track=track)
    return grid[int(np.flatnonzero(hits == hits.max())[-1])]


def _told_apart(signatures: Float[np.ndarray, "z dim"], lam: float) -> Float[np.ndarray, "dim dim"]:
    """2 (S S' + lam I)^-1, with the rows of ``signatures`` for the columns of S."""
    gram = signatures.T @ signatures
    return 2 * np.linalg.inv(gram + lam * gram.trace() / len(gram) * np.eye(len(gram)))
