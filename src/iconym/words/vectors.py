"""What can be asked of word vectors: neighbors, analogies, similarities, the odd one out."""

from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float, Int64

from iconym.errors import Usage
from iconym.nouns import WordVectors
from iconym.similarity import cosine

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
        Usage: if k is below 1.
    """
    scores = cosine(queries, _float32(words))
    excluded = frozenset(exclude)
    left_out = [row for row, word in enumerate(words.words) if word in excluded]
    return [_best(words, row, k, left_out) for row in scores]


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
    given = words([a, b, c])
    if method == "add":
        scores = cosine((given[1] - given[0] + given[2])[None], _float32(words))[0]
    else:
        to_a, to_b, to_c = (cosine(given, _float32(words)) + 1) / 2
        scores = to_b * to_c / (to_a + 0.001)
    return _best(words, scores, k, [row for text in (a, b, c) for row in words.rows(text)])


def similarity(words: WordVectors, a: str, b: str) -> float:
    """The cosine between two texts that ``words`` can read, in [-1, 1].

    Raises:
        UnknownWord: if it cannot read one of them.
    """
    first, second = words([a, b])
    return float(first @ second)


def odd_one_out(words: WordVectors, texts: Sequence[str]) -> str:
    """The text of the lowest cosine with the mean of all unit vectors; of equal ones the first.

    Raises:
        UnknownWord: if ``words`` cannot read one of them.
        Usage: if there are fewer than three.
    """
    if len(texts) < 3:
        raise Usage(f"{len(texts)} texts have no odd one out; give at least 3")
    vectors = words(texts)
    return texts[int(np.argmin(vectors @ vectors.mean(axis=0)))]


def _float32(words: WordVectors) -> Float[np.ndarray, "words dim"]:
    """The vectors; squares of float16 numbers overflow from 256 on."""
    return words.vectors.astype(np.float32, copy=False)


def _best(
    words: WordVectors, scores: Float[np.ndarray, " words"], k: int, left_out: list[int]
) -> Found:
    if k < 1:
        raise Usage(f"k is {k}; ask for at least 1 word")
    open_ = np.ones(len(words), bool)
    open_[left_out] = False
    rows = np.flatnonzero(open_)
    return [(words.words[row], float(scores[row])) for row in rows[_top(scores[rows], k)]]


def _top(scores: Float[np.ndarray, " n"], k: int) -> Int64[np.ndarray, " k"]:
    """The places of the k highest, highest first, equal ones in order; all if n <= k."""
    near = np.arange(len(scores))
    if k < len(scores):
        near = np.flatnonzero(scores >= np.partition(scores, -k)[-k])
    return near[np.argsort(-scores[near], kind="stable")][:k]
