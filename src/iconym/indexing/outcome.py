"""What a run of indexing did."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from iconym.errors import (
    BadPicture,
    EmptyPicture,
    MissingDecoder,
    MissingPicture,
    NotAPicture,
    PictureTooLarge,
    TruncatedPicture,
)

UNREADABLE = "missing or unreadable"
KINDS: dict[type[BadPicture], str] = {
    MissingPicture: UNREADABLE,
    EmptyPicture: "empty",
    NotAPicture: "not a picture",
    TruncatedPicture: "truncated or damaged",
    PictureTooLarge: "too large",
    MissingDecoder: "HEIC without its extra",
}
COUNTED = ("added", "changed", "moved", "removed", "unchanged")


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
    failed: tuple[Failure, ...] = ()  # tried in this run
    known: Mapping[str, int] = field(default_factory=dict)  # by kind: failed before, not tried

    @property
    def failures(self) -> int:
        """How many pictures cannot be taken in, tried in this run or known from before."""
        return len(self.failed) + sum(self.known.values())

    def __add__(self, other: "Outcome") -> "Outcome":
        """What two runs did, one after the other."""
        counts = {name: getattr(self, name) + getattr(other, name) for name in COUNTED}
        known = Counter(self.known) + Counter(other.known)
        return Outcome(**counts, failed=self.failed + other.failed, known=dict(known))

    def __str__(self) -> str:
        """As "11 added, 6 failed: 3 not a picture, 2 empty, 1 too large, of these 4 known"."""
        parts = [f"{getattr(self, name)} {name}" for name in COUNTED if getattr(self, name)]
        if self.failures:
            kinds = Counter(failure.kind for failure in self.failed) + Counter(self.known)
            reasons = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
            known = f", of these {sum(self.known.values())} known" if self.known else ""
            parts.append(f"{self.failures} failed: {reasons}{known}")
        return ", ".join(parts) or "no pictures"


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in the middle of a run: all that was done is kept, and running again goes on."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome
