"""Two runs over the same pictures, compared picture by picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from iconym.errors import Usage
from iconym.evaluation.runs import Run
from iconym.metrics.intervals import Interval, class_weights, paired_difference
from iconym.metrics.paired import sign_flip_test
from iconym.metrics.tables import CHANCE, Table


@dataclass(frozen=True)
class Difference:
    """How much better one row of run A is than one of run B, by one metric, in one part.

    Args:
        part: which pictures, answered with which labels.
        row: of run A.
        against: of run B.
        metric: what is compared.
        a: the value of A.
        b: the value of B.
        difference: A minus B, with its 95 % interval over the pictures.
        p: of the paired permutation test.
    """

    part: str
    row: str
    against: str
    metric: str
    a: float
    b: float
    difference: Interval
    p: float

    def to_json(self) -> dict[str, Any]:
        """All fields, numbers to six digits."""
        return {
            **{name: getattr(self, name) for name in ("part", "row", "against", "metric")},
            **{name: round(getattr(self, name), 6) for name in ("a", "b", "p")},
            "difference": self.difference.to_json(),
        }


def compare_runs(
    a: Run,
    b: Run,
    *,
    row: str | None = None,
    against: str | None = None,
    metrics: Sequence[str] = (),
    seed: int = 0,
) -> list[Difference]:
    """The paired differences of two runs over the same pictures, part by part.

    Rows that are a dash in a part are left out there. Many differences are tested at once: one
    in twenty of them has p below 0.05 by luck alone.

    Args:
        a: one run.
        b: the other; it may be the same one, to compare two of its rows.
        row: of ``a``; else every row that both have, except chance.
        against: of ``b``; else the row of the same name.
        metrics: columns to compare; else all that both have.
        seed: of intervals and tests.

    Raises:
        Usage: if the runs are not of the same pictures, labels and candidates, or have no such
            row or metric in common.

    Source:
        ``bootstrap_each`` for the intervals, ``sign_flip_test`` for p.
    """
    _check_same(a, b)
    found = [
        _difference(part, (a.tables[part], b.tables[part]), pair, metric, seed)
        for part in a.tables
        for pair in _pairs(a.tables[part], b.tables[part], row, against)
        for metric in _metrics(a.tables[part], b.tables[part], metrics)
    ]
    if not found:
        raise Usage("the two rows have no answers to compare; choose others by row and against")
    return found


def _difference(
    part: str, tables: tuple[Table, Table], rows: tuple[str, str], metric: str, seed: int
) -> Difference:
    values = [table.values(row, metric) for table, row in zip(tables, rows, strict=True)]
    ours, theirs = (v for v in values if v is not None)
    classes = tables[0].classes_of(metric)
    weights = np.ones(len(ours)) if classes is None else class_weights(classes)
    interval = paired_difference(ours, theirs, seed=seed, classes=classes)
    p = sign_flip_test(weights * (ours - theirs), seed=seed)
    mean_a, mean_b = (float((weights * values).mean()) for values in (ours, theirs))
    return Difference(part, *rows, metric, mean_a, mean_b, interval, p)


def _pairs(a: Table, b: Table, row: str | None, against: str | None) -> list[tuple[str, str]]:
    """The rows to compare that have answers in both tables."""
    common = [name for name in a.rows if name in b.rows and name != CHANCE]
    first = [row] if row is not None else [against] if against is not None else common
    pairs = [(name, against if against is not None else name) for name in first]
    for table, name in ((table, pair[i]) for pair in pairs for i, table in enumerate((a, b))):
        if name not in table.rows:
            raise Usage(f"a run has no row {name!r}; it has {', '.join(map(repr, table.rows))}")
    return [(x, y) for x, y in pairs if a.rows[x] is not None and b.rows[y] is not None]


def _metrics(a: Table, b: Table, wanted: Sequence[str]) -> list[str]:
    common = [metric for metric in a.columns if metric in b.columns]
    for metric in wanted:
        if metric not in common:
            raise Usage(f"no metric {metric!r} in both runs; they have {', '.join(common)}")
    return list(wanted) or common


def _check_same(a: Run, b: Run) -> None:
    if a.tables.keys() != b.tables.keys():
        parts = " and ".join("/".join(run.tables) for run in (a, b))
        raise Usage(f"the runs have different parts ({parts}); evaluate both on the same pictures")
    for part, table in a.tables.items():
        other = b.tables[part]
        ours, theirs = (
            list(zip(run.pictures[part], run.tables[part].truth, strict=True)) for run in (a, b)
        )
        if ours != theirs:
            raise Usage(
                f"the runs are not of the same pictures: of those in {part!r}, "
                f"{len(ours)} and {len(theirs)}, {len(set(ours) & set(theirs))} are common; "
                "evaluate both on the same ones"
            )
        if not np.array_equal(table.candidates, other.candidates):
            raise Usage(
                f"the pictures in {part!r} were answered with {table.candidates.max()} and "
                f"{other.candidates.max()} labels; compare spaces made with the same labels"
            )
