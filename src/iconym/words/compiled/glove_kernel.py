"""The compiled loops of GloVe: the order of the records, and the steps of AdaGrad."""

from typing import NamedTuple, no_type_check

import numpy as np

from iconym.words.compiled.lanes import (
    WIDTH,
    aligned_zeros,
    clip,
    compiled,
    inverse_root,
    load,
    multiply_add,
    prefetch_row,
    spread,
    store,
    total,
)

AHEAD = 4  # records: how early the vectors of one are asked for
LARGEST_SLOPE = 100.0  # of one number of a vector, as in glove.c


class Model(NamedTuple):
    """What is learned. A word has one row in each, so that a record touches memory in two places.

    A row is a vector, the sums of squares of its slopes, its bias, and the sum for that; vector
    and sums are padded to multiples of 16.
    """

    words: np.ndarray  # (words, 2 * width + 16), float32
    contexts: np.ndarray


class Records(NamedTuple):
    """Co-occurrences in the order in which they are learned."""

    rows: np.ndarray  # (records,), int32
    columns: np.ndarray  # (records,), int32
    logs: np.ndarray  # (records,), float32: of the co-occurrences
    weights: np.ndarray  # (records,), float32: f of them


class Rates(NamedTuple):
    """The learning rates."""

    vectors: np.float32
    biases: np.float32


def empty_model(words: int, dim: int) -> Model:
    """Zeros, but ones for the sums of squares."""
    tables = []
    for _ in range(2):
        width = -(-dim // WIDTH) * WIDTH
        table = aligned_zeros(words, 2 * width + WIDTH)
        table[:, width : 2 * width] = 1
        table[:, 2 * width + 1] = 1
        tables.append(table)
    return Model(*tables)


@compiled
@no_type_check
def shuffle_rows(starts, order, random, source, shuffled):
    """Fill ``shuffled`` with the records of the rows ``order``, one row after the other.

    ``source`` and ``shuffled`` are (columns, values) and (rows, columns, values); ``random`` is
    32 random bits a record, which make each order within a row as likely as any other.
    """
    columns, values = source
    placed = 0
    for row in order:
        first = placed
        for record in range(starts[row], starts[row + 1]):
            size = np.uint64(placed + 1 - first)
            other = first + np.int64((np.uint64(random[placed]) * size) >> np.uint64(32))
            shuffled[0][placed] = row
            shuffled[1][placed], shuffled[2][placed] = shuffled[1][other], shuffled[2][other]
            shuffled[1][other], shuffled[2][other] = columns[record], values[record]
            placed += 1


@compiled
@no_type_check
def train_records(model, records, rates):
    """Move ``model`` by one step for each of ``records``; the sum of their costs before it."""
    cost = 0.0
    for k in range(len(records.rows)):
        ahead = min(k + AHEAD, len(records.rows) - 1)
        prefetch_row(model.words, records.rows[ahead])
        prefetch_row(model.contexts, records.columns[ahead])
        row, column = records.rows[k], records.columns[k]
        missing = _score(model, row, column) - records.logs[k]
        slope = records.weights[k] * missing
        cost += 0.5 * slope * missing
        _move_vectors(model, row, column, slope, rates.vectors)
        _move_bias(model.words, row, slope * rates.biases)
        _move_bias(model.contexts, column, slope * rates.biases)
    return cost


@compiled
@no_type_check
def _score(model, row, column):
    """The inner product of a word with a context, and their biases."""
    W, C = model.words, model.contexts
    width = (W.shape[1] - WIDTH) // 2
    sums = spread(np.float32(0))
    for d in range(0, width, WIDTH):
        sums = multiply_add(load(W, row, d), load(C, column, d), sums)
    return total(sums) + W[row, 2 * width] + C[column, 2 * width]


@compiled
@no_type_check
def _move_vectors(model, row, column, slope, rate):
    W, C = model.words, model.contexts
    width = (W.shape[1] - WIDTH) // 2
    slopes, limit, zero = spread(slope), spread(np.float32(LARGEST_SLOPE)), spread(np.float32(0))
    rates = spread(-rate)
    for d in range(0, width, WIDTH):
        w, c = load(W, row, d), load(C, column, d)
        w_squares, c_squares = load(W, row, width + d), load(C, column, width + d)
        w_step = multiply_add(clip(multiply_add(slopes, c, zero), limit), rates, zero)
        c_step = multiply_add(clip(multiply_add(slopes, w, zero), limit), rates, zero)
        store(W, row, d, multiply_add(w_step, inverse_root(w_squares), w))
        store(C, column, d, multiply_add(c_step, inverse_root(c_squares), c))
        store(W, row, width + d, multiply_add(w_step, w_step, w_squares))
        store(C, column, width + d, multiply_add(c_step, c_step, c_squares))


@compiled
@no_type_check
def _move_bias(table, row, step):
    bias = table.shape[1] - WIDTH
    table[row, bias] -= step / np.sqrt(table[row, bias + 1])
    table[row, bias + 1] += step * step
