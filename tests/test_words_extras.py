"""Extras and threads: what training asks of the installation and of the processor."""

import threading

import pytest

from iconym.errors import MissingTool
from iconym.words.extras import needed_by
from iconym.words.threads import in_threads


def test_a_missing_package_is_told_with_its_remedy():
    with (
        pytest.raises(MissingTool, match=r"work needs no_such: pip install 'iconym\[train\]'"),
        needed_by("work", ("no_such",)),
    ):
        import no_such.part  # noqa: F401


def test_another_missing_package_is_no_matter_of_this_one():
    with pytest.raises(ModuleNotFoundError, match="no_such"), needed_by("work", ("numba",)):
        import no_such  # noqa: F401


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_the_order_of_the_items(threads):
    assert list(in_threads(lambda n: n**2, range(50), threads)) == [n**2 for n in range(50)]


def test_several_items_are_under_way_at_once():
    both = threading.Barrier(2, timeout=10)
    assert sorted(in_threads(lambda _: both.wait(), range(2), 2)) == [0, 1]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_caller_that_stops_ends_the_work(threads):
    begun = []
    results = in_threads(
        lambda n: begun.append(n) or threading.Event().wait(0.01), range(500), threads
    )
    next(results)
    results.close()
    assert len(begun) < 500
