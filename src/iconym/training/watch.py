"""What ends a training early: a loss or gradient that is no number, or a collapse."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from iconym.errors import Stopped

LOOKS = 50  # spread over a training
IN_A_ROW = 5  # looks that find it collapsed before it is ended: a tenth of the training
ALIKE = 1e-3  # share of the scores' variance that pictures have to make up between them


class Watch:
    """Looks for collapse fifty times in a training, at every step of one that has fewer."""

    def __init__(self, steps: int) -> None:
        """``steps`` is how many the training has."""
        self._every = max(1, steps // LOOKS)
        self._in_a_row = 0

    def due(self, step: int) -> bool:
        """Whether ``look`` is to be called at this step."""
        return step % self._every == 0

    @property
    def healthy(self) -> bool:
        """Whether the last look found nothing."""
        return self._in_a_row == 0

    def look(self, scores: Tensor, positive: Tensor) -> None:
        """Judge a batch's scores (n, m), or projected features where ``positive`` holds pairs.

        Raises:
            Stopped: if this is the fifth look in a row to find them ``collapsed``, or
                ``in_one_place``.
        """
        scores = scores.detach().float()
        matrix = positive.dtype == torch.bool
        found = collapsed(scores, positive) if matrix else in_one_place(scores)
        self._in_a_row = self._in_a_row + 1 if found else 0
        if self._in_a_row == IN_A_ROW:
            raise Stopped(
                f"all pictures came to lie in one place, for the last {IN_A_ROW * self._every} "
                "steps; lower learning_rate, or take negatives that are less hard"
            )


def collapsed(scores: Tensor, positive: Tensor) -> bool:
    """Whether the scores (n, m) of a batch hardly depend on the picture, and tell it nothing.

    Both have to hold: less than a thousandth of the scores' variance is between pictures, as where
    all of them lie in one place or all scores are equal; and the best label is right no more often
    than the most frequent one would be if it were every picture's answer. A batch of fewer than
    two pictures or targets is never called collapsed.
    """
    if min(scores.shape) < 2:
        return False
    scores = scores.masked_fill(scores == -torch.inf, 0.0)
    between = (scores - scores.mean(dim=0)).square().mean()
    if between > ALIKE * scores.var(correction=0):
        return False
    hits = positive.gather(1, scores.argmax(dim=1, keepdim=True)).sum()
    return bool(hits <= positive.sum(dim=0).max())


def in_one_place(projected: Tensor) -> bool:
    """Whether projected features (n, dim) of several pictures are all but equal.

    Their squared distances from their mean are then less than a thousandth of their squared
    lengths: about a mean cosine of 0.999 between any two.
    """
    apart = (projected - projected.mean(dim=0)).square().sum()
    return len(projected) > 1 and bool(apart <= ALIKE * projected.square().sum())


def check_loss(loss: Tensor) -> None:
    """Nothing, if the loss is finite.

    Raises:
        Stopped: if not.
    """
    if not math.isfinite(loss.item()):
        raise Stopped(f"the loss is {loss.item()}; lower learning_rate")


def check_gradient(parameters: Iterable[nn.Parameter]) -> None:
    """Nothing, if the gradient is finite.

    Raises:
        Stopped: if not.
    """
    sums = [p.grad.sum() for p in parameters if p.grad is not None]  # NaN and infinity survive
    if not math.isfinite(sum(sums)):
        raise Stopped("the gradient holds NaN or infinity; lower learning_rate")
