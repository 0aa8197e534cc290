"""Put the pictures of a data set, which are no files of the folder, into a collection."""

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

from iconym.collection import Collection
from iconym.encoders.runtimes import usable_threads
from iconym.errors import BadData, BadPicture, NothingToDo
from iconym.indexing.ahead import work_ahead
from iconym.indexing.known import CHUNK, Known, known_at
from iconym.indexing.outcome import Outcome
from iconym.indexing.steps import BATCH, Step, carry_out, failed
from iconym.nouns import Picture, Track, untracked
from iconym.protocols import Catalog
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
    with closing(_steps(collection.catalog, space.fingerprint, pictures, images)) as steps:
        tracked = track(steps, "indexing", len(pictures))
        return carry_out(tracked, collection.catalog, space, batch)


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


def _steps(
    catalog: Catalog, fingerprint: str, pictures: Sequence[Picture], images: Sequence[Any]
) -> Generator[Step, None, None]:
    with ThreadPoolExecutor(usable_threads()) as pool:
        looked = _look(catalog, fingerprint, pictures)
        yield from work_ahead(pool, lambda found: _decoded(found, images), looked)


def _look(
    catalog: Catalog, fingerprint: str, pictures: Sequence[Picture]
) -> Iterator[tuple[Step, int]]:
    """A step of each picture, without its image, and the row of the image."""
    for start in range(0, len(pictures), CHUNK):
        chunk = pictures[start : start + CHUNK]
        known = known_at(catalog, fingerprint, [picture.uri for picture in chunk])
        for row, picture in enumerate(chunk, start):
            yield _step(picture, known), row


def _step(picture: Picture, known: Known) -> Step:
    before = known.pictures.get(picture.uri, Picture(picture.uri))
    after = replace(picture, id=before.id)
    if known.holds(picture.uri, picture.content):
        after = _sized(after, before.width, before.height)
        return Step("unchanged" if after == before else "touched", after)
    return Step("changed" if before.id in known.embedded else "added", after)


def _decoded(found: tuple[Step, int], images: Sequence[Any]) -> Step:
    step, row = found
    if step.what not in ("added", "changed"):
        return step
    try:
        image = images[row]
    except BadPicture as error:
        return failed(step.picture, error)
    height, width = image.shape[:2]
    return replace(step, picture=_sized(step.picture, width, height), image=image)


def _sized(picture: Picture, width: int, height: int) -> Picture:
    return replace(picture, width=picture.width or width, height=picture.height or height)
