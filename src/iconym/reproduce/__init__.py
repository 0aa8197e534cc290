"""The papers' experiments, run again: our figures beside theirs and beside an expected band.

- ``experiment``: what an experiment is    ``experiments``: which there are, one a file
- ``worlds``: what they are run on; ``photographs``, ``wordnet_graph``: where data are at hand
- ``result``: rows, bands, charts    ``page``, ``chart``: how they are shown
- ``runs``: an experiment with other settings, from a TOML file
- ``running``: all of it, in pieces that are kept
"""
