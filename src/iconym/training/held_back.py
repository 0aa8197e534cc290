"""Settings for unseen classes, chosen on seen ones only: some of those play the unseen."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from iconym.errors import BadData
from iconym.metrics.generalized import group_gaps, harmonic_mean
from iconym.metrics.intervals import class_weights
from iconym.metrics.ranking import hits_at_k
from iconym.nouns import Track, untracked
from iconym.protocols import Labeller

FOLDS = 5
TESTED = 0.2  # of the pictures of classes that stay seen, not learned from but answered

# What is learned from (n, features) and the names of their n labels.
Learn = Callable[[np.ndarray, Sequence[str]], Labeller]
LearnEach = Callable[[np.ndarray, Sequence[str]], Sequence[Labeller]]  # one for each setting


def labeller_hits(
    learn: LearnEach,
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    *,
    seed: int,
    track: Track = untracked,
) -> Float[np.ndarray, " settings"]:
    """For each setting, the hit@1 on pictures of classes that were held back, among those only.

    The classes are parted into five folds, or as many as leave two classes in each; each fold
    is held back once. The mean is over all pictures.

    Args:
        learn: one labeller for each setting.
        features: of all pictures, of seen classes only.
        labels: the class of each picture.
        seed: of the folds.
        track: shows progress.

    Raises:
        BadData: if there are fewer than 4 classes.
    """
    hits = []
    for part in _parts(labels, 0.0, seed, track):
        answered = features[part.tested]
        truth = part.truth[:, None] == np.array(part.unseen)
        learned = learn(features[part.learned], part.labels)
        hits.append([hits_at_k(some.score(answered, part.unseen), truth, 1) for some in learned])
    return np.concatenate(hits, axis=1).mean(axis=1)


def chosen_gamma(
    learn: Learn,
    features: Float[np.ndarray, "n features"],
    labels: Sequence[str],
    *,
    seed: int,
    track: Track = untracked,
) -> float:
    """The gamma of ``CalibratedStacking`` with the highest harmonic mean on seen classes.

    As in ``labeller_hits``, each fold of classes plays the unseen once; a fifth of the pictures of
    the others is not learned from, and both are answered among all classes. U and S are the mean
    accuracy over unseen and over seen classes, H = 2 U S / (U + S). All gammas are tried: H
    changes only where some picture's answer does, and the middle of the best stretch is taken, of
    equally good ones the lowest; 0 where no gamma gets both kinds right.

    Args:
        learn: the labeller whose scores are to be stacked, with its settings chosen.
        features: of all pictures, of seen classes only.
        labels: the class of each picture.
        seed: of the folds and of the pictures not learned from.
        track: shows progress.

    Raises:
        BadData: if there are fewer than 4 classes.

    Source:
        Chao et al., ECCV 2016, who choose by the area under the curve; H is that of Xian et al.,
        CVPR 2017.
    """
    turns = []
    for part in _parts(labels, TESTED, seed, track):
        labeller = learn(features[part.learned], part.labels)
        turns.append(_turns(labeller, features[part.tested], part))
    return _best(np.concatenate(turns, axis=1))


def class_folds(classes: Sequence[str], folds: int, *, seed: int) -> list[tuple[str, ...]]:
    """The classes dealt out at random into ``folds`` parts, as even as can be."""
    order = np.random.default_rng(seed).permutation(len(classes))
    return [tuple(classes[i] for i in part) for part in np.array_split(order, folds)]


@dataclass(frozen=True)
class _Part:
    """Who plays what: classes, and pictures to learn from and to answer."""

    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    learned: Bool[np.ndarray, " n"]
    tested: Bool[np.ndarray, " n"]
    labels: list[str]  # of the pictures to learn from
    truth: np.ndarray  # the labels of those to answer


def _parts(labels: Sequence[str], share: float, seed: int, track: Track) -> Iterator[_Part]:
    """For each fold of classes, who plays what; ``share`` of the seen pictures is tested too."""
    classes, of_picture = tuple(dict.fromkeys(labels)), np.array(labels)
    if len(classes) < 4:
        raise BadData(f"{len(classes)} classes; at least 4 are needed to hold some back")
    aside = np.random.default_rng(seed).random(len(labels)) < share
    folds = class_folds(classes, min(FOLDS, len(classes) // 2), seed=seed)
    for fold in track(folds, "choosing on seen labels", len(folds)):
        held = np.isin(of_picture, fold)
        learned, tested = ~held & ~aside, held | aside
        seen = tuple(label for label in classes if label not in fold)
        yield _Part(seen, fold, learned, tested, of_picture[learned].tolist(), of_picture[tested])


def _turns(
    labeller: Labeller, features: Float[np.ndarray, "n features"], part: _Part
) -> Float[np.ndarray, "3 n"]:
    """For each picture, above which gamma its answer is an unseen label, and what it counts.

    The second row is what it adds to U above that gamma, the third what it adds to S below.
    """
    classes = np.array([*part.seen, *part.unseen])
    scores = labeller.score(features, classes.tolist())
    is_seen = np.arange(len(classes)) < len(part.seen)
    column = {label: i for i, label in enumerate(classes)}
    target = np.array([column[label] for label in part.truth])
    gaps, seen = group_gaps(scores, target, is_seen), is_seen[target]
    counts = np.zeros((2, len(target)))
    for row, group in zip(counts, (~seen, seen), strict=True):
        row[group] = gaps.own[group] * class_weights(part.truth[group]) / group.sum()
    return np.stack([np.where(seen, gaps.gap, -gaps.gap), *counts])


def _best(turns: Float[np.ndarray, "3 n"]) -> float:
    """The middle of the stretch of gamma with the highest H; 0 where H is 0 everywhere."""
    edges, rows = np.unique(turns[0], return_inverse=True)
    u, s = (np.cumsum(np.bincount(rows, weights=row)) for row in turns[1:])
    h = harmonic_mean(u[:-1], s[-1] - s[:-1])  # between an edge and the next
    h[~np.isfinite(edges[:-1]) | ~np.isfinite(edges[1:])] = 0
    best = int(np.argmax(h)) if h.any() else None
    return 0.0 if best is None else float(edges[best] + edges[best + 1]) / 2
