"""What watching a folder promises, with real files and the system's own notices."""

import os
import shutil
import signal
import subprocess
import sys
from queue import Queue
from threading import Event, Thread

import pytest

from colors import BLUE, GREEN, RED, color_space, save, saved_color_space
from iconym.collection import create_collection
from iconym.errors import NothingToDo
from iconym.indexing import Failure, Outcome, index_folder
from iconym.indexing.watching import watch_folder
from iconym.space import save_space

DEADLINE = 30  # seconds until an outcome that does not come is a failure


@pytest.fixture
def folder(tmp_path):
    save(tmp_path / "red.png", RED)
    save(tmp_path / "more" / "green.png", GREEN)
    return tmp_path


@pytest.fixture
def watched(folder, monkeypatch):
    """Starts a watch in a thread; gives the queue of its outcomes."""
    monkeypatch.setattr("iconym.indexing.watching.QUIET", 50)
    monkeypatch.setattr("iconym.indexing.watching.TICK", 100)
    stop, threads = Event(), []

    def start(space=None, **options):
        outcomes = Queue()

        def work():
            collection = create_collection(folder)
            for outcome in watch_folder(collection, space or color_space(), stop=stop, **options):
                outcomes.put(outcome)

        threads.append(Thread(target=work))
        threads[0].start()
        return outcomes

    yield start
    stop.set()
    threads[0].join(DEADLINE)
    assert not threads[0].is_alive()


def following(outcomes, done):
    """The sum of the outcomes until it is ``done``: notices may come in one or in several."""
    total = Outcome()
    while total != done:
        total += outcomes.get(timeout=DEADLINE)
        assert total.added + total.moved + total.removed <= 20, total
    return total


def uris(folder):
    return sorted(picture.uri for picture in create_collection(folder).catalog.pictures())


def test_the_first_outcome_is_that_of_the_whole_folder(watched):
    assert watched().get(timeout=DEADLINE) == Outcome(added=2)


def test_a_new_a_changed_and_a_deleted_file_are_followed(watched, folder):
    outcomes = watched()
    outcomes.get(timeout=DEADLINE)
    save(folder / ".aside.png", BLUE).rename(folder / "blue.png")
    following(outcomes, Outcome(added=1))
    save(folder / ".aside.png", (9, 9, 9)).rename(folder / "blue.png")
    following(outcomes, Outcome(changed=1))
    (folder / "blue.png").unlink()
    following(outcomes, Outcome(removed=1))
    assert uris(folder) == ["more/green.png", "red.png"]


def test_only_what_changed_is_looked_into(watched, folder, monkeypatch):
    outcomes = watched()
    outcomes.get(timeout=DEADLINE)

    def scanned(*_arguments, **_options):
        raise AssertionError("the whole folder was looked through")

    monkeypatch.setattr("iconym.indexing.watching.index_folder", scanned)
    save(folder / ".aside.png", BLUE).rename(folder / "more" / "blue.png")
    following(outcomes, Outcome(added=1))


def test_a_renamed_file_is_not_encoded_again(watched, folder):
    space = color_space()
    outcomes = watched(space)
    outcomes.get(timeout=DEADLINE)
    (folder / "red.png").rename(folder / "more" / "rouge.png")
    following(outcomes, Outcome(moved=1))
    assert space.encoder.given == [2]


def test_a_renamed_folder_is_not_encoded_again(watched, folder):
    space = color_space()
    outcomes = watched(space)
    outcomes.get(timeout=DEADLINE)
    (folder / "more").rename(folder / "less")
    following(outcomes, Outcome(moved=1, unchanged=1))
    assert space.encoder.given == [2]


def test_a_folder_that_comes_and_goes_is_followed(watched, folder, tmp_path_factory):
    outcomes, elsewhere = watched(), tmp_path_factory.mktemp("elsewhere") / "new"
    outcomes.get(timeout=DEADLINE)
    for number in range(3):
        save(elsewhere / f"{number}.png", (number + 1, 7, 7))
    shutil.move(elsewhere, folder / "new")
    while len(uris(folder)) < 5:
        outcomes.get(timeout=DEADLINE)
    shutil.rmtree(folder / "new")
    while len(uris(folder)) > 2:
        outcomes.get(timeout=DEADLINE)
    assert uris(folder) == ["more/green.png", "red.png"]


def test_so_many_changes_that_some_may_be_lost_lead_to_a_look_through_all(
    watched, folder, monkeypatch
):
    monkeypatch.setattr("iconym.indexing.watching.MANY", 1)
    monkeypatch.setattr("iconym.indexing.watching._look_into", None)  # not called
    outcomes = watched()
    outcomes.get(timeout=DEADLINE)
    save(folder / ".aside.png", BLUE).rename(folder / "blue.png")
    following(outcomes, Outcome(added=1, unchanged=2))


def test_what_is_hidden_or_no_picture_makes_no_outcome(watched, folder):
    outcomes = watched()
    outcomes.get(timeout=DEADLINE)
    save(folder / ".hidden" / "blue.png", BLUE)
    (folder / "notes.txt").write_text("milk")
    save(folder / ".aside.png", BLUE).rename(folder / "blue.png")
    assert outcomes.get(timeout=DEADLINE) == Outcome(added=1)


def test_a_name_that_is_no_text_does_not_end_the_watch(watched, folder):
    outcomes = watched()
    outcomes.get(timeout=DEADLINE)
    (folder / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"dear diary")
    save(folder / "blue.png", BLUE)
    while "blue.png" not in uris(folder):
        outcomes.get(timeout=DEADLINE)
    (folder / "blue.png").unlink()
    while "blue.png" in uris(folder):
        outcomes.get(timeout=DEADLINE)


def test_a_bad_file_is_told_and_the_watch_goes_on(watched, folder):
    outcomes = watched()
    outcomes.get(timeout=DEADLINE)
    (folder / ".aside.png").write_bytes(b"dear diary")
    (folder / ".aside.png").rename(folder / "text.png")
    assert [failure.uri for failure in outcomes.get(timeout=DEADLINE).failed] == ["text.png"]
    (folder / "text.png").unlink()
    save(folder / ".aside.png", BLUE).rename(folder / "blue.png")
    following(outcomes, Outcome(added=1))
    assert list(create_collection(folder).catalog.failures()) == []


class Script(Event):
    """Where the watch would wait it does the next thing instead, and ends after the last."""

    def __init__(self, *actions):
        super().__init__()
        self.actions = list(actions)

    def wait(self, timeout=None):
        if not self.actions:
            return True
        self.actions.pop(0)()
        return False


def test_polling_needs_no_notices_and_tells_nothing_where_nothing_changed(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    script = Script(lambda: None, lambda: save(folder / "blue.png", BLUE), lambda: None)
    outcomes = watch_folder(create_collection(folder), color_space(), poll=60.0, stop=script)
    assert list(outcomes) == [Outcome(added=2), Outcome(added=1, unchanged=2)]


def test_a_link_to_nothing_is_told_once_however_often_it_is_looked_at(folder):
    (folder / "link.png").symlink_to("nowhere.png")
    stop = Event()
    looks = watch_folder(create_collection(folder), color_space(), poll=0.01, stop=stop)
    assert [failure.uri for failure in next(looks).failed] == ["link.png"]
    save(folder / "blue.png", BLUE)
    outcome = next(looks)
    stop.set()
    assert (outcome.added, outcome.failed) == (1, ())
    assert outcome.known == {"missing or unreadable": 1}


def test_a_disk_that_is_gone_for_a_while_ends_nothing_and_forgets_nothing(folder):
    aside = folder.with_name("aside")

    def unmount():
        folder.rename(aside)
        folder.mkdir()
        (aside / ".iconym").rename(folder / ".iconym")

    def mount():
        (folder / ".iconym").rename(aside / ".iconym")
        folder.rmdir()
        aside.rename(folder)
        (folder / "red.png").unlink()

    script, collection = Script(unmount, mount), create_collection(folder)
    outcomes = watch_folder(collection, color_space(), poll=60.0, stop=script)
    assert list(outcomes) == [Outcome(added=2), Outcome(removed=1, unchanged=1)]


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(NothingToDo):
        next(watch_folder(create_collection(tmp_path), color_space()))


def test_the_end_of_a_watch_counts_each_bad_file_once_and_nothing_unchanged(
    folder, run, monkeypatch
):
    bad = Failure("bad.png", "empty", "bad.png is empty")

    def looks(*_, **__):
        yield Outcome(added=1, failed=(bad,))
        yield Outcome(unchanged=1, failed=(bad,))
        raise KeyboardInterrupt

    monkeypatch.setattr("iconym.indexing.watching.watch_folder", looks)
    index_folder(create_collection(folder), color_space())
    assert run("watch", folder).err.splitlines()[-1] == "ended: 1 added, 1 failed"


def test_ctrl_c_ends_the_watch_with_what_was_done(folder, tmp_path_factory):
    space = tmp_path_factory.mktemp("spaces") / "colors"
    save_space(saved_color_space(), space)
    command = [sys.executable, "-m", "iconym.cli", "watch", str(folder), "--space", str(space)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True) as process:
        assert process.stdout.readline() == "2 added\n"
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=DEADLINE)
    assert (rest, said.splitlines()[-1]) == ("", "ended: 2 added")
    assert process.returncode == 0
