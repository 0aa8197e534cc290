"""The sentences that benchmarks tell apart: Pang and Lee's two tasks on film reviews."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from _texts import TEXT, present_files
from iconym.words.text.sources import TextFiles

FILES = {
    "polarity": ("sentence_polarity/rt-polarity.neg.gz", "sentence_polarity/rt-polarity.pos.gz"),
    "subjectivity": ("subjectivity/plot.tok.gt9.5000.gz", "subjectivity/quote.tok.gt9.5000.gz"),
}
HELD = 0.2  # share of the sentences that is measured, of each class

Sentence = tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """Different sentences with their class, 0 or 1; rows to learn from, rows that are measured."""

    sentences: tuple[Sentence, ...]
    labels: np.ndarray
    pool: np.ndarray
    held: np.ndarray

    def labelled(self, count: int, draw: int) -> np.ndarray:
        """``count`` rows of the pool, as many of each class; all for 0.

        Those of a smaller count are among those of a larger one of the same draw.
        """
        drawn = [rows[: count // 2 or None] for rows in _by_class(self.pool, self.labels, draw)]
        return np.concatenate(drawn)


def read_task(name: str, *, development: bool = False) -> Task:
    """The task with a fifth held for testing; for development, a fifth of the rest instead."""
    present_files()
    classes = {
        tuple(words): label
        for label, file in enumerate(FILES[name])
        for words in TextFiles((TEXT / file,))
    }
    labels = np.array(list(classes.values()))
    pool, held = _parted(np.arange(len(labels)), labels)
    if development:
        pool, held = _parted(pool, labels)
    return Task(tuple(classes), labels, pool, held)


def unlabelled(tasks: Iterable[Task]) -> list[list[str]]:
    """The sentences of all pools but those that any of the tasks holds."""
    tasks = list(tasks)
    held = {task.sentences[row] for task in tasks for row in task.held}
    pools = {task.sentences[row] for task in tasks for row in task.pool}
    return [list(sentence) for sentence in sorted(pools - held)]


def _parted(rows: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    held = [some[: round(HELD * len(some))] for some in _by_class(rows, labels, 0)]
    return np.setdiff1d(rows, np.concatenate(held)), np.concatenate(held)


def _by_class(rows: np.ndarray, labels: np.ndarray, seed: int) -> list[np.ndarray]:
    shuffled = np.random.default_rng(seed).permutation(rows)
    return [shuffled[labels[shuffled] == label] for label in (0, 1)]
