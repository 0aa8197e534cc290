"""Whether two labellers differ by more than luck, where both answered the same queries."""

from math import lgamma, log

import numpy as np
from jaxtyping import Float

SAMPLES = 9_999  # the least p-value is then 1 in 10,000
ENUMERATED = 12  # queries that differ: 4,096 ways to give them signs
BLOCK = 4_000_000  # signs drawn at a time
SLACK = 1e-9  # sums that differ by no more are equal: the order of adding makes such differences


def sign_flip_test(differences: Float[np.ndarray, " n"], *, seed: int) -> float:
    """The two-sided p-value of a paired permutation test, in (0, 1].

    If the two were equally good, each difference might as well have the other sign: the p-value
    is the share of all ways to give signs that bring the mean at least as far from 0 as it is. It
    is exact where all differences that are not 0 have one size (then it is the sign test, for
    hits McNemar's exact test) or there are at most twelve; else it is that share of 9,999 ways
    drawn at random, the given one counted in. No query, or no difference at all, gives 1.

    Args:
        differences: of each query; for a mean over classes, times ``class_weights``.
        seed: of the random draw; the same gives the same p-value.

    Raises:
        ValueError: if a difference is not finite.

    Source:
        Fisher, The Design of Experiments, 1935, section 21; Phipson and Smyth, 2010, for the one
        counted in; McNemar 1947.
    """
    if not np.isfinite(differences).all():
        raise ValueError("a difference is NaN or infinite; compare numbers")
    sizes = np.abs(differences[differences != 0])
    if not len(sizes):
        return 1.0
    if (sizes == sizes[0]).all():
        return _sign_test(int((differences > 0).sum()), len(sizes))
    least = abs(float(differences.sum())) - SLACK * float(sizes.sum())
    if len(sizes) <= ENUMERATED:
        ways = (np.arange(2 ** len(sizes))[:, None] >> np.arange(len(sizes))) & 1
        return float((np.abs((2.0 * ways - 1) @ sizes) >= least).mean())
    extreme = sum(int((np.abs(sums) >= least).sum()) for sums in _drawn_sums(sizes, seed))
    return (1 + extreme) / (1 + SAMPLES)


def _sign_test(positive: int, n: int) -> float:
    """Twice the chance of so few heads, or fewer, of the rarer side in n throws; at most 1."""
    fewer = np.arange(min(positive, n - positive) + 1)
    ways = [lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) - n * log(2) for i in fewer]
    return min(1.0, 2 * float(np.exp(ways).sum()))


def _drawn_sums(sizes: Float[np.ndarray, " n"], seed: int) -> list[Float[np.ndarray, " some"]]:
    """Sums of ``sizes`` with random signs, in blocks."""
    random, rows = np.random.default_rng(seed), max(1, BLOCK // len(sizes))
    sums = []
    for start in range(0, SAMPLES, rows):
        count = min(rows, SAMPLES - start)
        packed = random.integers(256, size=(count, -(-len(sizes) // 8)), dtype=np.uint8)
        signs = np.unpackbits(packed, axis=1, count=len(sizes))
        sums.append(2 * (signs @ sizes) - sizes.sum())
    return sums
