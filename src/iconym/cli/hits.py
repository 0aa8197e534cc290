"""How pictures are named on the command line, and how those that answer are printed."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iconym.cli.output import print_json, print_lines, print_table, say
from iconym.cli.search import path_of
from iconym.errors import Usage

if TYPE_CHECKING:
    from iconym.search import Hit, Search

Files = Annotated[
    bool, typer.Option("--files", "-f", help="Print the paths only, for other programs.")
]
Diversity = Annotated[
    float,
    typer.Option(
        min=0, max=1, help="From 0, the nearest, to 1: each answer unlike those before it."
    ),
]


def named(text: str) -> Path | int:
    """A path, or the id of a picture: a number that is no file."""
    return (
        int(text) if text.isascii() and text.isdigit() and not os.path.exists(text) else Path(text)
    )


def check_forms(files: bool, as_json: bool) -> None:
    """Nothing, if one form of answer is asked for; Usage for two."""
    if files and as_json:
        raise Usage("two forms of answer; give --files or --json")


def print_hits(
    found: "Search", hits: Sequence["Hit"], *, files: bool = False, as_json: bool = False
) -> None:
    """Print pictures and scores as a table, as paths alone, or as JSON."""
    if files:
        paths = [path_of(found, hit) for hit in hits]
        print_lines(path for path in paths if path)
        if None in paths:
            say(f"{paths.count(None)} answers are no files; leave out --files to see them")
    elif as_json:
        print_json([entry(found, hit) for hit in hits])
    elif hits:
        rows = [(hit.score, shown(found, hit), ", ".join(hit.picture.words)) for hit in hits]
        print_table(("score", "picture", "words"), rows)
    else:
        say("no picture found; ask with fewer filters")


def entry(found: "Search", hit: "Hit") -> dict[str, Any]:
    """A hit for JSON."""
    return {
        "id": hit.picture.id,
        "picture": hit.picture.uri,
        "path": path_of(found, hit),
        "score": hit.score,
        "words": list(hit.picture.words),
    }


def shown(found: "Search", hit: "Hit") -> str:
    """The path of a hit, or what it is called where it has none."""
    return path_of(found, hit) or hit.picture.uri
