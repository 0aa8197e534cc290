"""A collection in two spaces that see the same colors along turned axes."""

from dataclasses import replace

import numpy as np

from colors import saved_color_space
from iconym.collection import create_collection
from iconym.nouns import Picture, WordVectors
from iconym.space import Projection

TURN = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]], np.float32)  # red goes to the second axis


def turned_space():
    """The color space with its axes turned: the same answers, other numbers."""
    space = saved_color_space()
    words = WordVectors(space.text.words, space.text.vectors @ TURN)
    projection = Projection(space.projection.weight @ TURN, space.projection.bias)
    return replace(space, name="turned", projection=projection, text=words, vocabulary=words)


def old_and_new(folder, count=40, encoded=40):
    """``count`` pictures in the color space, the first ``encoded`` of them also in the turned."""
    collection = create_collection(folder)
    old, new = saved_color_space(), turned_space()
    rows = np.random.default_rng(0).random((count, 3), np.float32)
    pictures = [Picture(f"{i}.png", content=f"{i:064}") for i in range(count)]
    collection.use_space(old)
    collection.catalog.put(pictures, old.fingerprint, rows)
    collection.keep_space(new)
    if encoded:
        collection.catalog.put(pictures[:encoded], new.fingerprint, rows[:encoded] @ TURN)
    return collection, old, new
