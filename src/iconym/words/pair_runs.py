"""Sorted runs of pairs, each pair with a sum, kept in memory or on disk and merged piecewise."""

import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

MERGED = 64  # bytes that a pair takes while it is merged


class Run(NamedTuple):
    """Ascending pairs, each once, as row * words + column; and the sum of each."""

    pairs: Int64[np.ndarray, " pairs"]
    sums: Float64[np.ndarray, " pairs"]


def put_away(run: Run, place: Path | None) -> Run:
    """The same run, in new memory or mapped from new files in ``place``."""
    pairs = new_array(len(run.pairs), np.int64, place)
    sums = new_array(len(run.pairs), np.float64, place)
    pairs[:], sums[:] = run
    return Run(pairs, sums)


def new_array(length: int, dtype: type, place: Path | None) -> np.ndarray:
    """Zeros, in memory or mapped from a new file in ``place``, which takes what is written."""
    if place is None or length == 0:
        return np.zeros(length, dtype)
    with tempfile.NamedTemporaryFile(dir=place, delete=False) as file:
        return np.asarray(np.memmap(file, dtype, "w+", shape=(length,)))


def merge(runs: Sequence[Run], words: int, memory: int) -> Iterator[Run]:
    """The pairs of all ``runs`` in order, each once with the sum of its sums, as several runs.

    Args:
        runs: of pairs below words * words.
        words: how many rows there are; none is split.
        memory: bytes to work in; a single row may take more.
    """
    firsts = np.arange(words + 1) * words  # the first pair of each row, and the end
    before = np.zeros(words + 1, np.int64)
    for run in runs:
        before += np.searchsorted(run.pairs, firsts)
    parts = 1 + int(before[-1]) * MERGED // memory
    edges = np.unique(np.searchsorted(before, np.arange(parts + 1) * before[-1] / parts))
    for first, last in pairwise(firsts[edges].tolist()):
        yield _merged([_between(run, first, last) for run in runs])


def _between(run: Run, first: int, last: int) -> Run:
    part = slice(*np.searchsorted(run.pairs, (first, last)))
    return Run(run.pairs[part], run.sums[part])


def _merged(runs: list[Run]) -> Run:
    pairs = np.concatenate([run.pairs for run in runs])
    order = np.argsort(pairs, kind="stable")  # quick where sorted runs follow each other
    pairs = pairs[order]
    new = np.flatnonzero(np.diff(pairs, prepend=-1))
    sums = np.concatenate([run.sums for run in runs])[order]
    return Run(pairs[new], np.add.reduceat(sums, new) if len(new) else sums)
