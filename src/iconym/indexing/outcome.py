"""What a run of indexing did."""

from collections import Counter
from dataclasses import dataclass

from iconym.errors import (
    BadPicture,
    EmptyPicture,
    MissingPicture,
    NotAPicture,
    PictureTooLarge,
    TruncatedPicture,
)

KINDS: dict[type[BadPicture], str] = {
    MissingPicture: "missing or unreadable",
    EmptyPicture: "empty",
    NotAPicture: "not a picture",
    TruncatedPicture: "truncated or damaged",
    PictureTooLarge: "too large",
}


@dataclass(frozen=True)
class Failure:
    """A picture that was skipped: what kind of trouble, and the whole reason in one line."""

    uri: str
    kind: str
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What a run did with each picture; as text one line for people."""

    added: int = 0  # new, or new to this space
    unchanged: int = 0
    changed: int = 0  # encoded again, for its content differs
    moved: int = 0  # known content under a new name
    removed: int = 0  # the file is gone
    failed: tuple[Failure, ...] = ()

    def __str__(self) -> str:
        """As "11 added, 6 failed: 3 not a picture, 2 empty, 1 too large"."""
        names = ("added", "changed", "moved", "removed", "unchanged")
        parts = [f"{getattr(self, name)} {name}" for name in names if getattr(self, name)]
        if self.failed:
            kinds = Counter(failure.kind for failure in self.failed).most_common()
            reasons = ", ".join(f"{count} {kind}" for kind, count in kinds)
            parts.append(f"{len(self.failed)} failed: {reasons}")
        return ", ".join(parts) or "no pictures"
