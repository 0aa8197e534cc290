"""Rules for what programs and sites write among the tags of people."""

import re

from iconym.words.cleaning.rule import dropping

ADDRESS = re.compile(
    r"\b(?:https?|ftp)://|\bwww\.[\w-]+\.\w{2,}"
    r"|(?<!\S)[^\s@]+@[^\s@]+\.[a-z]{2,}"
    r"|^[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|info|biz|edu|gov|de|fr|it|es|nl|co\.\w\w)(?:/\S*)?$",
    re.I,
)
MACHINE_TAG = re.compile(r"\w+:\w+\s*=")  # namespace:predicate=value
PROGRAM = re.compile(
    r"geo_?tag(?:ged|ging)?|geo_?(?:lat|long?)(?:itude)?[_\d]*"
    r"|instagram_?app|square_?format|i_?phoneography|shozu"
    r"|(?:uploaded_?(?:by|with|from|via)|flickr_?(?:mobile|ios|android)_?app)\w*"
)


def is_address(tag: str) -> bool:
    """Whether ``tag`` holds a web or mail address."""
    return not tag.isalnum() and bool(ADDRESS.search(tag))


ADDRESSES = dropping("addresses", is_address)
MACHINE_TAGS = dropping("machine-tags", MACHINE_TAG.match)
PROGRAMS = dropping("programs", PROGRAM.fullmatch)
