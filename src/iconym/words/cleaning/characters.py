"""Rules on the characters of a tag, and the one that makes the word of it."""

import re
import unicodedata

from iconym.nouns import lower_case
from iconym.words.cleaning.rule import Rule, dropping
from iconym.words.text.tokens import as_token

LONGEST = 64  # characters; the longest name of an emoji has about as many
JOINERS = "\u200c\u200d"
# NFKC would take these apart into signs that no keyboard writes: am of Thai and Lao, single jamo
AS_TYPED = re.compile("([\u0e33\u0eb3\u3131-\u318e]+)")
BETWEEN = re.compile("[\\s\u200b\x00-\x1f\x7f-\x9f]+")  # blanks, zero-width ones, controls
# joiners where no script needs one: not after a letter of Arabic ... Mongolian
IDLE_JOINER = re.compile(f"(?<![\u0600-\u1cff])[{JOINERS}]|\u200c(?!\\S)")
VARIANT = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # the colored emoji, the old kanji


def normalize(tag: str) -> str:
    """``tag`` in Unicode's NFKC without invisible characters, single blanks between its words.

    Joiners stay in the scripts that spell with them. Thai and Lao am and single Korean letters
    are left as they are typed, against NFKC.
    """
    if tag.isascii():
        return BETWEEN.sub(" ", tag).strip()
    visible = VARIANT.sub("", BETWEEN.sub(" ", tag))
    visible = "".join(c for c in visible if c in JOINERS or unicodedata.category(c) != "Cf")
    pieces = AS_TYPED.split(IDLE_JOINER.sub("", visible))
    pieces[::2] = [unicodedata.normalize("NFKC", piece) for piece in pieces[::2]]
    return BETWEEN.sub(" ", "".join(pieces)).strip()


def too_short_or_long(word: str) -> bool:
    """Whether ``word`` is one letter of an alphabet, or longer than any name.

    One sign of a script without upper and lower case may well be a word ("\u732b").
    """
    letters = word if word.isalpha() else [c for c in word if unicodedata.category(c)[0] != "M"]
    alone = len(letters) == 1 and letters[0].upper() != letters[0].lower()
    return alone or len(word) > LONGEST


UNICODE = Rule("unicode", normalize)
CASE = Rule("case", lower_case)
WORDS = Rule("words", as_token)
LENGTH = dropping("length", too_short_or_long)
