"""Evaluation: how often labellers are right, and how far off they are where they are not."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from iconym.evaluation.parts import Contestant, Part, check_contest, zero_shot_parts
from iconym.hierarchy import Columns, Hierarchy
from iconym.labellers.chance import ChanceLabeller
from iconym.metrics.generalized import Gaps, group_gaps
from iconym.metrics.ranking import precision_at_k, target_hits
from iconym.metrics.tables import CHANCE, Table

__all__ = ["Contestant", "Part", "evaluate", "evaluate_zero_shot", "zero_shot_parts"]

HITS = {f"hit@{k}": k for k in (1, 2, 5, 10)}
HIERARCHICAL = {f"hp@{k}": k for k in (2, 5, 10, 20)}
BLOCK = 1024  # pictures scored at a time, so that many candidates need little memory


def evaluate(
    rows: Mapping[str, Contestant],
    truth: Sequence[str],
    candidates: Sequence[str],
    hierarchy: Hierarchy | None,
    *,
    seed: int,
    seen: Collection[str] = (),
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
        seen: the labels trained on; where some candidates are seen and some are not, the table
            also has each row's ``gaps``, of which ``generalized`` makes U, S, H and AUSUC.

    Raises:
        BadData: if there is no picture, a number of features differs from that of the truth, a
            true label is no candidate, a candidate stands twice or is not in the hierarchy.

    Source:
        Frome et al., DeViSE, NIPS 2013, tables 1 to 3.
    """
    check_contest(rows, truth, candidates)
    question = _Question.of(truth, candidates, hierarchy, seen)
    chance = (ChanceLabeller(), np.empty((len(truth), 0)))
    answers = _answers({**rows, CHANCE: chance}, question)
    return Table(
        rows={name: answer.values for name, answer in answers.items()},
        set_sizes=question.set_sizes,
        candidates=np.full(len(truth), len(candidates)),
        seed=seed,
        truth=tuple(truth),
        gaps={name: a.gaps for name, a in answers.items() if a.gaps is not None},
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
        name: evaluate(part.rows, part.truth, part.candidates, hierarchy, seed=seed, seen=seen)
        for name, part in parts.items()
    }


@dataclass(frozen=True, eq=False)
class _Question:
    """What is asked of every labeller alike, and what is right."""

    candidates: Sequence[str]
    target: Int[np.ndarray, " n"]  # the candidate that is the true label of each picture
    sets: Mapping[str, Sequence[Columns]]  # hCorrectSet of each picture, by metric
    seen: Bool[np.ndarray, " m"] | None  # None where all candidates are, or none is

    @classmethod
    def of(
        cls,
        truth: Sequence[str],
        candidates: Sequence[str],
        hierarchy: Hierarchy | None,
        seen: Collection[str],
    ) -> "_Question":
        column = {label: j for j, label in enumerate(candidates)}
        sets = {}
        if hierarchy is not None:
            for metric, k in HIERARCHICAL.items():
                sets[metric] = hierarchy.correct_columns(truth, k, candidates)
        known = frozenset(seen)
        is_seen = np.array([label in known for label in candidates])
        both = is_seen.any() and not is_seen.all()
        target = np.array([column[label] for label in truth])
        return cls(candidates, target, sets, is_seen if both else None)

    @property
    def metrics(self) -> tuple[str, ...]:
        return (*HITS, *self.sets)

    @property
    def set_sizes(self) -> dict[str, Int[np.ndarray, " n"]]:
        return {metric: np.array([len(s) for s in sets]) for metric, sets in self.sets.items()}

    def positives(self, block: slice) -> dict[str, Bool[np.ndarray, "some m"]]:
        """Which candidates are in the hCorrectSet of each picture of a block."""
        found = {}
        for metric, sets in self.sets.items():
            some = sets[block]
            rows = np.repeat(np.arange(len(some)), [len(columns) for columns in some])
            found[metric] = np.zeros((len(some), len(self.candidates)), bool)
            found[metric][rows, np.concatenate(some)] = True
        return found


@dataclass(frozen=True, eq=False)
class _Answer:
    """What one labeller reached for each picture."""

    values: dict[str, Float[np.ndarray, " n"]] | None
    gaps: Gaps | None


def _answers(rows: Mapping[str, Contestant], question: _Question) -> dict[str, _Answer]:
    n = len(question.target)
    values = {name: np.empty((len(question.metrics), n)) for name in rows}
    gaps = {name: np.empty((2, n)) for name in rows}
    answered = dict.fromkeys(rows, False)
    for start in range(0, n, BLOCK):
        block = slice(start, start + BLOCK)
        positives = question.positives(block)
        for name, (labeller, features) in rows.items():
            scores = labeller.score(features[block], question.candidates)
            answered[name] = answered[name] or bool((scores > -np.inf).any())
            values[name][:, block] = _values(scores, question.target[block], positives)
            if question.seen is not None:
                found = group_gaps(scores, question.target[block], question.seen)
                gaps[name][:, block] = found.own, found.gap
    return {
        name: _Answer(
            dict(zip(question.metrics, values[name], strict=True)) if answered[name] else None,
            Gaps(*gaps[name]) if answered[name] and question.seen is not None else None,
        )
        for name in rows
    }


def _values(
    scores: Float[np.ndarray, "n m"],
    target: Int[np.ndarray, " n"],
    positives: Mapping[str, Bool[np.ndarray, "n m"]],
) -> Float[np.ndarray, "metrics n"]:
    hits = target_hits(scores, target, tuple(HITS.values())).T
    close = [precision_at_k(scores, p, HIERARCHICAL[metric]) for metric, p in positives.items()]
    return np.concatenate([hits, *([np.stack(close)] if close else [])])
