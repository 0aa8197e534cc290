"""Labels to vectors: each label of a data set as a known phrase or put together from its words."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from iconym.errors import BadData
from iconym.nouns import LONGEST_PHRASE, WordVectors, split_words
from iconym.similarity import unit

SHOWN = 5  # labels named in a report's text


@dataclass(frozen=True)
class LabelReport:
    """How labels found their vectors; every label is in one of the first three, or left out."""

    known: tuple[str, ...]  # one word or phrase of the vocabulary
    composed: tuple[str, ...]  # put together from several
    incomplete: tuple[tuple[str, tuple[str, ...]], ...]  # put together, without these words
    left_out: tuple[str, ...]  # no word of it is known
    base_forms: tuple[tuple[str, str], ...]  # (word of a label, what stands for it)
    collisions: tuple[tuple[str, ...], ...]  # labels that have the same vector
    repeated: tuple[str, ...]  # labels given more than once

    @property
    def coverage(self) -> float:
        """The share of labels that have a vector, each counted once."""
        with_vector = len(self.known) + len(self.composed) + len(self.incomplete)
        return with_vector / (with_vector + len(self.left_out))

    def __str__(self) -> str:
        one, several, part = len(self.known), len(self.composed), len(self.incomplete)
        found = one + several + part
        lists = {
            "In part": [f"{label} (without {', '.join(w)})" for label, w in self.incomplete],
            "Base forms": [f"{base} for {word}" for word, base in self.base_forms],
            "Left out, no word known": self.left_out,
            "Same vector": [" = ".join(group) for group in self.collisions],
            "Given more than once": self.repeated,
        }
        summary = (
            f"{found} of {found + len(self.left_out)} labels have a vector: {one} as one known "
            f"word or phrase, {several} put together from several, {part} in part."
        )
        return " ".join([summary, *(f"{what}: {_some(of)}." for what, of in lists.items() if of)])


@dataclass(frozen=True)
class CompiledLabels:
    """Labels with their unit vectors, and how they came by them."""

    vectors: WordVectors  # keyed by the label's own text, in the order given
    report: LabelReport


@dataclass(frozen=True)
class _Reading:
    """One label, read: the words of the vocabulary that make it up."""

    label: str
    used: tuple[str, ...]
    missing: tuple[str, ...]
    base_forms: tuple[tuple[str, str], ...]


def compile_labels(labels: Sequence[str], words: WordVectors) -> CompiledLabels:
    """A unit vector for every label that ``words`` can read, at least in part.

    A label is taken as one phrase ("snow_leopard") if the vocabulary has it, else it is the sum
    of its longest known phrases and words; of a word that is missing, the base form is tried
    ("leopards", "running"), and it is dropped if that is missing too. A label without any known
    word is left out, one given twice is kept once.

    Raises:
        BadData: if no label is left.
    """
    counts = Counter(labels)
    readings = [_read(label, words) for label in counts]
    sums = {r.label: _sum(r, words) for r in readings}
    found = {label: total for label, total in sums.items() if total.any()}
    if not found:
        raise BadData(f"none of {len(counts)} labels is known; use words trained on their language")
    vectors = WordVectors(tuple(found), unit(np.stack(list(found.values()))))
    repeated = tuple(label for label, n in counts.items() if n > 1)
    return CompiledLabels(vectors, _report(readings, vectors, repeated))


def _read(label: str, words: WordVectors) -> _Reading:
    if label in words:
        return _Reading(label, (label,), (), ())
    rest, used, missing, changed = split_words(label), [], [], []
    while rest:
        size, word = _longest_known(rest, words)
        plain = "_".join(rest[:size])
        if word is None:
            missing.append(plain)
        else:
            used.append(word)
            if split_words(word) != rest[:size]:
                changed.append((plain, word))
        rest = rest[size:]
    return _Reading(label, tuple(used), tuple(missing), tuple(changed))


def _longest_known(parts: list[str], words: WordVectors) -> tuple[int, str | None]:
    """The longest phrase at the start of ``parts`` that is known: its length and itself."""
    for size in range(min(len(parts), LONGEST_PHRASE), 0, -1):
        for last in (parts[size - 1], *base_forms(parts[size - 1])):
            phrase = [*parts[: size - 1], last]
            for joint in "_- ":
                if (word := joint.join(phrase)) in words:
                    return size, word
    return 1, None


def base_forms(word: str) -> Iterator[str]:
    """What the English plural or -ing form ``word`` may come from, the likeliest first."""
    if word.endswith("ies"):
        yield word[:-3] + "y"
    if word.endswith("ves"):
        yield word[:-3] + "f"
        yield word[:-3] + "fe"
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        yield word[:-1]
    if word.endswith("es"):
        yield word[:-2]
    if word.endswith("ing") and len(word) > 5:
        stem = word[:-3]
        yield stem
        yield stem + "e"
        if stem[-1] == stem[-2]:
            yield stem[:-1]


def _sum(reading: _Reading, words: WordVectors) -> np.ndarray:
    total = np.zeros(words.dim, np.float32)
    for word in sorted(reading.used):  # one order, so that the same words make the same vector
        total += words[word]
    return total


def _report(
    readings: list[_Reading], vectors: WordVectors, repeated: tuple[str, ...]
) -> LabelReport:
    kept = [r for r in readings if r.label in vectors]
    groups: dict[bytes, list[str]] = {}
    for label, vector in zip(vectors.words, vectors.vectors, strict=True):
        groups.setdefault(vector.tobytes(), []).append(label)
    whole = [r for r in kept if not r.missing]
    changed = dict.fromkeys(pair for r in kept for pair in r.base_forms)
    return LabelReport(
        known=tuple(r.label for r in whole if len(r.used) == 1),
        composed=tuple(r.label for r in whole if len(r.used) > 1),
        incomplete=tuple((r.label, r.missing) for r in kept if r.missing),
        left_out=tuple(r.label for r in readings if r.label not in vectors),
        base_forms=tuple(changed),
        collisions=tuple(tuple(group) for group in groups.values() if len(group) > 1),
        repeated=repeated,
    )


def _some(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
    return ", ".join(labels[:SHOWN]) + more
