"""Every test runs with the shapes in the signatures checked, and on one thread.

Tests run side by side; threads of one would only wait for those of another.
"""

import json
import os
from typing import NamedTuple

import pytest
from jaxtyping import install_import_hook

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported, here and in what tests start
install_import_hook("iconym", "typechecker.check")


class Ran(NamedTuple):
    """How a run of the command line ended, and what it said where."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def complaint(self):
        """The one line of a request that failed; nothing else is said but the space."""
        assert self.out == ""
        remarks = [line for line in self.err.splitlines() if not line.startswith("space: ")]
        assert len(remarks) == 1, self.err
        return remarks[0].removeprefix("iconym: ")


@pytest.fixture
def run(capsys):
    """Runs the command line with arguments, as its process would."""
    from iconym.cli import main

    def run(*arguments):
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Ran(left.value.code, out, err)

    return run
