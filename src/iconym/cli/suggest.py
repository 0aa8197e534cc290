"""``iconym suggest``: tags for the pictures of a folder, as a table for other programs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.filters import Below, Holds, Owner, Since, Tags, Until, wanted_pictures
from iconym.cli.options import CollectionFolder, Count, SpaceFolder, say_space
from iconym.cli.output import Json, print_json, say, shown_path
from iconym.errors import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iconym.search.suggestions import Suggestion

Out = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="FILE", help="A new file for the CSV.")
]
Vocabulary = Annotated[
    Path | None,
    typer.Option(
        "--vocabulary",
        metavar="WORDS",
        help="Tags to choose from: word vectors in the space.  [its labels]",
    ),
]


def suggest(
    *,
    k: Count = 5,
    out: Out = None,
    vocabulary: Vocabulary = None,
    collection: CollectionFolder = Path(),
    space: SpaceFolder = None,
    tag: Tags = None,
    holds: Holds = "",
    owner: Owner = "",
    below: Below = "",
    since: Since = "",
    until: Until = "",
    as_json: Json = False,
) -> None:
    """Suggest tags for pictures, for instance of a folder, as CSV: picture, tag, score.

    iconym suggest --below 2024/spring -o tags.csv

    The CSV is safe to open in a spreadsheet. A tag that a picture has is not suggested for it.
    Nothing is written into photos or into the collection. With --json each line is one suggestion.
    """
    from iconym.search import open_search
    from iconym.search.suggestions import suggest_tags
    from iconym.words.formats import load_words

    if out and as_json:
        raise Usage("two forms of answer; give --out or --json")
    if out and out.exists():
        raise Usage(f"{shown_path(out)} is there already; remove it, or give another name")
    wanted = wanted_pictures(tag, holds, owner, below, since, until)
    words = load_words(vocabulary) if vocabulary else None
    found = open_search(collection, space)
    say_space(found.space)
    suggestions = suggest_tags(found, k, wanted=wanted, vocabulary=words)
    if as_json:
        for s in suggestions:
            print_json(
                {"id": s.picture.id, "picture": s.picture.uri, "tag": s.tag, "score": s.score}
            )
    else:
        _write(suggestions, out)


def _write(suggestions: "Iterator[Suggestion]", out: Path | None) -> None:
    from iconym.files import replaced_file
    from iconym.search.suggestions import csv_lines

    lines = csv_lines(suggestions)
    if out is None:
        sys.stdout.writelines(lines)
        return
    with replaced_file(out) as file:
        file.writelines(line.encode("utf-8", "backslashreplace") for line in lines)
    say(f"suggestions are in {shown_path(out)}")
