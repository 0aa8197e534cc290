"""Work on the shards of a source, in one process or in several."""

import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing import connection, get_context, parent_process
from typing import Any, TypeVar

from iconym.errors import IconymError, Usage
from iconym.words.text.shards import Shard, Source


@dataclass(frozen=True)
class ReadShard:
    """What was read of a text in one step, for whoever shows progress."""

    words: int
    size: int  # bytes, about


Result = TypeVar("Result")
Work = Callable[[Source, Any], Result]  # (source, one of its shards)

_task: list[Any] = []  # in a worker: the work and the source, sent once and not with each shard


def each_shard(
    work: Work[Result], source: Source, shards: Sequence[Shard], processes: int
) -> Iterator[Result]:
    """The results of ``work(source, shard)`` for each of ``shards``, in their order.

    At most two shards a process are under way or wait to be taken. When the caller stops, or is
    interrupted or killed, the others stop after the shard they are at, or at once. A script that
    asks for several processes has to keep its own work under ``if __name__ == "__main__":``.

    Args:
        work: a function of a module, or a ``partial`` of one.
        source: sent to each process once.
        shards: of ``source``.
        processes: 1 works in this process.

    Raises:
        Usage: if ``processes`` is below 1, or work or source cannot be sent to a process.
        IconymError: if a process was killed.
    """
    if processes < 1:
        raise Usage(f"processes is {processes}; it has to be at least 1")
    if processes == 1 or len(shards) < 2:
        yield from (work(source, shard) for shard in shards)
        return
    _check_sendable(work, source)
    pool = ProcessPoolExecutor(
        min(processes, len(shards)),
        mp_context=get_context("spawn"),  # a fork would copy the locks of other threads
        initializer=_begin,
        initargs=(work, source),
    )
    try:
        yield from _in_order(pool, shards, 2 * processes)
    except BrokenProcessPool as error:
        raise IconymError(
            "a process that read the text was killed, perhaps for want of memory; "
            "try again with fewer processes"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(pool: ProcessPoolExecutor, shards: Sequence[Shard], ahead: int) -> Iterator[Any]:
    waiting, rest = deque[Future[Any]](), iter(shards)
    waiting.extend(_submit(pool, shard) for shard in islice(rest, ahead))
    while waiting:
        yield waiting.popleft().result()
        waiting.extend(_submit(pool, shard) for shard in islice(rest, 1))


def _submit(pool: ProcessPoolExecutor, shard: Shard) -> Future[Any]:
    """Submit a shard; a worker that is started for it leaves Ctrl-C to this process."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # workers inherit it
    try:
        return pool.submit(_work, shard)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(work: Work[Any], source: Source) -> None:
    """In a new worker: note the task, and never outlive the parent."""
    _task[:] = [work, source]
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _work(shard: Shard) -> Any:
    work, source = _task
    return work(source, shard)


def _end_with_parent() -> None:
    """A worker waits for its next shard for ever if its parent was killed."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _check_sendable(work: Work[Any], source: Source) -> None:
    try:
        pickle.dumps((work, source))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise Usage(
            f"this source cannot be sent to other processes ({error}); "
            "use functions of a module, or one process"
        ) from error
