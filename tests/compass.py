"""Directions to look in, and what an index ought to answer: shared by the tests of indexes."""

import math

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

EAST, NORTH, WEST, SOUTH = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)
NORTHEAST, NOWHERE = (1.0, 1.0), (0.0, 0.0)
MISSING = (-1, -math.inf)

NUMBERS = st.integers(0, 12)
ROWS = arrays(np.float32, 3, elements=st.integers(-9, 9)).filter(np.any)
AMONG = st.none() | st.lists(NUMBERS, max_size=8)


def ids(*numbers):
    return np.array(numbers, np.int64)


def vectors(*rows):
    return np.array(rows, np.float32).reshape(len(rows), -1)


def found(index, query, k, among=None):
    """The answer to one query as (id, score rounded), missing ones too."""
    neighbors = index.search(vectors(query), k, among)
    assert neighbors.ids.shape == neighbors.scores.shape == (1, k)
    pairs = zip(neighbors.ids[0].tolist(), neighbors.scores[0].tolist())
    return [(i, round(score, 4)) for i, score in pairs]


def plain_search(held, query, k, among):
    """The definition as a double loop."""
    scored = []
    for i, vector in held.items():
        if among is None or i in among:
            lengths = math.hypot(*vector) * (math.hypot(*query) or 1.0)
            scored.append((-sum(a * b for a, b in zip(vector, query)) / lengths, i))
    return [(i, -score) for score, i in sorted(scored)][:k]
