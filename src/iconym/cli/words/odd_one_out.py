"""``iconym words odd-one-out``: the word that does not belong to the others."""

from typing import Annotated

import typer

from iconym.cli.options import WordsPath
from iconym.cli.output import Json, print_json, print_table
from iconym.cli.words.asked import Mapped


def odd_one_out(
    words: WordsPath,
    texts: Annotated[
        list[str], typer.Argument(metavar="WORD...", help="Three words or phrases at least.")
    ],
    *,
    mapped: Mapped = False,
    as_json: Json = False,
) -> None:
    """Show which of some words does not belong to the others.

    It has the lowest cosine with the mean of all; the others follow, the least fitting first.
    """
    from iconym.words.formats import load_words
    from iconym.words.vectors import centrality, odd_one_out

    held = load_words(words, mapped=mapped)
    odd = odd_one_out(held, texts)
    scores = sorted(zip(centrality(held, texts), texts, strict=True), key=lambda pair: pair[0])
    if as_json:
        listing = [{"word": word, "score": score} for score, word in scores]
        print_json({"odd_one_out": odd, "words": listing})
    else:
        print_table(("score", "word"), scores)
