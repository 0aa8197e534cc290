"""What training minimizes: functions of the same ``scores`` and ``positive`` that metrics see.

``scores[i, j]`` says how close image i is to target j, ``positive[i, j]`` whether they belong
together. What the targets are (label vectors, captions, tags, other images), how they were drawn
and which similarity made the scores is the caller's business. A pair scored -inf is ignored: it
is neither a positive nor a negative, and leaves loss and gradient finite.
"""

from collections.abc import Callable

from jaxtyping import Bool, Float
from torch import Tensor

Objective = Callable[[Float[Tensor, "n m"], Bool[Tensor, "n m"]], Float[Tensor, ""]]
