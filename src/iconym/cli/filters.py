"""The options that say which pictures of a collection to keep."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.errors import Usage

if TYPE_CHECKING:
    from iconym.nouns import Filter

Tags = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        help="Only with this word or label of their own, as it is written; may be repeated.",
    ),
]
Holds = Annotated[
    str, typer.Option("--holds", help="Only with all these words in tags, caption or path.")
]
Owner = Annotated[str, typer.Option("--owner", help="Only pictures of this owner.")]
Below = Annotated[
    str,
    typer.Option("--below", help="Only in this folder, as 2024/spring, from the collection's own."),
]
Since = Annotated[
    str,
    typer.Option(
        "--since", help="Only taken then or later: 2024, 2024-05, 2024-05-31. The camera's date."
    ),
]
Until = Annotated[
    str, typer.Option("--until", help="Only taken then or earlier; 2024-05 is all of May.")
]


def wanted_pictures(
    tags: list[str] | None, holds: str, owner: str, below: str, since: str, until: str
) -> "Filter":
    """The filter of these options."""
    from iconym.nouns import Filter

    for text in (*(tags or ()), holds, owner, below):
        if text != text.encode(errors="ignore").decode():
            raise Usage(f"{text!a} is not UTF-8, so no picture has it; write it anew")
    folder = os.path.normpath(below).strip("/") if below else ""
    if os.path.isabs(below) or folder.startswith(".."):
        raise Usage(
            f"--below {below!r}: give a folder of the collection, from its own, as 2024/may"
        )
    return Filter(tuple(tags or ()), holds, owner, "" if folder == "." else folder, since, until)
