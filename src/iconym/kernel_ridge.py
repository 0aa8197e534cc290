"""Kernel ridge regression: ridge regression in the space of a kernel, in closed form."""

import numpy as np
from jaxtyping import Float

from iconym.space import Projection


def fit_kernel_ridge(
    kernel: Float[np.ndarray, "n n"], targets: Float[np.ndarray, "n dim"], *, alpha: float
) -> Projection:
    """The projection from kernel values to word vectors: W solves (K + alpha n I) W = Y.

    Args:
        kernel: symmetric and positive semi-definite, such as ``RadialBasis.of(x)(x)``.
        targets: the vector of each picture's label.
        alpha: strength, above 0.

    Raises:
        ValueError: if ``alpha`` is not above 0, or there is no picture.

    Source:
        Saunders, Gammerman and Vovk, Ridge Regression Learning Algorithm in Dual Variables,
        ICML 1998, their a = alpha n; there is no bias, so the targets should be centered.
    """
    n = len(kernel)
    if not n or alpha <= 0:
        raise ValueError(f"{n} pictures, alpha {alpha}; both must be above 0")
    loaded = kernel.astype(np.float64)
    loaded[np.diag_indices(n)] += alpha * n
    weight = np.linalg.solve(loaded, targets.astype(np.float64)).astype(np.float32)
    return Projection(weight, np.zeros(targets.shape[1], np.float32))
