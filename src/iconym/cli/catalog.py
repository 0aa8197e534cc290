"""``iconym catalog``: check what a collection knows of its pictures, copy it, put it back."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.output import Json, print_json, print_lines, shown_path
from iconym.errors import NoCollection

if TYPE_CHECKING:
    from iconym.catalog.verifying import Verified

Folder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="The collection's folder, or one inside it.")
]
Target = Annotated[
    Path, typer.Option("--to", metavar="FILE", help="The backup, new or in place of an older one.")
]
Source = Annotated[Path, typer.Option("--from", metavar="FILE", help="A backup.")]

app = typer.Typer(
    help="What a collection knows of its pictures: check it, copy it, put it back.",
    rich_markup_mode=None,
    add_completion=False,
)


@app.command("verify")
def verify(folder: Folder = Path(), *, as_json: Json = False) -> None:
    """Look at every row and every vector of the catalog; one changed byte is found.

    Damage is listed, and the exit code is then 1: restore a backup, or remove the folder .iconym
    and index again.
    """
    from iconym.catalog.verifying import verify

    found = verify(_catalog(folder))
    if found.problems and not as_json:
        print_lines([f"damaged: {problem}" for problem in found.problems])
    else:
        _tell("whole" if not found.problems else "damaged", found, as_json)
    if found.problems:
        raise typer.Exit(1)


@app.command("backup")
def backup(folder: Folder = Path(), *, to: Target, as_json: Json = False) -> None:
    """Copy the catalog to a file, as it now is and found whole; others may go on with it."""
    from iconym.catalog.upkeep import backup

    _tell(f"copied to {shown_path(to)}", backup(_catalog(folder), to), as_json)


@app.command("restore")
def restore(folder: Folder = Path(), *, source: Source, as_json: Json = False) -> None:
    """Put the catalog back to what a backup holds; what was learned since is forgotten.

    Nothing is changed if the backup is not whole. The next iconym index takes in again what the
    backup lacks.
    """
    from iconym.catalog.upkeep import restore
    from iconym.collection import CATALOG, FOLDER, absolute

    try:
        path = _catalog(folder)
    except NoCollection:
        if not folder.is_dir():
            raise
        path = absolute(folder) / FOLDER / CATALOG
        path.parent.mkdir(exist_ok=True)
    _tell(f"restored from {shown_path(source)}", restore(source, path), as_json)


def _catalog(start: Path) -> Path:
    """The catalog of the collection in ``start`` or above, which need not be one to be opened."""
    from iconym.collection import CATALOG, FOLDER, absolute, is_collection

    for folder in (absolute(start), *absolute(start).parents):
        if is_collection(folder):
            return folder / FOLDER / CATALOG
    raise NoCollection(f"there is no collection in {absolute(start)} or above; check the path")


def _tell(what: str, found: "Verified", as_json: bool) -> None:
    if as_json:
        print_json({"catalog": what, **asdict(found)})
    else:
        counts = (
            f"{found.pictures:,} pictures, {found.vectors:,} vectors, {found.changes:,} changes, "
            f"{found.failures:,} failures"
        )
        print_lines([f"{what}: {counts}"])
