"""The terms of full text: what is indexed of a picture, and what is looked for.

Case and accents do not count. Scripts without blanks between words (Chinese, Japanese, Thai, Lao,
Khmer, Burmese) give one term a character; a word of theirs is looked for as its characters in a
row, so it is found wherever it stands.
"""

import json
import re
import unicodedata
from collections.abc import Iterable

from iconym.nouns import Picture, split_words

_ASCII = re.compile(r"[a-z0-9]+")
_UNPARTED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_PART = re.compile(rf"[{_UNPARTED}]|[^\s'{_UNPARTED}]+")
_ACCENT = re.compile("[\u0300-\u036f]+")

Phrase = tuple[str, ...]  # terms that stand in a row


def terms(text: str) -> list[str]:
    """The terms of ``text`` in their order."""
    if text.isascii():
        return _ASCII.findall(text.lower())
    words = " ".join(split_words(text))
    bare = _ACCENT.sub("", unicodedata.normalize("NFD", words))
    return _PART.findall(unicodedata.normalize("NFC", bare))


def stored_terms(words: str, caption: str, uri: str) -> str | None:
    """The terms of a picture to be stored, parted by blanks; ``words`` is a list in JSON.

    None where SQLite's tokenizer "ascii" finds the same in the three themselves.
    """
    if words.isascii() and caption.isascii() and uri.isascii() and "\\" not in words:
        return None
    return " ".join(terms(" ".join((*json.loads(words), caption, uri))))


def picture_terms(picture: Picture) -> list[str]:
    """The terms of a picture: of its words, its caption and its uri."""
    return terms(" ".join((*picture.words, picture.caption, picture.uri)))


def phrases(text: str) -> list[Phrase]:
    """What to look for: the terms of each word of ``text``, every phrase once."""
    found = (tuple(terms(word)) for word in split_words(text))
    return list(dict.fromkeys(phrase for phrase in found if phrase))


def query(wanted: Iterable[Phrase], joint: str) -> str:
    """The phrases in the language of FTS5, joined by its word ``joint``: AND, OR."""
    return f" {joint} ".join(f'"{" ".join(phrase)}"' for phrase in wanted)
