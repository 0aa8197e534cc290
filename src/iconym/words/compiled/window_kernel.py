"""Training by windows, compiled: each word is foretold from the words around it.

The loops neither allocate nor check: ``windows`` checks first.
"""

from typing import NamedTuple, no_type_check

import numpy as np

from iconym.words.compiled.blocks_kernel import (
    BLOCK,
    add_row,
    move_one,
    move_two,
    score_one,
    score_two,
)
from iconym.words.compiled.draws_kernel import Sentence, draw_sentence
from iconym.words.compiled.lanes import aligned_zeros, compiled, prefetch_row
from iconym.words.compiled.private_kernel import Private, copy_private, merge_private, own_row

NEGATIVE_SAMPLING, HIERARCHICAL_SOFTMAX, SOFTMAX = 0, 1, 2
EACH, MEAN, SUM = 0, 1, 2  # what foretells the center: each context word, their mean, their sum
SIGMOID_CELLS = 4096
MERGED_AFTER = 1000  # words kept between two merges of the private copies
LARGEST_SCORE = 6.0  # the sigmoid is taken for 0 or 1 beyond it, as in word2vec.c


class Text(NamedTuple):
    """Sentences: tokens[offsets[i] : offsets[i + 1]]; read only, so that it is compiled once."""

    tokens: np.ndarray  # (tokens,), int32
    offsets: np.ndarray  # (sentences + 1,), int64


class Model(NamedTuple):
    """What is learned; rows are padded with zeros to whole lanes."""

    inputs: np.ndarray  # (words, width), float32
    outputs: np.ndarray  # (words, or inner nodes of the tree, width), float32


class Outputs(NamedTuple):
    """How the center is told from other words; the paths are empty but for the tree's."""

    kind: int
    starts: np.ndarray  # (words + 1,), int64: where the path of each word starts
    nodes: np.ndarray  # (all paths,), int32
    wanted: np.ndarray  # (all paths,), float32: 1 where the path goes left, 0 where it goes right


class Scratch(NamedTuple):
    """Memory to work in; no two threads may share one."""

    kind: int  # of the outputs
    sentence: Sentence
    context: np.ndarray  # (2 * window,), int32
    targets: np.ndarray  # (a multiple of BLOCK,), int32: rows of outputs
    wanted: np.ndarray  # (targets,), float32: what the sigmoid of each should be
    times: np.ndarray  # (targets,), float32: how often each was drawn
    slopes: np.ndarray  # (2, targets), float32
    errors: np.ndarray  # (2, width), float32
    hidden: np.ndarray  # (1, width), float32: mean or sum of the context
    inputs: Private
    outputs: Private
    sigmoid: np.ndarray  # (cells + 2,), float32: over -LARGEST_SCORE ... LARGEST_SCORE


class Schedule(NamedTuple):
    """How a run of sentences is trained."""

    window: int
    combine: int
    state: np.uint64  # of the random numbers
    first_rate: float  # the learning rate before the first word of the run
    last_rate: float  # ... and after its last
    least_rate: float  # ... which is never smaller than this


def empty_scratch(
    kind: int, sentence: Sentence, window: int, targets: int, inputs: Private, outputs: Private
) -> Scratch:
    """Room for windows and targets of at most these sizes."""
    padded, width = -(-targets // BLOCK) * BLOCK, inputs.before.shape[1]
    scores = np.linspace(-LARGEST_SCORE, LARGEST_SCORE, SIGMOID_CELLS + 1)
    one_more = np.append(scores, LARGEST_SCORE)  # rounding may reach it
    rows = np.arange(padded, dtype=np.int32)
    return Scratch(
        kind=kind,
        sentence=sentence,
        context=np.empty(2 * window, np.int32),
        targets=np.where(rows < targets, rows, 0).astype(np.int32),
        wanted=np.zeros(padded, np.float32),
        times=np.ones(padded, np.float32),
        slopes=np.zeros((2, padded), np.float32),
        errors=aligned_zeros(2, width),
        hidden=aligned_zeros(1, width),
        inputs=inputs,
        outputs=outputs,
        sigmoid=(1 / (1 + np.exp(-one_more))).astype(np.float32),
    )


@compiled
@no_type_check
def train_sentences(text, model, outputs, draws, scratch, schedule):
    """Train ``model`` in place on the sentences of ``text``."""
    tokens, offsets = text.tokens, text.offsets
    state, since = schedule.state, 0
    slope = (schedule.last_rate - schedule.first_rate) / max(1, offsets[-1] - offsets[0])
    copy_private(model.inputs, scratch.inputs)
    copy_private(model.outputs, scratch.outputs)
    for sentence in range(len(offsets) - 1):
        start, stop = offsets[sentence], offsets[sentence + 1]
        rate = max(schedule.first_rate + slope * (start - offsets[0]), schedule.least_rate)
        drawn = draw_sentence(tokens[start:stop], draws, schedule.window, scratch.sentence, state)
        state, kept = drawn
        since += kept
        if since >= MERGED_AFTER:
            merge_private(model.inputs, scratch.inputs)
            merge_private(model.outputs, scratch.outputs)
            since = 0
        for position in range(kept):
            _ask_ahead(model, outputs, scratch, position, kept, schedule.window)
            size = _gather_context(scratch, position, kept)
            if size > 0:
                n = _gather_targets(model, outputs, scratch, position)
                if schedule.combine == EACH:
                    train_each(model, scratch, size, n, np.float32(rate))
                else:
                    mean = schedule.combine == MEAN
                    train_bag(model, scratch, size, n, np.float32(rate), mean)
    merge_private(model.inputs, scratch.inputs)
    merge_private(model.outputs, scratch.outputs)


@compiled
@no_type_check
def train_each(model, scratch, size, n, rate):
    """Skip-gram: move ``model`` so that each word of the context foretells the center.

    The context is scratch.context[:size], taken two words at a time: both and all targets move
    together, against the gradient of the pair's loss, by ``rate`` times that gradient.
    The targets are scratch.targets[:n], of which scratch.wanted[:n] are 1; with the softmax the
    targets are all words, and wanted[0] is the row of the center.
    """
    W, C, errors = model.inputs, model.outputs, scratch.errors
    padded = (n + BLOCK - 1) // BLOCK * BLOCK
    for first in range(0, size - 1, 2):
        a, b = scratch.context[first], scratch.context[first + 1]
        for k in range(0, padded, BLOCK):
            score_two(W, a, b, C, scratch, k)
        _turn_to_slopes(scratch, 2, n, padded, rate)
        errors[:] = 0
        for k in range(0, padded, BLOCK):
            move_two(W, a, b, C, scratch, k)
        add_row(W, a, errors, 0)
        add_row(W, b, errors, 1)
    if size % 2 == 1:
        a = scratch.context[size - 1]
        _train_row(W, a, C, scratch, n, rate)
        add_row(W, a, errors, 0)


@compiled
@no_type_check
def train_bag(model, scratch, size, n, rate, mean):
    """CBOW: move ``model`` so that the mean or sum of the context foretells the center.

    Each context word moves by the whole error, also where their mean foretells (the gradient is
    a ``size``-th of it): as in word2vec.c. Otherwise as ``train_each``.
    """
    W, hidden = model.inputs, scratch.hidden
    hidden[:] = 0
    for i in range(size):
        add_row(hidden, 0, W, scratch.context[i])
    if mean:
        hidden *= np.float32(1.0 / size)
    _train_row(hidden, 0, model.outputs, scratch, n, rate)
    for i in range(size):
        add_row(W, scratch.context[i], scratch.errors, 0)


@compiled
@no_type_check
def _train_row(W, a, C, scratch, n, rate):
    """Move the targets for the row W[a]; its own step is left in errors[0]."""
    padded = (n + BLOCK - 1) // BLOCK * BLOCK
    for k in range(0, padded, BLOCK):
        score_one(W, a, C, scratch, k)
    _turn_to_slopes(scratch, 1, n, padded, rate)
    scratch.errors[:] = 0
    for k in range(0, padded, BLOCK):
        move_one(W, a, C, scratch, k)


@compiled
@no_type_check
def _ask_ahead(model, outputs, scratch, position, kept, window):
    """Ask the memory for the rows that the next windows need."""
    sentence = scratch.sentence
    if position + window + 1 < kept:
        prefetch_row(model.inputs, own_row(scratch.inputs, sentence.words[position + window + 1]))
    if position + 1 < kept:
        center = sentence.words[position + 1]
        if outputs.kind == NEGATIVE_SAMPLING:
            prefetch_row(model.outputs, own_row(scratch.outputs, center))
            for k in range(sentence.negatives.shape[1]):
                negative = own_row(scratch.outputs, sentence.negatives[position + 1, k])
                prefetch_row(model.outputs, negative)
        elif outputs.kind == HIERARCHICAL_SOFTMAX:
            for place in range(outputs.starts[center], outputs.starts[center + 1]):
                if outputs.nodes[place] < scratch.outputs.first:
                    prefetch_row(model.outputs, outputs.nodes[place])


@compiled
@no_type_check
def _gather_context(scratch, position, kept):
    size, reach = 0, scratch.sentence.reach[position]
    for place in range(max(0, position - reach), min(kept, position + reach + 1)):
        if place != position:
            scratch.context[size] = own_row(scratch.inputs, scratch.sentence.words[place])
            size += 1
    return size


@compiled
@no_type_check
def _gather_targets(model, outputs, scratch, position):
    """Fill targets and wanted; how many there are. A negative that is the center is skipped."""
    center = scratch.sentence.words[position]
    if outputs.kind == SOFTMAX:
        scratch.wanted[0] = center
        return len(model.outputs)
    n = 0
    if outputs.kind == HIERARCHICAL_SOFTMAX:
        for place in range(outputs.starts[center], outputs.starts[center + 1]):
            scratch.targets[n] = own_row(scratch.outputs, outputs.nodes[place])
            scratch.wanted[n] = outputs.wanted[place]
            n += 1
    else:
        scratch.targets[0], scratch.wanted[0], n = own_row(scratch.outputs, center), 1, 1
        for k in range(scratch.sentence.negatives.shape[1]):
            negative = own_row(scratch.outputs, scratch.sentence.negatives[position, k])
            n = _add_negative(scratch, n, negative)
    for k in range(n, (n + BLOCK - 1) // BLOCK * BLOCK):
        scratch.targets[k] = scratch.targets[0]
    return n


@compiled
@no_type_check
def _add_negative(scratch, n, row):
    """How many targets there are with ``row``; no target stands there twice."""
    for k in range(n):
        if scratch.targets[k] == row:
            scratch.times[k] += k > 0
            return n
    scratch.targets[n], scratch.wanted[n], scratch.times[n] = row, 0, 1
    return n + 1


@compiled
@no_type_check
def _turn_to_slopes(scratch, rows, n, padded, rate):
    """Let slopes, which are scores, be ``rate`` times the log-likelihood's slope by the score."""
    for r in range(rows):
        if scratch.kind == SOFTMAX:
            _softmax_slopes(scratch.slopes[r], n, int(scratch.wanted[0]), rate)
        else:
            for k in range(n):
                score = scratch.slopes[r, k]
                missing = scratch.wanted[k] - scratch.times[k] * _sigmoid(score, scratch.sigmoid)
                skipped = scratch.kind == HIERARCHICAL_SOFTMAX and abs(score) >= LARGEST_SCORE
                scratch.slopes[r, k] = np.float32(0) if skipped else rate * missing
        for k in range(n, padded):
            scratch.slopes[r, k] = 0


@compiled
@no_type_check
def _softmax_slopes(slopes, n, center, rate):
    largest = slopes[0]
    for k in range(n):
        largest = max(largest, slopes[k])
    normalizer = np.float32(0)
    for k in range(n):
        slopes[k] = np.exp(slopes[k] - largest)
        normalizer += slopes[k]
    for k in range(n):
        slopes[k] *= -rate / normalizer
    slopes[center] += rate


@compiled
@no_type_check
def _sigmoid(score, table):
    """By a straight line between the two nearest of ``table``: right to 2e-7."""
    if score >= LARGEST_SCORE:
        return np.float32(1)
    if score <= -LARGEST_SCORE:
        return np.float32(0)
    place = (score + np.float32(LARGEST_SCORE)) * np.float32(SIGMOID_CELLS / (2 * LARGEST_SCORE))
    cell = int(place)
    return table[cell] + (place - np.float32(cell)) * (table[cell + 1] - table[cell])
