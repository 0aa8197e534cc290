"""The options by which verbs name labelled pictures."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.output import say, tracked

if TYPE_CHECKING:
    from iconym.features import Encode
    from iconym.nouns import LabelledImages

DataPath = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help="Labelled pictures: class folders, a folder with metadata.csv, or a .parquet file.",
    ),
]
ImageColumn = Annotated[
    str | None,
    typer.Option("--image", metavar="COLUMN", help="Column of pictures in Parquet.  [image]"),
]
LabelColumn = Annotated[
    str | None,
    typer.Option("--label", metavar="COLUMN", help="Column of labels.  [label]"),
]
Where = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="COLUMN=VALUE", help="Only such rows; may be repeated."),
]

Cache = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Keeps features, as iconym features does, and finds them."),
]

SHOWN = 5  # skipped pictures named one by one


def read_data(
    path: Path,
    image: str | None,
    label: str | None,
    where: list[str] | None,
    at_least: int | None,
) -> "LabelledImages":
    """The pictures that the options name, large enough for an encoder."""
    from iconym.data.labelled import read_labelled

    return read_labelled(path, image=image, label=label, where=where or (), at_least=at_least)


def encoding(cache: Path | None) -> "Encode":
    """How features are made: anew, or with a cache that keeps them."""
    from iconym.features import encode
    from iconym.features.cache import cached_features

    if cache is None:
        return partial(encode, track=tracked)
    return partial(cached_features, cache=cache, track=tracked)


def tell_skipped(skipped: tuple[str, ...]) -> None:
    """Name the pictures that were skipped, and end with exit code 3 if there are any."""
    for reason in skipped[:SHOWN]:
        say(f"skipped: {reason}")
    if len(skipped) > SHOWN:
        say(f"skipped: {len(skipped) - SHOWN} more")
    if skipped:
        raise typer.Exit(3)
