"""``python -m iconym.cli``: the command line without its script."""

from iconym.cli import main

main()
