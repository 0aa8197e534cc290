"""An activity as a message: JSON in UTF-8, with the number of its format.

``{"version": 1, "what": "added", "picture": {"uri": "a/red.jpg", "words": ["red"]}}``; fields of
``Picture`` that have their default may be left out, and unknown ones are ignored.
"""

import dataclasses
import json
from typing import Any, get_args, get_type_hints

from iconym.errors import BadData
from iconym.nouns import Activity, Picture

VERSION = 1
LARGEST = 2**16  # bytes of a message: a long caption and a thousand words are a tenth of it
LARGEST_NUMBER = 2**63 - 1  # what a catalog can hold
FIELDS = {field.name: field.default for field in dataclasses.fields(Picture)}
COMPACT = json.JSONEncoder(separators=(",", ":")).encode  # in ASCII, safe for any file name
WHATS = get_args(get_type_hints(Activity)["what"])


def encoded(activity: Activity) -> bytes:
    """The message of an activity, without its id, which is the stream's to give.

    Raises:
        BadData: if ``decoded`` would refuse it.
    """
    given = vars(activity.picture)
    picture = {name: value for name, value in given.items() if value != FIELDS[name]}
    message = COMPACT({"version": VERSION, "what": activity.what, "picture": picture}).encode()
    try:
        decoded(message, "")
    except BadData as error:
        raise BadData(f"the activity of {activity.picture.uri[:100]!r}: {error}") from error
    return message


def decoded(message: bytes | None, id: str) -> Activity:
    """The activity of a message, which anybody may have written, under its id in the stream.

    Raises:
        BadData: if there is none, it is too large, no activity, or of another version.
    """
    if message is None:
        raise BadData("it has no message")
    if len(message) > LARGEST:
        raise BadData(f"{len(message)} bytes; a message has {LARGEST} at most, shorten its words")
    try:
        value = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise BadData(f"no JSON: {message[:40]!r}") from error
    if not isinstance(value, dict) or "version" not in value:
        raise BadData(f"no activity: {message[:40]!r}")
    version = value["version"]
    what: Any = value.get("what")
    if version != VERSION:
        raise BadData(f"version {str(version)[:40]!r}; this iconym reads {VERSION}")
    if what not in WHATS:
        raise BadData(f"what is {str(what)[:40]!r}; it is one of {', '.join(WHATS)}")
    return Activity(what, _picture(value.get("picture")), id)


def _picture(given: Any) -> Picture:
    if not isinstance(given, dict) or not given.get("uri"):
        raise BadData("it names no picture by its uri")
    known = {name: value for name, value in given.items() if name in FIELDS}
    for name, value in known.items():
        if not _fits(name, value):
            raise BadData(f"the picture's {name} is {str(value)[:40]!a}")
    return Picture(**known | {"words": tuple(known.get("words", ()))})


def _fits(name: str, value: object) -> bool:
    """Whether ``value`` is of the type of the field ``name``, and a catalog can hold it."""
    if name == "uri":
        return isinstance(value, str)  # of any bytes, as the name of a file is
    if name == "words":
        return isinstance(value, list) and all(map(_is_text, value))
    if isinstance(FIELDS[name], int):
        return type(value) is int and 0 <= value <= LARGEST_NUMBER  # no bool
    return _is_text(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value == value.encode(errors="ignore").decode()
