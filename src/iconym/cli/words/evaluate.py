"""``iconym words evaluate``: analogies answered, and agreement with the ratings of people."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from iconym.cli.options import WordsPath
from iconym.cli.output import Json, print_json, print_lines
from iconym.cli.words.asked import Mapped
from iconym.errors import Usage


def evaluate(
    words: WordsPath,
    *,
    questions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Analogies, as questions-words.txt.")
    ] = None,
    similarity: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH", help="Pairs of words with ratings: a file, or a folder of them; again."
        ),
    ] = None,
    top: Annotated[
        int, typer.Option(min=0, help="Words that take part in analogies, the first ones; 0: all.")
    ] = 30_000,
    method: Annotated[
        Literal["add", "mul"],
        typer.Option(help="Add cosines, or multiply them (Levy & Goldberg 2014)."),
    ] = "add",
    mapped: Mapped = False,
    as_json: Json = False,
) -> None:
    """Measure word vectors by analogies and by ratings of people.

    Analogies as word2vec's compute-accuracy, with Wilson's 95 % interval; ratings by Spearman's
    rho over the pairs whose words are known, with Fisher's.
    """
    from iconym.evaluation.words import evaluate_words
    from iconym.words.formats import load_words

    if not (questions or similarity):
        raise Usage("nothing to measure with; give --questions FILE or --similarity PATH")
    held = load_words(words, mapped=mapped)
    scores = evaluate_words(held, questions, similarity or (), top=top, method=method)
    if as_json:
        print_json(scores.to_json())
    else:
        print_lines(str(scores).splitlines())
