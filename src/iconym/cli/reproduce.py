"""``iconym reproduce``: the papers' experiments, run again, and a page of what came out."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.output import Json, print_json, print_table, say, tracked

if TYPE_CHECKING:
    from iconym.reproduce.result import Result, Row

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAMES]...",
        help="Experiments, or run files that end in .toml; all experiments if none is named.",
    ),
]
Quick = Annotated[bool, typer.Option("--quick", help="No photographs: under three minutes.")]
Data = Annotated[
    Path | None,
    typer.Option(help="Folder of research data.  [$ICONYM_DATA]", show_default=False),
]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="PAGE.md", help="The page that is written.")
]
Kept = Annotated[
    Path | None,
    typer.Option(help="Keeps features and finished pieces.  [~/.cache/iconym]", show_default=False),
]


def reproduce(
    names: Names = None,
    *,
    quick: Quick = False,
    data: Data = None,
    output: Output = Path("docs/reproduction.md"),
    kept: Kept = None,
    as_json: Json = False,
) -> None:
    """Run the papers' experiments again, each beside the paper's figures and an expected band.

    A synthetic world is always at hand; photographs are used where there are data. A figure
    outside its band is shown as such, and the exit code is still 0. Run again, it goes on where
    it was stopped.
    """
    from iconym.files import check_writable
    from iconym.reproduce.experiments import EXPERIMENTS
    from iconym.reproduce.page import tally, write_page
    from iconym.reproduce.running import Place, machine, run_all
    from iconym.reproduce.runs import read_run, run_of

    check_writable(output)
    asked = names or [experiment.name for experiment in EXPERIMENTS]
    runs = [read_run(Path(n)) if n.endswith(".toml") else run_of(n) for n in asked]
    place = Place(kept or _cache(), data or _data())
    results, left_out = run_all(runs, place, quick=quick, track=tracked)
    experiments = [run.experiment for run in runs]
    write_page(output, results, experiments, machine=machine(), left_out=left_out)
    if as_json:
        print_json({"results": [result.to_json() for result in results], "left_out": left_out})
    else:
        for result in results:
            _print(result)
    for line in left_out:
        say(f"left out: {line}")
    say(f"{tally(results)}; the page is {output}")


def _data() -> Path | None:
    named = os.environ.get("ICONYM_DATA")
    return Path(named) if named else None


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "iconym"


def _print(result: "Result") -> None:
    title = f"\n{result.experiment} on {result.world}, {result.seconds:.0f} s"
    print_table(("", "ours", "paper", "band", ""), [_cells(row) for row in result.rows], title)


def _cells(row: "Row") -> list[object]:
    from iconym.reproduce.page import band_text, ours_text

    return [row.name, ours_text(row), row.paper, band_text(row), row.verdict or ""]
