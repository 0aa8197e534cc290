"""Seen and unseen labels asked at once: U, S, H and AUSUC of every row, with intervals."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from iconym.errors import BadData
from iconym.metrics.generalized import ausuc, harmonic_mean, placements
from iconym.metrics.intervals import Interval, class_weights, resampled_means
from iconym.metrics.tables import DASH, FLAT, Table

FIGURES = ("U", "S", "H", "AUSUC")


@dataclass(frozen=True, eq=False)
class Generalized:
    """The figures of generalized zero-shot learning, made of the two tables among all labels.

    U and S are the per-class means of hit@1 on pictures of unseen and of seen labels, both
    answered with all labels; H is their harmonic mean, AUSUC the area under the curve that they
    draw while seen labels are made harder or easier to win.

    Args:
        seen: of the pictures of seen labels.
        unseen: of the pictures of unseen labels.

    Raises:
        BadData: if the tables' rows differ, or they were made without saying which labels are
            seen.

    Source:
        Xian et al., CVPR 2017 (U, S, H); Chao et al., ECCV 2016 (AUSUC).
    """

    seen: Table
    unseen: Table

    def __post_init__(self) -> None:
        if self.seen.rows.keys() != self.unseen.rows.keys():
            raise BadData("the two tables have different rows; evaluate the same labellers")
        if not self.seen.gaps or not self.unseen.gaps:
            raise BadData("a table has no gaps; make both by evaluate(..., seen=...) on all labels")

    @cached_property
    def intervals(self) -> dict[str, dict[str, Interval] | None]:
        """Each figure with its 95 % interval, by row; None for a row that is a dash in a table.

        Pictures are drawn again within their classes, those of seen and of unseen labels apart.
        The interval of AUSUC takes what each picture adds to it as fixed, which is right to the
        first order.
        """
        rows = [row for row in self.seen.rows if row in self.seen.gaps and row in self.unseen.gaps]
        seen, unseen = self._draws(rows)
        found: dict[str, dict[str, Interval] | None] = dict.fromkeys(self.seen.rows)
        for i, row in enumerate(rows):
            drawn_s, drawn_u = seen[:, 2 * i], unseen[:, 2 * i]
            values = self._figures(row)
            draws = {
                "U": drawn_u,
                "S": drawn_s,
                "H": harmonic_mean(drawn_u, drawn_s),
                "AUSUC": seen[:, 2 * i + 1] + unseen[:, 2 * i + 1] - values["AUSUC"],
            }
            found[row] = {name: _interval(values[name], draws[name]) for name in FIGURES}
        return found

    def to_json(self) -> dict[str, dict[str, dict[str, float]] | None]:
        """[row][figure] = {"value", "low", "high"} as fractions to six digits, None for a dash."""
        return {
            row: {name: interval.to_json() for name, interval in values.items()} if values else None
            for row, values in self.intervals.items()
        }

    def markdown(self) -> str:
        """A Markdown table, in percent but for AUSUC, and a line on what the figures are."""
        lines = [["labeller", *FIGURES], [":--", *["--:"] * len(FIGURES)]]
        for row, values in self.intervals.items():
            cells = [shown(name, values[name]) if values else DASH for name in FIGURES]
            lines.append([row, *cells])
        note = (
            f"{len(self.unseen.truth):,} pictures of unseen labels (U), {len(self.seen.truth):,} "
            f"of seen ones (S), {self.seen.candidates.max():,} labels; per-class means in percent, "
            "H their harmonic mean, AUSUC a fraction; 95 % intervals in brackets.\n"
        )
        return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n\n" + note

    def _figures(self, row: str) -> dict[str, float]:
        u, s = (
            float(np.average(_hits(table, row), weights=class_weights(classes)))
            for table, classes in zip(
                (self.unseen, self.seen), reversed(self._classes), strict=True
            )
        )
        h = harmonic_mean(np.array([u]), np.array([s]))
        area = ausuc(self.seen.gaps[row], self.unseen.gaps[row], *self._classes)
        return {"U": u, "S": s, "H": float(h[0]), "AUSUC": area}

    def _draws(
        self, rows: list[str]
    ) -> tuple[Float[np.ndarray, "samples columns"], Float[np.ndarray, "samples columns"]]:
        """Means of hit@1 and of placements, row after row, for seen and for unseen pictures."""
        seen, unseen = [], []
        for row in rows:
            placed = placements(self.seen.gaps[row], self.unseen.gaps[row], *self._classes)
            seen += [_hits(self.seen, row), placed[0]]
            unseen += [_hits(self.unseen, row), placed[1]]
        of_seen, of_unseen = self._classes
        seed = self.seen.seed
        return (
            resampled_means(np.stack(seen, axis=1), seed=seed, classes=of_seen),
            # with one seed, groups of one size would be drawn alike
            resampled_means(np.stack(unseen, axis=1), seed=seed + 1, classes=of_unseen),
        )

    @cached_property
    def _classes(self) -> tuple[np.ndarray, np.ndarray]:
        return np.array(self.seen.truth), np.array(self.unseen.truth)


def generalized(tables: Mapping[str, Table]) -> Generalized | None:
    """U, S, H and AUSUC of the tables of ``evaluate_zero_shot``; None if either part is missing."""
    if "seen_among_all" not in tables or "unseen_among_all" not in tables:
        return None
    return Generalized(tables["seen_among_all"], tables["unseen_among_all"])


def shown(figure: str, interval: Interval) -> str:
    """A figure with its interval for people: in percent, but for AUSUC."""
    if figure == "AUSUC":
        return f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
    value, low, high = (100 * n for n in (interval.value, interval.low, interval.high))
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"


def _hits(table: Table, row: str) -> Float[np.ndarray, " queries"]:
    values = table.values(row, FLAT)
    return np.zeros(len(table.truth)) if values is None else values


def _interval(value: float, draws: Float[np.ndarray, " samples"]) -> Interval:
    low, high = np.percentile(draws, [2.5, 97.5])
    return Interval(float(value), float(low), float(high))
