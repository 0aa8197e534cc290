"""Whatever says how well labels fit pictures: one module for each way, one method ``score``."""
