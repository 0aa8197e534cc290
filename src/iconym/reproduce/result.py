"""What an experiment leaves behind: our figures beside a paper's and beside what was expected."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from iconym.metrics.intervals import Interval, bootstrap

Verdict = Literal["in", "in?", "out?", "out"]
Unit = Literal["percent", "points", "fraction", "times", "count"]

FACTORS: dict[Unit, float] = {"percent": 100, "points": 100}
DIGITS: dict[Unit, int] = {"percent": 1, "points": 1, "fraction": 3, "times": 2}


@dataclass(frozen=True)
class Band:
    """Where a figure is expected, edges included, and why.

    Raises:
        ValueError: if ``low`` is above ``high``.
    """

    low: float
    high: float
    reason: str

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"a band from {self.low} to {self.high}; give the lower edge first")

    def verdict(self, ours: Interval) -> Verdict:
        """Whether our value lies in the band; with "?" where its interval crosses an edge."""
        inside = [self.low <= n <= self.high for n in (ours.value, ours.low, ours.high)]
        if inside[0]:
            return "in" if all(inside) else "in?"
        beyond = ours.high < self.low or ours.low > self.high
        return "out" if beyond else "out?"


@dataclass(frozen=True)
class Row:
    """One figure.

    Args:
        name: what was measured.
        ours: mean over the seeds with its 95 % interval; percent and points as fractions of 1.
        unit: how it is written.
        paper: the papers' figure as they print it, empty where they have none.
        band: where ours is expected; None where nothing is required and it is only shown.
    """

    name: str
    ours: Interval
    unit: Unit = "percent"
    paper: str = ""
    band: Band | None = None

    @classmethod
    def of(
        cls,
        name: str,
        values: Float[np.ndarray, " seeds"],
        unit: Unit = "percent",
        *,
        paper: str = "",
        band: Band | None = None,
    ) -> "Row":
        """The row of one value a seed; its interval resamples the seeds.

        Where values are differences or ratios within a seed, this is the paired bootstrap.
        """
        return cls(name, bootstrap(np.asarray(values, float), seed=0), unit, paper, band)

    @property
    def verdict(self) -> Verdict | None:
        """Whether ours is in the band; None without one."""
        return None if self.band is None else self.band.verdict(self.ours)


@dataclass(frozen=True)
class Series:
    """A line of a chart: y over x."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class Chart:
    """Lines over one axis."""

    title: str
    x: str
    y: str
    series: tuple[Series, ...]


@dataclass(frozen=True)
class Result:
    """An experiment on one world.

    Args:
        experiment: its name.
        world: the world's name.
        about: the world in a sentence.
        seeds: how many draws the figures are of.
        rows: the figures.
        charts: what people would rather see.
        notes: what must be known to read them, one sentence or more each.
        seconds: it took.
    """

    experiment: str
    world: str
    about: str
    seeds: int
    rows: tuple[Row, ...]
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def missed(self) -> tuple[Row, ...]:
        """The rows whose value is not in its band."""
        return tuple(row for row in self.rows if row.verdict in ("out", "out?"))

    @property
    def judged(self) -> tuple[Row, ...]:
        """The rows that have a band."""
        return tuple(row for row in self.rows if row.band is not None)

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values, with each row's verdict; an open edge of a band is null."""
        rows = [
            {**asdict(row), "band": _edges(row.band), "verdict": row.verdict} for row in self.rows
        ]
        return {**asdict(self), "rows": rows}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Result":
        """The result that ``to_json`` wrote."""
        rows = tuple(
            Row(row["name"], Interval(**row["ours"]), row["unit"], row["paper"], _band(row["band"]))
            for row in value["rows"]
        )
        charts = tuple(
            Chart(c["title"], c["x"], c["y"], tuple(_series(s) for s in c["series"]))
            for c in value["charts"]
        )
        notes = tuple(value["notes"])
        return cls(**{**value, "rows": rows, "charts": charts, "notes": notes})


def written(value: float, unit: Unit) -> str:
    """A number as tables show it: percent and points times 100, "open" for infinity."""
    if math.isinf(value):
        return "open"
    if unit == "count":
        return f"{value:,.2f}".removesuffix(".00")
    return f"{value * FACTORS.get(unit, 1):.{DIGITS[unit]}f}"


def _edges(band: Band | None) -> dict[str, Any] | None:
    if band is None:
        return None
    low, high = (None if math.isinf(n) else n for n in (band.low, band.high))
    return {"low": low, "high": high, "reason": band.reason}


def _band(edges: Mapping[str, Any] | None) -> Band | None:
    if edges is None:
        return None
    low = -math.inf if edges["low"] is None else edges["low"]
    high = math.inf if edges["high"] is None else edges["high"]
    return Band(low, high, edges["reason"])


def _series(value: Mapping[str, Any]) -> Series:
    return Series(value["name"], tuple(value["x"]), tuple(value["y"]))
