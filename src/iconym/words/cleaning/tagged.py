"""One photo's tags and who gave them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tagged:
    """The tags of one photo, as they were found, and its user; "" is an unknown user."""

    tags: tuple[str, ...]
    user: str = ""
