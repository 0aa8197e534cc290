"""How near another thing may be by chance, told from how near many others are."""

import numpy as np
from jaxtyping import Float, Float64

CHANCE = 1e-4  # the share of things that chance has another one nearer to than what is answered
FAR = 16  # the neighbor that tells how crowded it is around a thing; so many copies do no harm
FEWEST = 100  # things that tell anything about chance
CROWDED = 0.05  # the share of things that more copies than that may have: bursts, black frames
STEPS = 60  # of halving


def nearness_by_chance(neighbors: Float[np.ndarray, "n m"]) -> float:
    """The cosine that one thing in 10,000 reaches with another by chance.

    By chance, others lie around a thing as points of a Poisson process: in ``dim`` dimensions, in
    which they really differ, with its k-th neighbor at distance r_k,

        P(one within r) = 1 - exp(-k (r / r_k) ** dim),    2 = (r_2k / r_k) ** dim,

    for twice as many lie within r_2k. k is 16, so that near-duplicates of which there are fewer
    tell nothing; dim is by the median of r_2k / r_k over things; r_k is that of each, at least
    what the twentieth with the smallest has. The answer is where the mean of P over things is
    1 / 10,000.

    Args:
        neighbors: the cosines of each thing with its 32 nearest others, best first.

    Returns:
        1 where fewer than 100 things have a 16th neighbor unlike themselves, or as many have the
        32nd where the 16th is.

    Source:
        Levina and Bickel, "Maximum likelihood estimation of intrinsic dimension", NIPS 2004, for
        the process (section 2). The median is ours: it minds no duplicates.
    """
    distances = np.sqrt(np.maximum(2 - 2 * neighbors.astype(np.float64), 0))
    if distances.shape[1] < 2 * FAR:
        return 1.0
    near, far = distances[:, FAR - 1], distances[:, 2 * FAR - 1]
    near, far = near[near > 0], far[near > 0]
    if len(near) < FEWEST or np.median(far / near) <= 1:
        return 1.0
    dim = np.log(2) / np.log(np.median(far / near))
    radius = _radius(np.maximum(near, np.quantile(near, CROWDED)), dim)
    return float(1 - radius**2 / 2)


def _radius(near: Float64[np.ndarray, " n"], dim: float) -> float:
    """Where the mean chance of another one within it is ``CHANCE``."""
    low, high = 0.0, float(near.max())
    for _ in range(STEPS):
        middle = (low + high) / 2
        share = np.minimum(middle / near, 1)  # beyond, the chance is 1 but for a ten-millionth
        chance = -np.expm1(-FAR * share**dim).mean()
        low, high = (middle, high) if chance < CHANCE else (low, middle)
    return low
