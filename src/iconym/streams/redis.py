"""An activity stream in Redis (7 or later), which programs on many machines write and read."""

import logging
import os
import re
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from iconym.errors import BadData
from iconym.nouns import Activity
from iconym.streams.messages import decoded, encoded
from iconym.streams.server import asking, connected, server_errors

FIELD = b"activity"  # of a stream's entry: where our message stands
PAGE = 1_000  # entries written or replayed at once
STEP = 1.0  # seconds between two looks for abandoned activities
NO_GROUP = ("NOGROUP", "UNBLOCKED")  # how the server says that group or stream is gone

Entry = tuple[str, bytes | None]  # id and message; None where the entry has no field of ours
Rejected = Callable[[str, str], None]  # told of an id and a reason


def log_rejected(id: str, reason: str) -> None:
    """Warn of a message in the log ``iconym.streams``, which Python shows on standard error."""
    logging.getLogger("iconym.streams").warning("message %s is no activity: %s", id, reason)


class RedisStream:
    """Fulfils ``ActivityStream`` with a Redis stream and a consumer group; shared by threads.

    Entries are never trimmed, so that all can be replayed; XTRIM is the operator's. A group that
    is not there is made and starts with the oldest entry. A message that is no activity is told
    of and then acknowledged; it stays in the stream, under its id.

    Args:
        url: ``redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]``, ``rediss://`` for TLS, or
            ``unix://PATH``. Nobody is called before the first method is.
        name: the key of the stream.
        group: those who share the work; each group is given everything.
        consumer: another one for each process; made up if left out.
        lease: seconds for which what was claimed belongs to its consumer. If a batch takes
            longer, somebody else does the same work again.
        rejected: told of each message that is no activity, by its id, and why.

    Raises:
        MissingTool: if the package redis is not installed.
        Usage: if ``url`` is no address; from each method, if the server lets us not in, or holds
            something else under ``name``.
        StreamError: from each method, if the server does not answer, or has other trouble.
    """

    def __init__(
        self,
        url: str,
        name: str,
        *,
        group: str = "iconym",
        consumer: str = "",
        lease: float = 60.0,
        rejected: Rejected = log_rejected,
    ) -> None:
        if not lease >= 0.001:
            raise ValueError(f"lease is {lease} seconds; it must be at least a millisecond")
        self._client, self._place = connected(url)
        self._name, self._group, self._lease = name, group, round(1000 * lease)
        self._consumer = consumer or f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._rejected = rejected

    def publish(self, activities: Sequence[Activity]) -> list[str]:
        """Append activities, in order, and return their ids.

        A thousand at a time, each thousand whole or not at all. If an answer is lost on the way
        they are written once more.

        Raises:
            BadData: if one is too large for a message, or no text. Nothing is published then.
        """
        messages = [encoded(activity) for activity in activities]
        ids: list[str] = []
        for start in range(0, len(messages), PAGE):
            with (
                asking(self._place, self._name),
                self._client.pipeline(transaction=True) as pipeline,
            ):
                for message in messages[start : start + PAGE]:
                    pipeline.xadd(self._name, {FIELD: message})
                ids += [i.decode() for i in pipeline.execute()]
        return ids

    def claim(self, count: int, *, wait: float = 0.0) -> list[Activity]:
        """At most ``count`` that nobody has, oldest first: abandoned ones, then new ones."""
        if count < 1:
            raise ValueError(f"count is {count}; claim at least 1 activity")
        until = time.monotonic() + wait
        while True:
            with asking(self._place, self._name):
                patience = min(until - time.monotonic(), STEP, self._lease / 1000)
                entries = self._claimed(count, patience)
            activities, bad = self._read(entries)
            self.ack(bad)
            if activities or (not entries and time.monotonic() >= until):
                return activities

    def ack(self, ids: Sequence[str]) -> None:
        """Done with these: they are not given again. One not claimed is no error."""
        known = [i for i in ids if _is_id(i)]
        if known:
            with asking(self._place, self._name):
                self._client.xack(self._name, self._group, *known)

    def replay(self, since: str = "") -> Iterator[Activity]:
        """Everything published after the id ``since``, acknowledged or not, oldest first.

        A message that is no activity is told of and left out.
        """
        if since and not _is_id(since):
            raise ValueError(f"{since!r} is no id of this stream; one reads 1700000000000-0")
        after = f"({since}" if since else "-"
        while True:
            with asking(self._place, self._name):
                page = _entries(self._client.xrange(self._name, after, "+", PAGE))
            yield from self._read(page)[0]
            if len(page) < PAGE:
                return
            after = f"({page[-1][0]}"

    def close(self) -> None:
        """Close the connections; a later call opens one again."""
        self._client.close()

    def _claimed(self, count: int, patience: float) -> list[Entry]:
        try:
            return self._next(count, patience)
        except server_errors().ResponseError as error:
            if not str(error).startswith(NO_GROUP):
                raise
        self._make_group()
        return self._next(count, patience)

    def _next(self, count: int, patience: float) -> list[Entry]:
        found = self._abandoned(count)
        if len(found) < count:
            found += self._new(count - len(found), 0.0 if found else patience)
        return found

    def _abandoned(self, count: int) -> list[Entry]:
        """Entries that were not acknowledged within the lease; they are ours from now on."""
        found: list[Entry] = []
        cursor, whose = b"0-0", (self._name, self._group, self._consumer)
        while True:
            cursor, entries, *deleted = self._client.xautoclaim(
                *whose, self._lease, cursor, count - len(found)
            )
            found += _entries(entries)
            for i in (i for ids in deleted for i in ids):  # the server has acknowledged these
                self._rejected(i.decode(), "deleted from the stream before it was acknowledged")
            if cursor == b"0-0" or len(found) >= count:
                return found

    def _new(self, count: int, patience: float) -> list[Entry]:
        """Entries that nobody of the group was given yet."""
        block = max(1, round(1000 * patience)) if patience > 0 else None  # 0 would be for ever
        streams = {self._name: ">"}
        found = self._client.xreadgroup(self._group, self._consumer, streams, count, block)
        return _entries(found[0][1]) if found else []

    def _make_group(self) -> None:
        try:
            self._client.xgroup_create(self._name, self._group, "0", mkstream=True)
        except server_errors().ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):  # somebody else has just made it
                raise

    def _read(self, entries: Sequence[Entry]) -> tuple[list[Activity], list[str]]:
        """The activities, and the ids of what is none."""
        activities, bad = [], []
        for i, message in entries:
            try:
                activities.append(decoded(message, i))
            except BadData as error:
                self._rejected(i, str(error))
                bad.append(i)
        return activities, bad


def _entries(replies: Sequence[Any]) -> list[Entry]:
    found: list[Entry] = []
    for i, fields in filter(None, replies):  # Redis 6.2 gives nothing in place of a deleted one
        found.append((i.decode(), dict(zip(fields[::2], fields[1::2], strict=True)).get(FIELD)))
    return found


def _is_id(text: str) -> bool:
    return re.fullmatch(r"\d{1,19}(-\d{1,19})?", text) is not None
