"""Rules for emoticons and emoji."""

import re
import unicodedata

from iconym.words.cleaning.rule import Rule

HEART = re.compile(r"</?3+(?!\d)")
EMOTICON = re.compile(
    r"[<>]?[:;=]['\-o^]?[)(\[\]{}dpoxs3c/\\|*@$]+"  # :-) ;p =d
    r"|[)(\[\]{}/\\|*d]+['\-o^]?[:;=]"  # (-:
    r"|[8x]['\-^]?[)(\[\]/\\|]+"  # x( 8-)
    r"|\\[o0]/|[(=]*[\^>~\-][o_.w]*[<\^~\-][)=]*",  # \o/ (^o^)
    re.I,
)
EMOJI = re.compile("[\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\u3030\u303d\U0001f000-\U0001faff]+")
SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")
SIGN = re.compile("[\U0001f1e6-\U0001f1ff]{2}|.")  # the two letters of a flag, or one character


def drop_emoticons(tag: str) -> str:
    """``tag`` without its emoticons; "" if it was nothing else."""
    if tag.isalnum():
        return tag
    pieces = HEART.sub(" ", tag).split()
    return " ".join(piece for piece in pieces if not EMOTICON.fullmatch(piece))


def drop_emoji(tag: str) -> str:
    """``tag`` without its emoji; "" if it was nothing else."""
    return " ".join(EMOJI.sub(" ", tag).split())


def name_emoji(tag: str) -> str:
    """The names of the emoji of a tag that holds nothing else; other tags without their emoji.

    Each is named once, by Unicode, whatever the skin: "dog face". A flag is "flag jp".
    """
    if tag.isascii():
        return tag
    rest = drop_emoji(tag)
    if any(c.isalnum() for c in rest):
        return rest
    signs = SIGN.findall(SKIN.sub("", "".join(EMOJI.findall(tag))))
    return " ".join(dict.fromkeys(map(_name, signs))).strip()


EMOTICONS = Rule("emoticons", drop_emoticons)
NAMED_EMOJI = Rule("emoji", name_emoji)
DROPPED_EMOJI = Rule("emoji", drop_emoji)


def _name(sign: str) -> str:
    if len(sign) == 2:
        return "flag " + "".join(chr(ord(c) - ord("\U0001f1e6") + ord("a")) for c in sign)
    return unicodedata.name(sign, "").lower()
