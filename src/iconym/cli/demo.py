"""``iconym demo``: the main job from end to end, on pictures that a package registry hands out."""

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from iconym.cli.output import Json, print_json, print_table, tracked

if TYPE_CHECKING:
    from iconym.demo import Demo
    from iconym.metrics.intervals import Interval
    from iconym.metrics.tables import Table

Folder = Annotated[
    Path, typer.Option(help="Where its packages are, and results go (into out/ there).")
]
World = Annotated[
    Literal["emoji", "shapes"], typer.Option(help="What it is about; shapes need no network.")
]
Fold = Annotated[int, typer.Option(min=0, max=4, help="Which fifth of the names stays unseen.")]
Seed = Annotated[int, typer.Option(min=0, help="Of everything that is drawn by lot.")]
Again = Annotated[bool, typer.Option("--again", help="Forget what earlier runs finished.")]


def demo(
    folder: Folder = Path("demo"),
    world: World = "emoji",
    fold: Fold = 0,
    seed: Seed = 0,
    again: Again = False,
    as_json: Json = False,
) -> None:
    """The main job from end to end, on pictures from npm.

    Learns words, a classifier and a joint space, measures them and indexes a collection. Run
    again, it uses what is done. The first run with emoji needs npm and its registry.
    """
    _check_extra()
    from iconym.demo import Recipe, emoji_world, run_demo, shapes_recipe, shapes_world
    from iconym.demo.report import TITLES

    out = folder / "out"
    if again:
        shutil.rmtree(out, ignore_errors=True)
    if world == "emoji":
        about, recipe = emoji_world(folder), Recipe(fold=fold, seed=seed)
    else:
        about, recipe = shapes_world(), shapes_recipe(fold=fold, seed=seed)
    found, tables = run_demo(about, out, recipe, tracked)
    if as_json:
        print_json(json.loads((out / "report.json").read_bytes()))
        return
    for name, table in tables.items():
        print_table(("", *table.metrics), _rows(table), f"\n{TITLES[name]}")
    sys.stdout.write("\n" + _next(out, found))


def _rows(table: "Table") -> list[list[object]]:
    """The cells of a table for a terminal: each value with half the width of its interval."""
    rows: list[list[object]] = []
    for labeller, values in table.intervals.items():
        cells: list[object] = [labeller]
        for metric in table.metrics:
            cells.append(None if values is None else _cell(metric, values[metric]))
        rows.append(cells)
    return rows


def _cell(metric: str, found: "Interval") -> str:
    half = (found.high - found.low) / 2
    if metric.startswith("hit@"):
        return f"{100 * found.value:.1f} ±{100 * half:.1f}"
    return f"{found.value:.3f} ±{half:.3f}"


def _next(out: Path, found: "Demo") -> str:
    collection, style = out / "collection", found.drawings.held_out_style
    picture = collection / style / found.drawings.files[int(found.unseen.argmax())]
    seconds = sum(json.loads((out / "timing.json").read_bytes()).values())
    return f"""hit@k in percent, hp@k as a fraction, ± half the 95 % interval; {seconds:.0f} s.
Report {out / "report.md"}, pictures with their names {out / "contact_sheet.png"}.

Try next:
  iconym search "{found.seen_names[0]}" --collection {collection}
  iconym search "{picture}" --collection {collection}
  iconym label "{picture}" --collection {collection}
  iconym ask --collection {collection}
"""


def _check_extra() -> None:
    from importlib.util import find_spec

    from iconym.errors import MissingTool

    missing = [name for name in ("torch", "numba", "onnx", "resvg_py") if find_spec(name) is None]
    if missing:
        raise MissingTool(f"the demo needs {', '.join(missing)}: pip install 'iconym[demo]'")
