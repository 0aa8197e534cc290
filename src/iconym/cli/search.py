"""``iconym search``: the pictures of a collection that fit words and pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from iconym.cli.filters import Below, Holds, Owner, Since, Tags, Until, wanted_pictures
from iconym.cli.options import CollectionFolder, Count, SpaceFolder, say_space
from iconym.cli.output import Json, print_json, print_lines, print_table, say, shown_path
from iconym.errors import Usage

if TYPE_CHECKING:
    from iconym.search import Hit, Search
    from iconym.search.relevance import Relevance

NAMES = 3  # labels shown for a picture that has no words of its own
LINE = "--- certainty ends here ---"

Query = Annotated[
    list[str],
    typer.Argument(metavar="QUERY", help="Words and pictures: photo.png + 2:dog - cat"),
]
Files = Annotated[
    bool, typer.Option("--files", "-f", help="Print the paths only, for other programs.")
]
Text = Annotated[bool, typer.Option("--text", help="All of the query is words, no picture.")]

Hybrid = Annotated[
    bool, typer.Option("--hybrid", help="Look also for what is written: tags, captions, paths.")
]

Aligned = Annotated[
    bool,
    typer.Option("--aligned", help="Let old vectors stand in for new ones: iconym space align."),
]


class QueryCommand(TyperCommand):
    """A command that takes an argument like "- cat" for a part of a query, not for an option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Part the sign from what it belongs to: a sign by itself is no option."""
        parted = [part for arg in args for part in _parted(arg)]
        return super().parse_args(ctx, parted)


def search(
    query: Query,
    *,
    k: Count = 10,
    collection: CollectionFolder = Path(),
    space: SpaceFolder = None,
    tag: Tags = None,
    holds: Holds = "",
    owner: Owner = "",
    below: Below = "",
    since: Since = "",
    until: Until = "",
    hybrid: Hybrid = False,
    aligned: Aligned = False,
    files: Files = False,
    text: Text = False,
    as_json: Json = False,
) -> None:
    """Show the pictures that are nearest to words and pictures.

    Parts of a query are added up; "-" leads away from the next part and "2:" counts it twice:

    iconym search photo.png + 2:dog - snow leopard

    With --hybrid all of the query is words; signs, weights and pictures are not read. Words that
    the space does not know are looked for in what is written alone. The score is then a sum of
    reciprocal ranks.

    A query that begins with "-" and a letter stands after "--", and options before that: iconym
    search -k 3 -- -cat. A score is a cosine, from -1 to 1. Words marked "~" are not the picture's
    own: it looks like them.

    Where the query is words alone, each picture is marked by how surely it fits: clear, likely
    (right in one case of four or more) or weak. A line says where certainty ends.
    """
    from iconym.search import open_search, parse_query
    from iconym.search.aligned import open_aligned
    from iconym.search.background import background_of
    from iconym.search.relevance import answer

    if files and as_json:
        raise Usage("two forms of answer; give --files or --json")
    wanted = wanted_pictures(tag, holds, owner, below, since, until)
    terms = [] if hybrid else parse_query(query, files=not text)
    found = open_aligned(collection, space) if aligned else open_search(collection, space)
    say_space(found.space)
    hits: Sequence[Hit]
    relevance = None
    if hybrid:
        hits = found.by_text(" ".join(query), k, wanted=wanted)
    else:
        words_only = all(isinstance(term.what, str) for term in terms)
        background = background_of(found) if words_only else None
        answered = answer(found, background, terms, k, wanted=wanted)
        hits, relevance = answered.hits, answered.relevance
    if not hits:
        filtered = any((tag, holds, owner, below, since, until))
        say(f"no picture found; ask in other words{', or with fewer filters' if filtered else ''}")
    elif relevance and relevance.remark:
        say(relevance.remark)
    if files:
        _print_files(found, hits)
    elif as_json:
        print_json(_entries(found, hits, relevance))
    else:
        _print_hits(found, hits, relevance)


def path_of(found: "Search", hit: "Hit") -> str | None:
    """Where the file of a hit lies; None for a picture that came from no file."""
    if found.collection is None or not hit.picture.modified:
        return None
    return shown_path(found.collection.folder / hit.picture.uri)


def _parted(argument: str) -> list[str]:
    sign, rest = argument[:1], argument[1:]
    return [sign, rest.strip()] if sign == "-" and rest[:1].isspace() else [argument]


def _print_files(found: "Search", hits: Sequence["Hit"]) -> None:
    paths = [path_of(found, hit) for hit in hits]
    print_lines(path for path in paths if path)
    if None in paths:
        say(f"{paths.count(None)} answers are no files; leave out --files to see them")


def _entries(
    found: "Search", hits: Sequence["Hit"], relevance: "Relevance | None"
) -> list[dict[str, Any]]:
    names = _names(found, hits)
    return [
        {
            "id": hit.picture.id,
            "picture": hit.picture.uri,
            "path": path_of(found, hit),
            "score": hit.score,
            "relevance": relevance
            and {
                "mark": relevance.marks[place],
                "right": relevance.right[place],
                "fits": relevance.fits,
            },
            "words": list(hit.picture.words),
            "labels": [{"label": name, "score": score} for name, score in names[hit.picture.id]],
        }
        for place, hit in enumerate(hits)
    ]


def _print_hits(found: "Search", hits: Sequence["Hit"], relevance: "Relevance | None") -> None:
    names = _names(found, hits)
    rows: list[tuple[object, ...]] = [
        (hit.score, path_of(found, hit) or hit.picture.uri, _words(hit, names)) for hit in hits
    ]
    if relevance is None:
        print_table(("score", "picture", "words"), rows)
        return
    rows = [(row[0], mark, *row[1:]) for row, mark in zip(rows, relevance.marks, strict=True)]
    if 0 < relevance.line < len(rows):
        rows.insert(relevance.line, (None, None, LINE, ""))
    print_table(("score", "fit", "picture", "words"), rows)


def _names(found: "Search", hits: Sequence["Hit"]) -> dict[int, list[tuple[str, float]]]:
    """By id: the labels of the space that fit a picture best."""
    import numpy as np

    from iconym.search import WordIndex

    wanted = np.array([hit.picture.id for hit in hits], np.int64)
    ids, vectors = found.catalog.vectors(found.space.fingerprint, wanted)
    names = WordIndex(found.space.vocabulary).nearest(vectors, NAMES)
    return dict(zip(ids.tolist(), names, strict=True))


def _words(hit: "Hit", names: dict[int, list[tuple[str, float]]]) -> str:
    if hit.picture.words:
        return ", ".join(hit.picture.words)
    return "~ " + ", ".join(name for name, _ in names[hit.picture.id])
