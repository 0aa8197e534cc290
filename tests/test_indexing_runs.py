"""What is promised of a run that is stopped, or that is not alone."""

from collections import Counter
from threading import Barrier, Thread

import pytest

from colors import BLUE, GREEN, RED, MeanColor, color_space, save
from iconym.catalog.sqlite import SqliteCatalog
from iconym.collection import CATALOG, FOLDER, Collection, create_collection, open_collection
from iconym.indexing import Interrupted, Outcome, index_folder
from iconym.indexing.compared import compared
from iconym.pictures import scan_pictures


class Counting(SqliteCatalog):
    """Counts the transactions that put pictures."""

    puts = 0

    def put(self, pictures, space, vectors):
        self.puts += 1
        return super().put(pictures, space, vectors)


class Calling(MeanColor):
    """Calls a function before its n-th work."""

    def at(self, n, function):
        self.turn, self.function = n, function
        return self

    def __call__(self, images):
        if len(self.given) == self.turn:
            self.function()
        return super().__call__(images)


def space_calling(function, n=0):
    space = color_space()
    object.__setattr__(space, "encoder", Calling().at(n, function))
    return space


def interrupt():
    raise KeyboardInterrupt


@pytest.fixture
def folder(tmp_path):
    """Twenty pictures; eight are encoded at once."""
    for number in range(20):
        save(tmp_path / f"{number:02}.png", (number + 1, 7, 7))
    return tmp_path


# Batches


@pytest.mark.parametrize(("seconds", "puts"), [(0.0, 20), (1000.0, 1)])
def test_a_batch_ends_after_so_many_seconds(folder, monkeypatch, seconds, puts):
    create_collection(folder)
    collection = Collection(folder, Counting(folder / FOLDER / CATALOG))
    monkeypatch.setattr("iconym.indexing.steps.BATCH_SECONDS", seconds)
    index_folder(collection, color_space())
    assert collection.catalog.puts == puts


def test_a_decoded_picture_waits_for_others_so_many_seconds(folder, monkeypatch):
    monkeypatch.setattr("iconym.indexing.steps.PIECE_SECONDS", 0.0)
    space = color_space()
    index_folder(create_collection(folder), space)
    assert space.encoder.given == [1] * 20


# Ctrl-C


def test_an_interrupted_run_keeps_what_was_encoded_and_the_next_goes_on(folder):
    collection = create_collection(folder)
    with pytest.raises(Interrupted) as stop:
        index_folder(collection, space_calling(interrupt, n=2))
    assert stop.value.outcome == Outcome(added=16)
    assert len(collection.catalog) == 16
    assert index_folder(collection, color_space()) == Outcome(added=4, unchanged=16)


def test_an_interrupt_between_pictures_keeps_the_decoded_ones_too(folder):
    def track(items, _doing, _total):
        for number, item in enumerate(items):
            if number == 11:
                interrupt()
            yield item

    with pytest.raises(Interrupted) as stop:
        index_folder(create_collection(folder), color_space(), track=track)
    assert stop.value.outcome == Outcome(added=11)


# Not alone


def test_two_runs_at_once_put_each_picture_once(folder):
    start, outcomes = Barrier(2), []

    def work():
        collection = create_collection(folder)
        start.wait()
        outcomes.append(index_folder(collection, color_space(), batch=2))

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(outcome.failed == () for outcome in outcomes)
    collection = open_collection(folder)
    assert Counter(p.uri for p in collection.catalog.pictures()) == Counter(
        f"{number:02}.png" for number in range(20)
    )
    assert index_folder(collection, color_space()) == Outcome(unchanged=20)


def test_a_picture_that_another_run_has_moved_meanwhile_is_not_forgotten(tmp_path):
    save(tmp_path / "red.png", RED)
    collection, space = create_collection(tmp_path), color_space()
    index_folder(collection, space)
    (tmp_path / "red.png").rename(tmp_path / "rouge.png")
    save(tmp_path / "blue.png", BLUE)
    other = space_calling(lambda: index_folder(create_collection(tmp_path), space))
    index_folder(collection, other)
    assert sorted(p.uri for p in collection.catalog.pictures()) == ["blue.png", "rouge.png"]
    assert [p.uri for p in collection.catalog.get([1])] == ["rouge.png"]


def test_what_others_changed_since_the_comparison_is_not_removed(tmp_path):
    save(tmp_path / "red.png", RED)
    save(tmp_path / "green.png", GREEN)
    collection, space = create_collection(tmp_path), color_space()
    index_folder(collection, space)
    (tmp_path / "red.png").unlink()
    files = scan_pictures(tmp_path)
    with compared(collection, space.fingerprint, files) as found:
        save(tmp_path / "red.png", BLUE)
        assert index_folder(collection, space).changed == 1
        assert found.forget() == 0
    assert len(collection.catalog) == 2


def test_pictures_in_a_folder_that_cannot_be_read_are_kept(tmp_path, monkeypatch):
    save(tmp_path / "red.png", RED)
    save(tmp_path / "disk" / "blue.png", BLUE)
    collection, space = create_collection(tmp_path), color_space()
    index_folder(collection, space)
    import os

    listed = os.scandir

    def scandir(path):
        if str(path).endswith("disk"):
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr("os.scandir", scandir)
    outcome = index_folder(collection, space)
    assert (outcome.unchanged, outcome.removed) == (1, 0)
    assert [failure.uri for failure in outcome.failed] == ["disk"]
    assert len(collection.catalog) == 2


# What needs no work needs no space


def test_a_run_with_nothing_to_do_does_not_load_the_space(folder, monkeypatch):
    collection = create_collection(folder)
    index_folder(collection, color_space())  # whose encoder cannot be saved, so it has no copy
    assert index_folder(collection) == Outcome(unchanged=20)


# The command line


def test_ctrl_c_says_what_was_done_and_that_it_is_kept(run, folder, monkeypatch):
    from colors import saved_color_space
    from iconym.encoders.onnx import OnnxEncoder
    from iconym.space import save_space

    save_space(saved_color_space(), folder / ".space")
    turns, encode = iter(range(9)), OnnxEncoder.__call__

    def interrupted(self, images):
        if next(turns) == 1:
            interrupt()
        return encode(self, images)

    with monkeypatch.context() as patched:
        patched.setattr(OnnxEncoder, "__call__", interrupted)
        ran = run("index", folder, "--space", folder / ".space")
    assert (ran.code, ran.out) == (130, "")
    assert ran.err.splitlines()[1] == (
        "stopped: 8 added; all of it is kept, the same command goes on from there"
    )
    assert run("index", folder).out == "12 added, 8 unchanged\n"
