"""Encode a random sample of a collection's pictures in another space, beside the current one."""

from contextlib import closing
from itertools import islice

import numpy as np

from iconym.collection import Collection
from iconym.indexing.files import file_steps
from iconym.indexing.outcome import Outcome
from iconym.indexing.steps import carry_out
from iconym.nouns import FileState, Track, untracked
from iconym.space import JointSpace

SAMPLE = 1_000


def index_sample(
    collection: Collection,
    space: JointSpace,
    *,
    count: int = SAMPLE,
    seed: int = 0,
    track: Track = untracked,
) -> Outcome:
    """Give ``count`` pictures, drawn at random, a vector in ``space``; the current space stays.

    The same count and seed draw the same pictures of the same collection, so that running again
    is harmless. Drawn are pictures whose files are there; others cannot be encoded again.

    Args:
        collection: has at least one picture, or nothing is done.
        space: gets a copy in the collection.
        count: how many, at most.
        seed: of the draw.
        track: told of each picture.
    """
    collection.keep_space(space)
    files = [
        FileState(picture.uri, picture.size, picture.modified)
        for picture in collection.catalog.pictures()
        if picture.modified
    ]
    order = np.random.default_rng(seed).permutation(len(files))
    there = (files[i] for i in order if (collection.folder / files[i].uri).is_file())
    drawn = list(islice(there, count))
    with closing(file_steps(drawn, collection, space, set())) as steps:
        tracked = track(steps, "encoding a sample", len(drawn))
        return carry_out(tracked, collection.catalog, space)
