"""``iconym compare``: whether one evaluation is better than another, picture by picture."""

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.evaluate import Seed, title
from iconym.cli.output import Json, print_json, print_table

if TYPE_CHECKING:
    from iconym.evaluation.differences import Difference

First = Annotated[
    Path, typer.Argument(metavar="RUN_A", help="What iconym evaluate --save has written.")
]
Second = Annotated[
    Path, typer.Argument(metavar="RUN_B", help="Another one, or the same to compare its rows.")
]
Row = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The row of RUN_A.  [every row that both have]"),
]
Against = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The row of RUN_B.  [that of the same name]"),
]
Metric = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Such columns only, as hit@1; may be repeated."),
]


def compare(
    run_a: First,
    run_b: Second,
    *,
    row: Row = None,
    against: Against = None,
    metric: Metric = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Compare two evaluations of the same pictures.

    Prints A minus B in percentage points with its 95 % interval, over the same pictures, and the
    p-value of a paired permutation test: how often luck alone would make so large a difference
    between two that are equally good. Of many comparisons, one in twenty has p below 0.05 by luck.
    """
    from iconym.evaluation.differences import compare_runs
    from iconym.evaluation.runs import load_run

    found = compare_runs(
        load_run(run_a),
        load_run(run_b),
        row=row,
        against=against,
        metrics=metric or (),
        seed=seed,
    )
    if as_json:
        print_json([difference.to_json() for difference in found])
        return
    for part, differences in groupby(found, lambda difference: difference.part):
        rows = [_cells(difference) for difference in differences]
        print_table(("row", "metric", "A", "B", "A - B", "95 %", "p"), rows, f"\n{title(part)}")


def _cells(found: "Difference") -> list[object]:
    same = found.row == found.against
    row = found.row if same else f"{found.row} - {found.against}"
    low, high = 100 * found.difference.low, 100 * found.difference.high
    return [
        row,
        found.metric,
        f"{100 * found.a:.1f}",
        f"{100 * found.b:.1f}",
        f"{100 * found.difference.value:+.1f}",
        f"[{low:+.1f}, {high:+.1f}]",
        f"{found.p:.4f}" if found.p >= 0.0001 else "< 0.0001",
    ]
