"""``iconym follow``: keep a collection up to date with what an activity stream tells."""

import math
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.options import CollectionFolder, SpaceFolder, say_space
from iconym.cli.output import Json, print_json, print_lines, say, tracked
from iconym.errors import NoCollection

if TYPE_CHECKING:
    from iconym.collection import Collection
    from iconym.indexing import Outcome
    from iconym.space import JointSpace

Address = Annotated[
    str,
    typer.Argument(
        metavar="redis://HOST:PORT/DB",
        envvar="ICONYM_STREAM",
        help="The server; rediss:// for TLS, unix://PATH for a socket. A password is safer in "
        "the environment than on the command line, which others may see.",
    ),
]
Stream = Annotated[str, typer.Option("--stream", help="The name of the stream, a key.")]
Group = Annotated[str, typer.Option(help="Those who share the work; each group gets all of it.")]
Lease = Annotated[
    float,
    typer.Option(
        min=1.0,
        metavar="SECONDS",
        help="Longer than 64 pictures take; after it another one takes over what is unfinished.",
    ),
]
UntilEmpty = Annotated[bool, typer.Option("--until-empty", help="End when nothing is waiting.")]


def follow(
    address: Address,
    *,
    stream: Stream = "pictures",
    group: Group = "iconym",
    collection: CollectionFolder = Path(),
    space: SpaceFolder = None,
    lease: Lease = 60.0,
    until_empty: UntilEmpty = False,
    as_json: Json = False,
) -> None:
    """Take in what a Redis stream tells of pictures in a folder, until Ctrl-C.

    Each line says what was done since the last one. Any number may follow for one collection.
    What one was killed over is given to the next. Skipped files are told of as they come, and
    iconym errors lists them again; messages that are no activities are told of and passed over.
    With --until-empty the exit code is 3 if there were any.
    """
    from iconym.indexing import Interrupted, Outcome
    from iconym.indexing.activities import follow as followed
    from iconym.streams.redis import RedisStream

    rejected: list[str] = []

    def reject(id: str, reason: str) -> None:
        rejected[:] = [id]
        say(f"message {id} is no activity: {reason}")

    source = RedisStream(address, stream, group=group, lease=lease, rejected=reject)
    used, place = _used(space, collection)
    total, failed = Outcome(), 0
    try:
        patience = 0.0 if until_empty else math.inf
        for outcome in followed(place, used, source, patience=patience, track=tracked):
            total += replace(outcome, failed=())  # which may be many, in weeks
            failed += len(outcome.failed)
            _tell(outcome, as_json=as_json)
    except KeyboardInterrupt as stop:
        if isinstance(stop, Interrupted):
            total += replace(stop.outcome, failed=())
        say(f"ended: {total}, {failed} failed; what is unfinished is given to the next")
        return
    if failed or rejected:
        raise typer.Exit(3)


def _used(path: Path | None, folder: Path) -> "tuple[JointSpace, Collection]":
    """The space and the collection here or above, or a new one if the space is named."""
    from iconym.collection import create_collection, open_collection
    from iconym.space import load_space

    space = load_space(path) if path else None
    try:
        collection = open_collection(folder)
    except NoCollection:
        if space is None:
            raise
        collection = create_collection(folder)
    space = space or collection.load_space()
    say_space(space)
    return space, collection


def _tell(outcome: "Outcome", *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(outcome))
    else:
        print_lines([str(outcome)])
    sys.stdout.flush()  # a reader of a pipe waits for it
    for failure in outcome.failed:
        say(f"skipped ({failure.kind}): {failure.reason}")
