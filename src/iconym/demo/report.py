"""The demo's report: tables and what they say, the same bytes for the same results."""

from collections.abc import Mapping, Sequence
from typing import Any

from iconym.metrics.tables import CHANCE, Table

TITLES = {
    "seen": "Seen names, answered with the seen names",
    "seen_among_all": "Seen names, answered with all names",
    "unseen": "Names never seen in training, answered with those",
    "unseen_among_all": "Names never seen in training, answered with all names",
}
COMPARED = ("hp@10", "hp@20")
FACTORS = ("hit@1", "hit@10")


def report_json(
    tables: Mapping[str, Table], ours: str, baseline: str, about: Mapping[str, Any]
) -> dict[str, Any]:
    """All figures as JSON values.

    Args:
        tables: by the name of what was asked.
        ours: the row that is compared ...
        baseline: ... with this one.
        about: settings and remarks, put in as they are.
    """
    difference = tables["seen"].difference
    return {
        **about,
        "tables": {name: table.to_json() for name, table in tables.items()},
        "conditions": {name: table.conditions() for name, table in tables.items()},
        "ours": ours,
        "ours_minus_softmax": {
            metric: gap.to_json() if (gap := difference(ours, baseline, metric)) else None
            for metric in COMPARED
        },
        "times_chance": {
            metric: _rounded(tables["unseen"].times_chance(ours, metric)) for metric in FACTORS
        },
    }


def report_markdown(
    tables: Mapping[str, Table], figures: Mapping[str, Any], notes: Sequence[str]
) -> str:
    """The report for people to read."""
    parts = ["# What the demo found", *notes]
    for name, table in tables.items():
        parts += [f"## {TITLES[name]}", table.markdown().strip()]
    parts += ["## In short", *_sentences(tables, figures)]
    return "\n\n".join(parts) + "\n"


def _sentences(tables: Mapping[str, Table], figures: Mapping[str, Any]) -> list[str]:
    ours = figures["ours"]
    lines = []
    for metric, factor in figures["times_chance"].items():
        row, chance = tables["unseen"].intervals[ours], tables["unseen"].intervals[CHANCE]
        if factor is None or row is None or chance is None:
            continue
        base, found = chance[metric].value, row[metric]
        lines.append(
            f"Names never seen, {metric}: {ours} is right {factor:.1f} times as often as chance "
            f"(95 % interval {found.low / base:.1f} to {found.high / base:.1f})."
        )
    for metric, gap in figures["ours_minus_softmax"].items():
        if gap is not None:
            lines.append(
                f"Seen names, {metric}: {ours} minus softmax is {gap['value']:+.3f} "
                f"(95 % interval {gap['low']:+.3f} to {gap['high']:+.3f}, paired)."
            )
    return lines


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
