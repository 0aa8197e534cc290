"""GloVe: word vectors whose inner products are the logarithms of co-occurrences."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float32, Float64

from iconym.errors import BadData, Usage
from iconym.nouns import Track, WordVectors, untracked
from iconym.words.checkpoints import PIECE, Checkpoint
from iconym.words.cooccurrence import Cooccurrences
from iconym.words.cooccurrence_counting import CooccurrenceConfig, count_cooccurrences
from iconym.words.corpus import Corpus
from iconym.words.extras import NUMBA, needed_by
from iconym.words.glove_order import Chunk, chunks_of_epoch, shuffled_records, split_epoch
from iconym.words.threads import in_threads
from iconym.words.vocabulary import Vocabulary

if TYPE_CHECKING:
    from iconym.words.compiled.glove_kernel import Model, Rates

ROWS = 1000  # drawn at once


@dataclass(frozen=True)
class GloveConfig:
    """The settings of ``train_glove``; the defaults are those of the paper's program.

    ``bias_eta`` is the learning rate of the biases: "paper" the same as of the vectors;
    "official-2019" 1, as in the official program since a change of July 2019.
    """

    dim: int = 100  # 50 in that program
    x_max: float = 100.0  # co-occurrences from here on have weight 1 ...
    alpha: float = 0.75  # ... and smaller ones (x / x_max)**alpha
    learning_rate: float = 0.05
    bias_eta: Literal["paper", "official-2019"] = "paper"
    epochs: int = 25
    seed: int = 1
    threads: int = 1  # more are faster, but no two runs are then the same
    counting: CooccurrenceConfig = field(default_factory=CooccurrenceConfig)

    def __post_init__(self) -> None:
        for name in ("dim", "epochs", "threads"):
            if getattr(self, name) < 1:
                raise Usage(f"{name} is {getattr(self, name)}; it has to be at least 1")
        if not self.x_max > 0:
            raise Usage(f"x_max is {self.x_max}; it has to be above 0")
        if not 0 <= self.alpha <= 10:
            raise Usage(f"alpha is {self.alpha}; it has to be in [0, 10]")
        if not 0 < self.learning_rate < 1:
            raise Usage(f"learning_rate is {self.learning_rate}; it has to be in (0, 1)")
        if not 0 <= self.seed < 2**63:
            raise Usage(f"seed is {self.seed}; it has to be at least 0 and below 2**63")


@dataclass(frozen=True)
class GloveFit:
    """What ``fit_glove`` learned: a vector and a bias for each word as such and as a context."""

    words: Float32[np.ndarray, "words dim"]
    contexts: Float32[np.ndarray, "words dim"]
    word_biases: Float32[np.ndarray, " words"]
    context_biases: Float32[np.ndarray, " words"]
    costs: Float64[np.ndarray, " epochs"]  # the mean over records, each just before its step

    @property
    def vectors(self) -> Float32[np.ndarray, "words dim"]:
        """The sums of both vectors of each word, which are better than either."""
        return self.words + self.contexts


def train_glove(
    corpus: Corpus,
    vocabulary: Vocabulary,
    config: GloveConfig | None = None,
    track: Track = untracked,
    *,
    folder: Path | None = None,
    checkpoint: Path | None = None,
) -> WordVectors:
    """The vectors of all words of ``vocabulary``, learned from ``corpus``.

    Co-occurrences are counted first (``count_cooccurrences``), then learned (``fit_glove``); the
    vectors are those as word and as context together.

    Args:
        corpus: its tokens are rows of ``vocabulary``.
        vocabulary: the most frequent words first, or counting is slower.
        config: None for the defaults.
        track: shows progress.
        folder: keeps the co-occurrences on disk, for a corpus whose co-occurrences do not fit in
            memory; see ``count_cooccurrences``.
        checkpoint: see ``fit_glove``.

    Raises:
        BadData: if the corpus holds no token, one beyond the vocabulary, or no two words in one
            sentence; if the checkpoint is of another training or damaged.
        BadFolder: if ``folder`` is there and holds something else.
        MissingTool: if numba is not installed.
    """
    config = config or GloveConfig()
    found = count_cooccurrences(corpus, len(vocabulary), config.counting, track, folder=folder)
    return WordVectors(
        vocabulary.words, fit_glove(found, config, track, checkpoint=checkpoint).vectors
    )


def fit_glove(
    found: Cooccurrences,
    config: GloveConfig | None = None,
    track: Track = untracked,
    *,
    checkpoint: Path | None = None,
) -> GloveFit:
    """Vectors and biases with w_i . c_j + b_i + b'_j near log x_ij for all co-occurrences x_ij.

    The cost of a record is f(x) / 2 times the squared difference, where f(x) is the smaller of 1
    and (x / x_max)**alpha. Each record is one step of AdaGrad, as in the program of the paper: all
    numbers start in U(-.5, .5) / (dim + 1), sums of squared slopes at 1, and the slopes of
    vectors are cut at +-100.

    Unlike there, records are not shuffled once for all: each epoch takes the rows in a new random
    order, and the records of each row in a new random order. A row then stays in the processor's
    cache, which is nearly twice as fast, and co-occurrences on disk are read in pieces. The cost
    falls a little faster; vectors are as good.

    Memory: 16 bytes for each number of a vector of each word, and the records unless they are on
    disk.

    One thread gives the same vectors for the same seed on one machine, also when it was killed
    and went on. Several write without waiting for each other (Hogwild), so that their vectors
    differ from run to run.

    Args:
        found: may be memory maps.
        config: None for the defaults; ``counting`` plays no part here.
        track: shows progress, by 262,144 records.
        checkpoint: a file that takes the state every 20 seconds; where it is there already, the
            training goes on from it. It stays there; remove it when the vectors are saved.

    Raises:
        BadData: if there is no record; if the checkpoint is of another training or damaged.
        MissingTool: if numba is not installed.

    Source: Pennington, Socher & Manning 2014, "GloVe: Global vectors for word representation",
        equations 8 and 9; Duchi, Hazan & Singer 2011 (AdaGrad); threads: Niu et al. 2011,
        "Hogwild!".
    """
    config = config or GloveConfig()
    if len(found) == 0:
        raise BadData("no two words stand in one sentence; give a text with longer sentences")
    model, costs, done = initial_model(found.words, config), np.zeros(config.epochs), 0
    state, saved = {**model._asdict(), "costs": costs}, None
    if checkpoint is not None:
        saved = Checkpoint(checkpoint, _fingerprint(found, config))
        done = saved.restore(state)
    steps = config.epochs * chunks_of_epoch(found)
    trained = _train(found, config, model, done)
    for epoch, cost in track(trained, "learning words", steps - done):
        costs[epoch] += cost / len(found)
        done += 1
        if saved is not None:
            saved.save_if_due(done, state)
    return _fit(model, config.dim, costs)


def initial_model(words: int, config: GloveConfig) -> "Model":
    """The model before training."""
    model = _kernel().empty_model(words, config.dim)
    random = np.random.default_rng(config.seed)
    for table in model:
        for start in range(0, words, ROWS):  # not all at once: that takes the memory twice
            block = table[start : start + ROWS]
            numbers = random.random((len(block), config.dim + 1), np.float32) - np.float32(0.5)
            block[:, : config.dim] = numbers[:, :-1] / (config.dim + 1)
            block[:, _bias(table)] = numbers[:, -1] / (config.dim + 1)
    return model


def weights(
    values: Float32[np.ndarray, " records"], config: GloveConfig
) -> Float32[np.ndarray, " records"]:
    """How much each co-occurrence counts: f of the paper."""
    return np.minimum(np.float32(1), (values / np.float32(config.x_max)) ** config.alpha)


def rates(config: GloveConfig) -> "Rates":
    """The learning rates of vectors and biases."""
    biases = config.learning_rate if config.bias_eta == "paper" else 1.0
    return _kernel().Rates(np.float32(config.learning_rate), np.float32(biases))


def _train(
    found: Cooccurrences, config: GloveConfig, model: "Model", done: int
) -> Iterator[tuple[int, float]]:
    """Train ``model`` on what comes after ``done`` chunks; the epoch and the cost of each."""
    kernel = _kernel()

    def train_chunk(chunk: Chunk) -> tuple[int, float]:
        rows, columns, values = shuffled_records(found, chunk, config.seed)
        records = kernel.Records(rows, columns, np.log(values), weights(values, config))
        return chunk.epoch, kernel.train_records(model, records, rates(config))

    first, skipped = divmod(done, chunks_of_epoch(found))
    for epoch in range(first, config.epochs):
        chunks = split_epoch(found, epoch, config.seed)[skipped:]
        yield from in_threads(train_chunk, chunks, config.threads)
        skipped = 0


def _fit(model: "Model", dim: int, costs: Float64[np.ndarray, " epochs"]) -> GloveFit:
    words, contexts = (table[:, :dim] for table in model)
    biases, context_biases = (table[:, _bias(table)] for table in model)
    return GloveFit(words, contexts, biases, context_biases, costs)


def _bias(table: Float32[np.ndarray, "words width"]) -> int:
    """The column of the biases."""
    return table.shape[1] - _kernel().WIDTH


def _fingerprint(found: Cooccurrences, config: GloveConfig) -> str:
    check = zlib.crc32(repr(config).encode())
    for array in (found.starts, found.columns, found.values):
        for start in range(0, len(array), PIECE):
            check = zlib.crc32(np.ascontiguousarray(array[start : start + PIECE]).data, check)
    return f"glove-{check:08x}-{len(found)}-{found.words}"


def _kernel() -> Any:
    """The compiled part, loaded only where words are trained."""
    with needed_by("training words", NUMBA):
        from iconym.words.compiled import glove_kernel
    return glove_kernel
