"""A linear map from the vectors of one space to those of another, learned from some pictures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, Int64

from iconym.errors import BadData
from iconym.index.plain import PlainIndex
from iconym.metrics.intervals import Interval, bootstrap
from iconym.search.overlap import NEAREST, nearest_others, overlap
from iconym.similarity import unit

FEWEST = 20  # pictures
FOLDS = 5
QUERIES = 1_000  # that choose a map, and as many more that measure it, at most
ALPHAS = (0.0001, 0.001, 0.01, 0.1, 1.0)
SAME, ORTHOGONAL, RIDGE = "same", "orthogonal", "ridge"

Rows = Float[np.ndarray, "n _"]


@dataclass(frozen=True)
class LinearMap:
    """``x @ weight + bias``."""

    weight: Float[np.ndarray, "old new"]
    bias: Float[np.ndarray, " new"]

    def __call__(self, vectors: Float[np.ndarray, "n old"]) -> Float[np.ndarray, "n new"]:
        """Where vectors go, scaled to length 1; what goes to zero stays zero."""
        return unit(vectors @ self.weight + self.bias).astype(np.float32)


Fit = Callable[[Rows, Rows], LinearMap]  # old vectors and new ones of the same pictures


@dataclass(frozen=True)
class Alignment:
    """A map by which old vectors answer new queries, and what is lost by it.

    A query q of the new space is compared with f(a) / |f(a)|, where f(a) is what the map makes of
    a picture's old vector a. One could as well carry the query back, for

        <q, W'a + c> = <W q, a> + <q, c>,

    and leave the old vectors as they are. But that is a cosine only if all f(a) are of one length.
    They are for an orthogonal map; a regression makes those vectors short that it is unsure of,
    and back-carried queries rank them too low. So the vectors go forward: once for each picture.

    Args:
        weight: W, of the map.
        bias: c, of the map; zero if it is orthogonal.
        method: how it was learned: "same" (left as they are), "orthogonal", "ridge 0.01".
        recall: of the k new neighbors of a picture among the sample, the share that are among the
            k nearest by the map; of pictures that neither taught nor chose it.
        k: see ``align``.
        pictures: how many it was learned from.
    """

    weight: Float[np.ndarray, "old new"]
    bias: Float[np.ndarray, " new"]
    method: str
    recall: Interval
    k: int
    pictures: int

    def __call__(self, vectors: Float[np.ndarray, "n old"]) -> Float[np.ndarray, "n new"]:
        """What stands for the new vectors of pictures with these old ones, of length 1."""
        return LinearMap(self.weight, self.bias)(vectors)

    def to_json(self) -> dict[str, Any]:
        """What it is worth, as JSON."""
        recall = self.recall.to_json()
        return {"method": self.method, "recall": recall, "k": self.k, "pictures": self.pictures}


def align(
    old: Float[np.ndarray, "n old"],
    new: Float[np.ndarray, "_ new"],
    *,
    among: int | None = None,
    seed: int = 0,
) -> Alignment:
    """The map from ``old`` to ``new`` that finds most of the new neighbors.

    Tried are an orthogonal map, ridge regressions, and for spaces of one dimension, which may
    share their words, no map at all. Each picture is mapped by what four fifths of the others
    taught; half of the pictures choose, by their ten nearest, and the other half measure. The map
    that is returned is then learned from all.

    Recall among n pictures is higher than among N: fewer are in the way. What changes little is
    the recall of the same share of all pictures, so that for the 10 nearest of N we take the
    k = 10 n / N nearest of the sample. That was found a little low, by a tenth. Below n = N / 10 k
    would be less than one; it is 1 then, and the recall may be too high. The interval is that of
    the pictures asked.

    Args:
        old: unit vectors of the sample in the old space.
        new: of the same pictures in the new space.
        among: N, how many pictures will be searched; the sample if left out.
        seed: of the folds, of which pictures choose, and of the interval.

    Raises:
        BadData: for fewer than 20 pictures, numbers that differ, or a vector that is zero or not
            finite.
    """
    _check(old, new)
    count = len(old)
    k = max(1, min(NEAREST, round(NEAREST * count / max(among or count, count))))
    order = np.random.default_rng(seed).permutation(count)
    asked = order[: 2 * QUERIES]
    truth = _neighbors(new, new, asked)
    found = {
        name: _neighbors(cross_fitted(fit, old, new, order), new, asked)
        for name, fit in _fits(old.shape[1] == new.shape[1])
    }
    best = max(found, key=lambda name: overlap(found[name][::2], truth[::2]).mean())
    recall = bootstrap(overlap(found[best][1::2, :k], truth[1::2, :k]), seed=seed)
    learned = dict(_fits(True))[best](old, new)
    return Alignment(learned.weight, learned.bias, best, recall, k, count)


def orthogonal_map(old: Float[np.ndarray, "n old"], new: Float[np.ndarray, "n new"]) -> LinearMap:
    """The map with orthonormal rows or columns W of the largest sum of <W'a, b> over all pictures.

    W = U V', where U S V' is the singular value decomposition of A'B. In spaces of one dimension,
    and into a larger one, it keeps lengths, so that this is the largest sum of cosines, and the
    least sum of squared distances too. There is no bias: it would not keep lengths.

    Source:
        Schoenemann, A generalized solution of the orthogonal Procrustes problem, Psychometrika
        1966, for square maps; into a smaller space we keep the same formula.
    """
    left, _, right = np.linalg.svd(old.astype(np.float64).T @ new, full_matrices=False)
    return LinearMap((left @ right).astype(np.float32), np.zeros(new.shape[1], np.float32))


def ridge_map(
    old: Float[np.ndarray, "n old"], new: Float[np.ndarray, "n new"], *, alpha: float
) -> LinearMap:
    """The map of the least squared error plus ``alpha`` times the squared weights.

    With A and B the vectors less their means, n rows, and v the mean variance of a number of A, W
    solves (A'A / n + alpha v I) W = A'B / n. The bias is not penalized.

    Source:
        Hoerl and Kennard, Ridge Regression, Technometrics 1970; alpha in units of v is ours.
    """
    origin, goal = old.mean(axis=0, dtype=float), new.mean(axis=0, dtype=float)
    a, b = old - origin, new - goal
    gram = a.T @ a / len(a)
    loaded = gram + alpha * (np.trace(gram) / len(gram) or 1.0) * np.eye(len(gram))
    weight = np.linalg.solve(loaded, a.T @ b / len(a))
    return LinearMap(weight.astype(np.float32), (goal - origin @ weight).astype(np.float32))


def same_map(old: Float[np.ndarray, "n dim"], new: Float[np.ndarray, "n dim"]) -> LinearMap:
    """The map that leaves vectors as they are, whatever the pictures are."""
    dim = old.shape[1]
    return LinearMap(np.eye(dim, dtype=np.float32), np.zeros(dim, np.float32))


def cross_fitted(
    fit: Fit, old: Rows, new: Rows, order: Int64[np.ndarray, " n"]
) -> Float[np.ndarray, "n new"]:
    """Each picture mapped by what the pictures of the other folds taught."""
    mapped = np.empty(new.shape, np.float32)
    for fold in range(FOLDS):
        others = np.delete(order, np.s_[fold::FOLDS])
        mapped[order[fold::FOLDS]] = fit(old[others], new[others])(old[order[fold::FOLDS]])
    return mapped


def _neighbors(
    rows: Rows, new: Rows, asked: Int64[np.ndarray, " q"]
) -> Int64[np.ndarray, "q nearest"]:
    """The ten rows nearest the new vector of each picture asked, but its own."""
    index = PlainIndex(rows.shape[1])
    kept = np.flatnonzero(rows.any(axis=1))
    index.add(kept, rows[kept])
    return nearest_others(index, new[asked], asked, NEAREST)


def _fits(same: bool) -> Iterator[tuple[str, Fit]]:
    """The ways to learn a map, by name."""
    if same:
        yield SAME, same_map
    yield ORTHOGONAL, orthogonal_map
    for alpha in ALPHAS:
        yield f"{RIDGE} {alpha:g}", partial(ridge_map, alpha=alpha)


def _check(old: Float[np.ndarray, "n _"], new: Float[np.ndarray, "m _"]) -> None:
    if len(old) != len(new):
        raise BadData(f"{len(old)} old vectors but {len(new)} new ones; give those of one sample")
    if len(old) < FEWEST:
        raise BadData(
            f"{len(old)} pictures with a vector in both spaces; {FEWEST} are the fewest, and 1,000 "
            "make a good map"
        )
    for rows in (old, new):
        if not (np.isfinite(rows).all() and rows.any(axis=1).all()):
            raise BadData("a vector is zero or not finite; encode its picture again")
