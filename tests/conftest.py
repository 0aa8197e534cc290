"""Every test runs with the shapes in the signatures checked, and on one thread.

Tests run side by side; threads of one would only wait for those of another.
"""

import os

from jaxtyping import install_import_hook

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported, here and in what tests start
install_import_hook("iconym", "typechecker.check")
