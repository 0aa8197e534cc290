"""Counting co-occurrences in a corpus of any size."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float64

from iconym.errors import BadData, Usage
from iconym.files import check_place
from iconym.nouns import Track, untracked
from iconym.words.cooccurrence import (
    KIND,
    Cooccurrences,
    load_cooccurrences,
    save_cooccurrences,
)
from iconym.words.corpus import Corpus
from iconym.words.extras import NUMBA, needed_by
from iconym.words.pair_runs import Run, merge, new_array, put_away

if TYPE_CHECKING:
    from iconym.words.compiled.cooccurrence_kernel import Cells, Meetings

LONGEST_WINDOW = 1000
SMALLEST_MEMORY = 1 << 20
STEP = 1 << 18  # tokens between two shows of progress
CELL, MEETING = 8, 16  # bytes

Weighting = Literal["inverse", "linear", "flat"]


@dataclass(frozen=True)
class CooccurrenceConfig:
    """The settings of ``count_cooccurrences``; the defaults are those of GloVe's program."""

    window: int = 15  # words to each side, within the sentence
    weighting: Weighting = "inverse"  # of a meeting at distance d, see ``weights``
    symmetric: bool = True  # False: the row is the earlier word, the column the later one
    memory: int = 1 << 26  # bytes to count in; more is hardly faster below a billion words

    def __post_init__(self) -> None:
        if not 1 <= self.window <= LONGEST_WINDOW:
            raise Usage(f"window is {self.window}; it has to be 1 ... {LONGEST_WINDOW}")
        if self.memory < SMALLEST_MEMORY:
            raise Usage(f"memory is {self.memory}; it has to be at least {SMALLEST_MEMORY} bytes")

    @property
    def weights(self) -> Float64[np.ndarray, " window"]:
        """What a meeting counts for at each distance d from 1 on.

        inverse: 1 / d, as GloVe; linear: (window + 1 - d) / window, the mean of windows of random
        size as word2vec's; flat: 1.
        """
        distances = np.arange(1, self.window + 1)
        if self.weighting == "inverse":
            return 1 / distances
        if self.weighting == "linear":
            return (self.window + 1 - distances) / self.window
        return np.ones(self.window)


def count_cooccurrences(
    corpus: Corpus,
    words: int,
    config: CooccurrenceConfig | None = None,
    track: Track = untracked,
    *,
    folder: Path | None = None,
) -> Cooccurrences:
    """The co-occurrences of the words 0 ... ``words`` - 1 in the sentences of ``corpus``.

    Symmetric ones are those of GloVe's program cooccur: where i and j meet, the weight of their
    distance is added to (i, j) and to (j, i), so twice to (i, i) where a word meets itself. Sums
    are made in float64.

    Memory: half of ``config.memory`` is one cell each for pairs of frequent words, which are
    taken to be those of low numbers. The other half gathers all other meetings; when it is full
    they are sorted, summed up and put away. In the end all parts are merged. With a ``folder``
    they are put away on disk, and no more memory is used but for some 100 bytes a word. Without,
    they are in memory: 16 bytes a record at least, of which 8 stay.

    Args:
        corpus: its tokens are below ``words``; its arrays may be memory maps.
        words: the size of the vocabulary.
        config: None for the defaults.
        track: shows progress, by 262,144 tokens.
        folder: keeps the result for ``load_cooccurrences``, which is returned as memory maps; one
            that was there is replaced. Disk: 8 bytes a record, some 40 meanwhile.

    Raises:
        BadData: if the corpus holds no token, or one that is none of ``words``.
        BadFolder: if ``folder`` is there and holds something else.
        MissingTool: if numba is not installed.

    Source: Pennington, Socher & Manning 2014, "GloVe: Global vectors for word representation",
        section 4.2, and the program published with it.
    """
    config = config or CooccurrenceConfig()
    _check(corpus, words)
    if folder is not None:
        check_place(folder, KIND)
    with _work_place(folder) as place:
        runs = _count(corpus, words, config, place, track)
        merged = [put_away(run, place) for run in merge(runs, words, config.memory)]
        runs.clear()
        found = _as_rows(merged, words, symmetric=config.symmetric, place=place)
        if folder is None:
            return found
        save_cooccurrences(found, folder)
    return load_cooccurrences(folder)


def _count(
    corpus: Corpus, words: int, config: CooccurrenceConfig, place: Path | None, track: Track
) -> list[Run]:
    kernel = _kernel()
    cells, meetings = _tables(len(corpus.tokens), words, config)
    reading, runs = kernel.Reading(0, 0, 0), []

    def sort_and_put_away(reading: Any) -> Any:
        meetings.codes[: reading.meetings].sort()
        count = kernel.combine(meetings, reading.meetings)
        runs.append(put_away(Run(meetings.codes[:count], meetings.sums[:count]), place))
        return reading._replace(meetings=0)

    tokens = len(corpus.tokens)
    ends = [*range(STEP, tokens, STEP), tokens]
    for end in track(ends, "counting pairs of words", len(ends)):
        while reading.token < end:
            reading = kernel.count_pairs(
                corpus.tokens, corpus.offsets, reading, end, cells, meetings, config.symmetric
            )
            if reading.token < end:
                reading = sort_and_put_away(reading)
    sort_and_put_away(reading)
    row = 0
    while row < words:
        row, count = kernel.take_cells(cells, row, meetings)
        runs.append(put_away(Run(meetings.codes[:count], meetings.sums[:count]), place))
    return runs


def _tables(tokens: int, words: int, config: CooccurrenceConfig) -> "tuple[Cells, Meetings]":
    """Room for sums and meetings, none of it touched and so none of it taken yet."""
    kernel = _kernel()
    pairs = tokens * config.window  # more cannot be needed
    cells = min(config.memory // 2 // CELL, pairs)
    rows, product = np.arange(words), words * words
    while True:
        first = rows if config.symmetric else np.zeros_like(rows)
        last = np.minimum(words, product // (rows + 1))
        width = np.maximum(last - first, 0)
        if width.sum() <= cells:
            break
        product = product * 3 // 4
    start = np.cumsum(width) - width - first
    room = max(min(config.memory // 2 // MEETING, pairs), words, config.window)
    return (
        kernel.Cells(first, last, start, np.zeros(width.sum())),
        kernel.Meetings(config.weights, np.empty(room, np.int64), np.empty(room)),
    )


def _as_rows(runs: list[Run], words: int, *, symmetric: bool, place: Path | None) -> Cooccurrences:
    """The records of ``runs``, which follow each other, row by row."""
    kernel = _kernel()
    records = np.zeros(words, np.int64)
    for run in runs:
        kernel.count_records(run.pairs, symmetric, records)
    starts = np.concatenate([[0], np.cumsum(records)])
    columns = new_array(int(starts[-1]), np.int32, place)
    values = new_array(int(starts[-1]), np.float32, place)
    ends = starts[:-1].copy()
    for run in runs:
        kernel.place_records(run.pairs, run.sums, symmetric, ends, columns, values)
    return Cooccurrences(starts, columns, values)


@contextmanager
def _work_place(folder: Path | None) -> Iterator[Path | None]:
    """A new folder beside ``folder`` that is gone in the end, or None."""
    if folder is None:
        yield None
        return
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    place = tempfile.mkdtemp(prefix=f".{folder.name}.counting-", dir=folder.absolute().parent)
    try:
        yield Path(place)
    finally:
        shutil.rmtree(place)


def _check(corpus: Corpus, words: int) -> None:
    if len(corpus.tokens) == 0:
        raise BadData("the text holds no word of the vocabulary; give the text it was made from")
    low, high = int(corpus.tokens.min()), int(corpus.tokens.max())
    if low < 0 or high >= words:
        raise BadData(
            f"the corpus has words {low} ... {high} but the vocabulary has {words}; "
            "encode the text with this vocabulary"
        )


def _kernel() -> Any:
    """The compiled part, loaded only where words are counted."""
    with needed_by("counting pairs of words", NUMBA):
        from iconym.words.compiled import cooccurrence_kernel
    return cooccurrence_kernel
