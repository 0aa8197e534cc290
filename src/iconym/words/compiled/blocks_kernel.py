"""Inner products of rows with six outputs at once, and the steps against them, compiled.

Six, because each number that is loaded then serves six sums, and two rows with six outputs fill
the registers of a processor. ``targets`` and ``slopes`` are therefore padded to multiples of six,
with slopes of zero; both, and the errors, are fields of the caller's ``scratch``.
"""

from typing import no_type_check

import numpy as np

from iconym.words.compiled.lanes import (
    WIDTH,
    add,
    compiled,
    load,
    multiply_add,
    spread,
    store,
    total,
)

BLOCK = 6


@compiled
@no_type_check
def score_two(W, a, b, C, scratch, k):
    """Let slopes[0, k:k + 6] = W[a] . C[targets[k:k + 6]], and slopes[1] the same with W[b]."""
    targets, slopes = scratch.targets, scratch.slopes
    y0, y1, y2 = targets[k], targets[k + 1], targets[k + 2]
    y3, y4, y5 = targets[k + 3], targets[k + 4], targets[k + 5]
    p0 = p1 = p2 = p3 = p4 = p5 = spread(np.float32(0))
    q0 = q1 = q2 = q3 = q4 = q5 = spread(np.float32(0))
    for d in range(0, W.shape[1], WIDTH):
        u, v = load(W, a, d), load(W, b, d)
        c0, c1, c2 = load(C, y0, d), load(C, y1, d), load(C, y2, d)
        c3, c4, c5 = load(C, y3, d), load(C, y4, d), load(C, y5, d)
        p0, q0 = multiply_add(u, c0, p0), multiply_add(v, c0, q0)
        p1, q1 = multiply_add(u, c1, p1), multiply_add(v, c1, q1)
        p2, q2 = multiply_add(u, c2, p2), multiply_add(v, c2, q2)
        p3, q3 = multiply_add(u, c3, p3), multiply_add(v, c3, q3)
        p4, q4 = multiply_add(u, c4, p4), multiply_add(v, c4, q4)
        p5, q5 = multiply_add(u, c5, p5), multiply_add(v, c5, q5)
    slopes[0, k], slopes[0, k + 1], slopes[0, k + 2] = total(p0), total(p1), total(p2)
    slopes[0, k + 3], slopes[0, k + 4], slopes[0, k + 5] = total(p3), total(p4), total(p5)
    slopes[1, k], slopes[1, k + 1], slopes[1, k + 2] = total(q0), total(q1), total(q2)
    slopes[1, k + 3], slopes[1, k + 4], slopes[1, k + 5] = total(q3), total(q4), total(q5)


@compiled
@no_type_check
def score_one(W, a, C, scratch, k):
    """Let slopes[0, k:k + 6] = W[a] . C[targets[k:k + 6]]."""
    targets, slopes = scratch.targets, scratch.slopes
    y0, y1, y2 = targets[k], targets[k + 1], targets[k + 2]
    y3, y4, y5 = targets[k + 3], targets[k + 4], targets[k + 5]
    p0 = p1 = p2 = p3 = p4 = p5 = spread(np.float32(0))
    for d in range(0, W.shape[1], WIDTH):
        u = load(W, a, d)
        p0, p1 = multiply_add(u, load(C, y0, d), p0), multiply_add(u, load(C, y1, d), p1)
        p2, p3 = multiply_add(u, load(C, y2, d), p2), multiply_add(u, load(C, y3, d), p3)
        p4, p5 = multiply_add(u, load(C, y4, d), p4), multiply_add(u, load(C, y5, d), p5)
    slopes[0, k], slopes[0, k + 1], slopes[0, k + 2] = total(p0), total(p1), total(p2)
    slopes[0, k + 3], slopes[0, k + 4], slopes[0, k + 5] = total(p3), total(p4), total(p5)


@compiled
@no_type_check
def move_two(W, a, b, C, scratch, k):
    """errors[r] += sum_k slopes[r, k] C[targets[k]], then C[targets[k]] += sum_r slopes[r, k] W[r].

    k runs over one block, r over the two rows. All six outputs are read before one is written, and
    again then: the targets that pad a block are others once more.
    """
    targets, slopes, errors = scratch.targets, scratch.slopes, scratch.errors
    y0, y1, y2 = targets[k], targets[k + 1], targets[k + 2]
    y3, y4, y5 = targets[k + 3], targets[k + 4], targets[k + 5]
    g0, g1, g2 = spread(slopes[0, k]), spread(slopes[0, k + 1]), spread(slopes[0, k + 2])
    g3, g4, g5 = spread(slopes[0, k + 3]), spread(slopes[0, k + 4]), spread(slopes[0, k + 5])
    h0, h1, h2 = spread(slopes[1, k]), spread(slopes[1, k + 1]), spread(slopes[1, k + 2])
    h3, h4, h5 = spread(slopes[1, k + 3]), spread(slopes[1, k + 4]), spread(slopes[1, k + 5])
    for d in range(0, W.shape[1], WIDTH):
        u, v = load(W, a, d), load(W, b, d)
        c0, c1, c2 = load(C, y0, d), load(C, y1, d), load(C, y2, d)
        c3, c4, c5 = load(C, y3, d), load(C, y4, d), load(C, y5, d)
        e = multiply_add(g0, c0, multiply_add(g1, c1, load(errors, 0, d)))
        e = multiply_add(g2, c2, multiply_add(g3, c3, e))
        store(errors, 0, d, multiply_add(g4, c4, multiply_add(g5, c5, e)))
        e = multiply_add(h0, c0, multiply_add(h1, c1, load(errors, 1, d)))
        e = multiply_add(h2, c2, multiply_add(h3, c3, e))
        store(errors, 1, d, multiply_add(h4, c4, multiply_add(h5, c5, e)))
        store(C, y0, d, multiply_add(g0, u, multiply_add(h0, v, load(C, y0, d))))
        store(C, y1, d, multiply_add(g1, u, multiply_add(h1, v, load(C, y1, d))))
        store(C, y2, d, multiply_add(g2, u, multiply_add(h2, v, load(C, y2, d))))
        store(C, y3, d, multiply_add(g3, u, multiply_add(h3, v, load(C, y3, d))))
        store(C, y4, d, multiply_add(g4, u, multiply_add(h4, v, load(C, y4, d))))
        store(C, y5, d, multiply_add(g5, u, multiply_add(h5, v, load(C, y5, d))))


@compiled
@no_type_check
def move_one(W, a, C, scratch, k):
    """``move_two`` with the one row W[a]."""
    targets, slopes, errors = scratch.targets, scratch.slopes, scratch.errors
    y0, y1, y2 = targets[k], targets[k + 1], targets[k + 2]
    y3, y4, y5 = targets[k + 3], targets[k + 4], targets[k + 5]
    g0, g1, g2 = spread(slopes[0, k]), spread(slopes[0, k + 1]), spread(slopes[0, k + 2])
    g3, g4, g5 = spread(slopes[0, k + 3]), spread(slopes[0, k + 4]), spread(slopes[0, k + 5])
    for d in range(0, W.shape[1], WIDTH):
        u = load(W, a, d)
        c0, c1, c2 = load(C, y0, d), load(C, y1, d), load(C, y2, d)
        c3, c4, c5 = load(C, y3, d), load(C, y4, d), load(C, y5, d)
        e = multiply_add(g0, c0, multiply_add(g1, c1, load(errors, 0, d)))
        e = multiply_add(g2, c2, multiply_add(g3, c3, e))
        store(errors, 0, d, multiply_add(g4, c4, multiply_add(g5, c5, e)))
        store(C, y0, d, multiply_add(g0, u, load(C, y0, d)))
        store(C, y1, d, multiply_add(g1, u, load(C, y1, d)))
        store(C, y2, d, multiply_add(g2, u, load(C, y2, d)))
        store(C, y3, d, multiply_add(g3, u, load(C, y3, d)))
        store(C, y4, d, multiply_add(g4, u, load(C, y4, d)))
        store(C, y5, d, multiply_add(g5, u, load(C, y5, d)))


@compiled
@no_type_check
def add_row(W, a, rows, r):
    """W[a] += rows[r]."""
    for d in range(0, W.shape[1], WIDTH):
        store(W, a, d, add(load(W, a, d), load(rows, r, d)))
