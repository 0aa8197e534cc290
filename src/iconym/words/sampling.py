"""Random draws of words: which survive thinning, and which serve as negatives."""

import numpy as np
from jaxtyping import Float, Float32, Int32, Int64


def keep_probabilities(
    counts: Int64[np.ndarray, " words"], sample: float
) -> Float32[np.ndarray, " words"]:
    """How likely each word survives the thinning: (sqrt(f / sN) + 1) sN / f, at most 1.

    f is the count of the word, N that of all words, s = ``sample``; 0 keeps everything.

    Source: word2vec.c; the paper keeps sqrt(sN / f), a little less.
    """
    if sample == 0:
        return np.ones(len(counts), np.float32)
    share = np.maximum(1, counts) / (sample * max(1, counts.sum()))
    return np.minimum(1, (np.sqrt(share) + 1) / share).astype(np.float32)


def alias_table(
    weights: Float[np.ndarray, " n"],
) -> tuple[Float32[np.ndarray, " n"], Int32[np.ndarray, " n"]]:
    """(threshold, alias) that draw i with a probability proportional to ``weights[i]``.

    Draw a row i evenly and u in [0, 1); answer i if u < threshold[i], else alias[i].

    Source: Walker 1977; built as by Vose 1991.
    """
    share = np.asarray(weights, np.float64) * (len(weights) / np.sum(weights))
    threshold, alias = np.ones(len(share)), np.arange(len(share))
    small = [int(i) for i in np.flatnonzero(share < 1)]
    large = [int(i) for i in np.flatnonzero(share >= 1)]
    while small and large:
        poor, rich = small.pop(), large[-1]
        threshold[poor], alias[poor] = share[poor], rich
        share[rich] -= 1 - share[poor]
        if share[rich] < 1:
            small.append(large.pop())
    return threshold.astype(np.float32), alias.astype(np.int32)
