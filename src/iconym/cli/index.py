"""``iconym index``: take the pictures of a folder, or of a Parquet file, into a collection."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.labelled import ImageColumn, LabelColumn
from iconym.cli.options import SpaceFolder, say_space
from iconym.cli.output import Json, print_json, print_lines, say, tracked
from iconym.errors import NoCollection, Usage

if TYPE_CHECKING:
    from iconym.indexing import Outcome
    from iconym.space import JointSpace

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


def index(
    source: Source = None,
    *,
    space: SpaceFolder = None,
    collection: Target = None,
    image: ImageColumn = None,
    label: LabelColumn = None,
    as_json: Json = False,
) -> None:
    """Take pictures of a folder or Parquet file into a collection.

    What is new is encoded, what is gone is forgotten. A folder becomes a collection by itself:
    what is known of it lies in a folder .iconym inside. The first time, name the space. To stop
    and go on later is safe. Skipped files are listed with their reasons, and the exit code is
    then 3.
    """
    if source is not None and source.suffix == ".parquet":
        used, outcome = _index_parquet(
            source, space, collection or Path(), image or "image", label or "label"
        )
    elif (collection, image, label) != (None, None, None):
        raise Usage(
            "--collection, --image and --label are for a Parquet file; give one, or leave them out"
        )
    else:
        used, outcome = _index_folder(source, space)
    if as_json:
        print_json({"space": used.fingerprint, **asdict(outcome)})
    else:
        print_lines([str(outcome)])
    for failure in outcome.failed:
        say(f"skipped ({failure.kind}): {failure.reason}")
    if outcome.failed:
        raise typer.Exit(3)


def _index_folder(source: Path | None, space: Path | None) -> "tuple[JointSpace, Outcome]":
    from iconym.collection import FOLDER, create_collection
    from iconym.indexing import index_folder
    from iconym.pictures import some_picture_files

    folder = _nearest() if source is None else source
    if not (folder / FOLDER).is_dir():
        some_picture_files(folder)  # or leave no trace
    used = _space(space, folder)
    return used, index_folder(create_collection(folder), used, track=tracked)


def _index_parquet(
    file: Path, space: Path | None, folder: Path, image: str, label: str
) -> "tuple[JointSpace, Outcome]":
    from iconym.collection import absolute, create_collection, needed_side
    from iconym.data.parquet import content_hashes, read_parquet
    from iconym.indexing import index_pictures
    from iconym.nouns import Picture

    used = _space(space, folder)
    contents = content_hashes(file, image=image)
    data = read_parquet(file, image=image, label=label, at_least=needed_side(used))
    collection = create_collection(folder)
    place = collection.uri(file) or absolute(file).as_posix()  # names are not alike everywhere
    pictures = [
        Picture(f"{place} row {row}", words=(name,), content=content)
        for row, (name, content) in enumerate(zip(data.labels, contents, strict=True))
    ]
    return used, index_pictures(collection, used, pictures, data.images, track=tracked)


def _nearest() -> Path:
    """The folder of the collection here or above, or here."""
    from iconym.collection import open_collection

    try:
        return open_collection(Path()).folder
    except NoCollection:
        return Path()


def _space(path: Path | None, folder: Path) -> "JointSpace":
    from iconym.collection import open_collection
    from iconym.space import load_space

    space = load_space(path) if path else open_collection(folder).load_space()
    say_space(space)
    return space
