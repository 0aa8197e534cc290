"""Words as parts of names: what a sum of word vectors needs so that it stands for the name."""

from collections.abc import Sequence

import numpy as np

from iconym.nouns import WordVectors
from iconym.similarity import unit
from iconym.words.labels import compile_labels

FUNCTION_WORDS = frozenset("a an and at for from in of on or the to with".split())


def as_parts(words: WordVectors, names: Sequence[str]) -> WordVectors:
    """Single words at unit length, less what ``names`` have in common.

    Every word counts the same in a sum, but function words, whose vectors become zero. Phrases
    ("ice_cream") are left out, so that a name is read word by word. The mean of the names' unit
    vectors is taken off every word: in it all names are alike, and it makes a few of them the
    neighbors of everything (hubs).

    Args:
        words: as trained.
        names: whose mean is taken off; those that no word of ``words`` explains do not count.

    Raises:
        BadData: if none of the names is known.

    Source:
        Unit vectors and the mean: Mu and Viswanath, All-but-the-Top, ICLR 2018, without their
        removal of directions; they take the mean of all words. Hubs: Radovanovic et al., 2010.
    """
    kept = [row for row, word in enumerate(words.words) if "_" not in word]
    single = tuple(words.words[row] for row in kept)
    vectors = unit(words.vectors[kept].astype(np.float32))
    empty = np.array([word in FUNCTION_WORDS for word in single])
    vectors[empty] = 0
    common = compile_labels(names, WordVectors(single, vectors)).vectors.vectors.mean(axis=0)
    vectors[~empty] -= common
    return WordVectors(single, vectors)
