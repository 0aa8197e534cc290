"""``iconym ask``: a prompt that answers words and pictures with the nearest words and pictures."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from iconym.cli.options import CollectionFolder, Count, SpaceFolder, say_space
from iconym.cli.output import Json, print_json, print_table, say
from iconym.cli.search import path_of
from iconym.errors import IconymError

if TYPE_CHECKING:
    from iconym.search import Hit, Search, WordIndex

LEAVE = "EXIT"


def ask(
    *,
    k: Count = 10,
    collection: CollectionFolder = Path(),
    space: SpaceFolder = None,
    as_json: Json = False,
) -> None:
    """Answer at a prompt with the nearest words and pictures.

    Numbers are cosines. Type words, the path of a picture, or a query as for iconym search. EXIT
    or the end of the input leaves. Questions may also come from a pipe, one a line.
    """
    from iconym.search import WordIndex, open_search

    found = open_search(collection, space)
    say_space(found.space)
    words = WordIndex(found.space.vocabulary)
    for question in _questions():
        try:
            near, hits = _answer(found, words, question, k)
        except IconymError as error:
            say(f"iconym: {error}")
        else:
            _print(question, near, [(path_of(found, h) or h.picture.uri, h) for h in hits], as_json)
            sys.stdout.flush()


def _questions() -> Iterator[str]:
    """The lines of the input that are not blank, up to the end or EXIT."""
    sys.stdin.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    for line in _typed() if sys.stdin.isatty() else sys.stdin:
        question = line.strip()
        if question == LEAVE:
            return
        if question:
            yield question


def _typed() -> Iterator[str]:
    with suppress(ImportError):
        import readline  # noqa: F401  gives input() its keys and its memory
    say(f"Words, a picture's path, or a query; {LEAVE} leaves.")
    while True:
        try:
            yield input("> ")
        except EOFError:
            sys.stdout.write("\n")
            return


def _answer(
    found: "Search", words: "WordIndex", question: str, k: int
) -> "tuple[list[tuple[str, float]], list[Hit]]":
    from iconym.search import parse_query

    terms = parse_query([question])
    asked = {term.what for term in terms}
    (near,) = words.nearest(found.embed(terms)[None], k + len(asked))
    return [pair for pair in near if pair[0] not in asked][:k], found.by_query(terms, k)


def _print(
    question: str, near: list[tuple[str, float]], hits: "list[tuple[str, Hit]]", as_json: bool
) -> None:
    if as_json:
        print_json(
            {
                "query": question,
                "words": [{"word": word, "score": score} for word, score in near],
                "pictures": [{"picture": path, "score": hit.score} for path, hit in hits],
            }
        )
        return
    pictures = [(hit.score, path) for path, hit in hits]
    pairs = zip_longest([(score, word) for word, score in near], pictures, fillvalue=("", ""))
    print_table(("cosine", "word", "cosine", "picture"), [(*a, *b) for a, b in pairs])
