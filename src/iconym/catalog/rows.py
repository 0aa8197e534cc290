"""Pictures, changes and failures as rows of their tables, each row with a checksum of its values.

The checksums are a part of the format: they never change.
"""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring
from typing import Any
from zlib import crc32

from iconym.catalog.terms import stored_terms
from iconym.nouns import FailureRecord, Picture

FIELDS = tuple(field.name for field in dataclasses.fields(Picture))  # uri ... modified, id
SELECT = f"SELECT {', '.join(FIELDS)} FROM picture"

Row = tuple[Any, ...]


def checksum(*values: object) -> int:
    """CRC-32 of the values of a row."""
    return crc32("\x1f".join(map(str, values)).encode(errors="surrogatepass"))


def vector_checksum(space: int, id: int, vector: bytes) -> int:
    """CRC-32 of a vector's bytes and of where it stands."""
    return crc32(vector, crc32(b"%d\x1f%d" % (space, id)))


def picture_row(picture: Picture, id: int) -> Row:
    """The columns of a picture in the order of its table: id, uri ... modified, terms, checksum.

    Written out for speed; the checksum is that of ``checksum``.
    """
    words = f"[{', '.join(map(encode_basestring, picture.words))}]"
    uri, caption, owner, taken = picture.uri, picture.caption, picture.owner, picture.taken
    width, height, content = picture.width, picture.height, picture.content
    size, modified = picture.size, picture.modified
    terms = stored_terms(words, caption, uri)
    values = (
        f"{id}\x1f{uri}\x1f{words}\x1f{caption}\x1f{owner}\x1f{taken}\x1f"
        f"{width}\x1f{height}\x1f{content}\x1f{size}\x1f{modified}\x1f{terms}"
    )
    check = crc32(values.encode())
    # fmt: off
    return (
        id, uri, words, caption, owner, taken, width, height, content, size, modified, terms, check
    )
    # fmt: on


def change_row(sequence: int, id: int, removed: int) -> Row:
    """The columns of an entry of the log; as ``picture_row``, for speed."""
    return sequence, id, removed, crc32(b"%d\x1f%d\x1f%d" % (sequence, id, removed))


def failure_row(failure: FailureRecord) -> Row:
    """The columns of an entry of the ledger in the order of its table."""
    row = dataclasses.astuple(failure)
    return (*row, checksum(*row))


def picture_of(row: Sequence[Any]) -> Picture:
    """The picture that ``SELECT`` found."""
    uri, words, *others = row
    return Picture(uri, tuple(json.loads(words)), *others)


def listed(values: Iterable[Any]) -> str:
    """``values`` for SQL's ``json_each``, by which one statement asks for any number."""
    return json.dumps(list(values))
