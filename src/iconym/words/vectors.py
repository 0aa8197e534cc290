"""What can be asked of word vectors: neighbors, means, analogies, likeness, the odd one out.

Each question reads the vectors some thousand rows at a time, so that those of a memory map stay on
the disk; a vector there that is not finite is refused when a question meets it.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float, Int64

from iconym.errors import BadData, Usage
from iconym.nouns import WordVectors
from iconym.similarity import dot, unit
from iconym.words.files.rows import ROWS

Found = list[tuple[str, float]]  # words with their scores, best first


def neighbors(
    words: WordVectors,
    queries: Float[np.ndarray, "q dim"],
    k: int = 10,
    *,
    exclude: Collection[str] = (),
) -> list[Found]:
    """For each query the k words of the highest cosine with it, best first.

    Equal ones come in the order of the vocabulary; there are fewer where it is smaller than k.
    A query of zeros has cosine 0 with every word, and so has a word of zeros with every query.

    Args:
        words: the vocabulary.
        queries: of any length.
        k: at least 1.
        exclude: words never to answer; one that the vocabulary lacks is no error.

    Raises:
        Usage: if k is below 1 or a query is not finite.
        BadData: if a vector of a memory map is not finite.
    """
    if not np.isfinite(queries).all():
        raise Usage("a query holds NaN or infinity; ask with finite numbers")
    excluded = frozenset(exclude)
    left_out = [row for row, word in enumerate(words.words) if word in excluded] if exclude else []
    return _best(words, unit(queries), k, left_out)


def nearest(words: WordVectors, terms: Mapping[str, float], k: int = 10) -> Found:
    """The k words nearest to ``weighted(words, terms)``; the words of the terms are no answer.

    {"king": 1, "man": -1, "woman": 1} asks the same as the analogy man : king = woman : ?

    Raises:
        UnknownWord, Usage: as ``weighted``; if k is below 1.
    """
    own = [words.words[row] for text in terms for row in words.rows(text)]
    return neighbors(words, weighted(words, terms)[None], k, exclude=own)[0]


def weighted(words: WordVectors, terms: Mapping[str, float]) -> Float[np.ndarray, " dim"]:
    """The weighted mean of the unit vectors of texts: sum(weight x vector) / sum(|weight|).

    Args:
        words: the vocabulary.
        terms: a weight for each text that ``words`` can read; below 0 leads away from it.

    Raises:
        UnknownWord: if it cannot read one of them.
        Usage: if there is no term, a weight is not finite, or nothing is left of their sum.
    """
    weights = np.array(list(terms.values()), np.float64)
    if not len(weights) or not np.isfinite(weights).all() or not weights.any():
        raise Usage(f"terms are {dict(terms)}; give words with finite weights, not all of them 0")
    mean = weights @ _units(words, list(terms)) / np.abs(weights).sum()
    if math.sqrt(mean @ mean) < 1e-6:  # what rounding leaves of a - a is no direction
        raise Usage(f"{' '.join(terms)!r} cancel each other out; ask for something else")
    return mean.astype(np.float32)


def analogy(
    words: WordVectors,
    a: str,
    b: str,
    c: str,
    k: int = 10,
    *,
    method: Literal["add", "mul"] = "add",
) -> Found:
    """The k words d for which "a is to b as c is to d" fits best; a, b and c are no answer.

    "add" scores with cos(d, b - a + c) of unit vectors, "mul" with
    cos'(d, b) cos'(d, c) / (cos'(d, a) + 0.001) where cos' = (cos + 1) / 2. Each of a, b, c may
    be any text that ``words`` can read.

    Raises:
        UnknownWord: if it cannot read one of them.
        Usage: if k is below 1.

    Source: Mikolov et al. 2013, "Linguistic regularities"; "mul": Levy & Goldberg 2014,
        "Linguistic regularities in sparse and explicit word representations".
    """
    given = _units(words, [a, b, c])
    left_out = [row for text in (a, b, c) for row in words.rows(text)]
    if method == "add":
        sought = unit((given[1] - given[0] + given[2])[None])
        return _best(words, sought, k, left_out)[0]
    return _best(words, given, k, left_out, _product)[0]


def similarity(words: WordVectors, a: str, b: str) -> float:
    """The cosine between two texts that ``words`` can read, in [-1, 1].

    Raises:
        UnknownWord: if it cannot read one of them.
    """
    first, second = _units(words, [a, b])
    return float(first @ second)


def centrality(words: WordVectors, texts: Sequence[str]) -> list[float]:
    """The cosine of each text with the mean of the unit vectors of all of them.

    Raises:
        UnknownWord: if ``words`` cannot read one of them.
        Usage: if there is none.
    """
    if not texts:
        raise Usage("no texts; give some words")
    vectors = _units(words, texts)
    return (vectors @ unit(vectors.mean(axis=0)[None])[0]).tolist()


def odd_one_out(words: WordVectors, texts: Sequence[str]) -> str:
    """The text of the lowest cosine with the mean of all unit vectors; of equal ones the first.

    Raises:
        UnknownWord: if ``words`` cannot read one of them.
        Usage: if there are fewer than three.
    """
    if len(texts) < 3:
        raise Usage(f"{len(texts)} texts have no odd one out; give at least 3")
    return texts[int(np.argmin(centrality(words, texts)))]


def _units(words: WordVectors, texts: Sequence[str]) -> Float[np.ndarray, "n dim"]:
    with np.errstate(invalid="ignore"):  # told below
        vectors = words(texts)
    for text, vector in zip(texts, vectors, strict=True):
        if not np.isfinite(vector).all():
            raise BadData(f"the vector of {text!r} is not finite; mend its file")
    return vectors


def _product(cosines: Float[np.ndarray, "3 b"]) -> Float[np.ndarray, "1 b"]:
    to_a, to_b, to_c = (cosines + 1) / 2
    return (to_b * to_c / (to_a + 0.001))[None]


def _best(
    words: WordVectors,
    given: Float[np.ndarray, "g dim"],
    k: int,
    left_out: list[int],
    scores_of: Callable[[np.ndarray], np.ndarray] = lambda cosines: cosines,
) -> list[Found]:
    """The k words of the highest score in each row of what ``scores_of`` makes of the cosines.

    Those are (g, b): of given unit vectors with a block of words.
    """
    if k < 1:
        raise Usage(f"k is {k}; ask for at least 1 word")
    found: list[Found] | None = None
    for start, cosines in _cosines(words, given):
        scores = scores_of(cosines)
        found = found or [[] for _ in scores]
        open_ = np.ones(scores.shape[1], bool)
        open_[[row - start for row in left_out if 0 <= row - start < len(open_)]] = False
        rows = np.flatnonzero(open_)
        for best, row in zip(found, scores, strict=True):
            best += [(words.words[start + i], float(row[i])) for i in rows[_top(row[rows], k)]]
            best.sort(key=lambda answer: -answer[1])  # stable: the earlier of equal ones first
            del best[k:]
    return found or [[] for _ in given]


def _cosines(
    words: WordVectors, given: Float[np.ndarray, "g dim"]
) -> Iterator[tuple[int, Float[np.ndarray, "g b"]]]:
    """Cosines with some thousand words at a time, each with the row of the first one."""
    for start in range(0, len(words), ROWS):
        # squares of float16 numbers overflow from 256 on
        rows = words.vectors[start : start + ROWS].astype(np.float32, copy=False)
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        if not np.isfinite(lengths).all():
            row = start + int(np.flatnonzero(~np.isfinite(lengths))[0])
            raise BadData(f"the vector of {words.words[row]!r} is not finite; mend its file")
        yield start, dot(given, rows) / np.where(lengths, lengths, 1)


def _top(scores: Float[np.ndarray, " n"], k: int) -> Int64[np.ndarray, " k"]:
    """The places of the k highest, highest first, equal ones in order; all if n <= k."""
    near = np.arange(len(scores))
    if k < len(scores):
        near = np.flatnonzero(scores >= np.partition(scores, -k)[-k])
    return near[np.argsort(-scores[near], kind="stable")][:k]
