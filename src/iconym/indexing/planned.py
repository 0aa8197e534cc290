"""What a run of indexing will take, found out by trying a few of its pictures."""

import random
import time
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from iconym.collection import Collection
from iconym.indexing.compared import Compared
from iconym.indexing.files import file_steps
from iconym.indexing.steps import PIECE
from iconym.nouns import FileState
from iconym.space import JointSpace

FEW = 256  # pictures that are done before one would know how long they take
TRIED = 2000  # pictures, about, at most, and a quarter of all
TRIED_SECONDS = 1.0
ROW = 500  # bytes of a picture in the catalog beside its vector, its uri of some 30 characters
WRITING = 1e-4  # seconds a picture, measured with batches of 64


@dataclass(frozen=True)
class Plan:
    """What a run has before it; as text one line for people."""

    pictures: int = 0
    seconds: float = 0.0
    bytes: int = 0  # that the catalog grows by

    def __str__(self) -> str:
        """As "48,212 pictures, about 26 min, 94 MB"."""
        return f"{self.pictures:,} pictures, about {_time(self.seconds)}, {_size(self.bytes)}"


def planned(collection: Collection, space: JointSpace, found: Compared) -> Plan:
    """A plan of all that was found, after about a second of trying pictures from all over it."""
    count = found.count
    sample = list(islice(found.todo(), 0, None, max(4, count // TRIED)))
    random.Random(0).shuffle(sample)  # the first of them are from all over, too
    _warm_up(sample, collection, space, set(found.gone))
    tried, begun = 0, time.perf_counter()
    with closing(file_steps(sample, collection, space, set(found.gone))) as steps:
        while piece := list(islice(steps, PIECE)):
            images = [step.image for step in piece if step.image is not None]
            if images:
                space.embed_images(images)
            tried += len(piece)
            seconds = time.perf_counter() - begun
            if seconds > TRIED_SECONDS:
                break
    each = seconds / tried + WRITING
    return Plan(count, each * count, (ROW + 4 * space.dim) * count)


def _warm_up(
    sample: list[FileState], collection: Collection, space: JointSpace, gone: set[int]
) -> None:
    """Have the encoder open its network, which takes as long as many pictures."""
    with closing(file_steps(sample, collection, space, gone)) as steps:
        for step in steps:
            if step.image is not None:
                space.embed_images([step.image])
                return


def _time(seconds: float) -> str:
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def _size(count: int) -> str:
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if count >= 2 * unit:
            return f"{count / unit:.0f} {name}"
    return f"{count / 1000:.0f} kB"
