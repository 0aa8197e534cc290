"""Bring a collection up to date with the picture files of its folder."""

from collections.abc import Callable
from contextlib import closing

from iconym.collection import Collection
from iconym.indexing.compared import Compared, compared
from iconym.indexing.files import file_steps
from iconym.indexing.outcome import Outcome
from iconym.indexing.planned import FEW, Plan, planned
from iconym.indexing.steps import BATCH, carry_out
from iconym.nouns import Track, untracked
from iconym.pictures import scan_pictures
from iconym.space import JointSpace


def index_folder(
    collection: Collection,
    space: JointSpace | None = None,
    *,
    batch: int = BATCH,
    retry: bool = False,
    announce: Callable[[Plan], None] | None = None,
    track: Track = untracked,
) -> Outcome:
    """Bring the collection up to date with the files of its folder, in ``space``.

    A file of the size and time we know is not opened; one whose content we know under a name
    that is gone keeps id and vector; a bad one is skipped, loses what was known of it, and is
    not tried again until it changes. Each batch is a transaction: a killed run loses seconds of
    work at most, and running again, or twice at once, is harmless. Pictures that came from no
    file (``index_pictures``) are left alone, and so are those in a folder that cannot be read.

    Args:
        collection: a folder and its catalog.
        space: becomes the collection's current one. None is the current one, which is then
            loaded only if there is something to do.
        batch: pictures a transaction, at most.
        retry: try all again that failed before.
        announce: told before the work what it will take, where finding out is worth it.
        track: told of each file that was looked into.

    Raises:
        NothingToDo: if the folder has no picture file; nothing is forgotten then, for the disk
            may not be mounted.
        NoCollection: without ``space`` if nothing was indexed yet.
        Interrupted: after Ctrl-C; what was done is kept.
    """
    files = scan_pictures(collection.folder)
    if space is not None:
        collection.use_space(space)
    with compared(collection, fingerprint_of(collection, space), files, retry=retry) as found:
        return _done(collection, space, found, batch, announce, track)


def index_beside(
    collection: Collection,
    space: JointSpace,
    *,
    retry: bool = False,
    announce: Callable[[Plan], None] | None = None,
    track: Track = untracked,
) -> Outcome:
    """As ``index_folder``, in a space that gets its vectors beside the current one, which stays.

    Raises:
        NothingToDo, Interrupted: as ``index_folder``.
    """
    files = scan_pictures(collection.folder)
    collection.keep_space(space)
    with compared(collection, space.fingerprint, files, retry=retry) as found:
        return _done(collection, space, found, BATCH, announce, track)


def plan_folder(
    collection: Collection, space: JointSpace | None = None, *, retry: bool = False
) -> Plan:
    """What ``index_folder`` would do, and take; nothing is changed.

    Raises:
        NothingToDo, NoCollection: as ``index_folder``.
    """
    files = scan_pictures(collection.folder)
    with compared(collection, fingerprint_of(collection, space), files, retry=retry) as found:
        if not found.count:
            return Plan()
        return planned(collection, space or collection.load_space(), found)


def fingerprint_of(collection: Collection, space: JointSpace | None) -> str:
    """Of the space, or of the collection's current one, which is not loaded.

    Raises:
        NoCollection: for none, if nothing was indexed yet.
    """
    if space is not None:
        return space.fingerprint
    known = collection.catalog.spaces()
    return known[0].fingerprint if known else collection.load_space().fingerprint


def _done(
    collection: Collection,
    space: JointSpace | None,
    found: Compared,
    batch: int,
    announce: Callable[[Plan], None] | None,
    track: Track,
) -> Outcome:
    outcome = Outcome(unchanged=found.comparison.unchanged, known=found.known_failures())
    if count := found.count:
        space = space or collection.load_space()
        if announce and count > FEW:
            announce(planned(collection, space, found))
        with closing(file_steps(found.todo(), collection, space, found.gone)) as steps:
            tracked = track(steps, "indexing", count)
            outcome += carry_out(tracked, collection.catalog, space, batch)
    return outcome + Outcome(removed=found.forget())
