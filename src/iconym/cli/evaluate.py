"""``iconym evaluate``: how good a space is, on labelled pictures it was not trained on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iconym.cli.labelled import DataPath, ImageColumn, LabelColumn, Where, read_data, tell_skipped
from iconym.cli.output import Json, print_json, print_table, say, tracked

if TYPE_CHECKING:
    from iconym.evaluation.spaces import SpaceEvaluation
    from iconym.hierarchy import Hierarchy
    from iconym.metrics.intervals import Interval
    from iconym.metrics.tables import Table

TITLES = {
    "seen": "Pictures of seen labels, answered with those",
    "unseen": "Pictures of unseen labels, answered with those",
    "unseen_among_all": "Pictures of unseen labels, answered with all",
}

SpacePath = Annotated[
    Path, typer.Argument(metavar="SPACE", help="A space that iconym train has saved.")
]
Edges = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="EDGES.tsv",
        help="What is a kind of what, for hierarchical precision: child, tab, parent. "
        "May be repeated; one file may tie your labels to the nodes of another.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Of the intervals.")]


def evaluate(
    space: SpacePath,
    data: DataPath,
    *,
    image: ImageColumn = None,
    label: LabelColumn = None,
    where: Where = None,
    hierarchy: Edges = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure a space on labelled pictures it was not trained on.

    The share of pictures whose label is among the best k answers, in percent with 95 % intervals,
    beside a softmax layer, a space of random vectors, ConSE and chance. The labels held back in
    training have tables of their own. Pictures that cannot be decoded are skipped; the exit code
    is then 3.
    """
    from iconym.collection import needed_side
    from iconym.evaluation.spaces import evaluate_space
    from iconym.space import load_space

    found = read_data(data, image, label, where, needed_side(load_space(space)))
    result = evaluate_space(space, found, _hierarchy(hierarchy), seed=seed, track=tracked)
    if as_json:
        print_json(_as_json(result))
    else:
        for name, table in result.tables.items():
            _print(TITLES[name], table)
    if result.left_out:
        pictures = sum(result.left_out.values())
        say(
            f"{pictures} pictures of {len(result.left_out)} labels that the space was not made "
            f"with are left out, as {min(result.left_out)!r}"
        )
    tell_skipped(result.skipped)


def _hierarchy(files: list[Path] | None) -> "Hierarchy | None":
    from iconym.hierarchy import Hierarchy, read_hierarchy

    if not files:
        return None
    return Hierarchy(tuple(edge for file in files for edge in read_hierarchy(file).edges))


def _as_json(result: "SpaceEvaluation") -> dict[str, Any]:
    return {
        **{
            name: {"rows": table.to_json(), **table.conditions()}
            for name, table in result.tables.items()
        },
        "left_out": result.left_out,
        "skipped": list(result.skipped),
    }


def _print(title: str, table: "Table") -> None:
    candidates = int(table.candidates.max())
    title = f"{title}: {len(table.candidates):,} pictures, {candidates:,} labels"
    rows = [
        [name, *(_cell(values[m]) if values else None for m in table.metrics)]
        for name, values in table.intervals.items()
    ]
    print_table(("labeller", *table.metrics), rows, title)


def _cell(interval: "Interval") -> str:
    value, low, high = (100 * n for n in (interval.value, interval.low, interval.high))
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"
