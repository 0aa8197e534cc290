"""Filters and full text of the SQLite catalog, inside a transaction of the caller."""

import sqlite3
from collections.abc import Iterator

import numpy as np

from iconym.catalog.terms import Phrase, phrases, query, terms
from iconym.nouns import Filter, IdSet

LAST = "\U0010ffff"  # no text that begins with the same sorts behind it
MATCHES = "id IN (SELECT rowid FROM full_text WHERE full_text MATCH ?)"

Condition = tuple[str, list[str | int]]  # a piece of SQL and what stands for its question marks


def select(connection: sqlite3.Connection, wanted: Filter) -> IdSet:
    """The ids, ascending, of the pictures that ``wanted`` keeps."""
    where, values = conditions(wanted)
    found = connection.execute(f"SELECT id FROM picture WHERE {where} ORDER BY id", values)
    return np.fromiter((i for (i,) in found), np.int64)


def match(
    connection: sqlite3.Connection, text: str, k: int, wanted: Filter
) -> list[tuple[int, float]]:
    """The best k for ``text`` of what ``wanted`` keeps, by BM25 as FTS5 has it."""
    asked = phrases(text)
    if not asked:
        return []
    where, values = conditions(wanted)
    kept = f"AND rowid IN (SELECT id FROM picture WHERE {where})" if wanted else ""
    found = connection.execute(
        f"SELECT rowid, -rank FROM full_text WHERE full_text MATCH ? {kept} "
        "ORDER BY rank, rowid LIMIT ?",
        [query(asked, "OR"), *values, k],
    )
    return found.fetchall()


def conditions(wanted: Filter) -> Condition:
    """What a row of ``picture`` must fulfil."""
    parts = list(_parts(wanted))
    where = " AND ".join(sql for sql, _values in parts) or "TRUE"
    return where, [value for _sql, values in parts for value in values]


def _parts(wanted: Filter) -> Iterator[Condition]:
    yield from (_one_of_its_words(word) for word in wanted.words)
    if asked := phrases(wanted.text):
        yield MATCHES, [query(asked, "AND")]
    elif wanted.text:
        yield "FALSE", []
    if wanted.owner:
        key = f'"{wanted.owner.encode().hex()}"'
        yield (
            "id IN (SELECT rowid FROM picture_key WHERE picture_key MATCH ?) AND owner = ?",
            [key, wanted.owner],
        )
    if folder := wanted.folder.rstrip("/"):
        yield "uri > ? AND uri < ?", [f"{folder}/", f"{folder}0"]  # "0" follows upon "/"
    if wanted.since:
        yield "taken >= ? AND taken <> ''", [wanted.since]
    if wanted.until:
        yield "taken <= ? AND taken <> ''", [wanted.until + LAST]
    if wanted.at_least:
        yield "min(width, height) >= ?", [wanted.at_least]


def _one_of_its_words(word: str) -> Condition:
    exactly = "EXISTS (SELECT 1 FROM json_each(words) WHERE value = ?)"
    phrase: Phrase = tuple(terms(word))
    if not phrase:
        return exactly, [word]
    return f"{MATCHES} AND {exactly}", [query([phrase], "AND"), word]
