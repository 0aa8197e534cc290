"""What was measured on word vectors, with its uncertainty, as a table and as JSON."""

import math
from dataclasses import dataclass
from typing import Any

from iconym.metrics.analogy import accuracy_interval
from iconym.metrics.correlation import rho_interval
from iconym.metrics.intervals import Interval


@dataclass(frozen=True)
class AnalogyScore:
    """Analogies answered; ``skipped`` ones hold a word that takes no part and do not count."""

    name: str
    hits: float  # r right ones in a tie of t best answers count r / t
    asked: int
    skipped: int

    @property
    def accuracy(self) -> float:
        """Hits per question asked; NaN if none was."""
        return self.hits / self.asked if self.asked else math.nan

    @property
    def interval(self) -> Interval | None:
        """The accuracy with its 95 % interval; None if no question was asked."""
        return accuracy_interval(self.hits, self.asked)

    def to_json(self) -> dict[str, Any]:
        """Counts, accuracy as a share and in percent, interval of the share; null for none."""
        return {
            "name": self.name,
            "hits": round(self.hits, 6),
            "asked": self.asked,
            "skipped": self.skipped,
            "total": self.asked + self.skipped,
            "accuracy": _or_null(self.accuracy),
            "percent": _or_null(100 * self.accuracy, 2),
            "interval": _ends(self.interval),
        }


@dataclass(frozen=True)
class RatingScore:
    """Spearman's rho between cosines and ratings over ``used`` of ``pairs``."""

    name: str
    rho: float  # NaN where it is not defined
    used: int
    pairs: int

    @property
    def coverage(self) -> float:
        """The share of the pairs whose words are both known."""
        return self.used / self.pairs

    @property
    def interval(self) -> Interval | None:
        """Rho with its 95 % interval; None below four pairs."""
        return rho_interval(self.rho, self.used)

    def to_json(self) -> dict[str, Any]:
        """Rho, its interval, how many pairs are used of how many, in percent; null for none."""
        return {
            "name": self.name,
            "rho": _or_null(self.rho),
            "interval": _ends(self.interval),
            "used": self.used,
            "pairs": self.pairs,
            "percent": round(100 * self.coverage, 2),
        }


@dataclass(frozen=True)
class WordScores:
    """What ``evaluate_words`` found; printed, it is a table."""

    analogies: tuple[AnalogyScore, ...]  # the sections, then semantic, syntactic and total
    ratings: tuple[RatingScore, ...]

    def to_json(self) -> dict[str, Any]:
        """Both lists, for ``json``."""
        return {
            "analogies": [score.to_json() for score in self.analogies],
            "ratings": [score.to_json() for score in self.ratings],
        }

    def __str__(self) -> str:
        lines = []
        if self.analogies:
            lines.append(_row("analogies", "right %", "95 %", "asked", "skipped"))
            for s in self.analogies:
                right, ends = _shown(100 * s.accuracy, 1), _shown_ends(s.interval, 100, 1)
                lines.append(_row(s.name, right, ends, s.asked, s.skipped))
        if self.ratings:
            lines.append(_row("rated pairs", "rho", "95 %", "used", "of"))
            for r in self.ratings:
                rho, ends = _shown(r.rho, 3), _shown_ends(r.interval, 1, 3)
                lines.append(_row(r.name, rho, ends, r.used, r.pairs))
        return "\n".join(lines)


def _row(name: str, figure: str, ends: str, count: object, of: object) -> str:
    return f"{name:<28} {figure:>8} {ends:>15} {count:>6} {of:>8}"


def _shown(number: float, digits: int) -> str:
    return "-" if math.isnan(number) else f"{number:.{digits}f}"


def _shown_ends(interval: Interval | None, times: float, digits: int) -> str:
    if interval is None:
        return "-"
    return f"{times * interval.low:.{digits}f} {times * interval.high:.{digits}f}"


def _ends(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [round(interval.low, 6), round(interval.high, 6)]


def _or_null(number: float, digits: int = 6) -> float | None:
    return None if math.isnan(number) else round(number, digits)
