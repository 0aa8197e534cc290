"""Work done in threads somewhat before its result is asked for, so that two kinds overlap."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from iconym.encoders.runtimes import usable_threads
from iconym.indexing.steps import PIXELS, Step

AHEAD = 16  # items at once, where there are few threads: twice what is encoded at once


def work_ahead(
    pool: ThreadPoolExecutor, function: Callable[[Any], Any], items: Iterable[Any]
) -> Iterator[Any]:
    """``function`` of each item, in order; at most a few items, and decoded pixels, ahead."""
    waiting: deque[Future[Any]] = deque()
    most = max(AHEAD, 2 * usable_threads())
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            while len(waiting) >= most or _pixels(waiting) >= PIXELS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _pixels(waiting: deque[Future[Any]]) -> int:
    """About how many are decoded and wait, judged by the first."""
    first = waiting[0].result() if waiting and waiting[0].done() else None
    return first.pixels * len(waiting) if isinstance(first, Step) else 0
