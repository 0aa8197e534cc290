"""Things that pairs connect."""

import numpy as np
from jaxtyping import Int64

from iconym.nouns import IdSet


def connected(ids: IdSet, pairs: Int64[np.ndarray, "pairs 2"]) -> list[IdSet]:
    """The sets of two ids or more that pairs connect, each ascending; largest first.

    Of equally large sets that of the smallest id comes first. A pair with an id that is not among
    ``ids``, ascending, connects nothing.

    Source:
        Galler and Fisher, "An improved equivalence algorithm", CACM 7, 1964: a forest in which
        every tree is a set; paths are halved on the way to a root (van Leeuwen and van der Weide).
    """
    parent = list(range(len(ids)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = place = parent[parent[place]]
        return place

    held = np.isin(pairs, ids).all(axis=1)
    for a, b in np.searchsorted(ids, pairs[held]).tolist():
        first, second = sorted((root(a), root(b)))
        parent[second] = first
    roots = np.array([root(place) for place in range(len(ids))], np.int64)
    order = np.argsort(roots, kind="stable")
    starts = np.flatnonzero(np.diff(roots[order])) + 1
    sets = [ids[places] for places in np.split(order, starts) if len(places) > 1]
    return sorted(sets, key=lambda found: (-len(found), found[0]))
