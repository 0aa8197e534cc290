"""Pictures and words in one vector space: train it, measure it, search it."""

__version__ = "0.1.0"
