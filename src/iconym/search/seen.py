"""Pictures with their features, which no catalog keeps: made again from their files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from iconym.collection import needed_side
from iconym.errors import BadPicture
from iconym.files import content_hash
from iconym.nouns import Image, Picture
from iconym.pictures import decode_picture, read_picture
from iconym.search.pictures import Search
from iconym.search.query import Term
from iconym.similarity import unit


@dataclass(frozen=True)
class Seen:
    """A picture's unit vector, its features if they can be made, and how long its projection is."""

    vector: Float[np.ndarray, " dim"]
    features: Float[np.ndarray, " features"] | None = None
    length: float = 1.0


def see(search: Search, picture: Path | bytes | int) -> Seen:
    """A picture as the space sees it.

    One of the collection has no features here if it has no file, or one of another content than
    when it was indexed.

    Raises:
        Usage: for an id that the collection does not hold.
        BadPicture: for a file that cannot be read.
    """
    if isinstance(picture, int):
        vector = search.embed([Term(picture)]).astype(float)
        image = image_of(search, *search.catalog.get([picture]))
        return Seen(vector) if image is None else _seen(search, image, vector)
    at_least = needed_side(search.space)
    if isinstance(picture, Path):
        return _seen(search, read_picture(picture, at_least=at_least).image)
    return _seen(search, decode_picture(picture, "the picture", at_least=at_least).image)


def image_of(search: Search, picture: Picture) -> Image | None:
    """What the file of a picture of the collection shows; None if it is not as it was indexed."""
    if search.collection is None or not picture.content or not picture.modified:
        return None
    path = search.collection.folder / picture.uri
    if content_hash(path) != picture.content:
        return None
    try:
        return read_picture(path, at_least=needed_side(search.space)).image
    except BadPicture:  # it was changed this very moment
        return None


def _seen(search: Search, image: Image, vector: Float[np.ndarray, " dim"] | None = None) -> Seen:
    features = search.space.encoder([image])
    place = search.space.projection(features).astype(float)
    own = unit(place)[0] if vector is None else vector
    return Seen(own, features[0], float(np.linalg.norm(place)) or 1.0)
