"""``iconym why``: the parts of a picture's score, by words and by what was learned."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iconym.cli.options import CollectionFolder, Count, SpaceFolder, say_space
from iconym.cli.output import Json, print_json, print_table, say, tracked
from iconym.cli.search import Query, Text

if TYPE_CHECKING:
    from iconym.search.speaking import Speaking
    from iconym.search.why import Why

REST = {True: "what all pictures share", False: "what no label explains"}

Asked = Annotated[
    str,
    typer.Option(
        "--picture", "-p", metavar="PATH|ID", help="A file, or an id that search --json gave."
    ),
]
Label = Annotated[
    str,
    typer.Option("--label", "-l", help="Show also the training pictures of this label."),
]


def why(
    query: Query,
    *,
    picture: Asked,
    label: Label = "",
    k: Count = 10,
    collection: CollectionFolder = Path(),
    space: SpaceFolder = None,
    text: Text = False,
    as_json: Json = False,
) -> None:
    """Show why a picture has the score that it has, as parts that sum to it.

    First by the words and pictures of the query, then by the labels whose training pictures put
    it there. A part below 0 speaks against the picture. Where nobody knows what a space learned
    from (it was learned by descent, or the picture's file is gone), it is by the nearest labels.

    With --label, also by the training pictures of that label that are in the collection.
    """
    from iconym.search import open_search, parse_query
    from iconym.search.speaking import speaking
    from iconym.search.why import why

    terms = parse_query(query, files=not text)
    found = open_search(collection, space)
    say_space(found.space)
    one = int(picture) if picture.isdecimal() and not os.path.exists(picture) else Path(picture)
    reasons = why(found, terms, one)
    heard = speaking(found, terms, one, label, k, track=tracked) if label else None
    if as_json:
        print_json(_as_json(reasons, heard, k))
    else:
        _print(reasons, heard, k)


def _print(reasons: "Why", heard: "Speaking | None", k: int) -> None:
    from iconym.search.why import largest

    words = [(part.share, part.name) for part in reasons.words]
    print_table(("share", "of the query"), [*words, (reasons.score, "sum")])
    if not reasons.learned:
        say("what was learned is not known here: parts by the nearest labels")
    parts, others = largest(reasons.labels, k)
    rows = [(part.share, part.name) for part in parts]
    left = len(reasons.labels) - len(parts)
    rows += [(others, f"{left} other labels")] if left else []
    rows += [(reasons.rest, REST[reasons.learned]), (reasons.score, "sum")]
    print_table(("share", "learned from" if reasons.learned else "near to"), rows)
    if heard:
        _print_speakers(heard)


def _print_speakers(heard: "Speaking") -> None:
    rows = [(speaker.share, speaker.picture.uri) for speaker in heard.speakers]
    rows += [(heard.others, "other training pictures"), (heard.share, "sum")]
    print_table(("share", "training picture"), rows)


def _as_json(reasons: "Why", heard: "Speaking | None", k: int) -> dict[str, Any]:
    from iconym.search.why import largest

    parts, others = largest(reasons.labels, k)
    answer = {
        "score": reasons.score,
        "words": [{"word": part.name, "share": part.share} for part in reasons.words],
        "labels": [{"label": part.name, "share": part.share} for part in parts],
        "others": others,
        "rest": reasons.rest,
        "learned": reasons.learned,
    }
    return answer if heard is None else {**answer, "training": _speakers(heard)}


def _speakers(heard: "Speaking") -> dict[str, Any]:
    pictures = [
        {"id": one.picture.id, "picture": one.picture.uri, "share": one.share}
        for one in heard.speakers
    ]
    told = {"label": heard.label, "pictures": pictures}
    return {**told, "others": heard.others, "share": heard.share}
