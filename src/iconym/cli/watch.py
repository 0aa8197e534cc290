"""``iconym watch``: keep a collection up to date while its folder changes."""

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.index import nearest, used_space
from iconym.cli.options import SpaceFolder
from iconym.cli.output import Json, print_json, print_lines, say, tracked

if TYPE_CHECKING:
    from iconym.indexing import Outcome

Folder = Annotated[
    Path | None,
    typer.Argument(
        metavar="FOLDER", help="The pictures; else the collection's folder, here or above."
    ),
]
Poll = Annotated[
    float | None,
    typer.Option(
        min=1.0,
        metavar="SECONDS",
        help="Look through the folder so often; for network disks, which give no notice.",
    ),
]


def watch(
    folder: Folder = None,
    *,
    space: SpaceFolder = None,
    poll: Poll = None,
    as_json: Json = False,
) -> None:
    """Index a folder, and go on whenever it changes, until Ctrl-C.

    Each line says what was done since the last one. Skipped files are told of as they come;
    iconym errors lists them again. At the end stands the sum of all that was done.
    """
    from iconym.collection import create_collection
    from iconym.indexing import Interrupted, Outcome
    from iconym.indexing.watching import watch_folder

    folder = nearest() if folder is None else folder
    used = used_space(space, folder)
    collection = create_collection(folder)
    total = Outcome()
    failed: set[str] = set()  # one file may be told of again and again
    try:
        for outcome in watch_folder(collection, used, poll=poll, track=tracked):
            total += _done(outcome)
            failed |= {failure.uri for failure in outcome.failed}
            _tell(outcome, as_json=as_json)
    except KeyboardInterrupt as stop:
        if isinstance(stop, Interrupted):
            total += _done(stop.outcome)
            failed |= {failure.uri for failure in stop.outcome.failed}
        _end(total, len(failed))


def _done(outcome: "Outcome") -> "Outcome":
    """Without what each look through the folder meets again."""
    return replace(outcome, unchanged=0, failed=(), known={})


def _tell(outcome: "Outcome", *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(outcome))
    else:
        print_lines([str(outcome)])
    sys.stdout.flush()  # whoever reads it waits for it
    for failure in outcome.failed:
        say(f"skipped ({failure.kind}): {failure.reason}")


def _end(total: "Outcome", failed: int) -> None:
    from iconym.indexing import Outcome

    done = [] if total == Outcome() else [str(total)]
    if failed:
        done.append(f"{failed} failed")
    say(f"ended: {', '.join(done) or 'nothing changed'}")
