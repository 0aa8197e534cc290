"""Files to steps: what is to be done with each, pictures decoded ahead in threads."""

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from iconym.collection import Collection, needed_side
from iconym.encoders.runtimes import usable_threads
from iconym.errors import BadPicture, MissingPicture
from iconym.files import content_hash
from iconym.indexing.ahead import work_ahead
from iconym.indexing.known import CHUNK, embedded, known_at
from iconym.indexing.steps import Step, failed, unnamed
from iconym.nouns import FileState, Picture
from iconym.pictures import read_picture
from iconym.protocols import Catalog
from iconym.space import JointSpace

NEVER = -1  # a time that no file has: what failed then is tried again in every run


def file_steps(
    files: Iterable[FileState], collection: Collection, space: JointSpace, gone: set[int]
) -> Generator[Step, None, None]:
    """What is to be done with each file, in order; pictures are read and decoded in threads.

    A file of the size and time we know is not opened; one whose content we know under a name
    that is gone keeps id and vector. Only the thread that asks for steps asks the catalog.

    Args:
        files: each uri once, a path below the collection's folder.
        collection: whose catalog says what is known of them.
        space: a picture without a vector in it is to be encoded.
        gone: the ids of pictures whose files are no longer there. The one whose content turns up
            under a name that is new has moved there, and is taken out of this set.
    """
    catalog, folder, at_least = collection.catalog, collection.folder, needed_side(space)
    with ThreadPoolExecutor(usable_threads()) as pool:
        looks = _looks(files, catalog, space.fingerprint)
        hashed = work_ahead(pool, lambda look: _hashed(look, folder), looks)
        steps = (_step(look, catalog, space.fingerprint, gone) for look in hashed)
        yield from work_ahead(pool, lambda step: _decoded(step, folder, at_least), steps)


@dataclass(frozen=True)
class _Look:
    """A file beside what the catalog knows of it."""

    file: FileState
    before: Picture  # of id 0 if there is none
    is_embedded: bool
    content: str = ""

    @property
    def is_unchanged(self) -> bool:
        known = (self.before.size, self.before.modified)
        return self.is_embedded and known == (self.file.size, self.file.modified)

    def of(self, picture: Picture) -> Picture:
        """What is known of ``picture``, now at home in this file."""
        file = self.file
        return replace(picture, uri=file.uri, size=file.size, modified=file.modified or NEVER)


def _looks(files: Iterable[FileState], catalog: Catalog, fingerprint: str) -> Iterator[_Look]:
    waiting = iter(files)
    while chunk := list(islice(waiting, CHUNK)):
        known = known_at(catalog, fingerprint, [f.uri for f in chunk if is_text(f.uri)])
        for file in chunk:
            before = known.pictures.get(file.uri, Picture(file.uri))
            yield _Look(file, before, before.id in known.embedded)


def _hashed(look: _Look, folder: Path) -> _Look:
    if look.is_unchanged:
        return look
    return replace(look, content=content_hash(folder / look.file.uri))


def _step(look: _Look, catalog: Catalog, fingerprint: str, gone: set[int]) -> Step:
    before, content = look.before, look.content
    if not is_text(before.uri):
        return unnamed(before)
    if look.is_unchanged:
        return Step("unchanged", before)
    if content and look.is_embedded and before.content == content:
        return Step("touched", look.of(before))
    if gone and content and not before.id:
        same = [i for i in catalog.find(contents=[content]) if i in gone]
        for i in embedded(catalog, fingerprint, same):
            gone.remove(i)
            return Step("moved", look.of(*catalog.get([i])))
    is_changed = before.id and before.content != content
    return Step("changed" if is_changed else "added", replace(look.of(before), content=content))


def _decoded(step: Step, folder: Path, at_least: int | None) -> Step:
    picture = step.picture
    if step.what not in ("added", "changed"):
        return step
    try:
        decoded = read_picture(folder / picture.uri, at_least=at_least)
    except MissingPicture as error:
        return failed(replace(picture, size=0, modified=NEVER), error)
    except BadPicture as error:
        return failed(picture, error)
    seen = replace(picture, taken=decoded.taken, width=decoded.width, height=decoded.height)
    return replace(step, picture=seen, image=decoded.image)


def is_text(uri: str) -> bool:
    """Whether a path is UTF-8, so that a catalog can hold it."""
    return uri == uri.encode(errors="ignore").decode()
