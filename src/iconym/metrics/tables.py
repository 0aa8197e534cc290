"""Tables of results: what each labeller reached in each metric, with intervals, beside chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from iconym.errors import Usage
from iconym.metrics.generalized import Gaps
from iconym.metrics.intervals import Classes, Interval, bootstrap_each, paired_difference

CHANCE = "chance"
PER_CLASS, FLAT = "per-class hit@1", "hit@1"  # one is the mean over classes of the other
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
        truth: the label of each query; without it there is no mean over classes.
        gaps: by row, how the queries stand between seen and unseen labels; where both are asked.
    """

    rows: Mapping[str, Values | None]
    set_sizes: Mapping[str, Int[np.ndarray, " queries"]]
    candidates: Int[np.ndarray, " queries"]
    seed: int
    truth: tuple[str, ...] = ()
    gaps: Mapping[str, Gaps] = field(default_factory=dict)

    @cached_property
    def intervals(self) -> dict[str, dict[str, Interval] | None]:
        """The mean and its 95 % interval, by row and column; all rows share their resamples."""
        answered = {name: values for name, values in self.rows.items() if values is not None}
        found: dict[str, dict[str, Interval]] = {name: {} for name in answered}
        for metrics, classes in self._means:
            cells = [(name, metric) for name in answered for metric in metrics]
            values = [answered[name][FLAT if m == PER_CLASS else m] for name, m in cells]
            if values:
                each = bootstrap_each(np.stack(values, axis=1), seed=self.seed, classes=classes)
                for (name, metric), interval in zip(cells, each, strict=True):
                    found[name][metric] = interval
        return {name: found.get(name) for name in self.rows}

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
        ours, theirs = self.values(a, metric), self.values(b, metric)
        if ours is None or theirs is None:
            return None
        return paired_difference(ours, theirs, seed=self.seed, classes=self.classes_of(metric))

    def times_chance(self, row: str, metric: str) -> float | None:
        """How many times the mean of chance the mean of ``row`` is; None where it is a dash.

        Raises:
            Usage: as ``difference``, or if the table has no row of chance.
        """
        if self.values(row, metric) is None or self.values(CHANCE, metric) is None:
            return None
        ours, chance = self.intervals[row], self.intervals[CHANCE]
        return ours[metric].value / chance[metric].value if ours and chance else None

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
        gaps = {row: found for row, found in self.gaps.items() if row not in rows}
        return replace(self, rows={**renamed, name: mean}, gaps=gaps)

    def to_json(self) -> dict[str, dict[str, dict[str, float] | None]]:
        """[row][metric] = {"value", "low", "high"} as fractions to six digits, None for a dash."""
        return {
            name: {m: values[m].to_json() if values else None for m in self.columns}
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
        names = [m + "\\*" if m in self.saturated else m for m in self.columns]
        lines = [["labeller", *names], [":--", *["--:"] * len(names)]]
        for name, values in self.intervals.items():
            cells = [_cell(m, values[m]) if values else DASH for m in self.columns]
            lines.append([name, *cells])
        return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n\n" + self._note()

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics in their order."""
        return next((tuple(values) for values in self.rows.values() if values), ())

    @property
    def columns(self) -> tuple[str, ...]:
        """The metrics, and per-class hit@1 where some class has several queries."""
        return tuple(metric for metrics, _ in self._means for metric in metrics)

    def values(self, row: str, metric: str) -> Float[np.ndarray, " queries"] | None:
        """A number for each query, of which a cell is the mean; None for a dash.

        Raises:
            Usage: if there is no such row or metric.
        """
        if row not in self.rows:
            raise Usage(
                f"the table has no row {row!r}; choose one of {', '.join(map(repr, self.rows))}"
            )
        if metric not in self.columns:
            raise Usage(f"the table has no metric {metric!r}; choose one of {self.columns}")
        values = self.rows[row]
        return None if values is None else values[FLAT if metric == PER_CLASS else metric]

    def classes_of(self, metric: str) -> Classes | None:
        """The classes over which the column is a mean of means; None if it is over queries."""
        return np.array(self.truth) if metric == PER_CLASS else None

    @property
    def _means(self) -> list[tuple[tuple[str, ...], Classes | None]]:
        """Columns that are means over queries, then those over classes."""
        means: list[tuple[tuple[str, ...], Classes | None]] = [(self.metrics, None)]
        if FLAT in self.metrics and len(set(self.truth)) < len(self.truth):
            means.append(((PER_CLASS,), self.classes_of(PER_CLASS)))
        return means

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

    It has no gaps: what is seen in one fold is unseen in another.

    Raises:
        ValueError: if there is none, or their rows, dashes or metrics differ.
    """
    shapes = {(t.metrics, tuple((n, v is None) for n, v in t.rows.items())) for t in tables}
    if len(shapes) != 1:
        raise ValueError(f"{len(tables)} tables of {len(shapes)} shapes; pool tables of one shape")
    first, known = tables[0], all(t.truth for t in tables)
    return Table(
        rows={
            name: None if values is None else _joined([t.rows[name] or {} for t in tables])
            for name, values in first.rows.items()
        },
        set_sizes=_joined([t.set_sizes for t in tables]),
        candidates=np.concatenate([t.candidates for t in tables]),
        seed=first.seed,
        truth=tuple(label for t in tables for label in t.truth) if known else (),
    )


def _joined(parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _cell(metric: str, interval: Interval) -> str:
    if "hit@" in metric:
        return f"{interval.value:.1%} [{interval.low:.1%}, {interval.high:.1%}]".replace("%", "")
    return f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
