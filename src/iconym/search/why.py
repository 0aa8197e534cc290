"""Why a picture fits a query: parts that sum to its score, by words and by training labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from iconym.errors import Usage
from iconym.nouns import WordVectors
from iconym.search.pictures import Search
from iconym.search.query import Term
from iconym.search.seen import Seen, see
from iconym.search.words import WordIndex
from iconym.similarity import unit
from iconym.space import JointSpace

NEAREST = 32  # labels that a picture's vector is put together from, where its training is unknown
PENALTY = 0.1  # on how much of each: labels of almost the same vector share, and do not cancel


@dataclass(frozen=True)
class Part:
    """What one word or label adds to a score; below 0 it speaks against the picture."""

    name: str
    share: float


@dataclass(frozen=True)
class Why:
    """A score, taken apart twice.

    Args:
        score: the cosine of query and picture.
        words: what each word, known label or picture of the query adds; they sum to the score.
        labels: what each label adds, the largest share first; with ``rest`` they sum to the score.
        rest: what no label explains. With ``learned`` it is what every picture has in common.
        learned: whether a label's part is that of its training pictures in what was learned; else
            it only says that the picture lies near that label's vector.
    """

    score: float
    words: tuple[Part, ...]
    labels: tuple[Part, ...]
    rest: float
    learned: bool


def why(search: Search, query: Sequence[Term], picture: Path | bytes | int) -> Why:
    """The parts of the score that a picture has as the answer to a query.

    Where the space has ``evidence`` and the picture's file is as it was indexed, a label's part is
    what its training pictures add: exactly, for the projection is a weighted sum of them. Else
    the picture's vector is put together by ridge regression from the 32 label vectors nearest to
    it, and what is left of it is the rest. Labels of equal shares come by name.

    Args:
        search: the space, and the collection that ids are of.
        query: as for ``Search.by_query``.
        picture: a file, its bytes, or the id of a picture of the collection.

    Raises:
        Usage, UnknownWord, BadPicture: as ``Search.by_query``, for the picture too.
    """
    seen, asked = see(search, picture), search.embed(query).astype(float)
    score = float(asked @ seen.vector)
    labels, learned = _by_training(search.space, asked, seen), True
    if labels is None:
        labels, learned = near_parts(search.space.vocabulary, asked, seen.vector), False
    ranked = sorted(labels, key=lambda part: (-part.share, part.name))
    rest = score - sum(part.share for part in ranked)
    return Why(score, _by_words(search, query, seen.vector), tuple(ranked), rest, learned)


def near_parts(
    vocabulary: WordVectors, query: Float[np.ndarray, " dim"], vector: Float[np.ndarray, " dim"]
) -> list[Part]:
    """What each of the 32 labels nearest to a picture adds to its score, as far as they can tell.

    With T their unit vectors, the weights c of least |vector - c T|^2 + 0.1 |c|^2 are taken; a
    label's part is c (T query).
    """
    (near,) = WordIndex(vocabulary).nearest(vector[None].astype(np.float32), NEAREST)
    names = [name for name, _ in near]
    listed = np.array([vocabulary[name] for name in names], float)
    vectors = unit(listed.reshape(-1, vocabulary.dim))
    loaded = vectors @ vectors.T + PENALTY * np.eye(len(names))
    shares = np.linalg.solve(loaded, vectors @ vector) * (vectors @ query)
    return [Part(*pair) for pair in zip(names, shares.tolist(), strict=True)]


def largest(parts: Sequence[Part], k: int) -> tuple[list[Part], float]:
    """The k parts that weigh most, for or against, in their order, and the sum of the others.

    Raises:
        Usage: for a k below 1.
    """
    if k < 1:
        raise Usage(f"k is {k}; ask for at least 1")
    heavy = set(sorted(range(len(parts)), key=lambda i: -abs(parts[i].share))[:k])
    others = sum(part.share for i, part in enumerate(parts) if i not in heavy)
    return [part for i, part in enumerate(parts) if i in heavy], float(others)


def _by_words(
    search: Search, query: Sequence[Term], vector: Float[np.ndarray, " dim"]
) -> tuple[Part, ...]:
    """The query's vector is a normalized weighted sum of unit vectors, and so is that of a text."""
    largest_weight = max(abs(term.weight) for term in query)
    pieces = [
        (name, term.weight / largest_weight * piece)
        for term in query
        for name, piece in _pieces(search, term.what)
    ]
    length = np.linalg.norm(np.sum([piece for _, piece in pieces], axis=0))
    return tuple(Part(name, float(piece @ vector / length)) for name, piece in pieces)


def _pieces(
    search: Search, what: str | Path | bytes | int
) -> list[tuple[str, Float[np.ndarray, " dim"]]]:
    """The words of a term with their shares of its unit vector."""
    space = search.space
    if not isinstance(what, str) or what in space.vocabulary:
        return [(_name(what), _unit_vector(search, what))]
    rows = space.text.rows(what)
    vectors = space.text.vectors[rows].astype(float)
    length = np.linalg.norm(vectors.sum(axis=0)) or 1.0
    return [(space.text.words[row], v / length) for row, v in zip(rows, vectors, strict=True)]


def _unit_vector(search: Search, what: str | Path | bytes | int) -> Float[np.ndarray, " dim"]:
    if isinstance(what, str):
        return search.space.embed_texts([what])[0].astype(float)
    return search.embed([Term(what)]).astype(float)


def _name(what: str | Path | bytes | int) -> str:
    match what:
        case int():
            return f"picture {what}"
        case bytes():
            return "the picture of the query"
        case _:
            return str(what)


def _by_training(
    space: JointSpace, asked: Float[np.ndarray, " dim"], seen: Seen
) -> list[Part] | None:
    if space.evidence is None or seen.features is None:
        return None
    shares = space.evidence.of_labels(asked, seen.features) / seen.length
    return [Part(*pair) for pair in zip(space.evidence.labels, shares.tolist(), strict=True)]
