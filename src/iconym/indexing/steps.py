"""One picture is one step; steps are carried out in batches, each batch a transaction."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np
from jaxtyping import Float

from iconym.errors import BadData, BadPicture
from iconym.indexing.outcome import KINDS, Failure, Interrupted, Outcome
from iconym.nouns import FailureRecord, Image, Picture
from iconym.protocols import Catalog
from iconym.space import JointSpace

BATCH = 64  # pictures a transaction
BATCH_SECONDS = 5.0  # what a killed run loses, and a piece
PIECE = 8  # pictures encoded at once
PIECE_SECONDS = 1.0  # the longest that a decoded picture waits for others
PIXELS = 2**26  # decoded pixels held at once: 192 MiB, however large the pictures

Item = TypeVar("Item")


@dataclass(frozen=True)
class Step:
    """What is to be done with one picture.

    "touched" is unchanged but for what we know of it; ``image`` is there to be encoded. A failed
    step whose picture comes from a file (``modified`` is not 0) is written into the ledger.
    """

    what: Literal["added", "changed", "moved", "touched", "unchanged", "failed"]
    picture: Picture
    image: Image | None = None
    failure: Failure | None = None

    @property
    def pixels(self) -> int:
        """How many wait to be encoded."""
        return 0 if self.image is None else self.image.size // 3


Done = tuple[Step, Float[np.ndarray, " dim"] | None]  # a step without its image, and its vector


def failed(picture: Picture, error: BadPicture) -> Step:
    """The step of a picture that cannot be read."""
    return _failed(picture, KINDS.get(type(error), "bad"), str(error))


def unnamed(picture: Picture) -> Step:
    """The step of a picture whose file name is no text."""
    reason = f"{picture.uri!a} is not UTF-8; rename the file"
    return _failed(picture, "name not UTF-8", reason)


def carry_out(
    steps: Iterable[Step], catalog: Catalog, space: JointSpace, batch: int = BATCH
) -> Outcome:
    """Encode, store and forget what the steps say, and count what came of it.

    A transaction ends after ``batch`` pictures or five seconds. Another process may carry out
    the same steps.

    Raises:
        Interrupted: after Ctrl-C, when what was encoded until then is stored.
    """
    counts: Counter[str] = Counter()
    failures: list[Failure] = []
    pieces = _cut(steps, min(batch, PIECE), PIECE_SECONDS)
    done = (each for piece in pieces for each in _encoded(piece, space))
    try:
        for group in _cut(done, batch, BATCH_SECONDS):
            _write(group, catalog, space.fingerprint)
            counts.update(step.what for step, _ in group)
            failures += [step.failure for step, _ in group if step.failure]
    except KeyboardInterrupt as stop:
        raise Interrupted(_outcome(counts, failures)) from stop
    return _outcome(counts, failures)


def _outcome(counts: Counter[str], failures: list[Failure]) -> Outcome:
    return Outcome(
        added=counts["added"],
        unchanged=counts["unchanged"] + counts["touched"],
        changed=counts["changed"],
        moved=counts["moved"],
        failed=tuple(failures),
    )


def _failed(picture: Picture, kind: str, reason: str) -> Step:
    printable = picture.uri.encode(errors="backslashreplace").decode()
    return Step("failed", picture, failure=Failure(printable, kind, reason))


def _cut(items: Iterable[Item], most: int, seconds: float) -> Iterator[list[Item]]:
    """The items in lists that end after so many items, seconds, or pixels; on Ctrl-C the last."""
    group: list[Item] = []
    begun, pixels = time.monotonic(), 0
    try:
        for item in items:
            group.append(item)
            pixels += item.pixels if isinstance(item, Step) else 0
            late = time.monotonic() - begun >= seconds
            if len(group) >= most or late or pixels >= PIXELS:
                yield group
                group, begun, pixels = [], time.monotonic(), 0
    except KeyboardInterrupt:
        yield group
        raise
    if group:
        yield group


def _encoded(piece: Sequence[Step], space: JointSpace) -> list[Done]:
    """The steps as they come out: a vector without a direction turns one into a failure."""
    images = [step.image for step in piece if step.image is not None]
    vectors = iter(space.embed_images(images) if images else ())
    done: list[Done] = []
    for step in piece:
        if step.image is None:
            done.append((step, None))
            continue
        vector = next(vectors)
        if np.isfinite(vector).all() and vector.any():
            done.append((replace(step, image=None), vector))
        else:
            done.append((_blank(step.picture), None))
    return done


def _blank(picture: Picture) -> Step:
    reason = "the encoder sees nothing in it: its vector is zero or not finite"
    return _failed(picture, "without features", f"{picture.uri!r}: {reason}")


def _write(group: Sequence[Done], catalog: Catalog, fingerprint: str) -> None:
    new = [(step.picture, vector) for step, vector in group if vector is not None]
    if new:
        catalog.put([p for p, _ in new], fingerprint, np.stack([vector for _, vector in new]))
    updated = [step.picture for step, _ in group if step.what in ("moved", "touched")]
    if updated:
        _update(updated, catalog)
        catalog.forget_failures([picture.uri for picture in updated])
    bad = [step for step, _ in group if step.what == "failed"]
    lost = [step.picture.id for step in bad if step.picture.id]
    if lost:
        catalog.remove(lost)
    records = [_record(step) for step in bad if step.picture.modified]
    if records:
        catalog.put_failures(records)


def _update(pictures: Sequence[Picture], catalog: Catalog) -> None:
    try:
        catalog.update(pictures)
    except (KeyError, BadData):
        for picture in pictures:  # another process has removed one, or put one at its new name
            with suppress(KeyError, BadData):
                catalog.update([picture])


def _record(step: Step) -> FailureRecord:
    picture, failure = step.picture, step.failure
    assert failure is not None
    return FailureRecord(picture.uri, failure.kind, failure.reason, picture.size, picture.modified)
