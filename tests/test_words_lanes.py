"""Lanes: what sixteen numbers at once do is what NumPy does."""

import numpy as np
from numba import njit

from iconym.words.compiled.lanes import (
    WIDTH,
    add,
    aligned_zeros,
    load,
    multiply_add,
    prefetch,
    spread,
    store,
    total,
)


@njit
def all_of_them(a, b):
    """In row 2 of ``a``: row 0 times row 1, plus 3, plus row 0 of ``b``; the sum of that."""
    result = np.float32(0)
    for d in range(0, a.shape[1], WIDTH):
        prefetch(a, 2, d)
        lanes = multiply_add(load(a, 0, d), load(a, 1, d), spread(np.float32(3)))
        store(a, 2, d, add(lanes, load(b, 0, d)))
        result += total(load(a, 2, d))
    return result


def test_every_operation_is_that_of_numpy():
    a, b = aligned_zeros(3, 32), aligned_zeros(1, 32)
    a[0], a[1], b[0] = np.arange(32), np.arange(32)[::-1], 0.5
    expected = np.arange(32) * np.arange(32)[::-1] + 3.5
    assert all_of_them(a, b) == expected.sum()
    assert np.array_equal(a[2], expected) and np.array_equal(a[0], np.arange(32))


def test_a_part_of_an_array_is_read_by_its_own_strides():
    whole = aligned_zeros(6, 48)
    whole[:] = np.arange(6 * 48).reshape(6, 48)
    part = whole[::2, 16:48]
    expected = part[0] * part[1] + 3 + part[0]
    all_of_them(part, part.copy())
    assert np.array_equal(whole[4, 16:], expected)


def test_rows_start_at_a_cache_line_and_are_whole_lanes():
    for rows, dim, width in ((3, 1, 16), (5, 16, 16), (2, 200, 208), (1, 33, 48)):
        array = aligned_zeros(rows, dim)
        assert array.shape == (rows, width) and array.dtype == np.float32
        assert array.ctypes.data % 64 == 0 and array.flags.c_contiguous and not array.any()
