"""Evaluation: how often labellers are right, and how far off they are where they are not."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from iconym.errors import BadData
from iconym.hierarchy import Hierarchy
from iconym.labellers.chance import ChanceLabeller
from iconym.metrics.ranking import hits_at_k, precision_at_k
from iconym.metrics.tables import CHANCE, Table, Values
from iconym.protocols import Labeller

HITS = {f"hit@{k}": k for k in (1, 2, 5, 10)}
HIERARCHICAL = {f"hp@{k}": k for k in (2, 5, 10, 20)}
BLOCK = 1024  # pictures scored at a time, so that many candidates need little memory

Contestant = tuple[Labeller, Float[np.ndarray, "n _"]]  # a labeller and the features it reads
Positives = Mapping[str, Bool[np.ndarray, "classes m"]]  # by metric, for each class of the truth


def evaluate(
    rows: Mapping[str, Contestant],
    truth: Sequence[str],
    candidates: Sequence[str],
    hierarchy: Hierarchy | None,
    *,
    seed: int,
) -> Table:
    """The table of flat hit@k and hierarchical precision@k for every row, and chance below them.

    Without a hierarchy it has hit@k only.

    A label that a labeller cannot answer is never a hit; one that can answer none of the
    candidates for any picture has no values at all.

    Args:
        rows: by name, a labeller with the features of the test pictures; not "chance", which is
            computed.
        truth: the label of each picture, one of the candidates.
        candidates: the labels to choose from, which are also those that hCorrectSet counts.
        hierarchy: holds every candidate; None if there is none.
        seed: of the table's intervals.

    Raises:
        BadData: if there is no picture, a number of features differs from that of the truth, a
            true label is no candidate, a candidate stands twice or is not in the hierarchy.

    Source:
        Frome et al., DeViSE, NIPS 2013, tables 1 to 3.
    """
    _check(rows, truth, candidates)
    classes = {label: row for row, label in enumerate(dict.fromkeys(truth))}
    of_picture = np.array([classes[label] for label in truth])
    positives = _positives(tuple(classes), candidates, hierarchy)
    chance = (ChanceLabeller(), np.empty((len(truth), 0)))
    return Table(
        rows={
            name: _measure(contestant, candidates, positives, of_picture)
            for name, contestant in {**rows, CHANCE: chance}.items()
        },
        set_sizes={m: p.sum(axis=1)[of_picture] for m, p in positives.items() if m not in HITS},
        candidates=np.full(len(truth), len(candidates)),
        seed=seed,
    )


def evaluate_zero_shot(
    rows: Mapping[str, Contestant],
    truth: Sequence[str],
    seen: Sequence[str],
    unseen: Sequence[str],
    hierarchy: Hierarchy | None,
    *,
    seed: int,
) -> dict[str, Table]:
    """The tables of the parts that ``zero_shot_parts`` makes of the pictures.

    Args:
        rows: as for ``evaluate``, with the features of all test pictures.
        truth: the label of each picture.
        seen: the labels trained on.
        unseen: the labels of which no picture was trained on.
        hierarchy: holds all labels; None if there is none.
        seed: of the tables' intervals.

    Raises:
        BadData: as ``evaluate`` and ``zero_shot_parts``.
    """
    parts = zero_shot_parts(rows, truth, seen, unseen)
    return {
        name: evaluate(part.rows, part.truth, part.candidates, hierarchy, seed=seed)
        for name, part in parts.items()
    }


@dataclass(frozen=True)
class Part:
    """Some of the test pictures, and the labels that they are answered with."""

    rows: Mapping[str, Contestant]
    truth: Sequence[str]
    candidates: Sequence[str]


def zero_shot_parts(
    rows: Mapping[str, Contestant],
    truth: Sequence[str],
    seen: Sequence[str],
    unseen: Sequence[str],
) -> dict[str, Part]:
    """Three parts: "seen", "unseen" and "unseen_among_all", as far as there are pictures.

    The first has the pictures of seen labels, answered with those; the second the pictures of
    unseen labels, answered with the unseen ones only; the third the same pictures, answered with
    all labels.

    Raises:
        BadData: if a label is seen and unseen, or stands twice, or a true one is neither, or a
            number of features differs from that of the truth.
    """
    both = set(seen) & set(unseen)
    if both:
        raise BadData(f"the label {min(both)!r} is both seen and unseen; keep it in one of them")
    _check(rows, truth, [*seen, *unseen])
    is_seen = np.isin(np.array(truth), np.array(seen))
    parts = {
        "seen": (is_seen, seen),
        "unseen": (~is_seen, unseen),
        "unseen_among_all": (~is_seen, [*unseen, *seen]),
    }
    return {
        name: Part(
            {row: (labeller, features[kept]) for row, (labeller, features) in rows.items()},
            [label for label, keep in zip(truth, kept, strict=True) if keep],
            candidates,
        )
        for name, (kept, candidates) in parts.items()
        if kept.any()
    }


def _measure(
    contestant: Contestant,
    candidates: Sequence[str],
    positives: Positives,
    of_picture: Int[np.ndarray, " n"],
) -> Values | None:
    labeller, features = contestant
    blocks, answered = [], False
    for start in range(0, len(features), BLOCK):
        scores = labeller.score(features[start : start + BLOCK], candidates)
        answered = answered or bool((scores > -np.inf).any())
        classes = of_picture[start : start + BLOCK]
        blocks.append(
            [
                hits_at_k(scores, positive[classes], HITS[metric])
                if metric in HITS
                else precision_at_k(scores, positive[classes], HIERARCHICAL[metric])
                for metric, positive in positives.items()
            ]
        )
    values = np.concatenate(blocks, axis=1)
    return dict(zip(positives, values, strict=True)) if answered else None


def _positives(
    classes: Sequence[str], candidates: Sequence[str], hierarchy: Hierarchy | None
) -> Positives:
    column = {label: j for j, label in enumerate(candidates)}
    itself = np.zeros((len(classes), len(candidates)), bool)
    itself[np.arange(len(classes)), [column[label] for label in classes]] = True
    hits = dict.fromkeys(HITS, itself)
    if hierarchy is None:
        return hits
    sets = {m: hierarchy.correct_sets(classes, k, candidates) for m, k in HIERARCHICAL.items()}
    return {**hits, **sets}


def _check(rows: Mapping[str, Contestant], truth: Sequence[str], candidates: Sequence[str]) -> None:
    if not truth:
        raise BadData("no pictures to evaluate; give at least one")
    stray = set(truth) - set(candidates)
    if stray:
        raise BadData(f"the true label {min(stray)!r} is not among the candidates; add it to them")
    if CHANCE in rows:
        raise BadData(f"a row is named {CHANCE!r}, which is computed; give it another name")
    if len(set(candidates)) < len(candidates):
        twice = min(label for label, n in Counter(candidates).items() if n > 1)
        raise BadData(f"the candidate label {twice!r} stands twice; give it once")
    for name, (_, features) in rows.items():
        if len(features) != len(truth):
            raise BadData(f"{name!r} has features of {len(features)} pictures, not {len(truth)}")
