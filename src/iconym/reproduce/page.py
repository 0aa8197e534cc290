"""The page that the command writes: what papers claim, what we measure, and where it differs."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from iconym.files import replace_file
from iconym.reproduce.chart import line_chart
from iconym.reproduce.experiment import Experiment
from iconym.reproduce.result import Chart, Result, Row, written

INTRODUCTION = """\
# The papers' experiments, run again

Written by `iconym reproduce`; do not edit. {machine}

Each table has our figure with its 95 % interval, the papers' figure where they print one, and the
band in which ours is expected, with its reason. Bands come from what papers report and from
what is known of such data; papers' figures are of other data and larger networks, so the direction
and rough size of a difference is what can be compared. The noise of the synthetic world was chosen
with a first look at it, so that no method is perfect there and the order of DeViSE and ConSE is
open; what holds on photographs says more. The intervals
resample the draws: other classes held back, other synthetic worlds. Two methods are compared on
the same draws (paired).

**in** / **out**: our value is in the band or not; **?**: its interval crosses an edge of the
band. Figures without a band are shown, not judged. hit@k and accuracies in percent, hp@k
(hierarchical precision) as fractions.
"""


def write_page(
    path: Path,
    results: Sequence[Result],
    experiments: Sequence[Experiment],
    *,
    machine: str,
    left_out: Sequence[str] = (),
) -> None:
    """Write the page to ``path`` and its charts into a folder of the same name beside it.

    Args:
        path: of the page, ending in .md.
        results: in the order of the page.
        experiments: those that the results are of.
        machine: what it was run on and how, a sentence.
        left_out: what was not run and why, a line each.
    """
    folder = path.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    for result in results:
        for number, chart in enumerate(result.charts):
            replace_file(folder / _file(result, number), line_chart(chart).encode())
    replace_file(path, page(results, experiments, path.stem, machine, left_out).encode())


def page(
    results: Sequence[Result],
    experiments: Sequence[Experiment],
    folder: str,
    machine: str,
    left_out: Sequence[str],
) -> str:
    """The page as Markdown; charts are linked to in ``folder``."""
    named = {experiment.name: experiment for experiment in experiments}
    parts = [INTRODUCTION.format(machine=machine), _summary(results, named)]
    if left_out:
        parts.append("Not run:\n\n" + "\n".join(f"- {line}" for line in left_out) + "\n")
    for name, experiment in named.items():
        own = [result for result in results if result.experiment == name]
        if own:
            parts.append(f"## {experiment.title}\n\n`{name}`. {experiment.claim}\n")
            parts += [_section(result, experiment, folder) for result in own]
    return "\n".join(parts)


def tally(results: Sequence[Result]) -> str:
    """How many judged figures are in their band and how many are not, a sentence."""
    judged, missed = sum(len(r.judged) for r in results), sum(len(r.missed) for r in results)
    return f"{judged - missed} of {judged} judged figures are in their band, {missed} are not"


def ours_text(row: Row) -> str:
    """Our value with its interval, where it has a width."""
    value, low, high = (written(n, row.unit) for n in (row.ours.value, row.ours.low, row.ours.high))
    return value if row.ours.low == row.ours.high else f"{value} [{low}, {high}]"


def band_text(row: Row) -> str:
    """From where to where ours is expected; empty where it is not judged."""
    if row.band is None:
        return ""
    low, high = row.band.low, row.band.high
    if low == high:
        return written(low, row.unit)
    if math.isinf(low):
        return f"at most {written(high, row.unit)}"
    if math.isinf(high):
        return f"at least {written(low, row.unit)}"
    return f"{written(low, row.unit)} to {written(high, row.unit)}"


def _summary(results: Sequence[Result], named: Mapping[str, Experiment]) -> str:
    lines = [
        "| experiment | world | judged | in | out | s |",
        "| :-- | :-- | --: | --: | --: | --: |",
    ]
    for result in results:
        judged, missed = len(result.judged), len(result.missed)
        lines.append(
            f"| {named[result.experiment].title} | {result.world} | {judged} | {judged - missed} "
            f"| {missed} | {result.seconds:.0f} |"
        )
    misses = [
        f"- {result.experiment}, {result.world}: {row.name} is {ours_text(row)}, "
        f"expected {band_text(row)}"
        for result in results
        for row in result.missed
    ]
    if misses:
        misses = ["", "Outside their band (why is said where the table is):", "", *misses]
    return "\n".join([f"**{tally(results)}.**", "", *lines, *misses]) + "\n"


def _section(result: Result, experiment: Experiment, folder: str) -> str:
    draws = f"{result.seeds} draws, " if result.seeds > 1 else ""
    lines = [
        f"### On {result.world}",
        "",
        f"{result.about[0].upper()}{result.about[1:]}; {draws}{result.seconds:.0f} s.",
        "",
        "| figure | ours | paper | band | | reason |",
        "| :-- | --: | --: | --: | :-- | :-- |",
        *map(_line, result.rows),
    ]
    explained = [
        f"*{row.name}* misses its band: {why}"
        for row in result.missed
        if (why := experiment.explained.get((result.world, row.name)))
    ]
    for text in (*result.notes, *explained):
        lines += ["", text]
    for number, chart in enumerate(result.charts):
        lines += ["", f"![{_alternative(chart)}]({folder}/{_file(result, number)})"]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    reason = row.band.reason if row.band else ""
    verdict = f"**{row.verdict}**" if row.verdict else ""
    cells = (row.name, ours_text(row), row.paper, band_text(row), verdict, reason)
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def _file(result: Result, number: int) -> str:
    return f"{result.experiment}-{result.world}-{number}.svg"


def _alternative(chart: Chart) -> str:
    return f"{chart.title}: {chart.y} over {chart.x}"
