"""Prototypes: where the pictures of a label would lie, guessed from its word, in closed form."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from iconym.labellers.space import SpaceLabeller
from iconym.nouns import Track, WordVectors, untracked
from iconym.similarity import cosine
from iconym.space import Projection
from iconym.training.held_back import labeller_hits
from iconym.training.ridge import targets_of, within_class_covariance

ALPHA = 0.1  # of the kernel regression: 0.01 to 0.2 gave the same hits on seen classes
SHARPNESSES = (2.0, 4.0, 6.0, 8.0)
SHRINKAGES = (0.3, 1.0, 3.0, 10.0)


@dataclass(frozen=True)
class PrototypeConfig:
    """The two settings of ``fit_prototypes``, above 0.

    Args:
        sharpness: how much more a seen label counts the nearer its word is.
        shrinkage: of the metric towards one that treats all directions alike, in units of the
            mean variance within a label.
    """

    sharpness: float = 5.0
    shrinkage: float = 3.0

    def __post_init__(self) -> None:
        if not self.sharpness > 0 or not self.shrinkage > 0:
            raise ValueError(
                f"sharpness {self.sharpness} and shrinkage {self.shrinkage} must be above 0"
            )


DEFAULT = PrototypeConfig()


@dataclass(frozen=True)
class ByPrototypes:
    """A space made of prototypes, with these settings; None: chosen on seen labels."""

    config: PrototypeConfig | None = None


@dataclass(frozen=True)
class Prototypes:
    """A joint space of its own: ``projection`` puts features there, calling it puts words there.

    Args:
        projection: from features to the space.
        anchors: word vectors of the seen labels.
        weights: what each anchor adds to the place of a word, times their nearness.
        sharpness: of nearness, exp(sharpness (cosine - 1)).
    """

    projection: Projection
    anchors: Float[np.ndarray, "labels dim"]
    weights: Float[np.ndarray, "labels axes"]
    sharpness: float

    def __call__(self, vectors: Float[np.ndarray, "n dim"]) -> Float[np.ndarray, "n axes"]:
        """The prototypes of words; a row of zeros has none and stays zero."""
        nearness = np.exp(self.sharpness * (cosine(vectors, self.anchors) - 1))
        return np.where(vectors.any(axis=1, keepdims=True), nearness @ self.weights, 0)

    def moved(self, words: WordVectors) -> WordVectors:
        """The words at their prototypes, for the text and the vocabulary of a joint space."""
        return WordVectors(words.words, self(words.vectors.astype(np.float32)).astype(np.float32))


def fit_prototypes(
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    vectors: WordVectors,
    config: PrototypeConfig = DEFAULT,
) -> Prototypes:
    """The space in which a picture is near the mean place of the pictures of its label.

    With m the mean features of each seen label less the mean of those, and S the covariance of
    features within labels, a picture x scores x' A p / |p|, where A = (S + shrinkage v I)^-1, v
    the mean variance in S, |p|^2 = p' A p, and p the prototype of the label: kernel regression
    from words to m, with kernel exp(sharpness (cosine - 1)). So a label never seen is at a mean
    of the seen ones that its word is near to. The metric tells labels apart as linear discriminant
    analysis does; that prototypes have length 1 in it keeps any from being near everything. The
    cosine in the space is this score but for a factor of the picture, and orders labels alike.

    The axes are the principal ones of m in the metric, one fewer than the seen labels but no more
    than the words' dimensions; with as many words' dimensions as labels nothing is lost.

    Args:
        features: of each picture.
        labels: the label of each.
        vectors: of these labels, at least; best ``centered``.
        config: the settings.

    Raises:
        ValueError: if there are fewer than two labels.
        UnknownWord: for a label without a vector.

    Source:
        Changpinyo, Chao and Sha, Predicting Visual Exemplars of Unseen Classes for Zero-Shot
        Learning, ICCV 2017, who regress on principal components by support vectors and take the
        nearest prototype with each axis scaled; the metric and the cosine in it are ours. Fisher,
        1936, for A without shrinkage.
    """
    return prototypes_path(features, labels, vectors, [config])[0]


def prototypes_path(
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    vectors: WordVectors,
    configs: Sequence[PrototypeConfig],
) -> list[Prototypes]:
    """``fit_prototypes`` for each of several settings at the cost of little more than one.

    Raises:
        ValueError: as ``fit_prototypes``.
        UnknownWord: as ``fit_prototypes``.
    """
    names, rows = np.unique(np.array(labels), return_inverse=True)
    if len(names) < 2:
        raise ValueError(f"{len(names)} labels to learn from; at least 2 are needed")
    means = _means(features, rows, len(names))
    origin, anchors = means.mean(axis=0), targets_of(names.tolist(), vectors).astype(np.float32)
    variances, axes = np.linalg.eigh(within_class_covariance(features, rows, means))
    variances = variances.clip(min=0)  # rounding
    count = min(len(names) - 1, vectors.dim)
    weights = {}
    for shrinkage in {config.shrinkage for config in configs}:
        metric = axes / np.sqrt(variances + shrinkage * (variances.mean() or 1.0))
        main = np.linalg.svd((means - origin) @ metric, full_matrices=False)[2][:count]
        weights[shrinkage] = metric @ main.T
    return [
        Prototypes(
            _projection(weights[config.shrinkage], origin),
            anchors,
            _regressed(anchors, (means - origin) @ weights[config.shrinkage], config.sharpness),
            config.sharpness,
        )
        for config in configs
    ]


def chosen_prototypes(
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    vectors: WordVectors,
    *,
    seed: int,
    track: Track = untracked,
) -> PrototypeConfig:
    """The settings of the highest hit@1 on seen labels that play the unseen, as ``labeller_hits``.

    Of equally good ones the sharpest with the most shrinkage.

    Raises:
        BadData: if there are fewer than 4 labels.
    """
    hits = prototype_hits(features, labels, vectors, seed=seed, track=track)
    best = max(hits.values())
    return [config for config, hit in hits.items() if hit == best][-1]


def settled_prototypes(
    method: ByPrototypes,
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    vectors: WordVectors,
    *,
    seed: int,
    track: Track = untracked,
) -> PrototypeConfig:
    """The method's settings, or ``chosen_prototypes``; with fewer than 4 labels the defaults."""
    if method.config is not None:
        return method.config
    if len(set(labels)) < 4:
        return DEFAULT
    return chosen_prototypes(features, labels, vectors, seed=seed, track=track)


def prototype_hits(
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    vectors: WordVectors,
    *,
    seed: int,
    track: Track = untracked,
) -> dict[PrototypeConfig, float]:
    """The hit@1 that ``chosen_prototypes`` goes by, of each setting in its grid."""
    grid = [PrototypeConfig(g, s) for g in SHARPNESSES for s in SHRINKAGES]

    def learn(some: np.ndarray, their_labels: Sequence[str]) -> list[SpaceLabeller]:
        fitted = prototypes_path(some, their_labels, vectors, grid)
        return [SpaceLabeller(each.projection, each.moved(vectors)) for each in fitted]

    hits = labeller_hits(learn, features, labels, seed=seed, track=track)
    return dict(zip(grid, hits.tolist(), strict=True))


def _means(
    features: Float[np.ndarray, "n features"], rows: Int[np.ndarray, " n"], labels: int
) -> Float[np.ndarray, "labels features"]:
    return np.stack([features[rows == row].mean(axis=0, dtype=float) for row in range(labels)])


def _projection(
    weight: Float[np.ndarray, "features axes"], origin: Float[np.ndarray, " features"]
) -> Projection:
    return Projection(weight.astype(np.float32), (-origin @ weight).astype(np.float32))


def _regressed(
    anchors: Float[np.ndarray, "labels dim"],
    places: Float[np.ndarray, "labels axes"],
    sharpness: float,
) -> Float[np.ndarray, "labels axes"]:
    """The weights W of kernel ridge regression: (K + ALPHA I) W = places."""
    loaded = np.exp(sharpness * (cosine(anchors, anchors).astype(float) - 1))
    loaded[np.diag_indices(len(anchors))] += ALPHA
    return np.linalg.solve(loaded, places).astype(np.float32)
