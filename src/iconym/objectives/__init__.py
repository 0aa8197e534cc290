"""What training minimizes: functions of the same ``scores`` and ``positive`` that metrics see.

``scores[i, j]`` says how close image i is to target j, ``positive[i, j]`` whether they belong
together. What the targets are (label vectors, captions, tags, other images), how they were drawn
and which similarity made the scores is the caller's business. A pair scored -inf is ignored: it
is neither a positive nor a negative, and leaves loss and gradient finite. Several positives of an
image are never each other's negatives.

Where there are too many targets for a matrix, a ``PairedObjective`` is given the vectors, and the
positives as pairs (image, target): it makes the scores of the targets that it draws
(``candidates``), or those of all a chunk at a time (``whole_vocabulary``).
"""

from collections.abc import Callable

from jaxtyping import Bool, Float, Int
from torch import Tensor

Objective = Callable[[Float[Tensor, "n m"], Bool[Tensor, "n m"]], Float[Tensor, ""]]
PairedObjective = Callable[
    [Float[Tensor, "n d"], Float[Tensor, "m d"], Int[Tensor, "pairs 2"]], Float[Tensor, ""]
]
