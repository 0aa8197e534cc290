"""Filters, full text and comparison of pictures in memory, as plain as they can be said."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from iconym.catalog.terms import Phrase, phrases, picture_terms
from iconym.nouns import FailureRecord, FileState, Filter, Picture

K1, B = 1.2, 0.75  # FTS5's
LEAST = 1e-6  # the weight of what half of all pictures hold, or more


def keeps(wanted: Filter, picture: Picture) -> bool:
    """Whether every part of ``wanted`` that is given holds for ``picture``."""
    terms = picture_terms(picture)
    asked = phrases(wanted.text)
    folder = wanted.folder.rstrip("/")
    return (
        all(word in picture.words for word in wanted.words)
        and (not wanted.text or (bool(asked) and all(count(p, terms) for p in asked)))
        and (not wanted.owner or picture.owner == wanted.owner)
        and (not folder or picture.uri.startswith(f"{folder}/"))
        and (not wanted.since or picture.taken >= wanted.since)
        and (not wanted.until or "" < picture.taken[: len(wanted.until)] <= wanted.until)
        and min(picture.width, picture.height) >= wanted.at_least
    )


def bm25(text: str, pictures: Iterable[Picture]) -> dict[int, float]:
    """The score of each picture that holds a word of ``text``.

    Source: Robertson and Walker, "Some simple effective approximations to the 2-Poisson model",
    1994; the constants and the least weight are those of SQLite's FTS5.
    """
    held = {picture.id: picture_terms(picture) for picture in pictures}
    if not held:
        return {}
    mean_length = sum(map(len, held.values())) / len(held)
    scores: dict[int, float] = {}
    for phrase in phrases(text):
        counts = {i: n for i, terms in held.items() if (n := count(phrase, terms))}
        rarity = math.log((len(held) - len(counts) + 0.5) / (len(counts) + 0.5))
        for i, n in counts.items():
            length = K1 * (1 - B + B * len(held[i]) / mean_length)
            scores[i] = scores.get(i, 0.0) + max(rarity, LEAST) * n * (K1 + 1) / (n + length)
    return scores


def count(phrase: Phrase, terms: list[str]) -> int:
    """How often the terms of ``phrase`` stand in a row among ``terms``."""
    starts = range(len(terms) - len(phrase) + 1)
    return sum(tuple(terms[start : start + len(phrase)]) == phrase for start in starts)


@dataclass(frozen=True)
class PlainComparison:
    """Fulfils ``Comparison``."""

    files: list[FileState]  # neither unchanged nor known to fail
    known: list[FailureRecord]
    lost: list[tuple[int, str]]
    lost_failures: list[str]
    unchanged: int

    @property
    def failing(self) -> int:
        """How many files are known to fail."""
        return len(self.known)

    def todo(self) -> Iterator[FileState]:
        """The files that are neither unchanged nor known to fail, by uri."""
        return iter(self.files)

    def count_todo(self) -> int:
        """How many ``todo`` gives."""
        return len(self.files)

    def known_failures(self) -> Iterator[FailureRecord]:
        """The files that are known to fail, by uri."""
        return iter(self.known)

    def gone(self) -> Iterator[tuple[int, str]]:
        """Id and content of each picture that has a file which was not found."""
        return iter(self.lost)

    def gone_failures(self) -> Iterator[str]:
        """The uris in the ledger whose files were not found."""
        return iter(self.lost_failures)


def compared(
    files: Iterable[FileState],
    embedded: Mapping[str, Picture],
    pictures: Iterable[Picture],
    ledger: Mapping[str, FailureRecord],
) -> PlainComparison:
    """What of ``files`` is not yet, or no longer, known.

    Args:
        files: what a scan found.
        embedded: the pictures, by uri, that have a vector in the space.
        pictures: all of them.
        ledger: the failures by uri.
    """
    found = sorted(files, key=lambda file: file.uri)
    uris = {file.uri for file in found}
    other = [file for file in found if not _is_same(file, embedded.get(file.uri))]
    failing = {file.uri for file in other if _is_same(file, ledger.get(file.uri))}
    return PlainComparison(
        files=[file for file in other if file.uri not in failing],
        known=[ledger[uri] for uri in sorted(failing)],
        lost=[(p.id, p.content) for p in pictures if p.modified and p.uri not in uris],
        lost_failures=sorted(ledger.keys() - uris),
        unchanged=len(found) - len(other),
    )


def _is_same(file: FileState, known: Picture | FailureRecord | None) -> bool:
    return known is not None and (known.size, known.modified) == (file.size, file.modified)
