"""``iconym index``: take the pictures of a folder, or of a Parquet file, into a collection."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.labelled import ImageColumn, LabelColumn
from iconym.cli.options import SpaceFolder, say_space
from iconym.cli.output import Json, print_json, print_lines, say, tracked
from iconym.errors import NoCollection, Usage

if TYPE_CHECKING:
    from iconym.indexing import Outcome, Plan
    from iconym.space import JointSpace

PATIENCE = 5.0  # seconds of work that need no plan
TOLD = 20  # failures that are told one by one

Source = Annotated[
    Path | None,
    typer.Argument(
        metavar="FOLDER|FILE.parquet",
        help="The pictures; else the collection's folder, here or above, is looked through again.",
        show_default=False,
    ),
]
Target = Annotated[
    Path | None,
    typer.Option("--collection", "-c", help="Where the pictures of a Parquet file go.  [here]"),
]
PlanOnly = Annotated[
    bool, typer.Option("--plan", help="Say what it would take, and change nothing.")
]
Retry = Annotated[
    bool, typer.Option("--retry", help="Try those again too that failed before (iconym errors).")
]

Beside = Annotated[
    bool,
    typer.Option("--beside", help="Keep the current space current; --space gets vectors beside."),
]


def index(
    source: Source = None,
    *,
    space: SpaceFolder = None,
    collection: Target = None,
    image: ImageColumn = None,
    label: LabelColumn = None,
    plan: PlanOnly = False,
    retry: Retry = False,
    beside: Beside = False,
    as_json: Json = False,
) -> None:
    """Take pictures of a folder or Parquet file into a collection.

    What is new is encoded, what is gone is forgotten, what only moved is kept. A folder becomes
    a collection by itself: what is known of it lies in a folder .iconym inside. The first time,
    name the space. A folder inside a collection that is named becomes one of its own. Pictures of
    a Parquet file have their label for a word, those of a folder have no words of their own. To
    stop and go on later is safe. Skipped files are listed with their reasons, and the exit code is
    then 3; iconym errors lists them again.
    """
    if beside and (space is None or plan):
        raise Usage("--beside is for another space; give --space too, and leave out --plan")
    if source is not None and source.suffix == ".parquet":
        if plan or retry or beside:
            raise Usage(
                "--plan, --retry and --beside are for a folder; leave them out with a Parquet file"
            )
        place = collection or Path()
        with stoppable():
            used, outcome = _index_parquet(source, space, place, image or "image", label or "label")
        report(outcome, used.fingerprint, as_json=as_json)
        return
    if (collection, image, label) != (None, None, None):
        raise Usage(
            "--collection, --image and --label are for a Parquet file; give one, or leave them out"
        )
    folder = nearest() if source is None else source
    if plan:
        _print_plan(folder, space, retry=retry, as_json=as_json)
    else:
        index_and_report(folder, space, retry=retry, beside=beside, as_json=as_json)


def index_and_report(
    folder: Path,
    space: Path | None = None,
    *,
    retry: bool = False,
    beside: bool = False,
    as_json: bool = False,
) -> None:
    """Index a folder, print what was done, and leave with 3 if pictures failed."""
    from iconym.collection import create_collection
    from iconym.indexing import index_beside, index_folder

    used = used_space(space, folder)
    collection = create_collection(folder)
    with stoppable():
        if used and beside:
            outcome = index_beside(collection, used, retry=retry, announce=announce, track=tracked)
        else:
            outcome = index_folder(collection, used, retry=retry, announce=announce, track=tracked)
    fingerprint = used.fingerprint if used else collection.catalog.spaces()[0].fingerprint
    report(outcome, fingerprint, as_json=as_json)


def used_space(path: Path | None, folder: Path) -> "JointSpace | None":
    """The space that is named; None for the current one of a collection, which may stay unread.

    A folder that is no collection yet is looked through first: where nothing can be done, no
    trace is left. Without a name it takes the space of the collection above.
    """
    from iconym.collection import is_collection, open_collection
    from iconym.pictures import scan_pictures
    from iconym.space import load_space

    if not is_collection(folder):
        scan_pictures(folder)
    elif path is None and (known := open_collection(folder).catalog.spaces()):
        say_space(known[0])
        return None
    space = load_space(path) if path else open_collection(folder).load_space()
    say_space(space)
    return space


def nearest() -> Path:
    """The folder of the collection here or above, or here."""
    from iconym.collection import open_collection

    try:
        return open_collection(Path()).folder
    except NoCollection:
        return Path()


def announce(plan: "Plan") -> None:
    """Say what is planned, if one will wait for it."""
    if plan.seconds > PATIENCE:
        say(f"to do: {plan}")


@contextmanager
def stoppable() -> Iterator[None]:
    """Within it, Ctrl-C ends with what was done, and how to go on."""
    from iconym.indexing import Interrupted

    try:
        yield
    except Interrupted as stop:
        say(f"stopped: {stop.outcome}; all of it is kept, the same command goes on from there")
        raise typer.Exit(130) from stop


def report(outcome: "Outcome", fingerprint: str, *, as_json: bool) -> None:
    """Print what was done; leave with 3 if pictures failed, in this run or known from before."""
    if as_json:
        print_json({"space": fingerprint, **asdict(outcome)})
    else:
        print_lines([str(outcome)])
    for failure in outcome.failed[:TOLD]:
        say(f"skipped ({failure.kind}): {failure.reason}")
    if len(outcome.failed) > TOLD:
        say(f"and {len(outcome.failed) - TOLD} more skipped; --json and iconym errors list them")
    if outcome.known:
        say("known failures are tried again once their files change; iconym errors lists them")
    if outcome.failures:
        raise typer.Exit(3)


def _print_plan(folder: Path, space: Path | None, *, retry: bool, as_json: bool) -> None:
    from iconym.catalog.sqlite import SqliteCatalog
    from iconym.collection import CATALOG, Collection, absolute, is_collection, open_collection
    from iconym.indexing import plan_folder

    used = used_space(space, folder)
    with TemporaryDirectory() as aside:
        if is_collection(folder):
            collection = open_collection(folder)
        else:  # no trace is left
            collection = Collection(absolute(folder), SqliteCatalog(Path(aside) / CATALOG))
        plan = plan_folder(collection, used, retry=retry)
    if as_json:
        print_json(asdict(plan))
    else:
        print_lines([str(plan)])


def _index_parquet(
    file: Path, space: Path | None, folder: Path, image: str, label: str
) -> "tuple[JointSpace, Outcome]":
    from iconym.collection import absolute, create_collection, needed_side, open_collection
    from iconym.data.parquet import content_hashes, read_parquet
    from iconym.indexing import index_pictures
    from iconym.nouns import Picture
    from iconym.space import load_space

    used = load_space(space) if space else open_collection(folder).load_space()
    say_space(used)
    contents = content_hashes(file, image=image)
    data = read_parquet(file, image=image, label=label, at_least=needed_side(used))
    collection = create_collection(folder)
    place = collection.uri(file) or absolute(file).as_posix()  # names are not alike everywhere
    pictures = [
        Picture(f"{place} row {row}", words=(name,), content=content)
        for row, (name, content) in enumerate(zip(data.labels, contents, strict=True))
    ]
    return used, index_pictures(collection, used, pictures, data.images, track=tracked)
