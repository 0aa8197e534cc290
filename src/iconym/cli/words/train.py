"""``iconym words train``: word vectors from text by skip-gram or CBOW."""

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
from iconym.errors import Usage

if TYPE_CHECKING:
    from pathlib import Path

    from iconym.nouns import WordVectors
    from iconym.words import outputs
    from iconym.words.corpus import Corpus
    from iconym.words.vocabulary import Vocabulary
    from iconym.words.windows import Combine, WindowConfig

Method = Literal["skip-gram", "cbow", "cbow-sum"]
Loss = Literal["negative-sampling", "hierarchical-softmax", "softmax"]
COMBINE: dict[Method, Literal["each", "mean", "sum"]] = {
    "skip-gram": "each",
    "cbow": "mean",
    "cbow-sum": "sum",
}


def train(
    texts: Texts,
    *,
    output: Output,
    method: Annotated[
        Method, typer.Option(help="What foretells a word: each one around, their mean, their sum.")
    ] = "skip-gram",
    loss: Annotated[Loss, typer.Option(help="How it is told from others.")] = "negative-sampling",
    negatives: Annotated[
        int | None, typer.Option(show_default=False, help="Words drawn at random a window [5].")
    ] = None,
    dim: Dim = 100,
    window: Annotated[int, typer.Option(help="Words to each side, at most.")] = 5,
    epochs: Annotated[int, typer.Option(help="Passes over the text.")] = 5,
    sample: Annotated[
        float, typer.Option(help="Thin out words of a larger share of the text; 0: none.")
    ] = 1e-3,
    learning_rate: Annotated[
        float | None,
        typer.Option(show_default=False, help="At the start [skip-gram 0.025, cbow 0.05]."),
    ] = None,
    seed: Seed = 1,
    threads: Threads = 1,
    tokens: Tokens = False,
    phrases: Phrases = False,
    min_count: MinCount = None,
    processes: Processes = 1,
) -> None:
    """Learn word vectors by skip-gram or CBOW.

    The text is UTF-8 (.gz too), one sentence a line, and may be larger than memory. What is done
    is kept in "WORDS.work" until the end: after an interruption, or a kill, the same command goes
    on from there.
    """
    from iconym.words.windows import WindowConfig

    config = WindowConfig(
        dim=dim,
        window=window,
        epochs=epochs,
        sample=sample,
        learning_rate=learning_rate,
        output=_output(loss, negatives),
        seed=seed,
        threads=threads,
    )
    reading = TextReading(tokens, phrases, min_count, processes)
    learn_words(texts, output, reading, partial(_learn, config, COMBINE[method]))


def _learn(
    config: "WindowConfig",
    combine: "Combine",
    corpus: "Corpus",
    vocabulary: "Vocabulary",
    state: "Path",
) -> "WordVectors":
    from iconym.words.windows import train_windows

    return train_windows(
        corpus, vocabulary, config, combine=combine, checkpoint=state, track=tracked
    )


def _output(loss: Loss, negatives: int | None) -> "outputs.Output":
    from iconym.words.outputs import HierarchicalSoftmax, NegativeSampling, Softmax

    if loss == "negative-sampling":
        return NegativeSampling() if negatives is None else NegativeSampling(negatives)
    if negatives is not None:
        raise Usage(f"--negatives {negatives} has no part in --loss {loss}; leave it out")
    return HierarchicalSoftmax() if loss == "hierarchical-softmax" else Softmax()
