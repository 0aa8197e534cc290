"""The compiled inner loops of skip-gram training, and the random draws they share with its tests.

The loops neither allocate nor hold the interpreter's lock nor check bounds: ``skipgram`` checks
first. All is in one file because the compiled code on disk is renewed only when its own changes.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, no_type_check

import numpy as np
from numba import njit

BLOCK = 6  # output vectors worked on together: each input number is loaded once for so many
SIGMOID_CELLS = 4096
LARGEST_SCORE = 6.0  # the sigmoid is taken for 0 or 1 beyond it, as in word2vec.c

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """``function`` as machine code, kept on disk for the next process where that can be."""
    options = {"nogil": True, "fastmath": True, "error_model": "numpy", "forceinline": True}
    try:
        return njit(function, cache=True, **options)
    except RuntimeError:  # no folder to keep it in: neither ours nor the user's is writable
        return njit(function, **options)


class Model(NamedTuple):
    """What is learned, one row a word."""

    inputs: np.ndarray  # (words, dim), float32
    outputs: np.ndarray  # (words, dim), float32


class Draws(NamedTuple):
    """What the random draws need to know of each word."""

    keep: np.ndarray  # (words,), float32: the probability to survive subsampling
    threshold: np.ndarray  # (words,), float32: of the alias table of negatives
    alias: np.ndarray  # (words,), int32


class Scratch(NamedTuple):
    """Memory to work in; no two threads may share one."""

    kept: np.ndarray  # (longest sentence,), int32
    context: np.ndarray  # (2 * window,), int32
    targets: np.ndarray  # (a multiple of BLOCK,), int32: the center, its negatives, the center
    slopes: np.ndarray  # (2 * window, targets), float32
    changes: np.ndarray  # (targets, dim), float32
    sigmoid: np.ndarray  # (cells,), float32: over -LARGEST_SCORE ... LARGEST_SCORE


class Schedule(NamedTuple):
    """How a run of sentences is trained."""

    window: int
    negatives: int
    state: np.uint64  # of the random numbers
    first_rate: float  # the learning rate before the first word of the run
    last_rate: float  # ... and after its last
    least_rate: float  # ... which is never smaller than this


def scratch(longest_sentence: int, window: int, negatives: int, dim: int) -> Scratch:
    """Memory for sentences and windows of at most these sizes."""
    targets = -(-(1 + negatives) // BLOCK) * BLOCK
    middles = (np.arange(SIGMOID_CELLS) + 0.5) / SIGMOID_CELLS * 2 * LARGEST_SCORE - LARGEST_SCORE
    return Scratch(
        kept=np.empty(longest_sentence, np.int32),
        context=np.empty(2 * window, np.int32),
        targets=np.empty(targets, np.int32),
        slopes=np.empty((2 * window, targets), np.float32),
        changes=np.empty((targets, dim), np.float32),
        sigmoid=(1 / (1 + np.exp(-middles))).astype(np.float32),
    )


def first_state(seed: int, run: int) -> np.uint64:
    """Where the random numbers of a run start; those of other runs and seeds are unrelated."""
    return np.uint64(scramble(np.uint64(scramble(np.uint64(seed))) ^ np.uint64(run)))


# no_type_check below: a function that checks its arguments is a wrapper, which does not compile.


@compiled
@no_type_check
def next_state(state):
    """The state after ``state``: a Weyl sequence, whose ``scramble`` is the random number."""
    return state + np.uint64(0x9E3779B97F4A7C15)


@compiled
@no_type_check
def scramble(state):
    """64 random bits (Steele, Lea & Flood 2014, SplitMix64)."""
    bits = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@compiled
@no_type_check
def fraction(bits):
    """A float32 in [0, 1) from the lowest 24 of ``bits``."""
    return np.float32(bits & np.uint64(0xFFFFFF)) * np.float32(2.0**-24)


@compiled
@no_type_check
def below(bits, n):
    """An integer in [0, n) from the highest 32 of ``bits``; n is below 2**31."""
    return np.int64(((bits >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))


@compiled
@no_type_check
def train_sentences(tokens, offsets, model, draws, scratch, schedule):
    """Train ``model`` in place on the sentences tokens[offsets[i]:offsets[i + 1]].

    The random numbers are drawn in this order: one for each token (is it kept?), then for each
    kept token one for its window and, if that holds another token, one for each negative.
    """
    state = schedule.state
    slope = (schedule.last_rate - schedule.first_rate) / max(1, offsets[-1] - offsets[0])
    for sentence in range(len(offsets) - 1):
        start, stop = offsets[sentence], offsets[sentence + 1]
        rate = max(schedule.first_rate + slope * (start - offsets[0]), schedule.least_rate)
        state, kept = _subsample(tokens, start, stop, draws.keep, scratch.kept, state)
        for center in range(kept):
            state = next_state(state)
            reach = 1 + below(scramble(state), schedule.window)
            size = _gather_context(scratch, center, kept, reach)
            if size > 0:
                scratch.targets[:] = scratch.kept[center]
                state = _draw_negatives(draws, schedule.negatives, scratch.targets, state)
                train_window(model, scratch, size, np.float32(rate))


@compiled
@no_type_check
def train_window(model, scratch, size, rate):
    """Move ``model`` against the gradient of one window's loss, by ``rate`` times that gradient.

    The window is scratch.context[:size], the words that surround the center, and
    scratch.targets, whose first is the center itself; a later target equal to it is skipped.
    """
    _score(model, scratch, size)
    for a in range(size):
        for k in range(len(scratch.targets)):
            skipped = k > 0 and scratch.targets[k] == scratch.targets[0]
            wanted = np.float32(1.0 if k == 0 else 0.0)
            missing = wanted - _sigmoid(scratch.slopes[a, k], scratch.sigmoid)
            scratch.slopes[a, k] = np.float32(0) if skipped else rate * missing
    _sum_changes(model, scratch, size)  # before the inputs move: both use the old ones
    _move_inputs(model, scratch, size)
    for k in range(len(scratch.targets)):
        y = scratch.targets[k]
        for d in range(model.outputs.shape[1]):
            model.outputs[y, d] += scratch.changes[k, d]


@compiled
@no_type_check
def _subsample(tokens, start, stop, keep, kept, state):
    size = 0
    for position in range(start, stop):
        state = next_state(state)
        if fraction(scramble(state)) < keep[tokens[position]]:
            kept[size] = tokens[position]
            size += 1
    return state, size


@compiled
@no_type_check
def _gather_context(scratch, center, kept, reach):
    size = 0
    for position in range(max(0, center - reach), min(kept, center + reach + 1)):
        if position != center:
            scratch.context[size] = scratch.kept[position]
            size += 1
    return size


@compiled
@no_type_check
def _draw_negatives(draws, negatives, targets, state):
    for k in range(1, 1 + negatives):
        state = next_state(state)
        bits = scramble(state)
        word = below(bits, len(draws.alias))
        targets[k] = word if fraction(bits) < draws.threshold[word] else draws.alias[word]
    return state


@compiled
@no_type_check
def _sigmoid(score, table):
    cell = int((score + LARGEST_SCORE) * np.float32(len(table) / (2 * LARGEST_SCORE)))
    if score >= LARGEST_SCORE:
        return np.float32(1)
    return np.float32(0) if score <= -LARGEST_SCORE else table[cell]


@compiled
@no_type_check
def _score(model, scratch, size):
    """Let slopes[a, k] be the inner product of context word a with target k."""
    W, C, slopes, targets = model.inputs, model.outputs, scratch.slopes, scratch.targets
    for k in range(0, len(targets), BLOCK):
        y0, y1, y2 = targets[k], targets[k + 1], targets[k + 2]
        y3, y4, y5 = targets[k + 3], targets[k + 4], targets[k + 5]
        for a in range(size):
            x = scratch.context[a]
            s0 = s1 = s2 = s3 = s4 = s5 = np.float32(0)
            for d in range(W.shape[1]):
                v = W[x, d]
                s0 += v * C[y0, d]
                s1 += v * C[y1, d]
                s2 += v * C[y2, d]
                s3 += v * C[y3, d]
                s4 += v * C[y4, d]
                s5 += v * C[y5, d]
            slopes[a, k], slopes[a, k + 1], slopes[a, k + 2] = s0, s1, s2
            slopes[a, k + 3], slopes[a, k + 4], slopes[a, k + 5] = s3, s4, s5


@compiled
@no_type_check
def _sum_changes(model, scratch, size):
    """Let changes[k] be the sum over context words a of slopes[a, k] times their inputs."""
    W, slopes, changes = model.inputs, scratch.slopes, scratch.changes
    changes[:] = 0
    for k in range(0, len(scratch.targets), BLOCK):
        for a in range(size):
            x = scratch.context[a]
            g0, g1, g2 = slopes[a, k], slopes[a, k + 1], slopes[a, k + 2]
            g3, g4, g5 = slopes[a, k + 3], slopes[a, k + 4], slopes[a, k + 5]
            for d in range(W.shape[1]):
                v = W[x, d]
                changes[k, d] += g0 * v
                changes[k + 1, d] += g1 * v
                changes[k + 2, d] += g2 * v
                changes[k + 3, d] += g3 * v
                changes[k + 4, d] += g4 * v
                changes[k + 5, d] += g5 * v


@compiled
@no_type_check
def _move_inputs(model, scratch, size):
    """Add to the input of each context word a the sum over k of slopes[a, k] times target k."""
    W, C, slopes, targets = model.inputs, model.outputs, scratch.slopes, scratch.targets
    for k in range(0, len(targets), BLOCK):
        y0, y1, y2 = targets[k], targets[k + 1], targets[k + 2]
        y3, y4, y5 = targets[k + 3], targets[k + 4], targets[k + 5]
        for a in range(size):
            x = scratch.context[a]
            g0, g1, g2 = slopes[a, k], slopes[a, k + 1], slopes[a, k + 2]
            g3, g4, g5 = slopes[a, k + 3], slopes[a, k + 4], slopes[a, k + 5]
            for d in range(W.shape[1]):
                low = g0 * C[y0, d] + g1 * C[y1, d] + g2 * C[y2, d]
                W[x, d] += low + g3 * C[y3, d] + g4 * C[y4, d] + g5 * C[y5, d]
