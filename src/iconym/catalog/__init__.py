"""Catalogs: what is known of each picture, its vectors, and a log of every change."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float32

from iconym.errors import BadData
from iconym.nouns import Picture


def checked(
    pictures: Sequence[Picture], vectors: Float[np.ndarray, "n dim"]
) -> Float32[np.ndarray, "n dim"]:
    """``vectors`` in float32, once they and the pictures can be put into a catalog.

    Raises:
        BadData: for a uri given twice, vectors that are not as many as the pictures, or a vector
            that is zero or not finite.
    """
    if len(pictures) != len(vectors):
        raise BadData(f"{len(pictures)} pictures but {len(vectors)} vectors")
    uris = {picture.uri for picture in pictures}
    if len(uris) < len(pictures):
        twice = Counter(picture.uri for picture in pictures).most_common(1)[0][0]
        raise BadData(f"the picture {twice!r} is given twice; give each uri once")
    with np.errstate(over="ignore"):
        rows = np.ascontiguousarray(vectors, "<f4")
    bad = ~(np.isfinite(rows).all(axis=1) & rows.any(axis=1))
    if bad.any():
        uri = pictures[int(np.flatnonzero(bad)[0])].uri
        raise BadData(f"the vector of {uri!r} is zero or not finite: no direction to compare")
    return rows
