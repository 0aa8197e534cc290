"""Answers that know when they do not know: how far each hit of a query can be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from iconym.index.checks import check_k
from iconym.nouns import Filter
from iconym.search.background import Background
from iconym.search.calibrated import NEAREST, Asked, Calibration
from iconym.search.pictures import EVERYTHING, Hit, Search
from iconym.search.query import Term
from iconym.similarity import unit

Mark = Literal["clear", "likely", "weak"]

CLEAR, LIKELY = 0.5, 0.25  # probabilities to be right from which on a hit may be called so

# From CIFAR-100 in four spaces, as benchmarks/nothing_fits.py prints them.
CIFAR100 = Calibration(
    evidence=10.5,
    crowding=-1.068,
    fits=-0.8583,
    margin=7.802,
    any_fits=0.4556,
    right=-1.475,
    certain=0.6845,
)


@dataclass(frozen=True)
class Relevance:
    """How far an answer can be trusted.

    Args:
        fits: the probability that the collection holds anything that was asked for.
        right: of each hit, the probability that it shows what was asked for.
        certain: whether ``fits`` is as high as only 5 % of queries without an answer come.
    """

    fits: float
    right: tuple[float, ...]
    certain: bool

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Of each hit: clear, if something certainly fits and this rather than not; likely; weak.

        Likely is what is right in one case of four or more.
        """
        best: Mark = "clear" if self.certain else "likely"
        return tuple(
            best if p >= CLEAR else "likely" if p >= LIKELY else "weak" for p in self.right
        )

    @property
    def line(self) -> int:
        """Where certainty ends: how many hits there are until only weak ones follow."""
        return max((i for i, mark in enumerate(self.marks, 1) if mark != "weak"), default=0)

    @property
    def remark(self) -> str:
        """What to say of an answer without a clear hit; nothing for one with."""
        if "clear" in self.marks:
            return ""
        return f"No picture fits clearly; best guesses are {'likely' if self.line else 'weak'}"


@dataclass(frozen=True)
class Answer:
    """Hits, best first, and how far they can be trusted; None where nobody can tell."""

    hits: tuple[Hit, ...]
    relevance: Relevance | None


def answer(
    search: Search,
    background: Background | None,
    query: Sequence[Term],
    k: int = 10,
    *,
    wanted: Filter = EVERYTHING,
    calibration: Calibration = CIFAR100,
) -> Answer:
    """The hits of ``Search.by_query`` with their relevance, as far as the query is all of words.

    A hit is compared with what else its picture may show: a query has to be a better answer to it
    than the labels of the space. So no cosine is high or low by itself. With a filter, something
    fits if it would fit among all pictures.

    Args:
        search: what is asked.
        background: of the same collection.
        query: words; one with a picture gets no relevance, for pictures are nearer to pictures
            than words are.
        k: at least 1.
        wanted: answer with these only.
        calibration: what margins mean.

    Raises:
        Usage, UnknownWord, BadPicture: as ``Search.by_query``.
    """
    if background is None or not all(isinstance(term.what, str) for term in query):
        return Answer(tuple(search.by_query(query, k, wanted=wanted)), None)
    check_k(k)
    hits, asked = ask(search, background, query, max(k, NEAREST), wanted=wanted)
    return Answer(tuple(hits[:k]), relevance(asked, k, calibration))


def ask(
    search: Search,
    background: Background,
    query: Sequence[Term],
    k: int = NEAREST,
    *,
    wanted: Filter = EVERYTHING,
) -> tuple[list[Hit], Asked]:
    """At most k hits of a query of words with what any calibration goes by.

    Raises:
        Usage, UnknownWord: as ``Search.by_query``.
    """
    hits = search.by_query(query, k, wanted=wanted)
    ids = np.array([hit.picture.id for hit in hits], np.int64)
    held, vectors = search.catalog.vectors(search.space.fingerprint, np.sort(ids))
    kept = np.isin(ids, held)  # another process may just have removed one
    pictures = unit(vectors[np.searchsorted(held, ids[kept])])
    margins = background.margins(search.embed(query), pictures)
    return [hit for hit, keep in zip(hits, kept, strict=True) if keep], Asked(
        margins, background.crowding
    )


def relevance(asked: Asked, k: int, calibration: Calibration = CIFAR100) -> Relevance:
    """What is known of a query as probabilities, for its first k hits."""
    fits, right = calibration.anything_fits(asked), calibration.each_right(asked)[:k]
    return Relevance(fits, tuple(right.tolist()), fits >= calibration.certain)
