"""``iconym evaluate``: how good a space is, on labelled pictures it was not trained on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iconym.cli.labelled import (
    Cache,
    DataPath,
    ImageColumn,
    LabelColumn,
    Where,
    encoding,
    read_data,
    tell_skipped,
)
from iconym.cli.output import Json, print_json, print_lines, print_parted_table, print_table, say

if TYPE_CHECKING:
    from iconym.evaluation.confidence import Confidence
    from iconym.evaluation.generalized import Generalized
    from iconym.evaluation.spaces import SpaceEvaluation
    from iconym.hierarchy import Hierarchy
    from iconym.metrics.intervals import Interval
    from iconym.metrics.tables import Table
    from iconym.nouns import LabelledImages

TITLES = {
    "seen": "Pictures of seen labels, answered with those",
    "seen_among_all": "Pictures of seen labels, answered with all",
    "unseen": "Pictures of unseen labels, answered with those",
    "unseen_among_all": "Pictures of unseen labels, answered with all",
}
CERTAINTY = (
    "labeller",
    "temperature",
    "calibration error",
    "right",
    "right of surest 90 %",
    "wrong avoided",
)

SpacePath = Annotated[
    Path, typer.Argument(metavar="SPACE", help="A space that iconym train has saved.")
]
Edges = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="EDGES.tsv",
        help="What is a kind of what, for hierarchical precision: child, tab, parent; or "
        "WordNet's folder. May be repeated; one may tie your labels to the nodes of another.",
    ),
]
Save = Annotated[
    Path | None,
    typer.Option(metavar="RUN", help="Keep the values of each picture, for iconym compare."),
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
    save: Save = None,
    cache: Cache = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure a space on labelled pictures it was not trained on.

    The share of pictures whose label is among the best k answers, in percent with 95 % intervals,
    beside a softmax layer, a space of random vectors, ConSE and chance. The labels held back in
    training have tables of their own, and seen and unseen ones together are summed up by U, S, H
    and AUSUC. Then how far each labeller's certainty can be believed. Pictures that the space was
    trained on are left out. Pictures that cannot be decoded are skipped; the exit code is then 3.
    """
    from iconym.collection import needed_side
    from iconym.evaluation.runs import KIND, save_run
    from iconym.evaluation.spaces import evaluate_space
    from iconym.files import check_place
    from iconym.space import load_space

    if save is not None:
        check_place(save, KIND)
    found = read_data(data, image, label, where, needed_side(load_space(space)))
    found = _not_trained_on(space, data, found, image)
    kinds, encode = _hierarchy(hierarchy), encoding(cache)
    result = evaluate_space(space, found, kinds, encode=encode, seed=seed)
    if save is not None:
        save_run(result.run, save)
    if as_json:
        print_json(_as_json(result))
    else:
        _print(result)
    if result.left_out:
        pictures = sum(result.left_out.values())
        say(
            f"{pictures} pictures of {len(result.left_out)} labels that the space was not made "
            f"with are left out, as {min(result.left_out)!r}"
        )
    tell_skipped(result.skipped)


def _not_trained_on(
    space: Path, data: Path, found: "LabelledImages", image: str | None
) -> "LabelledImages":
    from iconym.data.contents import load_contents, read_contents, untrained
    from iconym.features import take

    trained = load_contents(space)
    if not trained:
        say(f"{space} does not say which pictures it was trained on; none is left out for that")
    rows = untrained(read_contents(data, found, image=image), trained)
    if len(rows) < len(found):
        left = len(found) - len(rows)
        say(f"{left} of {len(found)} pictures are left out: the space was trained on them")
    return take(found, rows)


def title(part: str) -> str:
    """What the pictures of a part are, and what they are answered with."""
    return TITLES.get(part, part)


def _hierarchy(files: list[Path] | None) -> "Hierarchy | None":
    from iconym.evaluation.hops import noun_hierarchy
    from iconym.hierarchy import Hierarchy

    if not files:
        return None
    return Hierarchy(tuple(edge for file in files for edge in noun_hierarchy(file).edges))


def _as_json(result: "SpaceEvaluation") -> dict[str, Any]:
    return {
        **{
            name: {"rows": table.to_json(), **table.conditions()}
            for name, table in result.tables.items()
        },
        "generalized": result.generalized.to_json() if result.generalized else None,
        "confidence": {
            part: {row: found.to_json() if found else None for row, found in rows.items()}
            for part, rows in result.confidence.items()
        },
        "left_out": result.left_out,
        "skipped": list(result.skipped),
    }


def _print(result: "SpaceEvaluation") -> None:
    for part, table in result.tables.items():
        _print_table(title(part), table)
    if result.generalized:
        _print_generalized(result.generalized)
    for part in ("seen", "unseen"):
        if part in result.confidence:
            heading = f"\n{title(part)}: certainty, in percent"
            _print_confidence(heading, result.confidence[part])


def _print_table(heading: str, table: "Table") -> None:
    labels = int(table.candidates.max())
    heading = f"\n{heading}: {len(table.candidates):,} pictures, {labels:,} labels"
    shown = [metric for metric in table.columns if _best(metric) == 1 or _best(metric) < labels]
    for metric in (m for m in shown if m in table.saturated):
        heading += f"\n{metric} says nothing: every label counts as right"
    columns = [m + "*" if m in table.saturated else m for m in shown]
    rows = [
        [name, *(_cell(values[m]) if values else None for m in shown)]
        for name, values in table.intervals.items()
    ]
    print_parted_table(("labeller", *columns), rows, heading)
    sizes = [f"{m} {size:.2f}" for m, size in table.mean_set_sizes.items() if m in shown]
    if sizes:
        print_lines([f"mean size of the correct set: {', '.join(sizes)}"])


def _best(metric: str) -> int:
    """How many of the best answers a column looks at: k of hit@k."""
    return int(metric.rpartition("@")[2])


def _print_generalized(found: "Generalized") -> None:
    from iconym.evaluation.generalized import FIGURES, shown

    rows = [
        [name, *(shown(figure, values[figure]) if values else None for figure in FIGURES)]
        for name, values in found.intervals.items()
    ]
    heading = "\nSeen and unseen labels together, means over classes"
    print_parted_table(("labeller", *FIGURES), rows, heading)


def _print_confidence(heading: str, found: "dict[str, Confidence | None]") -> None:
    rows: list[list[object]] = []
    for name, confidence in found.items():
        if confidence is None:
            rows.append([name, *[None] * (len(CERTAINTY) - 1)])
            continue
        shares = (
            confidence.reliability.error,
            confidence.risk.accuracy_at(1),
            confidence.risk.accuracy_at(0.9),
            confidence.risk.avoided(0.1),
        )
        percents = (f"{100 * share:.1f}" for share in shares)
        rows.append([name, f"{confidence.temperature:.3g}", *percents])
    print_table(CERTAINTY, rows, heading)


def _cell(interval: "Interval") -> str:
    value, low, high = (100 * n for n in (interval.value, interval.low, interval.high))
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"
