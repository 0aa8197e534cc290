"""What the verbs that train word vectors share: a text or a prepared corpus in, words out."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.output import print_lines, say, tracked
from iconym.errors import BadData, Usage

if TYPE_CHECKING:
    from iconym.nouns import WordVectors
    from iconym.words.corpus import Corpus
    from iconym.words.text.shards import Source
    from iconym.words.vocabulary import Vocabulary

    Learn = Callable[[Corpus, Vocabulary, Path], WordVectors]

PHRASE_THRESHOLDS = (200.0, 100.0)  # as word2phrase is shown in use: phrases of up to four words
MIN_COUNT = 5

Texts = Annotated[
    list[Path],
    typer.Argument(
        metavar="TEXT", help="Text files, or folders of them, or one folder of words prepare."
    ),
]
Output = Annotated[
    Path,
    typer.Option(
        "-o", "--output", metavar="WORDS", help="Where to: a folder, .txt, .bin, .npz, .safetensors"
    ),
]
Phrases = Annotated[bool, typer.Option("--phrases", help="Join words that often stand together.")]
Tokens = Annotated[bool, typer.Option("--tokens", help="Take what stands between blanks as it is.")]
MinCount = Annotated[
    int | None,
    typer.Option(min=1, show_default=False, help=f"Leave out rarer words [{MIN_COUNT}]."),
]
Processes = Annotated[int, typer.Option(min=1, help="That read the text.")]
Threads = Annotated[int, typer.Option(help="More than 1: no two runs are the same.")]
Seed = Annotated[int, typer.Option(help="Of the random numbers.")]
Dim = Annotated[int, typer.Option(help="Numbers in a vector.")]


@dataclass(frozen=True)
class TextReading:
    """How a verb reads texts; a prepared corpus was read already."""

    tokens: bool
    phrases: bool
    min_count: int | None
    processes: int


def learn_words(texts: list[Path], output: Path, reading: TextReading, learn: "Learn") -> None:
    """Train on ``texts`` and save the vectors; what is done stays in "WORDS.work" until then.

    Args:
        texts: of the verb.
        output: of the verb.
        reading: how they are read, if they are texts.
        learn: from corpus, vocabulary and a file for its state to vectors.
    """
    from iconym.words.formats import save_words

    _check_output(output, texts)
    work = output.with_name(f"{output.name}.work")
    begun = work.exists()
    if begun:
        say(f"going on from what is done in {work}")
    try:
        vocabulary, corpus = _corpus(texts, work, reading)
        say(f"{len(vocabulary)} words, {len(corpus.tokens)} in the text")
        learned = learn(corpus, vocabulary, work / "training")
    except BadData:
        if not begun:  # of such a text nothing is worth keeping
            shutil.rmtree(work, ignore_errors=True)
        raise
    save_words(learned, output)
    shutil.rmtree(work, ignore_errors=True)
    print_lines([f"{output}: {len(learned)} words, {learned.dim} numbers each"])


def with_phrases(source: "Source", place: Path, processes: int) -> "Source":
    """``source`` with the words joined that often stand together in it; ``place`` keeps counts."""
    from iconym.words.phrases import find_phrases
    from iconym.words.text.sources import JoinedSource

    found = find_phrases(
        source, thresholds=PHRASE_THRESHOLDS, processes=processes, track=tracked, place=place
    )
    if dropped := max(pairs.dropped for pairs in found.passes):
        say(f"phrases: counts up to {dropped} were dropped to save memory")
    return JoinedSource(source, found)


def _corpus(texts: list[Path], work: Path, reading: TextReading) -> "tuple[Vocabulary, Corpus]":
    from iconym.nouns import split_words
    from iconym.words.store import is_corpus, load_corpus, prepare_corpus
    from iconym.words.text.sources import TextFiles

    if len(texts) == 1 and is_corpus(texts[0]):
        if reading.min_count is not None or reading.phrases or reading.tokens:
            raise Usage(
                f"{texts[0]} is prepared; give --min-count, --phrases and --tokens to words prepare"
            )
        return load_corpus(texts[0])
    source: Source = TextFiles(tuple(texts), str.split if reading.tokens else split_words)
    if reading.phrases:
        source = with_phrases(source, work / "phrases", reading.processes)
    return prepare_corpus(
        source,
        work / "corpus",
        min_count=reading.min_count or MIN_COUNT,
        processes=reading.processes,
        track=tracked,
    )


def _check_output(output: Path, texts: list[Path]) -> None:
    """Before the long work: nothing else lies there, and somebody may write there."""
    from iconym.files import check_place, check_writable
    from iconym.words.formats import KIND

    if any(output.absolute() == text.absolute() for text in texts):
        raise Usage(f"{output} is the text itself; choose another --output")
    if output.is_dir():
        check_place(output, KIND)
    check_writable(output)
