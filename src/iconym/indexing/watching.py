"""Keep a collection up to date while its folder changes."""

import os
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from threading import Event

from iconym.collection import Collection
from iconym.errors import NothingToDo, Usage
from iconym.indexing.files import file_steps
from iconym.indexing.folder import index_folder
from iconym.indexing.known import known_at
from iconym.indexing.outcome import Failure, Outcome
from iconym.indexing.steps import carry_out
from iconym.nouns import Filter, Track, untracked
from iconym.pictures.walk import file_state, is_picture_name
from iconym.space import JointSpace

QUIET = 300  # milliseconds without a change after which what changed is looked into
LONGEST = 5_000  # milliseconds of changes without a pause
TICK = 500  # milliseconds after which an end that was asked for is noticed
MANY = 1_000  # changes at once; the system's queue of notices is finite, so some may be lost


def watch_folder(
    collection: Collection,
    space: JointSpace | None = None,
    *,
    poll: float | None = None,
    stop: Event | None = None,
    track: Track = untracked,
) -> Iterator[Outcome]:
    """Bring the collection up to date, and again whenever its folder changes, until ``stop``.

    Gives what was done: first by a look through the whole folder, during which changes are
    noticed already, then after changes. Only the files that changed are looked into; the whole
    folder again where a folder came, went or is a link, or where notices may have been lost.

    Args:
        collection: a folder and its catalog.
        space: as of ``index_folder``.
        poll: seconds between looks through the whole folder, for disks that give no notice of
            what others change (network disks); no notice is waited for then.
        stop: set by whoever wants an end.
        track: told of each file that was looked into.

    Raises:
        Usage, NothingToDo, NoCollection: as ``index_folder``; Usage too if the system gives no
            notice of changes.
        Interrupted, KeyboardInterrupt: after Ctrl-C; what was done is kept.
    """
    stop = stop or Event()
    notices = _notices(collection.folder, stop) if poll is None else _ticks(poll, stop)
    with closing(notices):
        next(notices, None)  # from now on nothing is missed
        outcome = index_folder(collection, space, track=track)
        yield outcome
        told = set(outcome.failed)
        for uris in notices:
            with suppress(NothingToDo):  # the disk may be gone for a while; nothing is forgotten
                outcome = _follow(collection, space, uris, track)
                if uris is None:
                    outcome = _without(told, outcome)
                told |= set(outcome.failed)
                if outcome != Outcome(unchanged=outcome.unchanged, known=outcome.known):
                    yield outcome


def _without(told: set[Failure], outcome: Outcome) -> Outcome:
    """A look through all, with failures that were told before, and tried again, as known ones."""
    news = tuple(failure for failure in outcome.failed if failure not in told)
    again = Counter(failure.kind for failure in outcome.failed if failure in told)
    return replace(outcome, failed=news, known=dict(again + Counter(outcome.known)))


Uris = frozenset[str] | None  # what may have changed; None is everything


def _follow(collection: Collection, space: JointSpace | None, uris: Uris, track: Track) -> Outcome:
    if uris is None or len(uris) >= MANY or any(_is_folder(uri, collection) for uri in uris):
        return index_folder(collection, space, track=track)
    names = sorted(uri for uri in uris if is_picture_name(os.path.basename(uri)))
    if not names:
        return Outcome()
    return _look_into(names, collection, space or collection.load_space(), track)


def _look_into(
    uris: Sequence[str], collection: Collection, space: JointSpace, track: Track
) -> Outcome:
    catalog, folder = collection.catalog, collection.folder
    there = [uri for uri in uris if os.path.lexists(folder / uri)]
    absent = sorted(set(uris) - set(there))
    known = known_at(catalog, space.fingerprint, absent).pictures.values()
    gone = {picture.id for picture in known if picture.modified}
    files = [file_state(folder / uri, uri) for uri in there]
    with closing(file_steps(files, collection, space, gone)) as steps:
        outcome = carry_out(track(steps, "indexing", len(files)), catalog, space)
    catalog.remove(list(gone))
    catalog.forget_failures(absent)
    return outcome + Outcome(removed=len(gone))


def _is_folder(uri: str, collection: Collection) -> bool:
    """Whether this is, or was, a folder or in a linked one: a look through all sees what counts."""
    path = collection.folder / uri
    if not os.path.lexists(path):
        return len(collection.catalog.select(Filter(folder=uri))) > 0
    inside = os.path.join(os.path.realpath(collection.folder), os.path.dirname(uri))
    return path.is_dir() or os.path.realpath(path.parent) != os.path.normpath(inside)


def _notices(folder: Path, stop: Event) -> Generator[Uris, None, None]:
    """What changed below ``folder``; the first one, of nothing, when the system is listening."""
    first: Uris = frozenset()
    while not stop.is_set():
        try:
            yield from _noticed(folder, stop, first)
        except RuntimeError:  # of watchfiles, at a name that is no text
            first = None  # for the notices beside it are lost


def _noticed(folder: Path, stop: Event, first: Uris) -> Generator[Uris, None, None]:
    """What changed below ``folder``; before it ``first``, when the system is listening."""
    from watchfiles import watch  # a twentieth of a second that only this verb needs

    root = os.path.realpath(folder)
    notices = watch(
        root,
        watch_filter=lambda _change, path: not _is_hidden(_uri(path, root)),
        step=QUIET,
        debounce=LONGEST,
        stop_event=stop,
        rust_timeout=TICK,
        yield_on_timeout=True,
    )
    with closing(notices):
        try:
            begun = next(notices, set())
        except OSError as error:
            raise Usage(
                f"the system gives no notice of changes in {folder} ({error}); look through it "
                "every minute: iconym watch --poll 60"
            ) from error
        yield first
        for changes in chain([begun], notices):
            if changes:
                yield frozenset(_uri(path, root) for _, path in changes)


def _ticks(seconds: float, stop: Event) -> Generator[Uris, None, None]:
    """Everything, now and again."""
    yield None
    while not stop.wait(seconds):
        yield None


def _uri(path: str, root: str) -> str:
    return Path(path).relative_to(root).as_posix()


def _is_hidden(uri: str) -> bool:
    return any(part.startswith(".") for part in Path(uri).parts)
