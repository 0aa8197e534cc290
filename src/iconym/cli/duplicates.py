"""``iconym duplicates``: groups of pictures of a collection that show the same."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iconym.cli.filters import Below, Holds, Owner, Since, Tags, Until, wanted_pictures
from iconym.cli.hits import entry, shown
from iconym.cli.options import CollectionFolder, SpaceFolder, say_space
from iconym.cli.output import Json, print_json, print_table, say

if TYPE_CHECKING:
    from iconym.search import Hit, Search
    from iconym.search.duplicates import DuplicateGroup

Threshold = Annotated[
    float | None,
    typer.Option(
        min=-1, max=1, help="The cosine from which two show the same.  [chosen from the collection]"
    ),
]


def duplicates(
    *,
    threshold: Threshold = None,
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
    """Show groups of pictures that show the same: copies, and others nearer than chance.

    The largest picture of each group comes first; a score is the cosine with it. The threshold
    is chosen so that about one picture in 10,000 is so near to another by chance. Nothing is
    deleted.
    """
    from iconym.search import open_search
    from iconym.search.duplicates import duplicate_threshold, near_duplicates

    wanted = wanted_pictures(tag, holds, owner, below, since, until)
    found = open_search(collection, space)
    say_space(found.space)
    least = duplicate_threshold(found, wanted=wanted) if threshold is None else threshold
    groups = near_duplicates(found, least, wanted=wanted)
    if as_json:
        print_json({"threshold": least, "groups": [_listed(found, group) for group in groups]})
        return
    say(f"threshold: {least:.6f}; {len(groups):,} group{'' if len(groups) == 1 else 's'}")
    if groups:
        rows = [
            row for number, group in enumerate(groups, 1) for row in _rows(found, number, group)
        ]
        print_table(("group", "score", "pixels", "bytes", "picture"), rows)


def _rows(found: "Search", number: int, group: "DuplicateGroup") -> list[tuple[object, ...]]:
    return [
        (
            "" if place else number,
            hit.score if place else None,
            f"{hit.picture.width}x{hit.picture.height}",
            hit.picture.size,
            shown(found, hit),
        )
        for place, hit in enumerate(_members(group))
    ]


def _listed(found: "Search", group: "DuplicateGroup") -> list[dict[str, Any]]:
    return [
        {
            **entry(found, hit),
            "width": hit.picture.width,
            "height": hit.picture.height,
            "bytes": hit.picture.size,
        }
        for hit in _members(group)
    ]


def _members(group: "DuplicateGroup") -> "list[Hit]":
    from iconym.search import Hit

    return [Hit(group.largest, 1.0), *group.others]
