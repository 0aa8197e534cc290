"""Bring a collection up to date with the picture files of its folder."""

from dataclasses import dataclass, replace
from pathlib import Path

from iconym.collection import Collection, needed_side
from iconym.errors import BadPicture
from iconym.files import content_hash
from iconym.indexing.outcome import Outcome
from iconym.indexing.steps import BATCH, Known, Step, carry_out, failed, known_to, unnamed
from iconym.nouns import Picture, Track, untracked
from iconym.pictures import read_picture, some_picture_files
from iconym.space import JointSpace

Gone = dict[str, list[Picture]]  # by content: pictures whose files are no longer there


def index_folder(
    collection: Collection, space: JointSpace, *, batch: int = BATCH, track: Track = untracked
) -> Outcome:
    """Bring the collection up to date with the files of its folder, in ``space``.

    A file of the size and time we know is not opened; one whose content we know under a name
    that is gone keeps id and vector; a bad one is skipped and loses what was known of it. Each
    batch is a transaction: a killed run loses the last one at most, and running again is
    harmless. Pictures that came from no file (``index_pictures``) are left alone.

    Args:
        collection: a folder and its catalog.
        space: becomes the collection's current one.
        batch: pictures a transaction.
        track: told of each file that must be looked into.

    Raises:
        NothingToDo: if the folder has no picture file; nothing is forgotten then, for the disk
            may not be mounted.
    """
    files = [_file(path, collection) for path in some_picture_files(collection.folder)]
    collection.use_space(space)
    known = known_to(collection.catalog, space)
    gone = _gone(known, files)
    todo = [file for file in files if not _is_unchanged(file, known)]
    at_least = needed_side(space)
    steps = (_look_into(f, known, gone, at_least) for f in track(todo, "indexing", len(todo)))
    outcome = carry_out(steps, collection.catalog, space, batch)
    lost = [picture.id for pictures in gone.values() for picture in pictures]
    if lost:
        collection.catalog.remove(lost)
    unchanged = outcome.unchanged + len(files) - len(todo)
    return replace(outcome, unchanged=unchanged, removed=len(lost))


@dataclass(frozen=True)
class _File:
    path: Path
    uri: str
    size: int = 0
    modified: int = 0


def _file(path: Path, collection: Collection) -> _File:
    uri = path.relative_to(collection.folder).as_posix()
    try:
        status = path.stat()
    except OSError:
        return _File(path, uri)  # read_picture will say what is wrong
    return _File(path, uri, status.st_size, status.st_mtime_ns or 1)  # 0 is for "no file"


def _gone(known: Known, files: list[_File]) -> Gone:
    gone: Gone = {}
    uris = {file.uri for file in files}
    for picture in known.pictures.values():
        if picture.modified and picture.uri not in uris:
            gone.setdefault(picture.content, []).append(picture)
    return gone


def _is_unchanged(file: _File, known: Known) -> bool:
    picture = known.pictures.get(file.uri)
    if picture is None or (picture.size, picture.modified) != (file.size, file.modified):
        return False
    return known.holds(file.uri, picture.content)


def _look_into(file: _File, known: Known, gone: Gone, at_least: int | None) -> Step:
    before = known.pictures.get(file.uri, Picture(file.uri))
    if not _is_text(file.uri):
        return unnamed(before)
    content = content_hash(file.path)
    seen = replace(before, size=file.size, modified=file.modified, content=content)
    if known.holds(file.uri, content):
        return Step("touched", seen)
    if not before.id and (old := _moved(content, known, gone)):
        return Step("moved", replace(old, uri=file.uri, size=file.size, modified=file.modified))
    try:
        decoded = read_picture(file.path, at_least=at_least)
    except BadPicture as error:
        return failed(before, error)
    is_changed = before.id and before.content != content
    return Step(
        "changed" if is_changed else "added",
        replace(seen, taken=decoded.taken, width=decoded.width, height=decoded.height),
        decoded.image,
    )


def _moved(content: str, known: Known, gone: Gone) -> Picture | None:
    """The picture of this content that is gone from elsewhere, which it then no longer is."""
    pictures = gone.get(content, [])
    if content and pictures and pictures[-1].id in known.embedded:
        return pictures.pop()
    return None


def _is_text(uri: str) -> bool:
    return uri == uri.encode(errors="ignore").decode()
