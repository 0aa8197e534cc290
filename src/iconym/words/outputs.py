"""Three ways to tell a word from all others: the last layer of skip-gram and CBOW.

All are told from a vector v of the same length: the context word's, or the mean of the context.
"""

from array import array
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32, Int64

from iconym.errors import Usage

LARGEST_SOFTMAX = 30_000  # words; beyond, one window costs more than a whole sentence should


@dataclass(frozen=True)
class NegativeSampling:
    """A word is told from ``negatives`` words drawn with probability count**power.

    The loss of a pair is -log sigmoid(v . c) - sum over negatives n of log sigmoid(-v . n).

    Source: Mikolov et al. 2013, "Distributed representations of words and phrases", equation 4.
    """

    negatives: int = 5
    power: float = 0.75

    def __post_init__(self) -> None:
        if self.negatives < 1:
            raise Usage(f"negatives is {self.negatives}; it has to be at least 1")
        if not 0 <= self.power <= 1:
            raise Usage(f"power is {self.power}; it has to be in [0, 1]")


@dataclass(frozen=True)
class HierarchicalSoftmax:
    """A word is told by the turns on its way through a Huffman tree, frequent words by few.

    The loss of a pair is the sum over the nodes n of the way of -log sigmoid(+-v . n), plus where
    it goes left. As in word2vec.c, a node whose |v . n| is 6 or more is left alone.

    Source: Morin & Bengio 2005; Mikolov et al. 2013, as above, equation 3.
    """


@dataclass(frozen=True)
class Softmax:
    """A word is told from all others at once: the reference, for small vocabularies.

    The loss of a pair is -v . c + log sum over all words w of exp(v . w).

    Source: Mikolov et al. 2013, as above, equation 2.
    """


Output = NegativeSampling | HierarchicalSoftmax | Softmax


@dataclass(frozen=True)
class Paths:
    """The ways through a tree: of word i, ``nodes[starts[i] : starts[i + 1]]`` from the root."""

    starts: Int64[np.ndarray, " starts"]
    nodes: Int32[np.ndarray, " steps"]
    left: Float32[np.ndarray, " steps"]  # 1 where the way goes left, 0 where it goes right


NO_PATHS = Paths(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))


def huffman(counts: Int64[np.ndarray, " words"]) -> Paths:
    """The ways to all words in the tree that makes sum(counts * length of way) the least.

    Inner nodes are numbered in the order in which they are joined, so the root is the last of
    len(counts) - 1. Of two subtrees the one of more words goes left; among equal counts, words
    are joined before inner nodes, and later words before earlier ones. One word has an empty way.

    Source: Huffman 1952, by the two-queue method of van Leeuwen 1976.
    """
    parent, right = _join(counts)
    words, root = len(counts), 2 * len(counts) - 2
    starts, nodes, left = np.zeros(words + 1, np.int64), array("i"), array("f")
    for word in range(words):
        at, way = word, []
        while at != root:
            way.append((parent[at] - words, 0.0 if right[at] else 1.0))
            at = parent[at]
        nodes.extend(node for node, _ in reversed(way))
        left.extend(turn for _, turn in reversed(way))
        starts[word + 1] = len(nodes)
    return Paths(starts, np.array(nodes, np.int32), np.array(left, np.float32))


def _join(counts: Int64[np.ndarray, " words"]) -> tuple[list[int], list[bool]]:
    """For each word, then each inner node: its parent, and whether it goes right from there."""
    words = len(counts)
    leaves = np.argsort(-counts, kind="stable").tolist()  # taken from the end, the rarest first
    weight = [*counts.tolist(), *[0] * (words - 1)]
    parent, right = [0] * (2 * words - 1), [False] * (2 * words - 1)
    inner = words  # the first inner node that has no parent yet
    for node in range(words, 2 * words - 1):
        for rarer in (True, False):
            if leaves and (inner == node or weight[leaves[-1]] <= weight[inner]):
                child = leaves.pop()
            else:
                child, inner = inner, inner + 1
            parent[child], right[child] = node, rarer
            weight[node] += weight[child]
    return parent, right
