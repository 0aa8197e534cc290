"""Tables of results: what each labeller reached in each metric, with intervals, beside chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from iconym.errors import Usage
from iconym.metrics.intervals import Interval, bootstrap_each, paired_difference

CHANCE = "chance"
DASH = "–"  # noqa: RUF001, the sign tables use where there is no answer

Values = Mapping[str, Float[np.ndarray, " queries"]]  # by metric, one number for each query


@dataclass(frozen=True, eq=False)
class Table:
    """The value of every metric for every row and query; means and intervals come from those.

    Args:
        rows: by name; None for a labeller that can answer none of the candidates.
        set_sizes: by hierarchical metric, how many labels the hCorrectSet of each query has.
        candidates: how many labels each query was answered with.
        seed: of the intervals.
    """

    rows: Mapping[str, Values | None]
    set_sizes: Mapping[str, Int[np.ndarray, " queries"]]
    candidates: Int[np.ndarray, " queries"]
    seed: int

    @cached_property
    def intervals(self) -> dict[str, dict[str, Interval] | None]:
        """The mean and its 95 % interval, by row and metric; all rows share their resamples."""
        answered = {name: values for name, values in self.rows.items() if values is not None}
        columns = [column for values in answered.values() for column in values.values()]
        found = iter(bootstrap_each(np.stack(columns, axis=1), seed=self.seed) if columns else [])
        measured = {
            name: {metric: next(found) for metric in values} for name, values in answered.items()
        }
        return {name: measured.get(name) for name in self.rows}

    @property
    def mean_set_sizes(self) -> dict[str, float]:
        """The mean size of hCorrectSet, by hierarchical metric."""
        return {metric: float(sizes.mean()) for metric, sizes in self.set_sizes.items()}

    @property
    def saturated(self) -> tuple[str, ...]:
        """The hierarchical metrics that say nothing, as every label is right for every query."""
        return tuple(m for m, sizes in self.set_sizes.items() if (sizes >= self.candidates).all())

    def difference(self, a: str, b: str, metric: str) -> Interval | None:
        """The mean of row ``a`` minus row ``b`` over the same queries; None where one is a dash.

        Raises:
            Usage: if there is no such row or metric.
        """
        ours, theirs = self._values(a, metric), self._values(b, metric)
        if ours is None or theirs is None:
            return None
        return paired_difference(ours, theirs, seed=self.seed)

    def times_chance(self, row: str, metric: str) -> float | None:
        """How many times the mean of chance the mean of ``row`` is; None where it is a dash.

        Raises:
            Usage: as ``difference``, or if the table has no row of chance.
        """
        ours, chance = self._values(row, metric), self._values(CHANCE, metric)
        if ours is None or chance is None:
            return None
        return float(ours.mean() / chance.mean())

    def averaged(self, rows: Sequence[str], name: str) -> "Table":
        """The table with one row ``name`` in place of several: their mean, query by query.

        For draws of one baseline: the mean of five says more about chance than one does.

        Raises:
            Usage: if there is no such row, or one of them is not there, or a dash.
        """
        values = [self.rows.get(row) for row in rows]
        draws = [v for v in values if v is not None]
        if not draws or len(draws) < len(rows):
            raise Usage(f"rows {', '.join(rows)} cannot be averaged: not all have values")
        mean = {metric: np.mean([v[metric] for v in draws], axis=0) for metric in self.metrics}
        kept = {row: v for row, v in self.rows.items() if row not in rows[1:]}
        renamed = {name if row == rows[0] else row: v for row, v in kept.items()}
        return replace(self, rows={**renamed, name: mean})

    def to_json(self) -> dict[str, dict[str, dict[str, float] | None]]:
        """[row][metric] = {"value", "low", "high"} as fractions to six digits, None for a dash."""
        return {
            name: {m: values[m].to_json() if values else None for m in self.metrics}
            for name, values in self.intervals.items()
        }

    def conditions(self) -> dict[str, Any]:
        """What the numbers depend on, for JSON: queries, labels, mean set sizes, the saturated."""
        return {
            "queries": len(self.candidates),
            "labels": {"fewest": int(self.candidates.min()), "most": int(self.candidates.max())},
            "mean_set_sizes": {m: round(size, 6) for m, size in self.mean_set_sizes.items()},
            "saturated": list(self.saturated),
        }

    def markdown(self) -> str:
        """A Markdown table, hit@k in percent and hp@k as fractions, and a line of conditions."""
        names = [m + "\\*" if m in self.saturated else m for m in self.metrics]
        lines = [["labeller", *names], [":--", *["--:"] * len(names)]]
        for name, values in self.intervals.items():
            cells = [_cell(m, values[m]) if values else DASH for m in self.metrics]
            lines.append([name, *cells])
        return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n\n" + self._note()

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics in their order."""
        return next((tuple(values) for values in self.rows.values() if values), ())

    def _values(self, row: str, metric: str) -> Float[np.ndarray, " queries"] | None:
        if row not in self.rows:
            raise Usage(f"the table has no row {row!r}; choose one of {', '.join(self.rows)}")
        if metric not in self.metrics:
            raise Usage(f"the table has no metric {metric!r}; choose one of {self.metrics}")
        values = self.rows[row]
        return None if values is None else values[metric]

    def _note(self) -> str:
        fewest, most = self.candidates.min(), self.candidates.max()
        labels = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
        sizes = ", ".join(f"{m} {size:.2f}" for m, size in self.mean_set_sizes.items())
        note = f"{len(self.candidates):,} pictures, {labels} labels; hit@k in percent, "
        note += "hp@k as a fraction, " if sizes else ""
        note += f"95 % intervals in brackets, {DASH} where there is no answer."
        note += f" Mean size of the correct set: {sizes}.\n" if sizes else "\n"
        if self.saturated:
            note += (
                f"\\* says nothing: the correct set of {', '.join(self.saturated)} is all labels.\n"
            )
        return note


def pool(tables: Sequence[Table]) -> Table:
    """The table over the queries of all ``tables``, as folds of one experiment are reported.

    Raises:
        ValueError: if there is none, or their rows, dashes or metrics differ.
    """
    shapes = {(t.metrics, tuple((n, v is None) for n, v in t.rows.items())) for t in tables}
    if len(shapes) != 1:
        raise ValueError(f"{len(tables)} tables of {len(shapes)} shapes; pool tables of one shape")
    first = tables[0]
    return Table(
        rows={
            name: None if values is None else _joined([t.rows[name] or {} for t in tables])
            for name, values in first.rows.items()
        },
        set_sizes=_joined([t.set_sizes for t in tables]),
        candidates=np.concatenate([t.candidates for t in tables]),
        seed=first.seed,
    )


def _joined(parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _cell(metric: str, interval: Interval) -> str:
    if metric.startswith("hit@"):
        return f"{interval.value:.1%} [{interval.low:.1%}, {interval.high:.1%}]".replace("%", "")
    return f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
