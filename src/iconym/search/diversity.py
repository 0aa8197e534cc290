"""An order of answers in which each is relevant and unlike those before it."""

import numpy as np
from jaxtyping import Float

from iconym.errors import Usage


def check_diversity(diversity: float) -> None:
    """Nothing, for a number from 0 to 1; Usage for another."""
    if not 0 <= diversity <= 1:
        raise Usage(f"a diversity of {diversity}; give 0 (only relevance) to 1 (only difference)")


def maximal_marginal_relevance(
    relevance: Float[np.ndarray, " n"],
    vectors: Float[np.ndarray, "n dim"],
    k: int,
    diversity: float,
) -> list[int]:
    """The rows of at most k answers, in the order in which they are chosen.

    Each choice is the row of the largest

        (1 - diversity) relevance[row] - diversity max(cosine with a row chosen before),

    and of equal ones the first. The first choice is the most relevant row, even at diversity 1.
    At diversity 0 the order is that of relevance. k steps, each a product with all the rows.

    Args:
        relevance: a score of each row.
        vectors: the rows, of unit length.
        k: more than there are rows gives all of them.
        diversity: from 0 to 1.

    Raises:
        Usage: for a diversity outside.

    Source:
        Carbonell and Goldstein, "The use of MMR, diversity-based reranking for reordering
        documents and producing summaries", SIGIR 1998, section 2; their lambda is 1 - diversity.
    """
    check_diversity(diversity)
    if not diversity:
        return np.argsort(-relevance, kind="stable")[:k].tolist()
    chosen: list[int] = []
    alike = np.full(len(vectors), -np.inf)  # largest cosine with what was chosen
    gain = relevance.astype(np.float64)
    while len(chosen) < min(k, len(vectors)):
        row = int(gain.argmax())
        chosen.append(row)
        np.maximum(alike, vectors @ vectors[row], out=alike)
        gain = (1 - diversity) * relevance - diversity * alike
        gain[chosen] = -np.inf
    return chosen
