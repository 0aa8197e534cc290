"""Evidence of a space learned in closed form: what each label's pictures did to its projection."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from iconym.data.contents import DIGEST
from iconym.evidence import Evidence
from iconym.nouns import WordVectors
from iconym.space import Projection
from iconym.training.methods import Method, Ridge
from iconym.training.projections import MIDDLE
from iconym.training.prototypes import ByPrototypes
from iconym.training.ridge import targets_of, within_class_covariance

Features = Float[np.ndarray, "n features"]
LABELS = 4096  # with more the evidence would outweigh the space


def evidence_of(
    method: Method | ByPrototypes,
    features: Features,
    labels: Sequence[str],
    vectors: WordVectors,
    projection: Projection,
) -> Evidence | None:
    """What each label's pictures did to the projection, without saying which pictures they were.

    None where nobody can say: for what was learned by descent; and for more than 4,096 labels.

    Args:
        method: settled.
        features: of each picture learned from.
        labels: the label of each.
        vectors: that ridge regression learned to reach; not asked for prototypes.
        projection: what was learned.
    """
    if len(set(labels)) > LABELS:
        return None
    if isinstance(method, ByPrototypes):
        return prototype_evidence(features, labels, projection)
    if isinstance(method, Ridge):
        alpha = MIDDLE if method.alpha is None else method.alpha
        return ridge_evidence(features, labels, vectors, alpha=alpha)
    return None


def ridge_evidence(
    features: Features, labels: Sequence[str], vectors: WordVectors, *, alpha: float
) -> Evidence:
    """The evidence of ``fit_ridge`` on the vectors of these labels.

    The weight there is (X'X / n + alpha v I)^-1 X'Y / n. With B the basis here, B B' is that
    inverse, and X'Y / n is the sum over labels of (share of the pictures) (mean of X) (vector)'.
    """
    names, counts, means = _by_label(features, labels)
    shares = counts[:, None] / counts.sum()
    origin = (shares * means).sum(axis=0)
    covariance = within_class_covariance(features, np.zeros(len(features), int), origin[None])
    variances, axes = np.linalg.eigh(covariance)
    variances = variances.clip(min=0)  # rounding
    basis = axes / np.sqrt(variances + alpha * (variances.mean() or 1.0))
    directions = shares * targets_of(names, vectors)
    return _evidence(names, counts, origin, basis, (means - origin) @ basis, directions)


def prototype_evidence(
    features: Features, labels: Sequence[str], projection: Projection
) -> Evidence:
    """The evidence of ``fit_prototypes``, where pictures lie as they are and words are learned.

    Words lie at sums of the labels' mean places M. So a query q is (q M^+) M, where M^+ is the
    pseudo-inverse, and its columns are the directions.
    """
    names, counts, means = _by_label(features, labels)
    origin, basis = means.mean(axis=0), projection.weight.astype(float)
    places = (means - origin) @ basis
    return _evidence(names, counts, origin, basis, places, np.linalg.pinv(places).T)


def known_pictures(evidence: Evidence, labels: Sequence[str], contents: Sequence[str]) -> Evidence:
    """The evidence with what tells its training pictures apart.

    Args:
        evidence: without pictures.
        labels: of each picture; one that was not learned from is left out.
        contents: SHA-256 of each, hexadecimal; "" is none.
    """
    rows = {label: row for row, label in enumerate(evidence.labels)}
    known = [(rows[a], b) for a, b in zip(labels, contents, strict=True) if b and a in rows]
    hashes = np.frombuffer(b"".join(bytes.fromhex(b) for _, b in known), np.uint8)
    owners = np.array([row for row, _ in known], np.int32)
    return replace(evidence, contents=hashes.reshape(-1, DIGEST), owners=owners)


def _by_label(
    features: Features, labels: Sequence[str]
) -> tuple[tuple[str, ...], Int[np.ndarray, " m"], Float[np.ndarray, "m features"]]:
    """The labels, how many pictures each has, and their mean features."""
    names, rows, counts = np.unique(np.array(labels), return_inverse=True, return_counts=True)
    means = [features[rows == row].mean(axis=0, dtype=float) for row in range(len(names))]
    return tuple(names.tolist()), counts, np.stack(means)


def _evidence(names: tuple[str, ...], counts: np.ndarray, *arrays: np.ndarray) -> Evidence:
    origin, basis, means, directions = (array.astype(np.float32) for array in arrays)
    none = np.empty((0, DIGEST), np.uint8), np.empty(0, np.int32)
    return Evidence(names, counts, origin, basis, means, directions, *none)
