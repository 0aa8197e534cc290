import subprocess
import sys

import numpy as np
import pytest

from iconym.words.compiled.pages import release_rows, release_unused

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone has these")

RESIDENT = """
from pathlib import Path
import numba
from iconym.words.compiled.pages import release_unused

def resident():
    return int(Path("/proc/self/status").read_text().split("RssFile:")[1].split()[0])

double = numba.njit(lambda x: 2 * x)
assert double(3) == 6
before = resident()
release_unused()
print(before - resident())
assert double(4) == 8 and numba.njit(lambda x: 3 * x)(3) == 9  # the compiler is read again
"""


def test_rows_of_a_file_are_the_same_after_their_pages_were_given_back(tmp_path):
    np.arange(100_000, dtype=np.int32).tofile(tmp_path / "rows")
    rows = np.memmap(tmp_path / "rows", np.int32, "r")
    assert rows.sum() == 4_999_950_000
    release_rows(rows[10:90_000])
    assert rows.sum() == 4_999_950_000


def test_rows_that_were_changed_in_memory_alone_are_kept(tmp_path):
    np.zeros(100_000, np.int32).tofile(tmp_path / "rows")
    rows = np.memmap(tmp_path / "rows", np.int32, "c")
    rows[:] = 7
    release_rows(rows)
    assert (rows == 7).all()


def test_rows_in_memory_are_left_alone():
    rows = np.ones(100_000, np.int32)
    rows.flags.writeable = False
    release_rows(rows)
    assert rows.all()


@LINUX
def test_the_compiler_gives_its_pages_back_and_works_on():
    out = subprocess.run([sys.executable, "-c", RESIDENT], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    assert int(out.stdout) > 30_000  # KiB


def test_unused_memory_may_be_given_back_at_any_time():
    release_unused()
    release_unused()
