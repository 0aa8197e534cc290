"""A corpus: the text as one array of numbers, rows of a vocabulary."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32, Int64

from iconym.words.vocabulary import Vocabulary

LONGEST_SENTENCE = 1000  # words; longer ones are cut, as word2vec.c does


@dataclass(frozen=True)
class Corpus:
    """Sentences of word numbers: sentence i is ``tokens[offsets[i] : offsets[i + 1]]``."""

    tokens: Int32[np.ndarray, " tokens"]
    offsets: Int64[np.ndarray, " offsets"]  # one more than there are sentences

    def __len__(self) -> int:
        return len(self.offsets) - 1


def encode(sentences: Iterable[list[str]], vocabulary: Vocabulary) -> Corpus:
    """``sentences`` as numbers of ``vocabulary``; words that it lacks are left out.

    A sentence of more than 1,000 known words is cut into pieces of 1,000, one of none is left
    out. (word2vec.c cuts after subsampling, so its pieces are longer.)
    """
    row, tokens, offsets = vocabulary.row, array("i"), array("q", [0])
    for sentence in sentences:
        known = [row[word] for word in sentence if word in row]
        for start in range(0, len(known), LONGEST_SENTENCE):
            tokens.extend(known[start : start + LONGEST_SENTENCE])
            offsets.append(len(tokens))
    return Corpus(np.array(tokens, np.int32), np.array(offsets, np.int64))
