"""``iconym words analogy``: the words that answer "A is to B as C is to what?"."""

from typing import Annotated, Literal

import typer

from iconym.cli.options import Count, WordsPath
from iconym.cli.output import Json
from iconym.cli.words.asked import Mapped, print_found


def analogy(
    words: WordsPath,
    a: Annotated[str, typer.Argument(metavar="A", help="As Paris ...")],
    b: Annotated[str, typer.Argument(metavar="B", help="... is to France ...")],
    c: Annotated[str, typer.Argument(metavar="C", help="... so Rome is to what?")],
    *,
    k: Count = 10,
    method: Annotated[
        Literal["add", "mul"],
        typer.Option(help="Add cosines, or multiply them (Levy & Goldberg 2014)."),
    ] = "add",
    mapped: Mapped = False,
    as_json: Json = False,
) -> None:
    """Show the words that answer: A is to B as C is to what?"""
    from iconym.words.formats import load_words
    from iconym.words.vectors import analogy

    held = load_words(words, mapped=mapped)
    print_found(analogy(held, a, b, c, k, method=method), as_json)
