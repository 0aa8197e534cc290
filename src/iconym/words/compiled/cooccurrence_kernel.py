"""The compiled loops of counting co-occurrences: pairs with a cell of their own, and all others.

A pair is the number row * words + column; of symmetric ones row <= column.
"""

from typing import NamedTuple, no_type_check

import numpy as np

from iconym.words.compiled.lanes import compiled


class Cells(NamedTuple):
    """Sums of pairs of frequent words: row a has the columns first[a] ... last[a] - 1."""

    first: np.ndarray  # (words,), int64
    last: np.ndarray  # (words,), int64; not above first[a] if row a has none
    start: np.ndarray  # (words,), int64: where in ``sums`` column 0 of row a would be
    sums: np.ndarray  # (cells,), float64


class Meetings(NamedTuple):
    """Meetings of two words whose pair has no cell, until ``combine`` makes pairs of them."""

    weights: np.ndarray  # (window,), float64: what a meeting counts for, by its distance
    codes: np.ndarray  # (room,), int64: pair * window + distance - 1, or pairs
    sums: np.ndarray  # (room,), float64: of the pairs


class Reading(NamedTuple):
    """How far the tokens are read."""

    sentence: int
    token: int
    meetings: int  # that were found since they were last put away


@compiled
@no_type_check
def count_pairs(tokens, offsets, reading, end, cells, meetings, symmetric):  # noqa: PLR0913
    """Count the pairs of each token up to ``end`` with those before it in its sentence.

    Stops early where ``meetings`` might overflow. How far it came.
    """
    words, window = len(cells.first), len(meetings.weights)
    sentence, token, found = reading
    while token < end and found + window <= len(meetings.codes):
        while offsets[sentence + 1] <= token:
            sentence += 1
        for before in range(max(offsets[sentence], token - window), token):
            row, column = np.int64(tokens[before]), np.int64(tokens[token])
            if symmetric and row > column:
                row, column = column, row
            distance = token - before
            if cells.first[row] <= column < cells.last[row]:
                cells.sums[cells.start[row] + column] += meetings.weights[distance - 1]
            else:
                meetings.codes[found] = (row * words + column) * window + distance - 1
                found += 1
        token += 1
    return Reading(sentence, token, found)


@compiled
@no_type_check
def combine(meetings, found):
    """Turn so many sorted codes into ascending pairs with their sums; how many pairs."""
    window, pairs, before = len(meetings.weights), 0, -1
    for k in range(found):
        code = meetings.codes[k]
        pair = code // window
        weight = meetings.weights[code - pair * window]
        if pair == before:
            meetings.sums[pairs - 1] += weight
        else:
            meetings.codes[pairs], meetings.sums[pairs] = pair, weight
            pairs += 1
            before = pair
    return pairs


@compiled
@no_type_check
def take_cells(cells, row, meetings):
    """Fill ``meetings`` with the pairs of the cells that are not 0, from ``row`` on.

    Where to go on, as rows are not split, and how many pairs.
    """
    words, pairs = len(cells.first), 0
    while row < words and pairs + cells.last[row] - cells.first[row] <= len(meetings.codes):
        for column in range(cells.first[row], cells.last[row]):
            weight = cells.sums[cells.start[row] + column]
            if weight > 0:
                meetings.codes[pairs], meetings.sums[pairs] = row * words + column, weight
                pairs += 1
        row += 1
    return row, pairs


@compiled
@no_type_check
def count_records(pairs, symmetric, records):
    """Add to records[a] how many records ``pairs`` are in row a."""
    words = len(records)
    for pair in pairs:
        row = pair // words
        column = pair - row * words
        records[row] += 1
        if symmetric and row != column:
            records[column] += 1


@compiled
@no_type_check
def place_records(pairs, sums, symmetric, ends, columns, values):
    """Write the records of ascending ``pairs`` where their rows end so far, and move the ends.

    A symmetric pair is two records; that of a word with itself is one, of twice the sum.
    """
    words = len(ends)
    for pair, weight in zip(pairs, sums):  # noqa: B905 - numba has no strict
        row = pair // words
        column = pair - row * words
        mirrored = symmetric and row != column
        columns[ends[row]] = column
        values[ends[row]] = weight if mirrored or not symmetric else 2 * weight
        ends[row] += 1
        if mirrored:
            columns[ends[column]], values[ends[column]] = row, weight
            ends[column] += 1
