"""Words as parts of names: what a sum of word vectors needs so that it tells names apart."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from iconym.nouns import WordVectors
from iconym.similarity import unit
from iconym.words.labels import compile_labels

FUNCTION_WORDS = frozenset("a an and at for from in of on or the to with".split())


def centered(words: WordVectors, names: Sequence[str]) -> WordVectors:
    """Unit word vectors less the mean of the unit vectors of ``names``; one of zeros stays zero.

    What all names have in common tells none of them apart, and regression learns nothing of it;
    it only brings every name near to every other, and makes a few of them the neighbors of
    everything (hubs).

    Args:
        words: of any length.
        names: each put together from ``words`` as they are, by ``compile_labels``; those that no
            word explains do not count.

    Raises:
        BadData: if none of the names is known.

    Source:
        Mu and Viswanath, All-but-the-Top, ICLR 2018, without their removal of directions; they
        take the mean of all words, that of names is ours. Hubs: Radovanovic et al., 2010.
    """
    counts = words.vectors.any(axis=1, keepdims=True)
    units = unit(words.vectors.astype(np.float32))  # squares of float16 numbers overflow
    vectors = np.where(counts, units - _mean(names, words), 0)
    return WordVectors(words.words, vectors.astype(np.float32))


def as_parts(words: WordVectors, names: Sequence[str]) -> WordVectors:
    """Single words that all count the same in a sum, but function words nothing, ``centered``.

    Phrases ("ice_cream") are left out, so that a name is read word by word.

    Args:
        words: as trained.
        names: what to center on.

    Raises:
        BadData: if none of the names is known.
    """
    return centered(_single(words), names)


def with_phrases(words: WordVectors, names: Sequence[str]) -> WordVectors:
    """``as_parts``, and each phrase as the sum of its words and of itself, ``centered`` like them.

    So a phrase is near what its words name ("polar bear": bears) and near what it means ("killer
    whale": dolphins). One of which a word is missing is left out.

    Args:
        words: as trained, with phrases.
        names: what to center on.

    Raises:
        BadData: if none of the names is known.
    """
    parts, mean = as_parts(words, names), _mean(names, _single(words))
    row = {word: i for i, word in enumerate(parts.words)}
    phrases, sums = [], []
    for phrase, vector in zip(words.words, words.vectors.astype(np.float32), strict=True):
        members = [row.get(word, -1) for word in phrase.split("_")]
        if len(members) > 1 and min(members) >= 0:
            phrases.append(phrase)
            sums.append(parts.vectors[members].sum(axis=0) + unit(vector[None])[0] - mean)
    if not phrases:
        return parts
    vectors = np.concatenate([parts.vectors, np.stack(sums)]).astype(np.float32)
    return WordVectors((*parts.words, *phrases), vectors)


def _single(words: WordVectors) -> WordVectors:
    """The single words at unit length, function words at length zero."""
    kept = [row for row, word in enumerate(words.words) if "_" not in word]
    single = tuple(words.words[row] for row in kept)
    vectors = unit(words.vectors[kept].astype(np.float32))
    vectors[[word in FUNCTION_WORDS for word in single]] = 0
    return WordVectors(single, vectors)


def _mean(names: Sequence[str], words: WordVectors) -> Float[np.ndarray, " dim"]:
    return compile_labels(names, words).vectors.vectors.mean(axis=0)
