"""``iconym words``: train word vectors, ask them, measure them."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from iconym.cli.options import Count, WordsPath
from iconym.cli.output import Json, print_json, print_lines, print_table, say, tracked
from iconym.errors import Usage

if TYPE_CHECKING:
    from iconym.evaluation.words import WordScores
    from iconym.words.vectors import Found

app = typer.Typer(
    help="Word vectors: train them on a text, ask them, measure them.",
    rich_markup_mode=None,
    add_completion=False,
)


Texts = Annotated[
    list[Path],
    typer.Argument(metavar="TEXT", help="Text files, or folders of them."),
]
Output = Annotated[
    Path,
    typer.Option("-o", "--output", metavar="WORDS", help="Where to: a folder, .txt, .bin or .npz."),
]


@app.command("train")
def train(
    texts: Texts,
    *,
    output: Output,
    dim: Annotated[int, typer.Option(help="Numbers in a vector.")] = 100,
    window: Annotated[int, typer.Option(help="Words to each side, at most.")] = 5,
    negatives: Annotated[int, typer.Option(help="Words drawn at random a window.")] = 5,
    epochs: Annotated[int, typer.Option(help="Passes over the text.")] = 5,
    min_count: Annotated[int, typer.Option(min=1, help="Leave out rarer words.")] = 5,
    sample: Annotated[
        float, typer.Option(help="Thin out words of a larger share of the text; 0: none.")
    ] = 1e-3,
    threads: Annotated[int, typer.Option(help="More than 1: no two runs are the same.")] = 1,
    seed: Annotated[int, typer.Option(help="Of the random numbers.")] = 1,
    phrases: Annotated[
        bool, typer.Option("--phrases", help="Join words that often stand together.")
    ] = False,
) -> None:
    """Learn a vector for each word of a text.

    By skip-gram with negative sampling. The text is UTF-8 (.gz too), one sentence a line.
    """
    from iconym.words.corpus import TextFiles, encode
    from iconym.words.formats import save_words
    from iconym.words.phrases import Joined, find_phrases
    from iconym.words.skipgram import SkipgramConfig, train_skipgram
    from iconym.words.vocabulary import count_words

    _check_output(output, texts)
    config = SkipgramConfig(
        dim=dim,
        window=window,
        negatives=negatives,
        epochs=epochs,
        sample=sample,
        threads=threads,
        seed=seed,
    )
    files = TextFiles(tuple(texts))
    sentences = Joined(files, find_phrases(files, thresholds=(200.0, 100.0))) if phrases else files
    vocabulary = count_words(sentences, min_count=min_count)
    corpus = encode(sentences, vocabulary)
    say(f"{len(vocabulary)} words, {len(corpus.tokens)} in the text")
    save_words(train_skipgram(corpus, vocabulary, config, tracked), output)
    print_lines([f"{output}: {len(vocabulary)} words, {dim} numbers each"])


@app.command("neighbors")
def neighbors(
    words: WordsPath,
    text: Annotated[list[str], typer.Argument(metavar="WORD", help="A word, or several.")],
    *,
    k: Count = 10,
    as_json: Json = False,
) -> None:
    """Show the words nearest to a word, or to the sum of several.

    A score is a cosine, from -1 to 1.
    """
    from iconym.words.formats import load_words
    from iconym.words.vectors import neighbors

    held, asked = load_words(words), " ".join(text)
    own = [held.words[row] for row in held.rows(asked)]
    _print_found(neighbors(held, held([asked]), k, exclude=own)[0], as_json)


@app.command("analogy")
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
    as_json: Json = False,
) -> None:
    """Show the words that answer: A is to B as C is to what?"""
    from iconym.words.formats import load_words
    from iconym.words.vectors import analogy

    _print_found(analogy(load_words(words), a, b, c, k, method=method), as_json)


@app.command("evaluate")
def evaluate(
    words: WordsPath,
    *,
    questions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Analogies, as questions-words.txt.")
    ] = None,
    similarity: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Pairs of words with ratings; may be given again."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure word vectors by analogies and by ratings of people."""
    from iconym.evaluation.words import evaluate_words
    from iconym.words.formats import load_words

    if not (questions or similarity):
        raise Usage("nothing to measure with; give --questions FILE or --similarity FILE")
    scores = evaluate_words(load_words(words), questions, similarity or ())
    if as_json:
        print_json(_as_json(scores))
    else:
        print_lines(str(scores).splitlines())


def _check_output(output: Path, texts: list[Path]) -> None:
    """Before the long work: nothing else lies there, and somebody may write there."""
    from iconym.files import check_place, check_writable
    from iconym.words.formats import KIND

    if any(output.absolute() == text.absolute() for text in texts):
        raise Usage(f"{output} is the text itself; choose another --output")
    if output.is_dir():
        check_place(output, KIND)
    check_writable(output)


def _print_found(found: "Found", as_json: bool) -> None:
    if as_json:
        print_json([{"word": word, "score": score} for word, score in found])
    else:
        print_table(("score", "word"), [(score, word) for word, score in found])


def _as_json(scores: "WordScores") -> dict[str, Any]:
    analogies = [{**asdict(s), "accuracy": _or_null(s.accuracy)} for s in scores.analogies]
    return {
        "analogies": analogies,
        "ratings": [{**asdict(r), "rho": _or_null(r.rho)} for r in scores.ratings],
    }


def _or_null(number: float) -> float | None:
    return None if number != number else number
