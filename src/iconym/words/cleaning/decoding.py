"""Rules that undo what forms, feeds and exports did to a tag: URL and HTML escapes."""

import html
import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from iconym.words.cleaning.rule import Rule

MOST_OFTEN = 5  # times that a tag is decoded; nobody escapes so often but to do harm
PLUS = re.compile(r"(?<=[^\s+])\+(?=[^\s+])")  # "new+york"; the signs of "c++" and "google+" stay
ESCAPED = re.compile(r"(?:%[0-9a-f]{2})+", re.I)
ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.I)
# named ones without their end, numbered ones without their beginning: "rock&amp", "don#39;t"
OPEN_ENTITY = re.compile(r"&(amp|quot|apos|lt|gt|nbsp)(?![a-z0-9;=])", re.I)
CUT_ENTITY = re.compile(
    r"(?<![\w&#])(amp|quot|apos|lt|gt|nbsp);|(?<![&\d])(#(?:3[49]|x2[27]);)", re.I
)
# the % sign was read as an x: "x23avgeek" for "#avgeek", "4x2f22x2f2007" for "4/22/2007"
LOST_AT_START = re.compile(r"(?<![^_])(?:x(?:2[2378]|40))+(?=[^\W\d_]{2})")
LOST_IN_NUMBER = re.compile(r"(?<=\d)x(?:2[cdf]|3a)(?=\d)")


def decode_url(tag: str) -> str:
    """``tag`` without URL escapes, as often as it was escaped (to five times): "%2520" is a blank.

    A plus between other signs is a blank. What is no UTF-8 stays as it is.
    """
    spaced = PLUS.sub(" ", tag) if "+" in tag else tag
    return _until_stable(_decode_url_once, spaced) if "%" in tag else spaced


def decode_html(tag: str) -> str:
    """``tag`` without HTML entities, as often as it was escaped, the commonest broken ones too."""
    return _until_stable(_decode_html_once, tag) if "&" in tag or ";" in tag else tag


def mend_escapes(word: str) -> str:
    """``word`` without URL escapes that have lost their % sign to an x."""
    return LOST_AT_START.sub("", LOST_IN_NUMBER.sub("_", word)) if "x" in word else word


URL = Rule("url", decode_url)
HTML = Rule("html", decode_html)
ESCAPES = Rule("escapes", mend_escapes)


def _decode_url_once(text: str) -> str:
    return ESCAPED.sub(_unescaped, text)


def _unescaped(escaped: re.Match[str]) -> str:
    try:
        return unquote_to_bytes(escaped[0]).decode()
    except UnicodeDecodeError:
        return escaped[0]  # "100%acrylic"


def _decode_html_once(text: str) -> str:
    text = ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    text = OPEN_ENTITY.sub(lambda entity: html.unescape(f"&{entity[1]};"), text)
    return CUT_ENTITY.sub(lambda cut: html.unescape(f"&{cut[1] + ';' if cut[1] else cut[2]}"), text)


def _until_stable(decode: Callable[[str], str], text: str) -> str:
    for _ in range(MOST_OFTEN):
        if (decoded := decode(text)) == text:
            break
        text = decoded
    return text
