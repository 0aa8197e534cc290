"""The options that say which pictures of a collection to keep."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from iconym.nouns import Filter

Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", help="Only pictures with this word; may be given several times."),
]
Holds = Annotated[
    str, typer.Option("--holds", help="Only with these words in tags, caption or path.")
]
Owner = Annotated[str, typer.Option("--owner", help="Only pictures of this owner.")]
Below = Annotated[
    str, typer.Option("--below", help="Only in this folder, from the collection's own.")
]
Since = Annotated[str, typer.Option("--since", help="Only taken then or later: 2024-05, 2024.")]
Until = Annotated[str, typer.Option("--until", help="Only taken then or earlier.")]


def wanted_pictures(
    tags: list[str] | None, holds: str, owner: str, below: str, since: str, until: str
) -> "Filter":
    """The filter of these options."""
    from iconym.nouns import Filter

    folder = below.strip("/")
    return Filter(tuple(tags or ()), holds, owner, "" if folder == "." else folder, since, until)
