"""Seen against unseen labels: U, S, their harmonic mean H, and the area under their curve.

A labeller that chooses among seen and unseen labels tends to answer with seen ones. Calibrated
stacking takes a number gamma from every score of a seen label; over all gamma, the accuracies on
pictures of unseen and of seen labels draw a curve. What is needed for the whole curve are two
numbers for each query, its ``Gaps``.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from iconym.metrics.intervals import class_weights

SeenClasses = Shaped[np.ndarray, " seen"]  # of each query, as a text or a number
UnseenClasses = Shaped[np.ndarray, " unseen"]


@dataclass(frozen=True, eq=False)
class Gaps:
    """How each query would fare with any number taken from, or given to, the other group.

    The groups are the seen and the unseen labels; a query's own group is that of its true label.
    It is answered right if the true label is the best of its own group, and that best score is
    above the best of the other group.

    Args:
        own: the chance that the true label is the best of its own group; ties are shared.
        gap: the best score of the own group minus the best of the other one; infinite where one
            of them has no answer.
    """

    own: Float[np.ndarray, " n"]
    gap: Float[np.ndarray, " n"]


def group_gaps(
    scores: Float[np.ndarray, "n m"], target: Int[np.ndarray, " n"], seen: Bool[np.ndarray, " m"]
) -> Gaps:
    """The gaps of queries whose true labels are the columns ``target``.

    Args:
        scores: of every label; -inf is no answer.
        target: the column of each query's true label.
        seen: which labels are seen.
    """
    own = seen[target][:, None] == seen
    true = np.take_along_axis(scores, target[:, None], axis=1)
    best = np.where(own, scores, -np.inf).max(axis=1, keepdims=True)
    other = np.where(own, -np.inf, scores).max(axis=1)
    answered = best[:, 0] > -np.inf
    level = ((scores == best) & own).sum(axis=1)
    right = np.where(answered & (true == best)[:, 0], 1 / level, 0.0)
    gap = np.where(answered, best[:, 0], 0.0) - np.where(answered, other, np.inf)
    return Gaps(right, gap.astype(float))


def harmonic_mean(
    u: Float[np.ndarray, " n"], s: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """H = 2 U S / (U + S) of pairs of accuracies; 0 where both are 0.

    Source:
        Xian et al., Zero-Shot Learning: the Good, the Bad and the Ugly, CVPR 2017.
    """
    both = u + s
    return 2 * u * s / np.where(both > 0, both, 1.0)


def ausuc(
    seen: Gaps, unseen: Gaps, seen_classes: SeenClasses, unseen_classes: UnseenClasses
) -> float:
    """The area under the seen-unseen curve over all real gamma, exactly, in [0, 1].

    It is the chance that a seen and an unseen query, each of a class drawn at random, are both
    right for some gamma: at a gamma the seen one is right below its gap, the unseen one above
    minus its gap. Steps that fall together count half, as the trapezoids of the curve do. A
    labeller that answers queries of one group only has area 0.

    Args:
        seen: gaps of queries of seen labels.
        unseen: gaps of queries of unseen labels.
        seen_classes: the class of each of the first.
        unseen_classes: the class of each of the others.

    Raises:
        ValueError: if there is no query of a group.

    Source:
        Chao et al., An Empirical Study and Analysis of Generalized Zero-Shot Learning, ECCV 2016;
        accuracies here are means over classes, as U and S are.
    """
    placed, _ = placements(seen, unseen, seen_classes, unseen_classes)
    return float((class_weights(seen_classes) * placed).mean())


def placements(
    seen: Gaps, unseen: Gaps, seen_classes: SeenClasses, unseen_classes: UnseenClasses
) -> tuple[Float[np.ndarray, " seen"], Float[np.ndarray, " unseen"]]:
    """What each query adds to ``ausuc``: the mean over classes of either part is the area.

    For a query that is right on one side of some gamma, it is the accuracy of the other group
    there; for one that never is, 0.

    Raises:
        ValueError: if there is no query of a group.

    Source:
        DeLong et al., 1988, the placement values of an area under a curve.
    """
    if not len(seen.gap) or not len(unseen.gap):
        raise ValueError("a group has no query; the curve needs pictures of seen and unseen labels")
    weights = class_weights(seen_classes) * seen.own, class_weights(unseen_classes) * unseen.own
    of_seen = seen.own * _share_below(-unseen.gap, weights[1], seen.gap)
    of_unseen = unseen.own * _share_below(-seen.gap, weights[0], unseen.gap)
    return of_seen, of_unseen


def _share_below(
    steps: Float[np.ndarray, " n"], weights: Float[np.ndarray, " n"], at: Float[np.ndarray, " m"]
) -> Float[np.ndarray, " m"]:
    """The weight of the steps below each place, of those right at it the half, over n."""
    order = np.argsort(steps)
    reached = np.concatenate([[0.0], np.cumsum(weights[order])])
    below, upto = (np.searchsorted(steps[order], at, side) for side in ("left", "right"))
    return (reached[below] + reached[upto]) / (2 * len(steps))
