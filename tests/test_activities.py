"""What indexing the activities of a caller or a stream promises."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from colors import BLUE, GREEN, RED, color_space, save
from iconym.collection import create_collection
from iconym.indexing import Outcome, index_folder
from iconym.indexing.activities import follow, index_activities
from iconym.nouns import Activity, Picture
from iconym.streams.memory import MemoryStream
from iconym.streams.redis import RedisStream
from redis_server import running_redis


@pytest.fixture
def collection(tmp_path):
    """A folder of two pictures, of which the catalog knows nothing yet."""
    folder = tmp_path / "pictures"
    save(folder / "red.png", RED)
    save(folder / "more" / "green.png", GREEN)
    return create_collection(folder)


@pytest.fixture
def space():
    return color_space()


@pytest.fixture
def indexed(collection, space):
    """Both pictures are in the catalog, and the encoder has forgotten them."""
    index_folder(collection, space)
    space.encoder.given.clear()
    return collection


def added(uri, **known):
    return Activity("added", Picture(uri, **known))


def changed(uri, **known):
    return Activity("changed", Picture(uri, **known))


def removed(uri):
    return Activity("removed", Picture(uri))


def held(collection, space):
    """The vectors as {uri: numbers}."""
    ids, vectors = collection.catalog.vectors(space.fingerprint)
    pictures = collection.catalog.get(ids.tolist())
    return {p.uri: row for p, row in zip(pictures, vectors.tolist())}


def picture_at(collection, uri):
    (picture,) = collection.catalog.get(collection.catalog.find(uris=[uri]))
    return picture


def ledger(collection):
    return {record.uri: record.kind for record in collection.catalog.failures()}


# A call


def test_an_added_picture_is_taken_in_and_no_other_is_looked_at(collection, space):
    assert index_activities(collection, space, [added("red.png")]) == Outcome(added=1)
    assert held(collection, space) == {"red.png": [1, 0, 0]}
    assert collection.catalog.spaces()[0].fingerprint == space.fingerprint


def test_a_picture_is_known_as_from_the_folder_and_with_what_the_activity_says(collection, space):
    told = added("red.png", words=("rose", "赤"), caption="A rose.", owner="ann", width=999)
    index_activities(collection, space, [told])
    known = picture_at(collection, "red.png")
    index_folder(collection, space)
    assert picture_at(collection, "red.png") == known
    assert (known.words, known.caption, known.owner) == (("rose", "赤"), "A rose.", "ann")
    assert (known.width, known.height, len(known.content)) == (6, 4, 64)
    assert known.modified == (collection.folder / "red.png").stat().st_mtime_ns


def test_the_same_activities_again_encode_and_change_nothing(collection, space):
    told = [added("red.png", words=("rose",)), added("more/green.png")]
    assert index_activities(collection, space, told) == Outcome(added=2)
    before = collection.catalog.last_sequence()
    assert index_activities(collection, space, told) == Outcome(unchanged=2)
    assert sum(space.encoder.given) == 2
    assert collection.catalog.last_sequence() == before


def test_a_changed_file_is_encoded_again_under_its_id(indexed, space):
    before = picture_at(indexed, "red.png").id
    save(indexed.folder / "red.png", BLUE)
    assert index_activities(indexed, space, [changed("red.png")]) == Outcome(changed=1)
    assert held(indexed, space)["red.png"] == [0, 0, 1]
    assert picture_at(indexed, "red.png").id == before


@pytest.mark.parametrize("what", ["added", "changed"])
def test_added_and_changed_are_alike(what, collection, space):
    told = [Activity(what, Picture("red.png"))]
    assert index_activities(collection, space, told) == Outcome(added=1)


def test_new_words_of_a_file_that_is_as_it_was_are_stored_and_nothing_encoded(indexed, space):
    told = changed("red.png", words=("rose",), owner="ann")
    assert index_activities(indexed, space, [told]) == Outcome(unchanged=1)
    known = picture_at(indexed, "red.png")
    assert (known.words, known.owner) == (("rose",), "ann")
    assert space.encoder.given == []
    assert len(held(indexed, space)) == 2


def test_words_that_an_activity_no_longer_says_are_forgotten(indexed, space):
    index_activities(indexed, space, [changed("red.png", words=("rose",))])
    index_activities(indexed, space, [changed("red.png")])
    assert picture_at(indexed, "red.png").words == ()


def test_a_removed_picture_is_forgotten(indexed, space):
    (indexed.folder / "red.png").unlink()
    assert index_activities(indexed, space, [removed("red.png")]) == Outcome(removed=1)
    assert list(held(indexed, space)) == ["more/green.png"]


def test_to_remove_what_nobody_knows_is_no_error(indexed, space):
    told = [removed("no.png"), removed("../up.png"), removed("\udcff.png"), removed("a\0.png")]
    assert index_activities(indexed, space, told) == Outcome()
    assert len(indexed.catalog) == 2


def test_a_renamed_picture_keeps_its_id_and_is_not_encoded(indexed, space):
    before = picture_at(indexed, "red.png").id
    (indexed.folder / "red.png").rename(indexed.folder / "rouge.png")
    told = [removed("red.png"), added("rouge.png", words=("rouge",))]
    assert index_activities(indexed, space, told) == Outcome(moved=1)
    assert space.encoder.given == []
    assert picture_at(indexed, "rouge.png").id == before
    assert picture_at(indexed, "rouge.png").words == ("rouge",)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([added("red.png"), removed("red.png")], []),
        ([removed("red.png"), added("red.png")], ["red.png"]),
        ([added("red.png"), removed("red.png"), added("red.png")], ["red.png"]),
    ],
)
def test_of_several_activities_of_a_picture_the_last_counts(collection, space, told, expected):
    index_activities(collection, space, told)
    assert list(held(collection, space)) == expected


def test_no_activities_do_nothing(collection, space):
    assert index_activities(collection, space, []) == Outcome()


def test_a_bad_file_is_told_and_stands_in_the_ledger_and_others_are_taken_in(collection, space):
    (collection.folder / "bad.png").write_bytes(b"no picture")
    outcome = index_activities(
        collection, space, [added("bad.png"), added("none.png"), added("red.png")]
    )
    assert outcome.added == 1
    kinds = {"bad.png": "not a picture", "none.png": "missing or unreadable"}
    assert {failure.uri: failure.kind for failure in outcome.failed} == kinds
    assert ledger(collection) == kinds


def test_what_failed_is_struck_from_the_ledger_when_it_is_taken_in_or_removed(collection, space):
    index_activities(collection, space, [added("a.png"), added("b.png")])
    save(collection.folder / "a.png", RED)
    index_activities(collection, space, [changed("a.png"), removed("b.png")])
    assert ledger(collection) == {}


@pytest.mark.parametrize(
    "uri",
    [
        "../red.png",
        "more/../red.png",
        "/etc/red.png",
        "./red.png",
        "more//green.png",
        ".iconym/red.png",
        "more/.green.png",
        "red",
        "red.txt",
        "nul\0.png",
        ".",
    ],
)
def test_what_is_no_place_for_a_picture_is_a_failure(uri, collection, space):
    save(collection.folder.parent / "red.png", RED)
    outcome = index_activities(collection, space, [added(uri), added("red.png")])
    assert outcome.added == 1
    assert [failure.kind for failure in outcome.failed] == ["outside the collection"]
    assert ledger(collection) == {uri: "outside the collection"}
    assert list(held(collection, space)) == ["red.png"]


def test_a_link_that_leads_outside_is_a_failure_and_one_inside_is_not(collection, space):
    folder = collection.folder
    outside = save(folder.parent / "outside" / "blue.png", BLUE)
    (folder / "file.png").symlink_to(outside)
    (folder / "linked").symlink_to(outside.parent)
    (folder / "inside.png").symlink_to(folder / "red.png")
    told = [added("file.png"), added("linked/blue.png"), added("inside.png")]
    outcome = index_activities(collection, space, told)
    assert [failure.uri for failure in outcome.failed] == ["file.png", "linked/blue.png"]
    assert list(held(collection, space)) == ["inside.png"]


def test_a_name_that_is_no_text_is_a_failure(collection, space):
    save(collection.folder / "\udcff.png", RED)
    outcome = index_activities(collection, space, [added("\udcff.png"), added("\ud800.png")])
    assert [failure.kind for failure in outcome.failed] == ["name not UTF-8"] * 2


def test_a_collection_reached_by_a_link_is_none_outside(collection, space, tmp_path):
    (tmp_path / "link").symlink_to(collection.folder)
    linked = create_collection(tmp_path / "link")
    assert index_activities(linked, space, [added("red.png")]) == Outcome(added=1)


def test_progress_is_told_of_each_picture(collection, space):
    seen = []

    def track(items, doing, total):
        seen.append((doing, total))
        return (seen.append(item.picture.uri) or item for item in items)

    index_activities(collection, space, [added("red.png"), removed("a.png")], track=track)
    assert seen == [("indexing", 1), "red.png"]


# A stream


def test_a_stream_is_taken_in_and_acknowledged(collection, space):
    stream = MemoryStream(lease=0)
    stream.publish([added("red.png"), added("more/green.png")])
    assert list(follow(collection, space, stream, patience=0)) == [Outcome(added=2)]
    assert stream.claim(5) == []  # though every lease is over


def test_a_stream_gives_an_outcome_for_each_batch(collection, space, monkeypatch):
    monkeypatch.setattr("iconym.indexing.activities.BATCH", 1)
    stream = MemoryStream()
    stream.publish([added("red.png"), removed("red.png")])
    outcomes = list(follow(collection, space, stream, patience=0))
    assert outcomes == [Outcome(added=1), Outcome(removed=1)]


def test_a_failed_picture_is_acknowledged_and_stands_in_the_ledger(collection, space):
    stream = MemoryStream(lease=0)
    stream.publish([added("none.png"), added("../up.png")])
    (outcome,) = follow(collection, space, stream, patience=0)
    assert len(outcome.failed) == 2
    assert stream.claim(5) == []
    assert set(ledger(collection)) == {"none.png", "../up.png"}


def test_following_ends_between_batches_when_asked(collection, space):
    stream = MemoryStream()
    stream.publish([added("red.png")])
    asked = iter([False, True])
    assert list(follow(collection, space, stream, stop=lambda: next(asked))) == [Outcome(added=1)]


def test_nothing_is_acknowledged_before_it_is_in_the_catalog(collection, space):
    class Checked(MemoryStream):
        def ack(self, ids):
            assert list(held(collection, space)) == ["red.png"]
            super().ack(ids)

    stream = Checked()
    stream.publish([added("red.png")])
    assert list(follow(collection, space, stream, patience=0)) == [Outcome(added=1)]


def test_after_an_interruption_what_was_not_acknowledged_is_given_again(collection, space):
    stream = MemoryStream(lease=0)
    stream.publish([added("red.png")])

    def interrupted(items, _doing, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(follow(collection, space, stream, patience=0, track=interrupted))
    assert list(follow(collection, space, stream, patience=0)) == [Outcome(added=1)]


# Processes that die. Each follows two activities at a time and kills itself at a given moment.

WORKER = """
import os, signal, sys
from pathlib import Path
from colors import MeanColor, color_space
from iconym.collection import open_collection
from iconym.indexing import activities
from iconym.streams.redis import RedisStream

url, folder, moment = sys.argv[1:]
activities.BATCH = 2

encode = MeanColor.__call__

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def hold():
    print("holding", flush=True)
    sys.stdin.read()

def at_batch(number, act):
    def encode_or_act(self, images):
        if len(self.given) == number - 1:
            act()
        return encode(self, images)
    MeanColor.__call__ = encode_or_act

stream, space = RedisStream(url, "pictures", lease=0.2), color_space()
if moment == "before the third batch is in the catalog":
    at_batch(3, die)
elif moment == "before the first is acknowledged":
    stream.ack = lambda ids: ids and die()
elif moment == "holding the second":
    at_batch(2, hold)
for outcome in activities.follow(open_collection(Path(folder)), space, stream, patience=0.5):
    print(outcome.added, flush=True)
"""

COLORS = [(8 * i, 255, 0) for i in range(12)]


@pytest.fixture
def published():
    """A collection of twelve pictures, all of which a stream tells of."""
    with running_redis() as server:
        folder = server.folder / "pictures"
        for i, color in enumerate(COLORS):
            save(folder / f"{i}.png", color)
        stream = RedisStream(server.url, "pictures", lease=0.2)
        stream.publish([added(f"{i}.png") for i in range(12)])
        yield create_collection(folder), stream, server
        stream.close()


def start(server, collection, moment):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, server.url, str(collection.folder), moment],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )


@pytest.mark.parametrize(
    ("moment", "taken_in"),
    [("before the third batch is in the catalog", 4), ("before the first is acknowledged", 2)],
)
def test_a_worker_killed_loses_and_repeats_nothing(published, space, moment, taken_in):
    collection, stream, server = published
    worker = start(server, collection, moment)
    worker.communicate()
    assert worker.returncode == -9
    assert len(held(collection, space)) == taken_in
    total = sum(follow(collection, space, stream, patience=1), Outcome())
    assert total.added == 12 - taken_in
    assert len(held(collection, space)) == collection.catalog.last_sequence() == 12  # put once
    assert stream.claim(12, wait=0.5) == []


@pytest.mark.parametrize("is_killed", [True, False])
def test_what_one_worker_holds_too_long_another_takes_in_and_nothing_is_there_twice(
    published, space, is_killed
):
    collection, stream, server = published
    slow = start(server, collection, "holding the second")
    assert [slow.stdout.readline(), slow.stdout.readline()] == ["2\n", "holding\n"]
    fast = start(server, collection, "never")
    said, _ = fast.communicate()
    assert sum(map(int, said.split())) == 10
    if is_killed:
        slow.kill()
    slow.communicate()
    assert slow.returncode == (-9 if is_killed else 0)
    assert len(held(collection, space)) == len(collection.catalog) == 12
    assert stream.claim(12, wait=0.5) == []
