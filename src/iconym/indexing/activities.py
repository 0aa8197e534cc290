"""Take in what an activity stream, or a caller, says has happened to pictures."""

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import chain
from pathlib import Path, PurePosixPath

from iconym.collection import Collection
from iconym.indexing.files import NEVER, file_steps, is_text
from iconym.indexing.outcome import Failure, Outcome
from iconym.indexing.steps import BATCH, Step, carry_out
from iconym.nouns import Activity, Picture, Track, untracked
from iconym.pictures.walk import file_state, is_picture_name
from iconym.protocols import ActivityStream
from iconym.space import JointSpace

TICK = 1.0  # seconds of waiting after which an end that was asked for is noticed


def index_activities(
    collection: Collection,
    space: JointSpace,
    activities: Sequence[Activity],
    *,
    batch: int = BATCH,
    track: Track = untracked,
) -> Outcome:
    """Bring the collection up to date with what happened to some of its pictures.

    The file decides, as for ``index_folder``: one of the size and time we know is not opened, a
    known content is not encoded again, also where it has just left another name. Words, caption
    and owner become those of the activity. So to take in the same activities again is harmless.
    One picture's failure is told and written into the ledger; others are taken in.

    Args:
        collection: a folder and its catalog.
        space: becomes the collection's current one.
        activities: pictures by their uris, paths from the collection's folder. Of several of one
            picture the last one counts. A path that leaves the folder, by ".." or a link, and one
            that ``index_folder`` would not look at, is a failure.
        batch: pictures a transaction, at most.
        track: told of each picture that was looked into.

    Raises:
        Interrupted: after Ctrl-C; what was done is kept.
    """
    collection.use_space(space)
    return _take_in(activities, collection, space, batch, track)


def follow(
    collection: Collection,
    space: JointSpace,
    stream: ActivityStream,
    *,
    patience: float = math.inf,
    stop: Callable[[], bool] = lambda: False,
    track: Track = untracked,
) -> Iterator[Outcome]:
    """Take in the activities of a stream as they come, and say of each batch what was done.

    A batch is what there is, 64 activities at most. It is acknowledged when all of it is in the
    catalog, so whatever ends this, somebody is given again what is not, and finds done what was
    done.

    Args:
        collection: a folder and its catalog; several processes may follow for one.
        space: becomes the collection's current one.
        stream: whose lease is longer than 64 pictures take.
        patience: ends after so many seconds without an activity; 0 as soon as there is none.
        stop: asked between batches whether to end.
        track: told of each picture that was looked into.

    Raises:
        Interrupted, KeyboardInterrupt: after Ctrl-C; what was done is kept.
    """
    collection.use_space(space)
    quiet = time.monotonic()
    while not stop():
        claimed = stream.claim(BATCH, wait=min(patience, TICK))
        if claimed:
            outcome = _take_in(claimed, collection, space, BATCH, track)
            stream.ack([activity.id for activity in claimed])
            yield outcome
            quiet = time.monotonic()
        elif time.monotonic() - quiet >= patience:
            return


def _take_in(
    activities: Sequence[Activity],
    collection: Collection,
    space: JointSpace,
    batch: int,
    track: Track,
) -> Outcome:
    catalog, folder = collection.catalog, collection.folder
    last = {activity.picture.uri: activity for activity in activities}
    said = {uri: each.picture for uri, each in last.items() if each.what != "removed"}
    absent = [uri for uri in last if uri not in said and is_text(uri)]
    gone = set(catalog.find(uris=absent)) if absent else set[int]()
    refused = {uri: reason for uri in said if (reason := _refusal(uri, folder))}
    files = [file_state(folder / uri, uri) for uri in said if uri not in refused]
    with closing(file_steps(files, collection, space, gone)) as found:
        taken = (_as_said(step, said[step.picture.uri]) for step in found)
        steps = chain((_refused(uri, refused[uri]) for uri in refused), taken)
        outcome = carry_out(track(steps, "indexing", len(said)), catalog, space, batch)
    catalog.remove(sorted(gone))
    catalog.forget_failures(absent)
    return outcome + Outcome(removed=len(gone))


def _as_said(step: Step, said: Picture) -> Step:
    """The step with what the activity says of the picture, which alone may be what is new."""
    if step.what == "failed":
        return step
    picture = replace(step.picture, words=said.words, caption=said.caption, owner=said.owner)
    is_news = step.what == "unchanged" and picture != step.picture
    return replace(step, what="touched" if is_news else step.what, picture=picture)


def _refusal(uri: str, folder: Path) -> str:
    """Why ``uri`` is no picture's place in the collection; "" if it is one."""
    if not is_text(uri):
        return ""  # of which ``file_steps`` tells
    path = PurePosixPath(uri)
    is_plain = path.as_posix() == uri and path.name and "\0" not in uri
    if path.is_absolute() or ".." in path.parts or not is_plain:
        return "is no path from the collection's folder, such as album/red.jpg"
    if any(part.startswith(".") for part in path.parts) or not is_picture_name(path.name):
        return "is hidden or without a picture's suffix, so the folder's index leaves it out"
    if not Path(os.path.realpath(folder / uri)).is_relative_to(os.path.realpath(folder)):
        return "leads out of the collection by a link; copy the picture"
    return ""


def _refused(uri: str, reason: str) -> Step:
    failure = Failure(uri, "outside the collection", f"{uri!r} {reason}")
    return Step("failed", Picture(uri, modified=NEVER), failure=failure)
