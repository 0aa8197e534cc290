"""The second pass over photos: the cleaned words, one photo a line."""

import gzip
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from iconym.errors import BadData, Usage
from iconym.files import replaced_file
from iconym.words.cleaning.cleaning import Cleaning
from iconym.words.cleaning.report import CleaningReport, Dropped
from iconym.words.cleaning.tagged import Tagged

SUFFIXES = (".txt", ".txt.gz")
IN_A_CELL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def write_cleaned(photos: Iterable[Tagged], cleaning: Cleaning, path: Path) -> CleaningReport:
    """Write the words of each photo as one line, parted by blanks; a phrase is one word ("a_b").

    Line i belongs to photo i; it is empty if no word is left. UTF-8, packed if the name ends in
    ".gz". The file is there when it is whole.

    Returns:
        The report of the cleaning, with the number of photos that were left without any word.

    Raises:
        Usage: if the name ends in neither ".txt" nor ".txt.gz".
        BadData: if these are not the photos that the cleaning was learned from.
    """
    check_suffix(path)
    lines = kept = emptied = 0
    with _written(path) as write:
        for photo in photos:
            words = cleaning(photo.tags)
            write((" ".join(words) + "\n").encode())
            lines += 1
            kept += len(words)
            emptied += not words and bool(photo.tags)
        if (lines, kept) != (cleaning.report.photos, cleaning.report.kept):
            raise BadData(
                f"{lines} photos with {kept} words, but {cleaning.report.photos} with "
                f"{cleaning.report.kept} when they were counted; clean again while nobody writes"
            )
    return replace(cleaning.report, emptied=emptied)


def write_dropped(dropped: Iterable[Dropped], path: Path) -> None:
    """Write every different dropped tag with its rule and its count, as a TSV with a header."""
    with _written(path) as write:
        write(b"tag\trule\tcount\n")
        for tag, rule, times in dropped:
            write(
                f"{tag.translate(IN_A_CELL)}\t{rule}\t{times}\n".encode(errors="backslashreplace")
            )


def check_suffix(path: Path) -> None:
    """Nothing, if cleaned words may be written under this name.

    Raises:
        Usage: if not.
    """
    if not path.name.endswith(SUFFIXES):
        raise Usage(f"{path}: cleaned words are text; let the name end in {' or '.join(SUFFIXES)}")


@contextmanager
def _written(path: Path) -> Iterator[Callable[[bytes], object]]:
    """The function that writes to a file that is there when the block ends without error."""
    with replaced_file(path) as file:
        if path.suffix == ".gz":
            with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
                yield packed.write
        else:
            yield file.write
