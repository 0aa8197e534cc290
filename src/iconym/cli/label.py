"""``iconym label``: the words of a space that fit pictures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.options import Count, say_space
from iconym.cli.output import Json, print_json, print_table, say
from iconym.errors import BadPicture, Usage

if TYPE_CHECKING:
    from iconym.nouns import Image

Pictures = Annotated[
    list[Path], typer.Argument(metavar="PICTURE", help="Picture files.", readable=False)
]
Folder = Annotated[
    Path | None,
    typer.Option("--collection", "-c", help="The collection's folder, or one inside it.  [here]"),
]
Space = Annotated[
    Path | None, typer.Option("--space", "-s", help="A saved space, in place of a collection.")
]


def label(
    pictures: Pictures,
    *,
    k: Count = 5,
    collection: Folder = None,
    space: Space = None,
    as_json: Json = False,
) -> None:
    """Show the words of a space that fit pictures best.

    The space is the current one of a collection, or one that was saved. A score is a cosine, from
    -1 to 1. A picture that cannot be read is a remark, and the exit code is then 3, or 1 if
    not one picture was left.
    """
    from iconym.collection import needed_side, open_collection
    from iconym.search import WordIndex
    from iconym.space import load_space

    if collection and space:
        raise Usage("two places for the words; give --collection or --space")
    used = load_space(space) if space else open_collection(collection or Path()).load_space()
    say_space(used)
    vocabulary, at_least = WordIndex(used.vocabulary), needed_side(used)
    answers: list[tuple[str, list[tuple[str, float]]]] = []
    for picture in pictures:
        image = _read(picture, at_least)
        if image is not None:
            answers += [(str(picture), vocabulary.nearest(used.embed_images([image]), k)[0])]
    _print(answers, as_json)
    if len(answers) < len(pictures):
        raise typer.Exit(3 if answers else 1)


def _read(picture: Path, at_least: int | None) -> "Image | None":
    """The image of a file, or a remark."""
    from iconym.pictures import read_picture

    try:
        return read_picture(picture, at_least=at_least).image
    except BadPicture as error:
        say(f"iconym: {error}")
        return None


def _print(answers: list[tuple[str, list[tuple[str, float]]]], as_json: bool) -> None:
    if as_json:
        listed = [
            {
                "picture": picture,
                "labels": [{"label": name, "score": score} for name, score in names],
            }
            for picture, names in answers
        ]
        print_json(listed)
    elif answers:
        rows = [
            ("" if rank else picture, name, score)
            for picture, names in answers
            for rank, (name, score) in enumerate(names)
        ]
        print_table(("picture", "label", "score"), rows)
