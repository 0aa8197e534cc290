"""``iconym index``: take in a folder; below it, the verbs on the index that answers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from iconym.cli.index import index
from iconym.cli.index_tables import (
    print_evaluation,
    print_plan,
    print_tuning,
    suggestion,
    summary,
)
from iconym.cli.output import Json, print_json, print_lines, say, tracked
from iconym.errors import Usage

if TYPE_CHECKING:
    from iconym.collection import Collection
    from iconym.planning.building import OpenIndex
    from iconym.planning.truth import Queries
    from iconym.planning.tuning import Tuning

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="[FOLDER]",
        help="The collection's, or one inside it.  [here]",
        show_default=False,
    ),
]
Vectors = Annotated[str, typer.Option("--count", metavar="N", help="How many vectors, as 100e6.")]
Dim = Annotated[int, typer.Option("--dim", min=1, help="How many numbers a vector has.")]
Memory = Annotated[
    str | None,
    typer.Option(metavar="BYTES", help="At hand, as 32G or 500M.  [no limit]"),
]
Recall = Annotated[
    float, typer.Option("--recall", help="The share of the 10 nearest to be found, below 1.")
]
Target = Annotated[
    float | None,
    typer.Option("--recall", help="Tune to this share of the 10 nearest.  [0.95 without --method]"),
]
Method = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="exact, hnsw, lsh or ivfpq.  [exact while it is fast enough, else hnsw, tuned]",
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=NUMBER",
        help="A setting of the method; may be repeated. hnsw: connectivity, expansion_add, "
        "expansion; lsh: bits, tables, radius, probes, seed; ivfpq: lists, sub_vectors, probes, "
        "candidates.",
    ),
]


class IndexGroup(TyperGroup):
    """Takes in a folder, unless the first argument is one of the verbs."""

    allow_extra_args = False
    allow_interspersed_args = True

    def get_params(self, ctx: Any) -> list[Any]:
        """Those of taking in a folder; none for the usage of a verb, which would name them."""
        return super().get_params(ctx) if ctx.command is self else []

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """A verb's arguments as they stand; otherwise those of taking in a folder."""
        if not args or args[0] not in self.commands:
            return super().parse_args(ctx, args)
        ctx.args = args
        return args

    def invoke(self, ctx: Any) -> Any:
        """Run the verb alone, or take in the folder."""
        if not ctx.args:
            return super().invoke(ctx)
        name, *rest = ctx.args
        with ctx, self.commands[name].make_context(name, rest, parent=ctx) as verb:
            return verb.command.invoke(verb)


app = typer.Typer(
    cls=IndexGroup,
    invoke_without_command=True,
    callback=index,
    rich_markup_mode=None,
    add_completion=False,
    subcommand_metavar="| VERB ...",
    epilog="A folder that is named like a verb is given as ./plan.",
)


@app.command()
def plan(
    count: Vectors,
    dim: Dim,
    *,
    memory: Memory = None,
    recall: Recall = 0.95,
    as_json: Json = False,
) -> None:
    """Compare the indexes for so many vectors: bytes, time, recall; the best first.

    Figures are of one core, from laws fitted to measurements; what lies beyond these is marked.
    """
    from iconym.planning.amounts import parse_bytes, parse_count
    from iconym.planning.plan import plan_index

    limit = None if memory is None else parse_bytes(memory)
    found = plan_index(parse_count(count, "--count"), dim, recall=recall, memory=limit)
    if as_json:
        print_json(found.to_json())
    else:
        print_plan(found)


@app.command()
def build(
    folder: Folder = Path(),
    *,
    method: Method = None,
    settings: Set = None,
    recall: Target = None,
    as_json: Json = False,
) -> None:
    """Build the saved index of a collection, which searches then use.

    Without --method it is exact while that is fast enough, else a graph (hnsw) that is tuned at
    once. What is added to the collection later is found all the same. An index is of the
    collection's current space, and takes the place of the one before; exact has nothing to tune.
    """
    from iconym.collection import open_collection
    from iconym.planning.amounts import parse_settings
    from iconym.planning.building import build_index, open_index, suggested
    from iconym.planning.plan import RECALL, check_recall

    given = parse_settings(settings or ())
    if given and method is None:
        raise Usage("--set is for one method; give --method too")
    wanted = recall if recall is not None or method else RECALL
    if wanted is not None:
        check_recall(wanted)
    collection = open_collection(folder)
    if method is None:
        choice = suggested(collection, recall=wanted or RECALL)
        say(suggestion(choice))
        method, given = choice.method, dict(choice.settings)
    opened = build_index(collection, method, given, track=tracked)
    tuning = _tuned(collection, opened, wanted) if wanted and method != "exact" else None
    if tuning:
        opened = open_index(collection)
    if as_json:
        print_json({**_about(opened), "tuned": tuning.to_json() if tuning else None})
        return
    print_lines([summary(opened)])
    if tuning and wanted:
        print_tuning(tuning, wanted)


@app.command()
def tune(folder: Folder = Path(), *, recall: Recall = 0.95, as_json: Json = False) -> None:
    """Choose how widely the saved index is searched, on the collection's own vectors.

    Asked are pictures, each without itself, and words of the space. Half of them choose the
    narrowest search whose interval lies above the recall, the others report what it finds.
    """
    from iconym.collection import open_collection
    from iconym.planning.building import open_index
    from iconym.planning.plan import check_recall

    check_recall(recall)
    collection = open_collection(folder)
    opened = open_index(collection)
    _tell_changes(collection, opened)
    tuning = _tuned(collection, opened, recall)
    if as_json:
        print_json(tuning.to_json())
    else:
        print_tuning(tuning, recall)


@app.command()
def evaluate(folder: Folder = Path(), *, as_json: Json = False) -> None:
    """Measure the saved index beside exact search: recall, time, bytes.

    Asked are pictures, each without itself, and words of the space; recall has 95 % intervals.
    """
    from iconym.collection import open_collection
    from iconym.planning.building import open_index
    from iconym.planning.evaluating import evaluate_index

    collection = open_collection(folder)
    opened = open_index(collection)
    _tell_changes(collection, opened)
    found = evaluate_index(opened, _queries(collection, opened), track=tracked)
    if as_json:
        print_json({**_about(opened), **found.to_json()})
        return
    print_lines([summary(opened)])
    print_evaluation(found)


@app.command()
def verify(folder: Folder = Path(), *, as_json: Json = False) -> None:
    """Compare every byte of the saved index with its checksum."""
    from iconym.collection import open_collection
    from iconym.index.saved import verify_index
    from iconym.planning.building import index_place

    path, _space = index_place(open_collection(folder))
    verify_index(path)
    if as_json:
        print_json({"path": str(path), "whole": True})
    else:
        print_lines([f"{path}: every byte is as it was written"])


def _tuned(collection: "Collection", opened: "OpenIndex", recall: float) -> "Tuning":
    from iconym.planning.tuning import tune_index

    return tune_index(opened, _queries(collection, opened), recall=recall, track=tracked)


def _queries(collection: "Collection", opened: "OpenIndex") -> "list[Queries]":
    """Pictures of the collection, and words of its space."""
    from iconym.planning.queries import picture_queries, word_queries

    pictures = picture_queries(opened.base.ids, opened.base.vectors)
    return [pictures, word_queries(collection.load_space().vocabulary)]


def _tell_changes(collection: "Collection", opened: "OpenIndex") -> None:
    changes = collection.catalog.last_sequence() - opened.saved.sequence
    if changes:
        say(
            f"changes since it was built are not looked at: {changes:,}; "
            "iconym index build takes them in"
        )


def _about(opened: "OpenIndex") -> dict[str, Any]:
    return {
        "path": str(opened.path),
        "method": opened.method,
        "settings": dict(opened.settings),
        "count": len(opened.base.ids),
        "dim": opened.space.dim,
        "space": opened.space.fingerprint,
        "sequence": opened.saved.sequence,
        "bytes": opened.bytes,
    }
