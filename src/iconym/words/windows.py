"""Training by windows, the part that skip-gram and CBOW share: settings, chunks, threads."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float32

from iconym.errors import BadData, Usage
from iconym.nouns import Track, WordVectors, untracked
from iconym.words.checkpoints import Checkpoint, training_fingerprint
from iconym.words.compiled.pages import release_rows, release_unused
from iconym.words.corpus import Corpus
from iconym.words.extras import NUMBA, needed_by
from iconym.words.outputs import (
    LARGEST_SOFTMAX,
    NO_PATHS,
    HierarchicalSoftmax,
    NegativeSampling,
    Output,
    Softmax,
    huffman,
)
from iconym.words.sampling import alias_table, keep_probabilities
from iconym.words.threads import in_threads
from iconym.words.vocabulary import Vocabulary

if TYPE_CHECKING:
    from iconym.words.compiled.window_kernel import Model

CHUNKS = 150  # of a whole training, at least: how often its progress shows and it can be stopped
ROWS = 1000  # drawn at once
PRIVATE_WORDS = 64  # the commonest: more of them gain nothing
PRIVATE_NODES = 64  # that hold six steps of every way through the tree
LONGEST_CHUNK = 1_000_000  # words, about a second

Combine = Literal["each", "mean", "sum"]


@dataclass(frozen=True)
class WindowConfig:
    """The settings of ``train_skipgram`` and ``train_cbow``; the defaults are word2vec.c's."""

    dim: int = 100
    window: int = 5  # words to each side at most; how many is drawn anew for each word
    epochs: int = 5
    sample: float = 1e-3  # words of a larger share of the text are thinned out; 0 keeps all
    learning_rate: float | None = None  # None: 0.025 for skip-gram, 0.05 for CBOW
    min_learning_rate_fraction: float = 1e-4
    output: Output = field(default_factory=NegativeSampling)
    seed: int = 1
    threads: int = 1  # more are faster, but no two runs are then the same

    def __post_init__(self) -> None:
        for name in ("dim", "window", "epochs", "threads"):
            if getattr(self, name) < 1:
                raise Usage(f"{name} is {getattr(self, name)}; it has to be at least 1")
        if not self.sample >= 0:
            raise Usage(f"sample is {self.sample}; it has to be at least 0")
        if self.learning_rate is not None and not 0 < self.learning_rate < 1:
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
    words: int
    done: int  # words of the text that come before, those of earlier epochs included


def train_windows(
    corpus: Corpus,
    vocabulary: Vocabulary,
    config: WindowConfig,
    *,
    combine: Combine,
    checkpoint: Path | None = None,
    track: Track = untracked,
) -> WordVectors:
    """The vectors of all words of ``vocabulary``, learned from ``corpus``.

    See ``train_skipgram`` and ``train_cbow``, whose common part this is.
    """
    _check(corpus, vocabulary, config.output)
    inputs = _train(corpus, vocabulary, config, combine, checkpoint, track)
    return WordVectors(vocabulary.words, np.ascontiguousarray(inputs[:, : config.dim]))


def initial_model(vocabulary: Vocabulary, config: WindowConfig) -> "Model":
    """The model before training: inputs in U(-.5/dim, .5/dim), outputs zero."""
    model = zero_model(vocabulary, config)
    draw_inputs(model, len(vocabulary), config)
    return model


def zero_model(vocabulary: Vocabulary, config: WindowConfig) -> "Model":
    """Inputs and outputs of zero; they take memory only when they are written."""
    kernel, _, lanes = _kernels()
    copied = (private_words(vocabulary, config), private_outputs(vocabulary, config))
    rows = [len(vocabulary) + config.threads * len(them) for them in copied]
    return kernel.Model(*(lanes.aligned_zeros(count, config.dim) for count in rows))


def draw_inputs(model: "Model", words: int, config: WindowConfig) -> None:
    """Make the inputs of that many words what they are before training."""
    random = np.random.default_rng(config.seed)
    for start in range(0, words, ROWS):  # not all at once: that takes the memory twice
        block = model.inputs[start : min(start + ROWS, words), : config.dim]
        block[:] = (random.random(block.shape, np.float32) - 0.5) / config.dim


def split_training(corpus: Corpus, epochs: int) -> list[Chunk]:
    """The whole training in at least about 150 runs of sentences, all of about as many words."""
    words = len(corpus.tokens)
    parts = min(len(corpus), max(-(-CHUNKS // epochs), -(-words // LONGEST_CHUNK)))
    ends = np.arange(parts + 1) * (words / parts)
    edges = np.unique(np.searchsorted(corpus.offsets, ends))
    chunks: list[Chunk] = []
    for epoch in range(epochs):
        for first, last in pairwise(edges):
            before = int(corpus.offsets[first])
            size = int(corpus.offsets[last]) - before
            done = epoch * words + before
            chunks.append(Chunk(len(chunks), int(first), int(last), size, done))
    return chunks


def learning_rate(config: WindowConfig, combine: Combine) -> float:
    """The rate at the start."""
    usual = 0.025 if combine == "each" else 0.05
    return usual if config.learning_rate is None else config.learning_rate


def _train(
    corpus: Corpus,
    vocabulary: Vocabulary,
    config: WindowConfig,
    combine: Combine,
    checkpoint: Path | None,
    track: Track,
) -> Float32[np.ndarray, "words width"]:
    """The inputs of the trained model; its outputs are given back to the memory."""
    model, done = zero_model(vocabulary, config), 0
    chunks = split_training(corpus, config.epochs)
    train_chunk = partial(_trainer(corpus, vocabulary, config, combine), model)
    release_unused()  # first, so that compiling and the model never take memory at once
    train_chunk(Chunk(0, 0, 0, 0, 0))  # of no sentence: compiles
    release_unused()
    draw_inputs(model, len(vocabulary), config)
    saved = None
    if checkpoint is not None:
        settings = repr((combine, config))
        saved = Checkpoint(checkpoint, training_fingerprint(corpus, vocabulary, settings))
        done = saved.restore(model._asdict())
    trained = in_threads(train_chunk, chunks[done:], config.threads)
    for _ in track(trained, "learning words", len(chunks) - done):
        done += 1
        if saved is not None:
            saved.save_if_due(done, model._asdict())
    return model.inputs[: len(vocabulary)]


def _trainer(
    corpus: Corpus, vocabulary: Vocabulary, config: WindowConfig, combine: Combine
) -> Callable[["Model", Chunk], Chunk]:
    """What trains a model on one chunk, which it returns."""
    kernel, draws_kernel, lanes = _kernels()
    draws, outputs, targets = _tables(vocabulary, config)
    rate, total = learning_rate(config, combine), config.epochs * len(corpus.tokens)
    negatives = config.output.negatives if isinstance(config.output, NegativeSampling) else 0
    combined = {"each": kernel.EACH, "mean": kernel.MEAN, "sum": kernel.SUM}[combine]
    words, nodes = private_words(vocabulary, config), private_outputs(vocabulary, config)
    places: SimpleQueue[int] = SimpleQueue()  # of private rows; each is one thread's at a time
    for thread in range(config.threads):
        places.put(thread)

    def private(rows: range, place: int) -> Any:
        before = lanes.aligned_zeros(len(rows), config.dim)
        return kernel.Private(rows.start, len(vocabulary) + place * len(rows), before)

    def train_chunk(model: "Model", chunk: Chunk) -> Chunk:
        offsets = corpus.offsets[chunk.first : chunk.last + 1]
        after = chunk.done + chunk.words
        schedule = kernel.Schedule(
            window=config.window,
            combine=combined,
            state=draws_kernel.first_state(config.seed, chunk.number),
            first_rate=rate * (1 - chunk.done / total),
            last_rate=rate * (1 - after / total),
            least_rate=rate * config.min_learning_rate_fraction,
        )
        text = kernel.Text(_read_only(corpus.tokens), _read_only(offsets))
        sentence = draws_kernel.empty_sentence(int(np.diff(offsets).max(initial=0)), negatives)
        place = places.get()
        try:
            own = private(words, place), private(nodes, place)
            scratch = kernel.empty_scratch(outputs.kind, sentence, config.window, targets, *own)
            kernel.train_sentences(text, model, outputs, draws, scratch, schedule)
        finally:
            places.put(place)
        release_rows(corpus.tokens[offsets[0] : offsets[-1]])
        return chunk

    return train_chunk


def private_words(vocabulary: Vocabulary, config: WindowConfig) -> range:
    """The words whose inputs each of several threads copies: the commonest, which come first."""
    return range(min(PRIVATE_WORDS, len(vocabulary)) if config.threads > 1 else 0)


def private_outputs(vocabulary: Vocabulary, config: WindowConfig) -> range:
    """The outputs each of several threads copies: the same words', or the nodes next to the root.

    The last node is the root.
    """
    if isinstance(config.output, NegativeSampling):
        return private_words(vocabulary, config)
    nodes = len(vocabulary) - 1
    if config.threads == 1 or not isinstance(config.output, HierarchicalSoftmax):
        return range(nodes, nodes)
    return range(max(0, nodes - PRIVATE_NODES), nodes)


def _tables(vocabulary: Vocabulary, config: WindowConfig) -> tuple[Any, Any, int]:
    """What the compiled code needs of the vocabulary: draws, outputs, how many targets at most."""
    kernel, draws_kernel, _ = _kernels()
    power = config.output.power if isinstance(config.output, NegativeSampling) else 0
    keep = keep_probabilities(vocabulary.counts, config.sample)
    draws = draws_kernel.Draws(keep, *alias_table(vocabulary.counts.astype(np.float64) ** power))
    if isinstance(config.output, NegativeSampling):
        kind, paths, targets = kernel.NEGATIVE_SAMPLING, NO_PATHS, 1 + config.output.negatives
    elif isinstance(config.output, HierarchicalSoftmax):
        kind, paths = kernel.HIERARCHICAL_SOFTMAX, huffman(vocabulary.counts)
        targets = max(1, int(np.diff(paths.starts).max()))
    else:
        kind, paths, targets = kernel.SOFTMAX, NO_PATHS, len(vocabulary)
    return draws, kernel.Outputs(kind, paths.starts, paths.nodes, paths.left), targets


def _read_only(array: np.ndarray) -> np.ndarray:
    """As a prepared corpus is: code is compiled for one of the two."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


def _check(corpus: Corpus, vocabulary: Vocabulary, output: Output) -> None:
    if len(corpus.tokens) == 0:
        raise BadData("the text holds no word of the vocabulary; give the text it was made from")
    low, high = int(corpus.tokens.min()), int(corpus.tokens.max())
    release_rows(corpus.tokens)
    if low < 0 or high >= len(vocabulary):
        raise BadData(
            f"the corpus has words {low} ... {high} but the vocabulary has {len(vocabulary)}; "
            "encode the text with this vocabulary"
        )
    if isinstance(output, Softmax) and len(vocabulary) > LARGEST_SOFTMAX:
        raise Usage(
            f"{len(vocabulary)} words are too many for the full softmax (at most "
            f"{LARGEST_SOFTMAX}); use negative sampling or the hierarchical softmax"
        )


def _kernels() -> tuple[Any, Any, Any]:
    """The compiled parts, loaded only where words are trained."""
    with needed_by("training words", NUMBA):
        from iconym.words.compiled import draws_kernel, lanes, window_kernel
    return window_kernel, draws_kernel, lanes
