"""``iconym words ppmi``: word vectors from text by associations and one factorization."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.output import tracked
from iconym.cli.words.corpus import (
    Dim,
    MinCount,
    Output,
    Phrases,
    Processes,
    Seed,
    TextReading,
    Texts,
    Tokens,
    learn_words,
)

if TYPE_CHECKING:
    from pathlib import Path

    from iconym.nouns import WordVectors
    from iconym.words.corpus import Corpus
    from iconym.words.ppmi import PpmiConfig
    from iconym.words.vocabulary import Vocabulary


def ppmi(
    texts: Texts,
    *,
    output: Output,
    dim: Dim = 100,
    window: Annotated[int, typer.Option(help="Words to each side that are met.")] = 10,
    shift: Annotated[
        float, typer.Option(help="log(shift) is taken from each association; above 0.")
    ] = 1.0,
    smoothing: Annotated[
        float, typer.Option(help="Power of the frequencies of contexts; 1: none.")
    ] = 0.75,
    power: Annotated[float, typer.Option(help="Of the singular values, 0 to 1.")] = 0.5,
    add_contexts: Annotated[
        bool, typer.Option("--add-contexts", help="Add the vectors of words as contexts.")
    ] = False,
    seed: Seed = 1,
    tokens: Tokens = False,
    phrases: Phrases = False,
    min_count: MinCount = None,
    processes: Processes = 1,
) -> None:
    """Factorize associations of words (PPMI and SVD).

    The vectors are the leading singular vectors of the matrix of positive pointwise mutual
    informations. The reading of the text is kept in "WORDS.work" until the end.
    """
    from iconym.words.cooccurrence_counting import CooccurrenceConfig
    from iconym.words.ppmi import PpmiConfig

    config = PpmiConfig(
        dim=dim,
        shift=shift,
        smoothing=smoothing,
        power=power,
        add_contexts=add_contexts,
        seed=seed,
        counting=CooccurrenceConfig(window=window, weighting="linear"),
    )
    reading = TextReading(tokens, phrases, min_count, processes)
    learn_words(texts, output, reading, partial(_learn, config))


def _learn(
    config: "PpmiConfig", corpus: "Corpus", vocabulary: "Vocabulary", state: "Path"
) -> "WordVectors":
    from iconym.words.ppmi import train_ppmi

    folder = state.with_name("cooccurrences")
    return train_ppmi(corpus, vocabulary, config, tracked, folder=folder)
