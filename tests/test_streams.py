"""What every activity stream promises, and what the one in Redis does beyond."""

import json
import logging
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iconym.errors import BadData, MissingTool, StreamError, Usage
from iconym.nouns import Activity, Picture
from iconym.protocols import ActivityStream
from iconym.streams.memory import MemoryStream
from iconym.streams.messages import LARGEST, decoded, encoded
from iconym.streams.redis import RedisStream
from redis_server import running_redis

LEASE = 0.2  # seconds
RED, GREEN, BLUE = (Activity("added", Picture(f"{name}.png")) for name in ("red", "green", "blue"))


@pytest.fixture(scope="module")
def server():
    with running_redis() as server:
        yield server


@pytest.fixture
def open_redis(server, request):
    """Opens consumers of one stream, which is this test's alone."""
    opened = []

    def open(**settings):
        stream = RedisStream(server.url, request.node.name, **{"lease": LEASE} | settings)
        opened.append(stream)
        return stream

    yield open
    for stream in opened:
        stream.close()


@pytest.fixture(params=["memory", "redis"])
def consumers(request):
    """Two that share the work of one stream; in a process they may be the same."""
    if request.param == "memory":
        stream = MemoryStream(lease=LEASE)
        return stream, stream
    open_redis = request.getfixturevalue("open_redis")
    return open_redis(), open_redis()


@pytest.fixture
def stream(consumers):
    return consumers[0]


@pytest.fixture
def other(consumers):
    return consumers[1]


def uris(activities):
    return [activity.picture.uri for activity in activities]


# Every stream


def test_it_is_an_activity_stream(stream):
    assert isinstance(stream, ActivityStream)


def test_an_empty_stream_gives_nothing(stream):
    assert stream.claim(5) == []
    assert stream.claim(5, wait=0.01) == []
    assert list(stream.replay()) == []
    assert stream.publish([]) == []


def test_claims_come_in_the_order_of_publishing(stream):
    stream.publish([RED, GREEN])
    stream.publish([BLUE])
    assert uris(stream.claim(5)) == ["red.png", "green.png", "blue.png"]


def test_the_ids_of_publishing_are_those_of_claiming_and_replaying(stream):
    ids = stream.publish([RED, GREEN])
    assert len(set(ids)) == 2
    assert [activity.id for activity in stream.claim(5)] == ids
    assert [activity.id for activity in stream.replay()] == ids


def test_no_more_are_given_than_were_asked_for(stream):
    stream.publish([RED, GREEN, BLUE])
    assert uris(stream.claim(2)) == ["red.png", "green.png"]
    assert uris(stream.claim(2)) == ["blue.png"]


@pytest.mark.parametrize("count", [0, -1])
def test_to_claim_none_is_refused(stream, count):
    with pytest.raises(ValueError, match=f"count is {count}"):
        stream.claim(count)


def test_each_is_given_to_one_consumer(stream, other):
    stream.publish([RED, GREEN, BLUE])
    assert uris(stream.claim(1)) == ["red.png"]
    assert uris(other.claim(5)) == ["green.png", "blue.png"]
    assert stream.claim(5) == other.claim(5) == []


def test_what_was_abandoned_is_given_to_the_next_after_the_lease(stream, other):
    stream.publish([RED])
    first = stream.claim(5)
    assert other.claim(5) == []
    assert other.claim(5, wait=10 * LEASE) == first


def test_what_was_abandoned_comes_before_what_is_new(stream, other):
    stream.publish([RED, GREEN])
    stream.claim(2)
    assert uris(other.claim(1, wait=10 * LEASE)) == ["red.png"]
    other.publish([BLUE])
    assert uris(other.claim(5)) == ["green.png", "blue.png"]


def test_what_was_acknowledged_is_never_given_again(stream, other):
    ids = stream.publish([RED, GREEN])
    stream.claim(5)
    stream.ack(ids[:1])
    assert uris(other.claim(5, wait=10 * LEASE)) == ["green.png"]


def test_to_acknowledge_twice_is_harmless(stream):
    ids = stream.publish([RED])
    stream.claim(5)
    stream.ack(ids)
    stream.ack(ids)
    stream.ack([])
    assert stream.claim(5, wait=2 * LEASE) == []


def test_to_acknowledge_what_nobody_claimed_changes_nothing(stream):
    stream.ack(stream.publish([RED]))
    stream.ack(["nonsense"])
    assert uris(stream.claim(5)) == ["red.png"]


def test_what_was_acknowledged_is_replayed(stream):
    ids = stream.publish([RED, GREEN])
    stream.claim(5)
    stream.ack(ids)
    assert uris(stream.replay()) == ["red.png", "green.png"]


def test_a_replay_starts_after_an_id_and_claims_nothing(stream):
    ids = stream.publish([RED, GREEN, BLUE])
    assert uris(stream.replay(ids[0])) == ["green.png", "blue.png"]
    assert list(stream.replay(ids[2])) == []
    assert len(stream.claim(5)) == 3


def test_a_replay_after_what_is_no_id_is_refused(stream):
    with pytest.raises(ValueError, match="nonsense"):
        list(stream.replay("nonsense"))


def test_an_activity_comes_out_whole(stream):
    picture = Picture(
        "mer/été 🐚.png",
        words=("sea shell", "貝殻", ""),
        caption='a "quoted"\nline\x00',
        owner="søren",
        taken="2024-05-01T10:00:00",
        width=2**40,
        modified=2**62,
    )
    whole = [Activity("changed", picture), Activity("removed", Picture("\udcff.png"))]
    ids = stream.publish(whole)
    expected = [Activity(a.what, a.picture, i) for a, i in zip(whole, ids)]
    assert stream.claim(5) == expected
    assert list(stream.replay()) == expected


def test_whoever_waits_is_given_what_is_published_then(stream, other):
    given = []
    waiting = threading.Thread(target=lambda: given.extend(stream.claim(5, wait=30)))
    waiting.start()
    other.publish([RED])
    waiting.join(20)
    assert uris(given) == ["red.png"]


def test_threads_share_the_work_without_losing_or_repeating(stream, other):
    stream.publish([Activity("added", Picture(str(i))) for i in range(200)])
    given = []

    def work(consumer):
        while found := consumer.claim(7):
            consumer.ack([activity.id for activity in found])
            given.extend(uris(found))

    threads = [threading.Thread(target=work, args=[one]) for one in (stream, other, stream)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given, key=int) == [str(i) for i in range(200)]


# In a process


def test_a_lease_ends_by_the_clock_that_was_given():
    now = 0.0
    stream = MemoryStream(lease=60, clock=lambda: now)
    stream.publish([RED])
    stream.claim(1)
    now = 59.9
    assert stream.claim(1) == []
    now = 60.0
    assert uris(stream.claim(1)) == ["red.png"]


# Messages

PICTURES = st.fixed_dictionaries(
    {
        "uri": st.text(min_size=1),
        "words": st.lists(st.text()).map(tuple),
        "caption": st.text(),
        "owner": st.text(),
        "size": st.integers(0, 2**63 - 1),
    }
)


@given(what=st.sampled_from(["added", "changed", "removed"]), picture=PICTURES)
def test_a_message_gives_back_its_activity(what, picture):
    activity = Activity(what, Picture(**picture), "7")
    assert decoded(encoded(activity), "7") == activity


def test_a_message_reads_as_the_documents_show_it():
    activity = Activity("added", Picture("a/red.jpg", words=("red",)))
    shown = {"version": 1, "what": "added", "picture": {"uri": "a/red.jpg", "words": ["red"]}}
    assert json.loads(encoded(activity)) == shown


def test_fields_that_nobody_knows_are_ignored():
    message = b'{"version": 1, "what": "added", "picture": {"uri": "a", "mood": 1}, "sent": 2}'
    assert decoded(message, "7") == Activity("added", Picture("a"), "7")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (None, "no message"),
        (b"", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 60_000, "no JSON"),
        (b'{"version": ' + b"9" * 5_000 + b"}", "no JSON"),
        (b" " * (LARGEST + 1), f"{LARGEST} at most"),
        (b"[]", "no activity"),
        (b'{"what": "added"}', "no activity"),
        (b'{"version": 2, "what": "added", "picture": {"uri": "a"}}', "this iconym reads 1"),
        (b'{"version": 1, "what": "eaten", "picture": {"uri": "a"}}', "'eaten'"),
        (b'{"version": 1, "what": ["added"], "picture": {"uri": "a"}}', "'added'"),
        (b'{"version": 1, "what": "added"}', "no picture"),
        (b'{"version": 1, "what": "added", "picture": {"uri": ""}}', "no picture"),
        (b'{"version": 1, "what": "added", "picture": {"uri": 5}}', "uri is '5'"),
        (b'{"version": 1, "what": "added", "picture": {"uri": "a", "words": "b"}}', "words is"),
        (b'{"version": 1, "what": "added", "picture": {"uri": "a", "words": [1]}}', "words is"),
        (b'{"version": 1, "what": "added", "picture": {"uri": "a", "size": -1}}', "size is"),
        (b'{"version": 1, "what": "added", "picture": {"uri": "a", "size": true}}', "size is"),
        (b'{"version": 1, "what": "added", "picture": {"uri": "a", "size": 1e3}}', "size is"),
        (
            b'{"version": 1, "what": "added", "picture": {"uri": "a", "owner": "\\ud800"}}',
            "owner is",
        ),
    ],
)
def test_what_is_no_activity_is_refused_with_its_reason(message, reason):
    with pytest.raises(BadData, match=reason):
        decoded(message, "1")


def test_an_activity_too_large_for_a_message_is_refused_and_nothing_published(open_redis):
    stream = open_redis()
    large = Activity("added", Picture("a", caption="x" * LARGEST))
    with pytest.raises(BadData, match="shorten its words"):
        stream.publish([RED, large])
    assert list(stream.replay()) == []


# Redis


def test_what_was_published_before_the_group_was_there_is_given(open_redis):
    open_redis().publish([RED])
    assert uris(open_redis(group="later").claim(5)) == ["red.png"]


def test_each_group_is_given_everything(open_redis):
    one, two = open_redis(group="one"), open_redis(group="two")
    one.publish([RED])
    assert uris(one.claim(5)) == uris(two.claim(5)) == ["red.png"]


def test_a_replay_of_many_pages_is_whole(open_redis):
    stream = open_redis()
    stream.publish([Activity("added", Picture(str(i))) for i in range(2_000)])
    assert uris(stream.replay()) == [str(i) for i in range(2_000)]


def test_abandoned_ones_behind_many_that_others_hold_are_found(open_redis):
    """XAUTOCLAIM looks at ten times as many as it is asked for, then wants to be asked again."""
    stream = open_redis(lease=500)
    ids = stream.publish([Activity("added", Picture(str(i))) for i in range(30)])
    stream.claim(30)
    assert stream._client.xclaim(stream._name, "iconym", "dead", 0, ids[-1:], idle=10**6)
    assert uris(stream.claim(1)) == ["29"]


def test_what_is_no_activity_is_told_acknowledged_and_stays_in_the_stream(open_redis):
    told = []
    stream = open_redis(rejected=lambda *told_of: told.append(told_of))
    poison = [{"activity": "?"}, {"other": "field"}, {"activity": b"\xff" * 100}]
    ids = [stream._client.xadd(stream._name, fields).decode() for fields in poison]
    stream.publish([RED])
    assert uris(stream.claim(1)) == ["red.png"]
    assert [i for i, _reason in told] == ids
    assert stream._client.xpending(stream._name, "iconym")["pending"] == 1
    assert stream._client.xlen(stream._name) == 4


def test_poison_before_a_waiting_claim_ends_does_not_end_it(open_redis):
    stream = open_redis(rejected=lambda *_told: stream.publish([RED]))
    stream._client.xadd(stream._name, {"activity": "?"})
    assert uris(stream.claim(5, wait=30)) == ["red.png"]


def test_a_replay_leaves_out_what_is_no_activity_and_tells(open_redis):
    told = []
    stream = open_redis(rejected=lambda *told_of: told.append(told_of))
    stream._client.xadd(stream._name, {"activity": "?"})
    stream.publish([RED])
    assert uris(stream.replay()) == ["red.png"]
    assert len(told) == 1


def test_by_default_what_is_no_activity_is_logged(open_redis, caplog):
    stream = open_redis()
    stream._client.xadd(stream._name, {"activity": "?"})
    with caplog.at_level(logging.WARNING, "iconym.streams"):
        assert stream.claim(5) == []
    assert "no JSON" in caplog.text


def test_what_was_deleted_while_it_was_claimed_is_told_and_not_given(open_redis):
    told = []
    one, two = open_redis(), open_redis(rejected=lambda *told_of: told.append(told_of))
    ids = one.publish([RED, GREEN])
    one.claim(5)
    one._client.xdel(one._name, ids[0])
    assert uris(two.claim(5, wait=10 * LEASE)) == ["green.png"]
    assert told == [(ids[0], "deleted from the stream before it was acknowledged")]
    assert one._client.xpending(one._name, "iconym")["pending"] == 1


def test_a_stream_that_was_deleted_starts_anew(open_redis):
    stream = open_redis()
    stream.publish([RED])
    stream.claim(5)
    stream._client.delete(stream._name)
    assert stream.claim(5) == []
    stream.publish([GREEN])
    assert uris(stream.claim(5)) == ["green.png"]


def test_a_consumer_killed_with_claims_loses_nothing(open_redis, server, request):
    stream = open_redis()
    stream.publish([RED, GREEN])
    program = (
        "import os, signal, sys; from iconym.streams.redis import RedisStream\n"
        "stream = RedisStream(sys.argv[1], sys.argv[2]); assert len(stream.claim(1)) == 1\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", program, server.url, request.node.name])
    assert ended.returncode == -9
    (green,) = stream.claim(5)
    stream.ack([green.id])
    assert uris(stream.claim(5, wait=10 * LEASE)) == ["red.png"]


def test_a_server_killed_and_started_again_knows_what_is_not_acknowledged():
    with running_redis() as server:
        stream = RedisStream(server.url, "pictures", lease=LEASE)
        ids = stream.publish([RED, GREEN, BLUE])
        stream.claim(2)
        stream.ack(ids[:1])
        server.kill()
        server.start()
        given = stream.claim(5)
        stream.ack([activity.id for activity in given])
        given += stream.claim(5, wait=10 * LEASE)
        assert sorted(uris(given)) == ["blue.png", "green.png"]
        stream.close()


def test_a_server_that_is_gone_is_one_line():
    with running_redis() as server:
        stream = RedisStream(server.url, "pictures")
        stream.publish([RED])
        server.kill()
        with pytest.raises(StreamError, match="does not answer") as raised:
            stream.claim(5, wait=30)
        server.start()
        stream.close()
    assert "\n" not in str(raised.value)


def test_a_server_that_was_never_there_is_one_line_without_the_password():
    stream = RedisStream("redis://me:secret@127.0.0.1:1/0", "pictures")
    with pytest.raises(StreamError, match=r"redis at 127\.0\.0\.1:1 does not answer") as raised:
        stream.claim(5)
    assert "secret" not in str(raised.value)


def test_a_wrong_password_is_one_line_without_it():
    with running_redis("requirepass right\n") as server:
        socket = server.url.removeprefix("unix://")
        for address in (f"unix://:wrong@{socket}", server.url):
            stream = RedisStream(address, "pictures")
            with pytest.raises(Usage, match=r"refuses: .*check user and password") as raised:
                stream.publish([RED])
            assert "wrong" not in str(raised.value)
            stream.close()
        stream = RedisStream(f"unix://:right@{socket}", "pictures")
        assert len(stream.publish([RED])) == 1
        stream.close()


def test_a_key_that_holds_something_else_is_named(open_redis):
    stream = open_redis()
    stream._client.set(stream._name, "text")
    for ask in (lambda: stream.publish([RED]), lambda: stream.claim(1)):
        with pytest.raises(Usage, match="is no stream; choose another name"):
            ask()


def test_a_server_that_takes_no_more_is_told_in_one_line():
    with running_redis("maxmemory 1mb\nmaxmemory-policy noeviction\n") as server:
        stream = RedisStream(server.url, "pictures")
        large = [Activity("added", Picture(str(i), caption="x" * 60_000)) for i in range(40)]
        with pytest.raises(StreamError, match="maxmemory"):
            stream.publish(large)
            stream.publish(large)
        stream.close()


@pytest.mark.parametrize(
    "url",
    ["", "localhost:6379", "http://h", "redis://me:se/cret@h", "redis://h:x", "redis://h?a=1"],
)
def test_what_is_no_address_is_refused_without_showing_it(url):
    with pytest.raises(Usage, match="reads redis://HOST:PORT/DB") as raised:
        RedisStream(url, "pictures")
    assert "cret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_options_of_the_address_cannot_change_how_answers_are_read(open_redis, server, request):
    url = f"{server.url}?decode_responses=true&protocol=3"
    stream = RedisStream(url, request.node.name, lease=LEASE)
    stream.publish([RED])
    assert uris(stream.claim(5)) == ["red.png"]
    stream.close()


@pytest.mark.parametrize("lease", [0, -1, float("nan")])
def test_a_lease_of_no_time_is_refused(lease):
    with pytest.raises(ValueError, match="at least a millisecond"):
        RedisStream("redis://localhost", "pictures", lease=lease)


def test_without_its_package_redis_is_a_missing_tool(monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(MissingTool, match=r"pip install 'iconym\[redis\]'"):
        RedisStream("redis://localhost", "pictures")
