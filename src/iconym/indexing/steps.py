"""One picture is one step; steps are carried out in batches, each batch a transaction."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from iconym.errors import BadPicture
from iconym.indexing.outcome import KINDS, Failure, Outcome
from iconym.nouns import Image, Picture
from iconym.protocols import Catalog
from iconym.space import JointSpace

BATCH = 64  # pictures a transaction: what a killed run loses
PIXELS = 2**26  # decoded pixels held at once: 192 MiB, however large the batch


@dataclass(frozen=True)
class Step:
    """What is to be done with one picture.

    "touched" is unchanged but for what we know of it; ``image`` is there to be encoded.
    """

    what: Literal["added", "changed", "moved", "touched", "unchanged", "failed"]
    picture: Picture
    image: Image | None = None
    failure: Failure | None = None


@dataclass(frozen=True)
class Known:
    """What the catalog held when the run began."""

    pictures: dict[str, Picture]  # by uri
    embedded: frozenset[int]  # the ids that have a vector in the space

    def holds(self, uri: str, content: str) -> bool:
        """Whether the picture at ``uri`` has this content, and a vector of it in the space."""
        picture = self.pictures.get(uri)
        if picture is None or not content:
            return False
        return picture.content == content and picture.id in self.embedded


def known_to(catalog: Catalog, space: JointSpace) -> Known:
    """What ``catalog`` holds, and what of it in ``space``."""
    ids, _vectors = catalog.vectors(space.fingerprint)
    return Known({p.uri: p for p in catalog.pictures()}, frozenset(ids.tolist()))


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
    """Encode, store and forget what the steps say, and count what came of it."""
    done: Counter[str] = Counter()
    failures: list[Failure] = []
    for group in _groups(steps, batch):
        for step in _written(group, catalog, space):
            done[step.what] += 1
            failures += [step.failure] if step.failure else []
    return Outcome(
        added=done["added"],
        unchanged=done["unchanged"] + done["touched"],
        changed=done["changed"],
        moved=done["moved"],
        failed=tuple(failures),
    )


def _failed(picture: Picture, kind: str, reason: str) -> Step:
    printable = picture.uri.encode(errors="backslashreplace").decode()
    return Step("failed", picture, failure=Failure(printable, kind, reason))


def _groups(steps: Iterable[Step], batch: int) -> Iterator[list[Step]]:
    group: list[Step] = []
    pixels = 0
    for step in steps:
        group.append(step)
        pixels += 0 if step.image is None else step.image.size // 3
        if len(group) >= batch or pixels >= PIXELS:
            yield group
            group, pixels = [], 0
    if group:
        yield group


def _written(group: Sequence[Step], catalog: Catalog, space: JointSpace) -> list[Step]:
    """The steps as they came out: a vector without a direction turns one into a failure."""
    done = [*_encoded(group, catalog, space), *(step for step in group if step.image is None)]
    updated = [step.picture for step in done if step.what in ("moved", "touched")]
    if updated:
        catalog.update(updated)
    lost = [step.picture.id for step in done if step.what == "failed" and step.picture.id]
    if lost:
        catalog.remove(lost)
    return done


def _encoded(group: Sequence[Step], catalog: Catalog, space: JointSpace) -> list[Step]:
    todo = [(step, step.image) for step in group if step.image is not None]
    if not todo:
        return []
    vectors = space.embed_images([image for _, image in todo])
    good = np.isfinite(vectors).all(axis=1) & vectors.any(axis=1)
    kept = [step for (step, _), is_good in zip(todo, good, strict=True) if is_good]
    if kept:
        catalog.put([step.picture for step in kept], space.fingerprint, vectors[good])
    blank = [step.picture for (step, _), is_good in zip(todo, good, strict=True) if not is_good]
    reason = "the encoder sees nothing in it: its vector is zero or not finite"
    return [*kept, *(_failed(p, "without features", f"{p.uri!r}: {reason}") for p in blank)]
