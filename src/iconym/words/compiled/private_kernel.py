"""Private copies of rows that all threads write all the time, compiled."""

from typing import NamedTuple, no_type_check

import numpy as np

from iconym.words.compiled.lanes import WIDTH, add, compiled, load, multiply_add, spread, store


class Private(NamedTuple):
    """Copies of some rows of inputs or outputs, for one of several threads alone.

    All threads write those of the commonest words, and the nodes next to the root of the tree,
    all the time, and would wait for each other's memory.
    """

    first: int  # the copied rows are those from here on, as many as ``before`` has
    place: int  # the row of the same table where their copies start
    before: np.ndarray  # (rows copied, width), float32: as they were when they were copied


@compiled
@no_type_check
def copy_private(C, private):
    """Make the copies."""
    for row in range(len(private.before)):
        for d in range(0, C.shape[1], WIDTH):
            there = load(C, private.first + row, d)
            store(C, private.place + row, d, there)
            store(private.before, row, d, there)


@compiled
@no_type_check
def merge_private(C, private):
    """Add what was learned privately to the rows of all, and copy those anew."""
    minus = spread(np.float32(-1))
    for row in range(len(private.before)):
        for d in range(0, C.shape[1], WIDTH):
            there = add(load(C, private.first + row, d), load(C, private.place + row, d))
            there = multiply_add(load(private.before, row, d), minus, there)
            store(C, private.first + row, d, there)
            store(C, private.place + row, d, there)
            store(private.before, row, d, there)


@compiled
@no_type_check
def own_row(private, row):
    """The row where this thread keeps ``row``."""
    copied = row - private.first
    return private.place + copied if 0 <= copied < len(private.before) else row
