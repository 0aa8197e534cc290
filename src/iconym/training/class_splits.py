"""Choosing settings for unseen classes on seen ones only: some of those play the unseen."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

from iconym.errors import BadData
from iconym.metrics.ranking import hits_at_k
from iconym.nouns import Track, WordVectors, untracked
from iconym.similarity import cosine
from iconym.space import Projection
from iconym.training.ridge import targets_of

FOLDS = 5

# What is learned from (n, features) and the names of their n labels, one projection a setting.
Learn = Callable[[np.ndarray, Sequence[str]], Sequence[Projection]]


def class_folds(classes: Sequence[str], folds: int, *, seed: int) -> list[tuple[str, ...]]:
    """The classes dealt out at random into ``folds`` parts, as even as can be."""
    order = np.random.default_rng(seed).permutation(len(classes))
    return [tuple(classes[i] for i in part) for part in np.array_split(order, folds)]


def unseen_hits(
    learn: Learn,
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    vectors: WordVectors,
    *,
    seed: int,
    track: Track = untracked,
) -> Float[np.ndarray, " settings"]:
    """For each setting, the hit@1 on pictures of classes that were held back, among those only.

    The classes are parted into five folds, or as many as leave two classes in each; each fold
    is held back once. The mean is over all pictures.

    Args:
        learn: one projection for each setting.
        features: of all pictures, of seen classes only.
        labels: the class of each picture.
        vectors: of every class.
        seed: of the folds.
        track: shows progress.

    Raises:
        BadData: if there are fewer than 4 classes.
    """
    classes, of_picture = tuple(dict.fromkeys(labels)), np.array(labels)
    if len(classes) < 4:
        raise BadData(f"{len(classes)} classes; at least 4 are needed to hold some back")
    hits = []
    folds = class_folds(classes, min(FOLDS, len(classes) // 2), seed=seed)
    for fold in track(folds, "choosing on seen labels", len(folds)):
        held = np.isin(of_picture, fold)
        truth = of_picture[held][:, None] == np.array(fold)
        targets = targets_of(fold, vectors)
        projections = learn(features[~held], of_picture[~held].tolist())
        hits.append([hits_at_k(cosine(p(features[held]), targets), truth, 1) for p in projections])
    return np.concatenate(hits, axis=1).mean(axis=1)
