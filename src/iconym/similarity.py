"""Similarities between rows of two matrices; in this project larger always means closer.

Each works on NumPy arrays and on torch tensors alike, and never changes its arguments.
"""

from typing import Any

Matrix = Any  # a 2-D NumPy array or torch tensor


def dot(a: Matrix, b: Matrix) -> Matrix:
    """Inner products of every row of ``a`` (n, d) with every row of ``b`` (m, d): (n, m)."""
    return a @ b.T


def cosine(a: Matrix, b: Matrix) -> Matrix:
    """Cosines between the rows of ``a`` (n, d) and of ``b`` (m, d): (n, m), in [-1, 1].

    A row of zeros has cosine 0 with everything.
    """
    return dot(unit(a), unit(b))


def negative_squared_distance(a: Matrix, b: Matrix) -> Matrix:
    """Minus the squared Euclidean distances between rows of ``a`` (n, d), ``b`` (m, d): (n, m)."""
    return 2 * dot(a, b) - (a**2).sum(1)[:, None] - (b**2).sum(1)[None, :]


def unit(a: Matrix) -> Matrix:
    """Rows of ``a`` (n, d) scaled to Euclidean length 1; a row of zeros stays zero."""
    squared = (a**2).sum(1)
    squared = squared + (squared == 0)  # before the root: sqrt has no finite gradient at 0
    return a / (squared**0.5)[:, None]
