"""``iconym words similarity``: how alike a word and others are."""

from typing import Annotated

import typer

from iconym.cli.options import WordsPath
from iconym.cli.output import Json
from iconym.cli.words.asked import Mapped, print_found


def similarity(
    words: WordsPath,
    a: Annotated[str, typer.Argument(metavar="A", help="A word or a phrase.")],
    others: Annotated[
        list[str], typer.Argument(metavar="B...", help="Each is compared with the first.")
    ],
    *,
    mapped: Mapped = False,
    as_json: Json = False,
) -> None:
    """Show how alike a word and one or more others are, in the order given.

    A score is a cosine, from -1 to 1.
    """
    from iconym.words.formats import load_words
    from iconym.words.vectors import similarity

    held = load_words(words, mapped=mapped)
    print_found([(other, similarity(held, a, other)) for other in others], as_json)
