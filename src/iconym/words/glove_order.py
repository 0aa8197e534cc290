"""The random order in which GloVe learns co-occurrences: row by row, so that rows stay at hand."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32, Int64

from iconym.words.cooccurrence import Cooccurrences
from iconym.words.extras import NUMBA, needed_by

CHUNK = 1 << 18  # records, some 30 ms: how often progress shows and a training can be stopped

Shuffled = tuple[
    Int32[np.ndarray, " records"], Int32[np.ndarray, " records"], Float32[np.ndarray, " records"]
]


@dataclass(frozen=True)
class Chunk:
    """Rows of co-occurrences that are learned in one go."""

    epoch: int
    number: int  # within the epoch
    rows: Int64[np.ndarray, " rows"]


def chunks_of_epoch(found: Cooccurrences) -> int:
    """How many chunks an epoch has."""
    return -(-len(found) // CHUNK)


def split_epoch(found: Cooccurrences, epoch: int, seed: int) -> list[Chunk]:
    """All rows in the random order of this epoch, in chunks of about as many records each."""
    rows = np.random.default_rng((seed, epoch)).permutation(found.words)
    ends = np.cumsum(np.diff(found.starts)[rows])
    parts = chunks_of_epoch(found)
    edges = 1 + np.searchsorted(ends, np.arange(1, parts) * (len(found) / parts))
    return [Chunk(epoch, number, part) for number, part in enumerate(np.split(rows, edges))]


def shuffled_records(found: Cooccurrences, chunk: Chunk, seed: int) -> Shuffled:
    """Rows, columns and values of a chunk: row by row, in random order within each row."""
    with needed_by("training words", NUMBA):
        from iconym.words.compiled.glove_kernel import shuffle_rows
    size = int((found.starts[chunk.rows + 1] - found.starts[chunk.rows]).sum())
    random = np.random.default_rng((seed, chunk.epoch, chunk.number))
    bits = random.integers(1 << 32, size=size, dtype=np.uint32)
    shuffled = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.float32)
    source = found.columns, found.values
    shuffle_rows(found.starts, chunk.rows, bits, source, shuffled)
    return shuffled
