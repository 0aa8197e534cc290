"""``iconym space compare``: what two spaces of a collection answer to the same queries."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.options import CollectionFolder, Count
from iconym.cli.output import Json, print_json, print_lines, print_table, say
from iconym.errors import Usage

if TYPE_CHECKING:
    from iconym.metrics.intervals import Interval
    from iconym.search import Term
    from iconym.search.comparison import Comparison

SHOWN = 3  # pictures that came, and that went, of a query

Old = Annotated[str, typer.Argument(metavar="OLD", help="Its name, or how its fingerprint begins.")]
New = Annotated[str, typer.Argument(metavar="NEW", help="As OLD.")]
Queries = Annotated[
    list[str] | None,
    typer.Argument(metavar="[QUERY]...", help="Each as for iconym search, in quotes."),
]
QueryFile = Annotated[
    Path | None, typer.Option("--queries", metavar="FILE", help="More queries, one a line.")
]


def compare(
    old: Old,
    new: New,
    queries: Queries = None,
    *,
    file: QueryFile = None,
    k: Count = 10,
    collection: CollectionFolder = Path(),
    as_json: Json = False,
) -> None:
    """Ask two spaces the same queries, and say how much of the answers changed.

    Overlap is the share of the new answers that were answers before, correlation that of the
    order; recall is that of each space's index. The queries that changed most are shown.
    """
    from iconym.collection import open_collection
    from iconym.search import search_collection
    from iconym.search.comparison import compare_searches

    asked = _queries(queries or [], file)
    opened = open_collection(collection)
    searches = [
        search_collection(opened, opened.load_known(opened.known_space(name)))
        for name in (old, new)
    ]
    found = compare_searches(searches[0], searches[1], asked, k)
    for reason in found.unread:
        say(f"left out: {reason}")
    if as_json:
        print_json(found.to_json())
    else:
        _print_comparison(found)


def _queries(given: Sequence[str], file: Path | None) -> "list[list[Term]]":
    from iconym.search import parse_query

    lines = file.read_text(encoding="utf-8").splitlines() if file else []
    texts = [*given, *(line for line in lines if line.strip())]
    if not texts:
        raise Usage("no query to compare by; give some, or --queries FILE")
    return [parse_query([text]) for text in texts]


def _print_comparison(found: "Comparison") -> None:
    old, new, both = found.pictures
    print_lines(
        [
            f"pictures: {old:,} old, {new:,} new, {both:,} in both",
            f"overlap@{found.k}: {interval(found.overlap)}",
            f"rank correlation: {interval(found.correlation)}",
            f"recall@{found.k} of the old index: {interval(found.recall[0])}",
            f"recall@{found.k} of the new index: {interval(found.recall[1])}",
        ]
    )
    rows = [
        (one.query, one.overlap, sign, hit.picture.uri)
        for one in found.examples()
        for sign, hits in (("+", one.gained[:SHOWN]), ("-", one.lost[:SHOWN]))
        for hit in hits
    ]
    if rows:
        print_table(("changed most", "overlap", "", "picture"), rows)


def interval(found: "Interval | None") -> str:
    """A mean with its interval, as a table shows it."""
    if found is None:
        return "not defined"
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"
