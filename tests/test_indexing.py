"""What indexing a folder or a data set promises."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from colors import BLACK, BLUE, GREEN, RED, color_space, picture, save
from iconym.collection import create_collection
from iconym.errors import BadData, NothingToDo, TruncatedPicture
from iconym.indexing import Failure, Outcome, index_folder, index_pictures
from iconym.nouns import Picture


@pytest.fixture
def folder(tmp_path):
    """Two pictures, one of them in a folder of its own."""
    save(tmp_path / "red.png", RED)
    save(tmp_path / "more" / "green.png", GREEN)
    return tmp_path


@pytest.fixture
def collection(folder):
    return create_collection(folder)


@pytest.fixture
def space():
    return color_space()


@pytest.fixture
def indexed(collection, space):
    """The two pictures are in the catalog, and the encoder has forgotten them."""
    index_folder(collection, space)
    space.encoder.given.clear()
    return collection


def held(collection, space):
    """The vectors as {uri: numbers}."""
    ids, vectors = collection.catalog.vectors(space.fingerprint)
    pictures = collection.catalog.get(ids.tolist())
    return {p.uri: row for p, row in zip(pictures, vectors.tolist())}


def id_of(collection, uri):
    (found,) = collection.catalog.find(uris=[uri])
    return found


# A folder


def test_new_pictures_are_encoded_and_described(collection, space):
    assert index_folder(collection, space) == Outcome(added=2)
    assert held(collection, space) == {"more/green.png": [0, 1, 0], "red.png": [1, 0, 0]}
    (red,) = collection.catalog.get([id_of(collection, "red.png")])
    status = (collection.folder / "red.png").stat()
    assert (red.width, red.height) == (6, 4)
    assert (red.size, red.modified) == (status.st_size, status.st_mtime_ns)
    assert len(red.content) == 64


def test_a_second_run_encodes_nothing_and_changes_nothing(indexed, space):
    before = indexed.catalog.last_sequence()
    assert index_folder(indexed, space) == Outcome(unchanged=2)
    assert space.encoder.given == []
    assert indexed.catalog.last_sequence() == before


def test_a_changed_file_is_encoded_again_under_its_id(indexed, space):
    before = id_of(indexed, "red.png")
    save(indexed.folder / "red.png", BLUE)
    assert index_folder(indexed, space) == Outcome(changed=1, unchanged=1)
    assert held(indexed, space)["red.png"] == [0, 0, 1]
    assert id_of(indexed, "red.png") == before


def test_a_file_that_was_only_touched_is_not_encoded(indexed, space):
    os.utime(indexed.folder / "red.png", ns=(5, 5))
    assert index_folder(indexed, space) == Outcome(unchanged=2)
    assert space.encoder.given == []
    assert indexed.catalog.get([id_of(indexed, "red.png")])[0].modified == 5


def test_a_renamed_file_keeps_its_id_and_is_not_encoded(indexed, space):
    before = id_of(indexed, "red.png")
    (indexed.folder / "red.png").rename(indexed.folder / "more" / "rouge.png")
    assert index_folder(indexed, space) == Outcome(moved=1, unchanged=1)
    assert space.encoder.given == []
    assert id_of(indexed, "more/rouge.png") == before
    assert indexed.catalog.find(uris=["red.png"]) == []


def test_a_copy_is_a_picture_of_its_own(indexed, space):
    save(indexed.folder / "copy.png", RED)
    assert index_folder(indexed, space) == Outcome(added=1, unchanged=2)
    assert len(indexed.catalog) == 3


def test_of_two_new_copies_of_what_is_gone_one_was_moved(indexed, space):
    (indexed.folder / "red.png").unlink()
    save(indexed.folder / "a.png", RED)
    save(indexed.folder / "b.png", RED)
    assert index_folder(indexed, space) == Outcome(added=1, moved=1, unchanged=1)


def test_a_deleted_file_is_forgotten(indexed, space):
    (indexed.folder / "red.png").unlink()
    assert index_folder(indexed, space) == Outcome(removed=1, unchanged=1)
    assert list(held(indexed, space)) == ["more/green.png"]


def test_an_empty_folder_is_refused_and_nothing_forgotten(indexed, space):
    (indexed.folder / "red.png").unlink()
    (indexed.folder / "more" / "green.png").unlink()
    with pytest.raises(NothingToDo, match="no picture file"):
        index_folder(indexed, space)
    assert len(indexed.catalog) == 2


BAD = {
    "empty.png": (b"", "empty"),
    "text.png": (b"dear diary", "not a picture"),
    "page.jpg": (b"<html>", "not a picture"),
}


@pytest.fixture
def with_bad(collection):
    for name, (data, _) in BAD.items():
        (collection.folder / name).write_bytes(data)
    whole = save(collection.folder / "cut.png", BLUE).read_bytes()
    (collection.folder / "cut.png").write_bytes(whole[:50])
    (collection.folder / "link.png").symlink_to("nowhere.png")
    return collection


def test_bad_files_are_told_and_do_not_stop_the_run(with_bad, space):
    outcome = index_folder(with_bad, space)
    assert str(outcome) == (
        "2 added, 5 failed: 2 not a picture, 1 truncated or damaged, 1 empty, "
        "1 missing or unreadable"
    )
    kinds = {failure.uri: failure.kind for failure in outcome.failed}
    assert kinds == {name: kind for name, (_, kind) in BAD.items()} | {
        "cut.png": "truncated or damaged",
        "link.png": "missing or unreadable",
    }
    assert all(failure.uri in failure.reason for failure in outcome.failed)
    assert len(with_bad.catalog) == 2


def test_a_bad_file_that_was_mended_is_added(with_bad, space):
    index_folder(with_bad, space)
    save(with_bad.folder / "empty.png", BLUE)
    assert index_folder(with_bad, space).added == 1


def test_a_picture_that_turned_bad_is_forgotten(indexed, space):
    (indexed.folder / "red.png").write_bytes(b"dear diary")
    assert str(index_folder(indexed, space)) == "1 unchanged, 1 failed: 1 not a picture"
    assert list(held(indexed, space)) == ["more/green.png"]


def test_a_picture_without_features_is_told(collection, space):
    save(collection.folder / "black.png", BLACK)
    outcome = index_folder(collection, space)
    assert str(outcome) == "2 added, 1 failed: 1 without features"
    assert outcome.failed[0].uri == "black.png"


def test_a_name_that_is_no_text_is_told(collection, space):
    save(collection.folder / "blue.png", BLUE).rename(
        os.fsdecode(os.fsencode(collection.folder) + b"/caf\xe9.png")
    )
    (failure,) = index_folder(collection, space).failed
    assert failure.uri == "caf\\udce9.png"
    assert failure.kind == "name not UTF-8"
    (collection.folder / failure.uri).write_text(failure.reason)  # both can be printed


def test_another_space_encodes_all_again_and_is_current(indexed, space):
    other = color_space(brightness=0.5)
    assert index_folder(indexed, other) == Outcome(added=2)
    assert held(indexed, other) == held(indexed, space)
    assert indexed.catalog.spaces()[0].fingerprint == other.fingerprint
    assert index_folder(indexed, space) == Outcome(unchanged=2)


def test_pictures_are_encoded_in_batches(collection, space):
    for number in range(3):
        save(collection.folder / f"{number}.png", (number, 7, 7))
    index_folder(collection, space, batch=2)
    assert space.encoder.given == [2, 2, 1]


def test_large_pictures_make_smaller_batches(collection, space, monkeypatch):
    monkeypatch.setattr("iconym.indexing.steps.PIXELS", 24)  # one picture of 4 x 6
    index_folder(collection, space)
    assert space.encoder.given == [1, 1]


def test_what_must_be_looked_into_is_tracked(indexed, space):
    save(indexed.folder / "blue.png", BLUE)
    told = []

    def track(items, doing, total):
        told.append((doing, total))
        return items

    index_folder(indexed, space, track=track)
    assert told == [("indexing", 1)]


KILLED = """
import sys
from pathlib import Path
from colors import MeanColor, color_space
from iconym.collection import create_collection
from iconym.indexing import index_folder

class Telling(MeanColor):
    def __call__(self, images):
        print("batch", flush=True)
        return super().__call__(images)

space = color_space()
object.__setattr__(space, "encoder", Telling())
index_folder(create_collection(Path(sys.argv[1])), space, batch=2)
"""


def test_a_killed_run_loses_one_batch_at_most(tmp_path, space):
    for number in range(40):
        save(tmp_path / f"{number:02}.png", (number, 7, 7))
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as run:
        for _ in range(4):
            assert run.stdout.readline() == b"batch\n"
        run.kill()
    outcome = index_folder(create_collection(tmp_path), space)
    assert outcome.unchanged >= 6  # the fourth batch began after the third was stored
    assert outcome.unchanged % 2 == 0
    assert outcome.added + outcome.unchanged == 40
    assert not outcome.failed


# A data set

EMOJI = [
    Picture("google/1f534.png", words=("red circle",), content="r"),
    Picture("google/1f7e2.png", words=("green circle",), content="g"),
]
IMAGES = [picture(RED), picture(GREEN)]


class Lazy(list):
    """Images that tell which of them were asked for."""

    def __init__(self, *images):
        super().__init__(images)
        self.asked = []

    def __getitem__(self, row):
        self.asked.append(row)
        image = super().__getitem__(row)
        if isinstance(image, Exception):
            raise image
        return image


def test_pictures_of_a_data_set_are_encoded_and_described(collection, space):
    assert index_pictures(collection, space, EMOJI, IMAGES) == Outcome(added=2)
    assert held(collection, space) == {
        "google/1f534.png": [1, 0, 0],
        "google/1f7e2.png": [0, 1, 0],
    }
    assert collection.catalog.get([1]) == [replace(EMOJI[0], id=1, width=6, height=4)]


def test_a_second_run_asks_for_no_image(collection, space):
    index_pictures(collection, space, EMOJI, IMAGES)
    before, images = collection.catalog.last_sequence(), Lazy(*IMAGES)
    assert index_pictures(collection, space, EMOJI, images) == Outcome(unchanged=2)
    assert images.asked == []
    assert collection.catalog.last_sequence() == before


def test_new_words_for_a_known_picture_are_stored_without_encoding(collection, space):
    index_pictures(collection, space, EMOJI, IMAGES)
    renamed = [replace(EMOJI[0], words=("ball",)), EMOJI[1]]
    images = Lazy(*IMAGES)
    assert index_pictures(collection, space, renamed, images) == Outcome(unchanged=2)
    assert images.asked == []
    assert collection.catalog.get([1])[0].words == ("ball",)


def test_changed_content_is_encoded_again(collection, space):
    index_pictures(collection, space, EMOJI, IMAGES)
    changed = [EMOJI[0], replace(EMOJI[1], content="b")]
    images = Lazy(picture(RED), picture(BLUE))
    assert index_pictures(collection, space, changed, images) == Outcome(changed=1, unchanged=1)
    assert images.asked == [1]
    assert held(collection, space)["google/1f7e2.png"] == [0, 0, 1]


def test_pictures_without_content_are_always_encoded(collection, space):
    for outcome in (Outcome(added=1), Outcome(changed=1)):
        assert index_pictures(collection, space, [Picture("a")], IMAGES[:1]) == outcome


def test_an_image_that_cannot_be_decoded_is_skipped(collection, space):
    images = Lazy(TruncatedPicture("row 0 is damaged"), picture(GREEN))
    outcome = index_pictures(collection, space, EMOJI, images)
    failure = Failure("google/1f534.png", "truncated or damaged", "row 0 is damaged")
    assert outcome == Outcome(added=1, failed=(failure,))


def test_a_run_over_the_folder_leaves_a_data_set_alone(indexed, space):
    index_pictures(indexed, space, EMOJI, IMAGES)
    assert index_folder(indexed, space) == Outcome(unchanged=2)
    assert len(indexed.catalog) == 4


@pytest.mark.parametrize(
    ("pictures", "error", "said"),
    [
        ([], NothingToDo, "no picture"),
        (EMOJI[:1] * 2, BadData, "'google/1f534.png' is given twice"),
        ([EMOJI[0], Picture("x", modified=9)], BadData, "'x' has the time of a file"),
        (EMOJI[:1], BadData, "1 pictures but 2 images"),
    ],
)
def test_a_data_set_is_checked_before_anything_is_done(collection, space, pictures, error, said):
    with pytest.raises(error, match=said):
        index_pictures(collection, space, pictures, IMAGES if pictures else [])
    assert len(collection.catalog) == 0
    assert collection.catalog.spaces() == []


# The outcome


def test_an_outcome_is_one_line():
    failures = [Failure(str(n), kind, "") for n, kind in enumerate(["too large", "empty", "empty"])]
    outcome = Outcome(added=11, removed=2, failed=tuple(failures))
    assert str(outcome) == "11 added, 2 removed, 3 failed: 2 empty, 1 too large"
    assert str(Outcome()) == "no pictures"
