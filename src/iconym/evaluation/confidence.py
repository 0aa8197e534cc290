"""How far labellers' certainty can be believed: reliability, and what abstaining is worth."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from iconym.errors import BadData
from iconym.evaluation.parts import Contestant, Part, zero_shot_parts
from iconym.metrics.abstention import RiskCoverage, risk_coverage
from iconym.metrics.calibration import Reliability, confidences, reliability, temperature
from iconym.metrics.ranking import target_hits

ABSTAINED = 0.1  # the share of answers left ungiven in the tables
FITTED = 4096  # pictures that a temperature is fitted on, at most; it is a single number
BLOCK = 1024  # pictures scored at a time


@dataclass(frozen=True, eq=False)
class Confidence:
    """How well one labeller knows on which pictures it is right.

    Args:
        temperature: of its softmax, fitted on pictures of seen labels.
        reliability: its confidence beside its accuracy.
        risk: its risk-coverage curve.
    """

    temperature: float
    reliability: Reliability
    risk: RiskCoverage

    def to_json(self) -> dict[str, Any]:
        """All three, what 10 % of abstention avoids, and the accuracy without and with it."""
        return {
            "temperature": self.temperature,
            "reliability": self.reliability.to_json(),
            "risk_coverage": self.risk.to_json(),
            "accuracy": round(self.risk.accuracy_at(1.0), 6),
            "accuracy_at_90": round(self.risk.accuracy_at(1 - ABSTAINED), 6),
            "wrong_avoided_at_90": round(self.risk.avoided(ABSTAINED), 6),
        }


def evaluate_confidence(
    rows: Mapping[str, Contestant],
    truth: Sequence[str],
    seen: Sequence[str],
    unseen: Sequence[str],
    *,
    seed: int,
) -> dict[str, dict[str, Confidence | None]]:
    """The confidence of every row in each part of ``zero_shot_parts``; None for a dash.

    A labeller's confidence is the probability of its answer under a softmax of its scores, at a
    temperature of its own. The test pictures of seen labels are dealt into two halves; the
    temperature for a half is fitted on the other one, that for pictures of unseen labels on
    both, always among the seen labels: no picture has a part in its own confidence.

    Args:
        rows: by name, a labeller with the features of all test pictures.
        truth: the label of each picture.
        seen: the labels trained on.
        unseen: the labels of which no picture was trained on.
        seed: of the halves.

    Raises:
        BadData: as ``zero_shot_parts``, or if fewer than two pictures have a seen label.
    """
    parts = zero_shot_parts(rows, truth, seen, unseen)
    count = len(parts["seen"].truth) if "seen" in parts else 0
    if count < 2:
        raise BadData(f"{count} pictures of seen labels; a temperature is fitted on at least 2")
    halves = np.random.default_rng(seed).permutation(count) % 2
    fitted = {name: _temperatures(parts["seen"], name, halves) for name in rows}
    return {
        part: {
            name: _confidence(asked, name, fitted[name], halves if "unseen" not in part else None)
            for name in rows
        }
        for part, asked in parts.items()
    }


@dataclass(frozen=True)
class _Temperatures:
    for_halves: tuple[float, float]
    for_others: float


def _temperatures(seen: Part, name: str, halves: Int[np.ndarray, " n"]) -> _Temperatures:
    labeller, features = seen.rows[name]
    target = _targets(seen)

    def fitted(rows: Int[np.ndarray, " some"]) -> float:
        some = rows[:: -(-len(rows) // FITTED)]
        positive = target[some][:, None] == np.arange(len(seen.candidates))
        return temperature(labeller.score(features[some], seen.candidates), positive)

    ones, others = np.flatnonzero(halves == 0), np.flatnonzero(halves == 1)
    return _Temperatures((fitted(others), fitted(ones)), fitted(np.arange(len(halves))))


def _confidence(
    part: Part, name: str, found: _Temperatures, halves: Int[np.ndarray, " n"] | None
) -> Confidence | None:
    n = len(part.truth)
    each = np.full(n, found.for_others) if halves is None else np.take(found.for_halves, halves)
    certain, right = np.empty(n), np.empty(n)
    target, answered = _targets(part), False
    for block, scores in _scored(part, name):
        answered = answered or bool((scores > -np.inf).any())
        certain[block] = confidences(scores / each[block, None], 1.0)
        right[block] = target_hits(scores, target[block], [1])[:, 0]
    if not answered:
        return None
    return Confidence(found.for_others, reliability(certain, right), risk_coverage(certain, right))


def _scored(part: Part, name: str) -> Iterator[tuple[slice, Float[np.ndarray, "some m"]]]:
    labeller, features = part.rows[name]
    for start in range(0, len(features), BLOCK):
        block = slice(start, start + BLOCK)
        yield block, labeller.score(features[block], part.candidates)


def _targets(part: Part) -> Int[np.ndarray, " n"]:
    column = {label: j for j, label in enumerate(part.candidates)}
    return np.array([column[label] for label in part.truth])
