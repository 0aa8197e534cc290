"""How unlike anything seen a picture's place in the word space is, from 0 to 1: two gates.

A gate is made from the places of the training pictures, and says of any place how novel it is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from iconym.errors import BadData
from iconym.nouns import WordVectors
from iconym.similarity import negative_squared_distance

BLOCK = 4_000_000  # distances to training pictures in memory at a time

Places = Float[np.ndarray, "n dim"]
Novelty = Float[np.ndarray, " n"]

_erf = np.vectorize(math.erf, otypes=[float])


@dataclass(frozen=True)
class GaussianGate:
    """An isometric Gaussian around each seen label's vector says which places belong to it.

    A threshold for each label lets pass the most likely of its own training pictures. The novelty
    of a place is the largest share of each label's training pictures that all thresholds may let
    pass while they keep this place out: 0 for a place likelier than every training picture
    of some label, 1 for one that is less likely than all of every label. "Novelty at least c" is
    the paper's gate with the thresholds at the quantile 1 - c.

    Args:
        means: the vectors of the seen labels.
        variances: the mean squared distance of a label's own training pictures from its vector,
            for each dimension.
        passed: the log-likelihood of each training picture under its own label, ascending in each
            label, label after label.
        sizes: how many of them are of each label.

    Source:
        Socher et al., Zero-Shot Learning Through Cross-Modal Transfer, NIPS 2013, section 5.1. The
        authors' program divides by the number of all pictures for a label's variance, we by that
        of the label's own.
    """

    means: Float[np.ndarray, "classes dim"]
    variances: Float[np.ndarray, " classes"]
    passed: Float[np.ndarray, " pictures"]
    sizes: Int[np.ndarray, " classes"]

    @classmethod
    def of(cls, places: Places, labels: Sequence[str], vectors: WordVectors) -> "GaussianGate":
        """The gate that these training pictures make, one label for each place.

        Raises:
            UnknownWord: for a label without a vector.
        """
        of_picture, variances, passed = np.array(labels), [], []
        classes = tuple(dict.fromkeys(labels))
        for label in classes:
            squared = _squared(places[of_picture == label], vectors[label])
            variances.append(variance_of(squared, vectors.dim))
            passed.append(np.sort(log_likelihood(squared, variances[-1], vectors.dim)))
        return cls(
            np.stack([vectors[label] for label in classes]),
            np.array(variances),
            np.concatenate(passed),
            np.array([len(some) for some in passed]),
        )

    def __call__(self, places: Places) -> Novelty:
        """The novelty of each place, in [0, 1]; a multiple of 1 / a label's number of pictures."""
        passed = np.split(self.passed, np.cumsum(self.sizes)[:-1])
        likelier = np.zeros(len(places))
        for mean, variance, own in zip(self.means, self.variances, passed, strict=True):
            found = log_likelihood(_squared(places, mean), float(variance), len(mean))
            likelier = np.maximum(likelier, np.searchsorted(own, found, side="right") / len(own))
        return 1 - likelier


@dataclass(frozen=True)
class LoopGate:
    """LoOP: how much sparser a place's surroundings are than those of its nearest neighbors.

    Every place has for its neighbors the k nearest of all training pictures, a training picture
    the k nearest others. Of equally near ones any may be taken.

    Args:
        points: the places of the training pictures.
        spreads: the root mean square distance of each from its neighbors.
        normalizer: lambda times the root mean square of their outlier factors.
        k: how many neighbors.

    Source:
        Kriegel et al., LoOP: Local Outlier Probabilities, CIKM 2009, equations 1 to 6; used by
        Socher et al., NIPS 2013, section 5.2, who leave out the root of 2 below. The authors'
        program drops the nearest neighbor of a test picture as if it were the picture itself, and
        divides a sum over all training pictures by k; here it is neither.
    """

    points: Float[np.ndarray, "pictures dim"]
    spreads: Float[np.ndarray, " pictures"]
    normalizer: float
    k: int

    @classmethod
    def of(cls, places: Places, *, k: int = 20, strictness: float = 3.0) -> "LoopGate":
        """The gate that these training pictures make.

        Args:
            places: of the training pictures.
            k: how many neighbors.
            strictness: lambda; the larger, the fewer outliers.

        Raises:
            ValueError: if ``k`` is below 1 or ``strictness`` not above 0.
            BadData: if there are not more than ``k`` pictures.
        """
        if k < 1 or not strictness > 0:
            raise ValueError(f"k {k} and strictness {strictness} must be above 0")
        if len(places) <= k:
            raise BadData(f"{len(places)} pictures; {k} neighbors of each need at least {k + 1}")
        points = places.astype(np.float64)
        rows, spreads = _neighbors(points, points, k, themselves=True)
        factors = _factors(spreads, spreads[rows])
        usual = factors[np.isfinite(factors)]  # infinite next to k + 1 pictures at one place
        return cls(points, spreads, float(strictness * np.sqrt(np.mean(usual**2))), k)

    def __call__(self, places: Places) -> Novelty:
        """The outlier probability of each place, in [0, 1]."""
        rows, spreads = _neighbors(places.astype(np.float64), self.points, self.k)
        factors = _factors(spreads, self.spreads[rows])
        return np.maximum(0.0, _erf(_ratio(factors, np.sqrt(2) * self.normalizer)))


Gate = GaussianGate | LoopGate


def variance_of(squared: Float[np.ndarray, " n"], dim: int) -> float:
    """The variance of an isometric Gaussian, of places at these squared distances from its mean.

    Above 0 even where all distances are 0.
    """
    return max(float(squared.mean()) / dim, float(np.finfo(np.float32).tiny))


def log_likelihood(
    squared: Float[np.ndarray, "*shape"], variance: float, dim: int
) -> Float[np.ndarray, "*shape"]:
    """The logarithm of an isometric Gaussian's density at squared distances from its mean."""
    return -0.5 * (squared / variance + dim * math.log(2 * math.pi * variance))


def _squared(places: Places, mean: Float[np.ndarray, " dim"]) -> Float[np.ndarray, " n"]:
    # not by inner products: a picture's likelihood has to be the same, whatever is beside it
    return np.square(places.astype(np.float64) - mean).sum(axis=1)


def _neighbors(
    places: Places,
    points: Float[np.ndarray, "pictures dim"],
    k: int,
    *,
    themselves: bool = False,
) -> tuple[Int[np.ndarray, "n k"], Float[np.ndarray, " n"]]:
    """The k nearest points of each place, in no order, and the root of their mean square distance.

    Args:
        places: where from.
        points: where to.
        k: how many, at most as many as there are.
        themselves: places[i] is points[i], and not its own neighbor.
    """
    rows = np.empty((len(places), k), np.int64)
    spreads = np.empty(len(places))
    size = max(1, BLOCK // len(points))
    for start in range(0, len(places), size):
        some = places[start : start + size]
        closeness = negative_squared_distance(some, points)
        if themselves:
            own = np.arange(len(some))
            closeness[own, start + own] = -np.inf
        near = np.argpartition(-closeness, k - 1, axis=1)[:, :k]
        squared = np.square(points[near] - some[:, None]).sum(axis=2)
        rows[start : start + len(some)] = near
        spreads[start : start + len(some)] = np.sqrt(squared.mean(axis=1))
    return rows, spreads


def _factors(
    spreads: Float[np.ndarray, " n"], of_neighbors: Float[np.ndarray, "n k"]
) -> Float[np.ndarray, " n"]:
    """The probabilistic local outlier factors: 0 where it is as dense as around the neighbors."""
    return _ratio(spreads - of_neighbors.mean(axis=1), of_neighbors.mean(axis=1))


def _ratio(a: Float[np.ndarray, " n"], b: Float[np.ndarray, "..."] | float) -> np.ndarray:
    """Quotients, where 0 / 0 is 0 and any other number over 0 is infinite."""
    return np.where(a == 0, 0.0, np.divide(a, b, out=np.copysign(np.inf, a), where=b != 0))
