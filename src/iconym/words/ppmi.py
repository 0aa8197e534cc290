"""PPMI-SVD: word vectors from co-occurrences by one factorization, without any training."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64, Int32, Int64

from iconym.errors import BadData, Usage
from iconym.nouns import Track, WordVectors, untracked
from iconym.similarity import unit
from iconym.words.cooccurrence import Cooccurrences
from iconym.words.cooccurrence_counting import CooccurrenceConfig, count_cooccurrences
from iconym.words.corpus import Corpus
from iconym.words.extras import SCIPY, needed_by
from iconym.words.vocabulary import Vocabulary

PIECE = 1 << 20  # records worked on together, or a row that has more
SMALLEST = 1e-5  # singular values, of the largest, that are not taken for rounding errors

Piece = tuple[
    Int64[np.ndarray, " records"], Int32[np.ndarray, " records"], Float32[np.ndarray, " records"]
]


@dataclass(frozen=True)
class PpmiConfig:
    """The settings of ``train_ppmi``."""

    dim: int = 100
    shift: float = 1.0  # k: log k is taken from each association, as by k negative samples
    smoothing: float = 0.75  # of contexts: the power of their frequencies; 1 does not smooth
    power: float = 0.5  # of the singular values in the vectors: 0, 0.5, 1 are usual
    add_contexts: bool = False  # add the unit vectors of the words as contexts
    seed: int = 1  # where the factorization starts
    counting: CooccurrenceConfig = field(
        default_factory=lambda: CooccurrenceConfig(window=10, weighting="linear")
    )

    def __post_init__(self) -> None:
        if self.dim < 1:
            raise Usage(f"dim is {self.dim}; it has to be at least 1")
        if not 0 < self.shift < np.inf:
            raise Usage(f"shift is {self.shift}; it has to be above 0")
        for name in ("smoothing", "power"):
            if not 0 <= getattr(self, name) <= 1:
                raise Usage(f"{name} is {getattr(self, name)}; it has to be in [0, 1]")
        if not 0 <= self.seed < 2**63:
            raise Usage(f"seed is {self.seed}; it has to be at least 0 and below 2**63")


def train_ppmi(
    corpus: Corpus,
    vocabulary: Vocabulary,
    config: PpmiConfig | None = None,
    track: Track = untracked,
    *,
    folder: Path | None = None,
) -> WordVectors:
    """The vectors of all words of ``vocabulary``, from how they co-occur in ``corpus``.

    They are the leading left singular vectors of the matrix of positive associations
    (``positive_pmi``), each times its singular value to the power ``config.power``, and with
    ``config.add_contexts`` the unit vectors of those and of the right ones, added. A word that
    is associated with none has the vector zero. Of each singular vector the number furthest from
    0 is positive on the left. The same seed gives the same vectors on one machine.

    Memory: 8 bytes for each positive association (a part of the records), twice while they are
    made, and some 16 * words * dim bytes for the factorization.

    Args:
        corpus: its tokens are rows of ``vocabulary``.
        vocabulary: the most frequent words first, or counting is slower.
        config: None for the defaults.
        track: shows progress; the factorization is one long step.
        folder: keeps the co-occurrences on disk; see ``count_cooccurrences``.

    Raises:
        BadData: if the corpus holds no token or one beyond the vocabulary, or no words are
            associated.
        BadFolder: if ``folder`` is there and holds something else.
        Usage: if the vocabulary has not more words than the vectors have numbers.
        MissingTool: if numba or scipy is not installed.

    Source: Levy, Goldberg & Dagan 2015, "Improving distributional similarity with lessons learned
        from word embeddings", sections 2 and 3.
    """
    config = config or PpmiConfig()
    if config.dim >= len(vocabulary):
        raise Usage(f"dim is {config.dim} but there are {len(vocabulary)} words; take fewer")
    found = count_cooccurrences(corpus, len(vocabulary), config.counting, track, folder=folder)
    vectors = np.zeros((len(vocabulary), config.dim), np.float32)
    for _ in track(range(1), "factorizing associations", 1):
        matrix = positive_pmi(found, shift=config.shift, smoothing=config.smoothing)
        vectors = factorize(matrix, config)
    return WordVectors(vocabulary.words, vectors)


def positive_pmi(found: Cooccurrences, *, shift: float = 1.0, smoothing: float = 1.0) -> Any:
    """The associations above 0 as a sparse float32 matrix, words by contexts (scipy csr_matrix).

    max(0, log(P(w, c) / (P(w) P'(c))) - log(shift)), all P being shares of the co-occurrences,
    and P'(c) = P(c)**smoothing divided by the sum of these over all c.

    Raises:
        MissingTool: if scipy is not installed.

    Source: Levy, Goldberg & Dagan 2015, sections 2.1 and 3.2.
    """
    log_rows, log_columns = _log_sums(found, smoothing)
    columns, values = [np.empty(0, np.int32)], [np.empty(0, np.float32)]
    counts = np.zeros(found.words + 1, np.int64)
    for row, column, value in _pieces(found):
        association = (
            np.log(value, dtype=np.float64) - log_rows[row] - log_columns[column] - np.log(shift)
        )
        positive = association > 0
        columns.append(column[positive])
        values.append(association[positive].astype(np.float32))
        counts[1:] += np.bincount(row[positive], minlength=found.words)
    parts = (np.concatenate(values), np.concatenate(columns), np.cumsum(counts))
    return _scipy().sparse.csr_matrix(parts, shape=(found.words, found.words))


def factorize(matrix: Any, config: PpmiConfig) -> Float32[np.ndarray, "words dim"]:
    """The vectors that ``train_ppmi`` makes of a matrix of associations.

    Raises:
        BadData: if the matrix is zero.
        MissingTool: if scipy is not installed.
    """
    if matrix.nnz == 0:
        raise BadData("no two words are associated; give more text or a smaller shift")
    svds = _scipy().sparse.linalg.svds
    start = np.random.default_rng(config.seed).standard_normal(matrix.shape[0])
    left, singular, right = svds(matrix, config.dim, v0=start.astype(np.float32))
    order = np.argsort(-singular, kind="stable")
    left, singular, right = left[:, order], singular[order], right[order].T
    signs = np.sign(left[np.abs(left).argmax(axis=0), np.arange(config.dim)])
    kept = singular > SMALLEST * singular[0]  # others have any direction
    scale = signs * np.where(kept, singular, 0) ** config.power * kept
    words = left * scale * (np.diff(matrix.indptr) > 0)[:, None]  # exactly 0 without associations
    if config.add_contexts:
        used = np.bincount(matrix.indices, minlength=len(right)) > 0
        words = unit(words) + unit(right * scale * used[:, None])
    return words.astype(np.float32)


def _log_sums(
    found: Cooccurrences, smoothing: float
) -> tuple[Float64[np.ndarray, " words"], Float64[np.ndarray, " words"]]:
    """Logarithms of the sum of each row and the smoothed share of each column; -inf for none."""
    rows, columns = np.zeros(found.words), np.zeros(found.words)
    for row, column, value in _pieces(found):
        rows += np.bincount(row, value, found.words)
        columns += np.bincount(column, value, found.words)
    smoothed = np.where(columns > 0, columns**smoothing, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(rows), np.log(smoothed) - np.log(smoothed.sum())


def _pieces(found: Cooccurrences) -> Iterator[Piece]:
    """The records by rows, columns and values, a few rows at a time."""
    parts = 1 + len(found) // PIECE
    ends = np.arange(parts + 1) * (len(found) / parts)
    for first, last in pairwise(np.unique(np.searchsorted(found.starts, ends))):
        part = slice(found.starts[first], found.starts[last])
        rows = np.repeat(np.arange(first, last), np.diff(found.starts[first : last + 1]))
        yield rows, found.columns[part], found.values[part]


def _scipy() -> Any:
    with needed_by("PPMI-SVD", SCIPY):
        import scipy.sparse.linalg
    return scipy
