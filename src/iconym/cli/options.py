"""Options that several verbs have, and how a verb says which space it uses."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.output import say

if TYPE_CHECKING:
    from iconym.protocols import KnownSpace
    from iconym.space import JointSpace

CollectionFolder = Annotated[
    Path,
    typer.Option("--collection", "-c", help="The collection's folder, or one inside it."),
]
SpaceFolder = Annotated[
    Path | None,
    typer.Option("--space", "-s", help="A saved space; else the collection's current one."),
]
Count = Annotated[int, typer.Option("-k", min=1, max=100_000, help="How many answers, at most.")]
WordsPath = Annotated[
    Path, typer.Argument(metavar="WORDS", help="Word vectors: a folder or a file.")
]


def say_space(space: "JointSpace | KnownSpace") -> None:
    """Name the space that answers on standard error."""
    say(f"space: {space.name} ({space.fingerprint[:8]})")
