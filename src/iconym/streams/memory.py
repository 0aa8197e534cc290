"""An activity stream within one process; gone with it."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import Condition

from iconym.nouns import Activity

STEP = 0.1  # seconds between two looks for abandoned activities


class MemoryStream:
    """Fulfils ``ActivityStream`` with a list; may be shared by threads, each of them a consumer.

    Args:
        lease: seconds for which what was claimed belongs to its consumer.
        clock: seconds, for leases; another one in tests.
    """

    def __init__(self, *, lease: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._published: list[Activity] = []  # all, for replay; the id n stands at n - 1
        self._claimed = 0  # how many were ever given out
        self._held: dict[str, float] = {}  # what is not acknowledged, and when its lease ends
        self._lease, self._clock = lease, clock
        self._changed = Condition()

    def publish(self, activities: Sequence[Activity]) -> list[str]:
        """Append activities, in order, and return their ids."""
        with self._changed:
            first = len(self._published) + 1
            new = [replace(activity, id=str(i)) for i, activity in enumerate(activities, first)]
            self._published += new
            self._changed.notify_all()
        return [activity.id for activity in new]

    def claim(self, count: int, *, wait: float = 0.0) -> list[Activity]:
        """At most ``count`` that nobody has, oldest first: abandoned ones, then new ones."""
        if count < 1:
            raise ValueError(f"count is {count}; claim at least 1 activity")
        until = time.monotonic() + wait
        with self._changed:
            while not (found := self._take(count)) and (left := until - time.monotonic()) > 0:
                self._changed.wait(min(left, STEP))
        return found

    def ack(self, ids: Sequence[str]) -> None:
        """Done with these: they are not given again. One not claimed is no error."""
        with self._changed:
            for i in ids:
                self._held.pop(i, None)

    def replay(self, since: str = "") -> Iterator[Activity]:
        """Everything published after the id ``since``, acknowledged or not, oldest first."""
        yield from self._published[int(since or 0) :]

    def _take(self, count: int) -> list[Activity]:
        now = self._clock()
        abandoned = sorted(int(i) for i, end in self._held.items() if end <= now)[:count]
        new = self._published[self._claimed : self._claimed + count - len(abandoned)]
        self._claimed += len(new)
        taken = [*(self._published[i - 1] for i in abandoned), *new]
        self._held |= {activity.id: now + self._lease for activity in taken}
        return taken
