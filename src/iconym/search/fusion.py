"""Several rankings of the same things made into one."""

from collections.abc import Sequence

CONSTANT = 60  # of the paper, which found others from 10 to 100 to be as good


def reciprocal_rank_fusion(
    rankings: Sequence[Sequence[int]], k: int, *, constant: int = CONSTANT
) -> list[tuple[int, float]]:
    """The k best ids by the sum over rankings of 1 / (constant + rank), best first.

    A rank counts from 1; what a ranking does not hold gets nothing from it. Equal sums come by
    smaller id. Scores of the rankings, which may be of different kinds, are not looked at.

    Source: Cormack, Clarke and Buettcher, "Reciprocal rank fusion outperforms Condorcet and
    individual rank learning methods", SIGIR 2009, the formula of RRFscore.
    """
    sums: dict[int, float] = {}
    for ranking in rankings:
        for rank, i in enumerate(ranking, 1):
            sums[i] = sums.get(i, 0.0) + 1 / (constant + rank)
    return sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))[:k]
