"""What a catalog knows of a few pictures, and which of them have a vector."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from iconym.nouns import Picture
from iconym.protocols import Catalog

CHUNK = 64  # pictures asked for at once


@dataclass(frozen=True)
class Known:
    """What a catalog held of the pictures that were asked for."""

    pictures: dict[str, Picture]  # by uri
    embedded: frozenset[int]  # the ids that have a vector in the space

    def holds(self, uri: str, content: str) -> bool:
        """Whether the picture at ``uri`` has this content, and a vector of it in the space."""
        picture = self.pictures.get(uri)
        if picture is None or not content:
            return False
        return picture.content == content and picture.id in self.embedded


def known_at(catalog: Catalog, fingerprint: str, uris: Sequence[str]) -> Known:
    """What is known of the pictures at ``uris``, and of their vectors in this space."""
    ids = catalog.find(uris=uris) if uris else []
    pictures: list[Picture] = []
    with suppress(KeyError):  # another process has just removed one; the others are read anew
        pictures = catalog.get(ids) if ids else []
    return Known({p.uri: p for p in pictures}, frozenset(embedded(catalog, fingerprint, ids)))


def embedded(catalog: Catalog, fingerprint: str, ids: Sequence[int]) -> list[int]:
    """Those of ``ids``, ascending, that have a vector in this space."""
    if not ids:
        return []
    found, _vectors = catalog.vectors(fingerprint, np.array(ids, np.int64))
    return found.tolist()
