"""What is counted: pure functions of the same ``scores`` and ``positive`` that objectives see.

``scores[i, j]`` says how close query i is to target j, ``positive[i, j]`` whether they belong
together. Ties never help: every metric is its expected value over all orders of equal scores.
"""
