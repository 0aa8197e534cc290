"""Skip-gram with negative sampling: word vectors that foretell which words stand nearby."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from iconym.errors import BadData, MissingTool, Usage
from iconym.nouns import Track, WordVectors, untracked
from iconym.words.corpus import Corpus
from iconym.words.sampling import alias_table, keep_probabilities
from iconym.words.vocabulary import Vocabulary

if TYPE_CHECKING:
    from iconym.words.skipgram_kernel import Model

CHUNKS = 150  # of a whole training: how often its progress shows and it can be interrupted

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class SkipgramConfig:
    """The settings of ``train_skipgram``; the defaults are those of word2vec.c."""

    dim: int = 100
    window: int = 5  # words to each side at most; how many is drawn anew for each word
    negatives: int = 5
    epochs: int = 5
    sample: float = 1e-3  # words of a larger share of the text are thinned out; 0 keeps all
    learning_rate: float = 0.025
    min_learning_rate_fraction: float = 1e-4
    seed: int = 1
    threads: int = 1  # more are faster, but no two runs are then the same

    def __post_init__(self) -> None:
        for name in ("dim", "window", "negatives", "epochs", "threads"):
            if getattr(self, name) < 1:
                raise Usage(f"{name} is {getattr(self, name)}; it has to be at least 1")
        if not self.sample >= 0:
            raise Usage(f"sample is {self.sample}; it has to be at least 0")
        if not 0 < self.learning_rate < 1:
            raise Usage(f"learning_rate is {self.learning_rate}; it has to be in (0, 1)")
        if not 0 <= self.min_learning_rate_fraction <= 1:
            found = self.min_learning_rate_fraction
            raise Usage(f"min_learning_rate_fraction is {found}; it has to be in [0, 1]")
        if not 0 <= self.seed < 2**63:
            raise Usage(f"seed is {self.seed}; it has to be at least 0 and below 2**63")


@dataclass(frozen=True)
class Chunk:
    """A run of sentences within the whole training."""

    number: int
    first: int  # sentence
    last: int  # one after the last sentence
    done: int  # words of the text that come before, those of earlier epochs included


def train_skipgram(
    corpus: Corpus,
    vocabulary: Vocabulary,
    config: SkipgramConfig | None = None,
    track: Track = untracked,
) -> WordVectors:
    """The vectors of all words of ``vocabulary``, learned from ``corpus``.

    Each word is to be told, from each word that surrounds it, from words drawn at random. As in
    word2vec.c: vectors start in U(-.5/dim, .5/dim), the outputs at 0; frequent words are thinned
    out before windows are laid; a window reaches 1 ... ``window`` words to each side, each as
    likely; negatives come with probability count**.75; one that is the word itself is skipped,
    not drawn anew; the learning rate falls linearly with the words read.

    Unlike word2vec.c, all pairs of one window share their negatives and move together, against
    the gradient at the window's start: memory is read once a window instead of once a pair,
    which makes the training several times as fast. The rate changes with each sentence, not
    with each 10,000 words, and there is no end-of-sentence word.

    One thread gives the same vectors for the same seed on one machine. Several threads write
    without waiting for each other (Hogwild), so their vectors differ from run to run.

    Args:
        corpus: its tokens are rows of ``vocabulary``.
        vocabulary: its counts set the thinning and the negatives.
        config: None for the defaults.
        track: shown about 150 steps.

    Raises:
        BadData: if the corpus holds no token, or one beyond the vocabulary.
        MissingTool: if numba is not installed.

    Source: Mikolov et al. 2013, "Distributed representations of words and phrases", equation 4;
        shared negatives: Ji et al. 2016, "Parallelizing word2vec in shared and distributed
        memory"; threads: Niu et al. 2011, "Hogwild!".
    """
    config = config or SkipgramConfig()
    _check(corpus, vocabulary)
    model = initial_model(len(vocabulary), config)
    train_chunk = _trainer(corpus, vocabulary, model, config)
    chunks = split_training(corpus, config.epochs)
    trained = _in_threads(train_chunk, chunks, config.threads)
    for _ in track(trained, "learning words", len(chunks)):
        pass
    return WordVectors(vocabulary.words, model.inputs)


def initial_model(words: int, config: SkipgramConfig) -> "Model":
    """The model before training: inputs at random, outputs zero."""
    kernel = _kernel()
    uniform = np.random.default_rng(config.seed).random((words, config.dim), np.float32)
    inputs = (uniform - np.float32(0.5)) / np.float32(config.dim)
    return kernel.Model(inputs, np.zeros_like(inputs))


def split_training(corpus: Corpus, epochs: int) -> list[Chunk]:
    """The whole training in about 150 runs of sentences with about as many words each."""
    parts = min(len(corpus), -(-CHUNKS // epochs))
    ends = np.arange(parts + 1) * (len(corpus.tokens) / parts)
    edges = np.unique(np.searchsorted(corpus.offsets, ends))
    chunks: list[Chunk] = []
    for epoch in range(epochs):
        for first, last in pairwise(edges):
            done = epoch * len(corpus.tokens) + int(corpus.offsets[first])
            chunks.append(Chunk(len(chunks), int(first), int(last), done))
    return chunks


def _trainer(
    corpus: Corpus, vocabulary: Vocabulary, model: "Model", config: SkipgramConfig
) -> Callable[[Chunk], None]:
    """What trains ``model`` on one chunk."""
    kernel = _kernel()
    threshold, alias = alias_table(vocabulary.counts**0.75)
    draws = kernel.Draws(keep_probabilities(vocabulary.counts, config.sample), threshold, alias)
    rate, total = config.learning_rate, config.epochs * len(corpus.tokens)
    longest = int(np.diff(corpus.offsets).max())

    def train_chunk(chunk: Chunk) -> None:
        offsets = corpus.offsets[chunk.first : chunk.last + 1]
        after = chunk.done + int(offsets[-1] - offsets[0])
        schedule = kernel.Schedule(
            window=config.window,
            negatives=config.negatives,
            state=kernel.first_state(config.seed, chunk.number),
            first_rate=rate * (1 - chunk.done / total),
            last_rate=rate * (1 - after / total),
            least_rate=rate * config.min_learning_rate_fraction,
        )
        scratch = kernel.scratch(longest, config.window, config.negatives, config.dim)
        kernel.train_sentences(corpus.tokens, offsets, model, draws, scratch, schedule)

    return train_chunk


def _in_threads(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """The results of ``work`` in the order of ``items``, several at a time."""
    if threads == 1:
        yield from map(work, items)
        return
    pool = ThreadPoolExecutor(threads)
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(cancel_futures=True)  # at once when interrupted, not after all items


def _check(corpus: Corpus, vocabulary: Vocabulary) -> None:
    if len(corpus.tokens) == 0:
        raise BadData("the text holds no word of the vocabulary; give the text it was made from")
    low, high = int(corpus.tokens.min()), int(corpus.tokens.max())
    if low < 0 or high >= len(vocabulary):
        raise BadData(
            f"the corpus has words {low} ... {high} but the vocabulary has {len(vocabulary)}; "
            "encode the text with this vocabulary"
        )


def _kernel() -> Any:
    """The compiled part, loaded only where words are trained."""
    try:
        from iconym.words import skipgram_kernel
    except ModuleNotFoundError as error:
        if error.name != "numba":
            raise
        raise MissingTool("training words needs numba: pip install 'iconym[train]'") from error
    return skipgram_kernel
