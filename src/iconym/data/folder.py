"""A folder of pictures with labels: in a metadata file, in a text beside each, or by class."""

import csv
import io
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

from iconym.errors import BadData, NothingToDo
from iconym.files import content_hash
from iconym.nouns import Image, LabelledImages
from iconym.pictures import read_picture, some_picture_files

METADATA = ("metadata.csv", "metadata.tsv", "metadata.jsonl")
FILE_NAME = "file_name"
LABEL_COLUMNS = ("label", "caption", "text")  # the first one there is taken
SEPARATORS = ",\t;|"

Row = dict[str, Any]


@dataclass(frozen=True)
class LazyImages(Sequence[Image]):
    """Images that are decoded each time they are asked for; a slice is lazy too.

    ``images[i]`` is ``decode(sources[i])`` and raises BadPicture as that does. ``content`` tells
    what a source holds, if it can be told without decoding it.
    """

    sources: Sequence[Any]
    decode: Callable[[Any], Image]
    content: Callable[[Any], str] | None = None

    def __len__(self) -> int:
        return len(self.sources)

    @overload
    def __getitem__(self, rows: int) -> Image: ...
    @overload
    def __getitem__(self, rows: slice) -> "LazyImages": ...
    def __getitem__(self, rows: int | slice) -> "Image | LazyImages":
        if isinstance(rows, slice):
            return LazyImages(self.sources[rows], self.decode, self.content)
        return self.decode(self.sources[rows])

    def fingerprint(self, row: int) -> str | None:
        """Another text whenever ``images[row]`` would be another image; None if unknown."""
        return None if self.content is None else self.content(self.sources[row])


def read_folder(
    path: Path, *, label: str | None = None, at_least: int | None = None
) -> LabelledImages:
    """The pictures of a folder with their labels, in the first of these layouts that fits.

    1. ``metadata.csv``, ``.tsv`` or ``.jsonl`` with a column ``file_name``, relative to the
       folder; pictures that it does not name are left out, one may stand in several rows. Cells of
       csv and tsv are parted by comma, tab, semicolon or bar, whichever line 1 has most of.
    2. A text beside each picture, ``a.txt`` for ``a.jpg``: its first line.
    3. Class folders: the name of the folder that a picture lies in.

    Underscores in labels become blanks. Pictures are decoded when asked for, so a bad one is
    found then.

    Args:
        path: the folder.
        label: the metadata's column of labels; else "label", "caption" or "text".
        at_least: the short side, pixels, that the caller needs, as for ``read_picture``.

    Raises:
        Usage: if there is no such folder, or it is a file.
        NothingToDo: if it is empty, holds no picture, or its metadata have no row.
        BadData: if a picture has no label, or the metadata cannot be read.
    """
    labels = _labels(path, some_picture_files(path), label)

    def decode(picture: Path) -> Image:
        return read_picture(picture, at_least=at_least).image

    def content(picture: Path) -> str:
        return as_read(content_hash(picture), at_least)

    found = tuple(picture for picture, _ in labels)
    names = tuple(os.path.relpath(picture, path) for picture in found)
    images = LazyImages(found, decode, content)
    return LabelledImages(images, tuple(text for _, text in labels), names)


def as_read(content: str, at_least: int | None) -> str:
    """A picture's content with how far it is shrunk while it is read, which changes its pixels."""
    return f"{content}:{at_least or 'whole'}" if content else ""


def as_label(text: str) -> str:
    """``text`` with underscores as blanks, and single blanks only: "aquarium fish"."""
    return " ".join(text.replace("_", " ").split())


def _labels(path: Path, pictures: list[Path], column: str | None) -> list[tuple[Path, str]]:
    metadata = [path / name for name in METADATA if (path / name).is_file()]
    if len(metadata) > 1:
        raise BadData(f"{str(path)!r} has {metadata[0].name} and {metadata[1].name}; keep one")
    if metadata:
        return _labels_in(metadata[0], column)
    if column is not None:
        raise BadData(f"no column {column!r}: {str(path)!r} has none of {', '.join(METADATA)}")
    if any(picture.with_suffix(".txt").is_file() for picture in pictures):
        return [(picture, _label_beside(picture)) for picture in pictures]
    return [(picture, _class_of(picture, path)) for picture in pictures]


def _labels_in(metadata: Path, column: str | None) -> list[tuple[Path, str]]:
    read = _read_json_lines if metadata.suffix == ".jsonl" else _read_separated
    columns, rows = read(metadata)
    if column is None:
        column = next((name for name in LABEL_COLUMNS if name in columns), LABEL_COLUMNS[0])
    check_columns(metadata, (FILE_NAME, column), columns)
    labels = []
    for number, row in rows:
        name, value = row.get(FILE_NAME), row.get(column)
        if not name or not isinstance(name, str):
            raise BadData(f"{metadata.name} line {number}: no {FILE_NAME}")
        label = "" if value is None else as_label(str(value))
        if not label:
            raise BadData(f"{metadata.name} line {number}: {name!r} has no {column!r}")
        labels.append((metadata.parent / name, label))
    if not labels:
        raise NothingToDo(f"{str(metadata)!r} has no rows; write one for each picture")
    return labels


def check_columns(table: Path, needed: Sequence[str], columns: Sequence[str]) -> None:
    """Raise BadData, naming the columns that there are, if a needed one is missing."""
    for column in needed:
        if column not in columns:
            raise BadData(
                f"{table.name}: column {column!r} not found; columns are: {', '.join(columns)}"
            )


def _read_separated(path: Path) -> tuple[list[str], list[tuple[int, Row]]]:
    text = _text(path)
    separator = max(SEPARATORS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    columns, rows = [], []
    try:
        columns = [name.strip() for name in next(reader, [])]
        for row in filter(None, reader):
            if len(row) != len(columns):
                raise BadData(
                    f"{path.name} line {reader.line_num}: {len(row)} cells, not {len(columns)} "
                    f"(parted by {separator!r})"
                )
            rows.append((reader.line_num, dict(zip(columns, row, strict=True))))
    except csv.Error as error:
        raise BadData(f"{path.name} line {reader.line_num}: {error}") from error
    return columns, rows


def _read_json_lines(path: Path) -> tuple[list[str], list[tuple[int, Row]]]:
    rows: list[tuple[int, Row]] = []
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise BadData(f"{path.name} line {number} is no JSON: {error}") from error
        if not isinstance(row, dict):
            raise BadData(f"{path.name} line {number} is no JSON object like {{{FILE_NAME!r}: …}}")
        rows.append((number, row))
    return list(rows[0][1]) if rows else [FILE_NAME, LABEL_COLUMNS[0]], rows


def _label_beside(picture: Path) -> str:
    path = picture.with_suffix(".txt")
    if not path.is_file():
        raise BadData(f"{str(picture)!r} has no {path.name!r} beside it; other pictures have one")
    label = as_label(_text(path).partition("\n")[0])
    if not label:
        raise BadData(f"the first line of {str(path)!r} is empty; write the label there")
    return label


def _class_of(picture: Path, folder: Path) -> str:
    if picture.parent == folder:
        raise BadData(f"{picture.name!r} has no label: move it into a folder named by its class")
    return as_label(picture.parent.name)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadData(f"{str(path)!r} is not UTF-8 text; save it as UTF-8") from error
