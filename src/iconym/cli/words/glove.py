"""``iconym words glove``: word vectors from text by GloVe."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

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
    Threads,
    Tokens,
    learn_words,
)

if TYPE_CHECKING:
    from pathlib import Path

    from iconym.nouns import WordVectors
    from iconym.words.corpus import Corpus
    from iconym.words.glove import GloveConfig
    from iconym.words.vocabulary import Vocabulary


def glove(
    texts: Texts,
    *,
    output: Output,
    dim: Dim = 100,
    window: Annotated[int, typer.Option(help="Words to each side that are met.")] = 15,
    epochs: Annotated[int, typer.Option(help="Passes over the co-occurrences.")] = 25,
    x_max: Annotated[
        float, typer.Option(help="Co-occurrences from here on count alike; 10 for little text.")
    ] = 100.0,
    learning_rate: Annotated[float, typer.Option(help="Of AdaGrad.")] = 0.05,
    bias_eta: Annotated[
        Literal["paper", "official-2019"],
        typer.Option(help="Rate of the biases: the same, or 1 as in the program since 2019."),
    ] = "paper",
    seed: Seed = 1,
    threads: Threads = 1,
    tokens: Tokens = False,
    phrases: Phrases = False,
    min_count: MinCount = None,
    processes: Processes = 1,
) -> None:
    """Learn word vectors by GloVe.

    Co-occurrences are counted first, on the disk, then learned. What is done is kept in
    "WORDS.work" until the end: after an interruption, or a kill, the same command goes on.
    """
    from iconym.words.cooccurrence_counting import CooccurrenceConfig
    from iconym.words.glove import GloveConfig

    config = GloveConfig(
        dim=dim,
        x_max=x_max,
        learning_rate=learning_rate,
        bias_eta=bias_eta,
        epochs=epochs,
        seed=seed,
        threads=threads,
        counting=CooccurrenceConfig(window=window),
    )
    reading = TextReading(tokens, phrases, min_count, processes)
    learn_words(texts, output, reading, partial(_learn, config))


def _learn(
    config: "GloveConfig", corpus: "Corpus", vocabulary: "Vocabulary", state: "Path"
) -> "WordVectors":
    from iconym.words.glove import train_glove

    folder = state.with_name("cooccurrences")
    return train_glove(corpus, vocabulary, config, tracked, folder=folder, checkpoint=state)
