"""``iconym words neighbors``: the words nearest to a word, or to a sum of several."""

from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.options import Count, WordsPath
from iconym.cli.output import Json
from iconym.cli.words.asked import Mapped, print_found

if TYPE_CHECKING:
    from iconym.nouns import WordVectors


def neighbors(
    words: WordsPath,
    query: Annotated[
        list[str], typer.Argument(metavar="QUERY", help="Words: king - man + 2:woman")
    ],
    *,
    k: Count = 10,
    mapped: Mapped = False,
    as_json: Json = False,
) -> None:
    """Show the words nearest to a word, or to the weighted mean of several.

    "-" leads away from the next part and "2:" counts it twice; words side by side are one text:

    iconym words neighbors WORDS king - man + woman

    The words asked with are no answer. A score is a cosine, from -1 to 1.
    """
    from iconym.words.formats import load_words
    from iconym.words.vectors import nearest

    held = load_words(words, mapped=mapped)
    print_found(nearest(held, _terms(held, query), k), as_json)


def _terms(held: "WordVectors", query: list[str]) -> dict[str, float]:
    """The weight of each text; a word of the vocabulary is never taken apart ("+1", "2:1")."""
    from iconym.search import parse_query

    if (text := " ".join(query)) in held:
        return {text: 1.0}
    weights: dict[str, float] = {}
    for term in parse_query(query, files=False):
        weights[str(term.what)] = weights.get(str(term.what), 0.0) + term.weight
    return weights
