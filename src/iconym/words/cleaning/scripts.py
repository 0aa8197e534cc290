"""The language filter, as far as one tag can tell its language: by the script it is written in."""

import re
import unicodedata
from collections.abc import Collection

from iconym.errors import Usage
from iconym.words.cleaning.rule import Rule, dropping

# as the names of Unicode's letters begin, but for Chinese characters, which are "cjk" there
SCRIPTS = (
    *("arabic", "armenian", "bengali", "cyrillic", "devanagari", "ethiopic", "georgian", "greek"),
    *("gujarati", "gurmukhi", "han", "hangul", "hebrew", "hiragana", "kannada", "katakana"),
    *("khmer", "lao", "latin", "malayalam", "mongolian", "myanmar", "oriya", "sinhala"),
    *("tamil", "telugu", "thaana", "thai", "tibetan"),
)
OF_NO_SCRIPT = ("modifier", "feminine", "masculine")


def only_scripts(scripts: Collection[str]) -> Rule:
    """The rule that keeps the words whose every letter belongs to one of ``scripts``.

    Digits belong to all. Japanese is han, hiragana and katakana; Korean is hangul and han.

    Raises:
        Usage: for a script that is none of ``SCRIPTS``.
    """
    for script in scripts:
        if script not in SCRIPTS:
            raise Usage(f"no script {script!r}; there are {', '.join(SCRIPTS)}")
    wanted = frozenset(scripts)
    return dropping("scripts", lambda word: not all(_of(c, wanted) for c in word))


def _of(character: str, scripts: frozenset[str]) -> bool:
    if not character.isalpha():
        return True
    names = re.split("[ -]", unicodedata.name(character, "unnamed").lower())
    if names[0] in OF_NO_SCRIPT:
        return True
    if names[0] in ("cjk", "ideographic"):
        return "han" in scripts
    if names[:2] == ["katakana", "hiragana"]:  # the sign of a long vowel belongs to both
        return "hiragana" in scripts or "katakana" in scripts
    return names[0] in scripts
