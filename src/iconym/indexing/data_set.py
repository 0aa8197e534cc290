"""Put the pictures of a data set, which are no files of the folder, into a collection."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from iconym.collection import Collection
from iconym.errors import BadData, BadPicture, NothingToDo
from iconym.indexing.outcome import Outcome
from iconym.indexing.steps import BATCH, Known, Step, carry_out, failed, known_to
from iconym.nouns import Picture, Track, untracked
from iconym.space import JointSpace


def index_pictures(
    collection: Collection,
    space: JointSpace,
    pictures: Sequence[Picture],
    images: Sequence[Any],
    *,
    batch: int = BATCH,
    track: Track = untracked,
) -> Outcome:
    """Put pictures that come from a data set, not from files, into the collection, in ``space``.

    Nothing is ever removed; running again is harmless.

    Args:
        collection: a folder and its catalog.
        space: becomes the collection's current one.
        pictures: what is known of them, each uri once. One whose ``content`` is known already is
            not encoded again, one without ``content`` always is. ``modified`` is 0: of no file.
        images: ``images[i]`` (height, width, 3) shows ``pictures[i]``; may decode lazily and
            raise BadPicture, which skips the picture. Only what must be encoded is asked for.
        batch: pictures a transaction.
        track: told of each picture.

    Raises:
        NothingToDo: if there are no pictures.
        BadData: if pictures and images are not equally many, a uri is given twice, or
            ``modified`` is set.
    """
    _check(pictures, len(images))
    collection.use_space(space)
    known = known_to(collection.catalog, space)
    rows = track(range(len(pictures)), "indexing", len(pictures))
    steps = (_take_in(pictures[row], images, row, known) for row in rows)
    return carry_out(steps, collection.catalog, space, batch)


def _check(pictures: Sequence[Picture], images: int) -> None:
    if len(pictures) != images:
        raise BadData(f"{len(pictures)} pictures but {images} images")
    if not pictures:
        raise NothingToDo("the data set has no picture")
    seen: set[str] = set()
    for picture in pictures:
        if picture.modified:
            raise BadData(f"{picture.uri!r} has the time of a file; leave modified at 0")
        if picture.uri in seen:
            raise BadData(f"the picture {picture.uri!r} is given twice; give each uri once")
        seen.add(picture.uri)


def _take_in(picture: Picture, images: Sequence[Any], row: int, known: Known) -> Step:
    before = known.pictures.get(picture.uri, Picture(picture.uri))
    picture = replace(picture, id=before.id)
    if known.holds(picture.uri, picture.content):
        after = _sized(picture, before.width, before.height)
        return Step("unchanged" if after == before else "touched", after)
    try:
        image = images[row]
    except BadPicture as error:
        return failed(before, error)
    height, width = image.shape[:2]
    is_changed = before.id in known.embedded
    return Step("changed" if is_changed else "added", _sized(picture, width, height), image)


def _sized(picture: Picture, width: int, height: int) -> Picture:
    return replace(picture, width=picture.width or width, height=picture.height or height)
