"""What is promised of pictures that could not be taken in: kept, not tried again, listed."""

import os

import pytest

from colors import BLUE, RED, color_space, save, saved_color_space
from iconym.collection import create_collection
from iconym.indexing import Failure, Outcome, index_folder
from iconym.space import save_space


@pytest.fixture
def space():
    return color_space()


@pytest.fixture
def collection(tmp_path):
    """One good picture, one that is none, and a link to nothing."""
    save(tmp_path / "red.png", RED)
    (tmp_path / "text.png").write_bytes(b"dear diary")
    (tmp_path / "link.png").symlink_to("nowhere.png")
    return create_collection(tmp_path)


@pytest.fixture
def indexed(collection, space):
    index_folder(collection, space)
    return collection


def ledger(collection):
    """Uri: (kind, tries)."""
    return {f.uri: (f.kind, f.tries) for f in collection.catalog.failures()}


def tried(outcome):
    return [failure.uri for failure in outcome.failed]


def test_failures_are_kept_with_their_reason_and_the_state_of_the_file(indexed):
    link, text = indexed.catalog.failures()
    assert (text.uri, text.kind, text.tries) == ("text.png", "not a picture", 1)
    assert "text.png' is no picture" in text.reason
    status = (indexed.folder / "text.png").stat()
    assert (text.size, text.modified) == (10, status.st_mtime_ns)
    assert (link.uri, link.kind) == ("link.png", "missing or unreadable")


def test_a_failure_is_not_tried_again_while_its_file_stays_as_it_is(indexed, space):
    outcome = index_folder(indexed, space)
    assert outcome.known == {"not a picture": 1}
    assert tried(outcome) == ["link.png"]
    assert ledger(indexed)["text.png"] == ("not a picture", 1)


def test_what_is_missing_or_unreadable_is_tried_in_every_run(indexed, space):
    index_folder(indexed, space)
    assert ledger(indexed)["link.png"] == ("missing or unreadable", 2)
    save(indexed.folder / "nowhere.png", BLUE)
    assert index_folder(indexed, space).added == 2  # the file, and what links to it


def test_a_failure_whose_file_changes_is_tried_again(indexed, space):
    (indexed.folder / "text.png").write_bytes(b"dear diary, again")
    assert tried(index_folder(indexed, space)) == ["link.png", "text.png"]
    assert ledger(indexed)["text.png"] == ("not a picture", 2)


def test_retry_tries_all_of_them_again(indexed, space):
    outcome = index_folder(indexed, space, retry=True)
    assert tried(outcome) == ["link.png", "text.png"]
    assert outcome.known == {}
    assert ledger(indexed)["text.png"] == ("not a picture", 2)


def test_a_mended_picture_leaves_the_ledger(indexed, space):
    save(indexed.folder / "text.png", BLUE)
    assert index_folder(indexed, space).added == 1
    assert list(ledger(indexed)) == ["link.png"]


def test_a_bad_file_that_a_known_picture_was_moved_over_leaves_the_ledger(indexed, space):
    (indexed.folder / "red.png").rename(indexed.folder / "text.png")
    assert index_folder(indexed, space).moved == 1
    assert list(ledger(indexed)) == ["link.png"]


def test_a_failure_whose_file_is_gone_leaves_the_ledger(indexed, space):
    (indexed.folder / "text.png").unlink()
    (indexed.folder / "link.png").unlink()
    assert index_folder(indexed, space) == Outcome(unchanged=1)
    assert ledger(indexed) == {}


def test_a_known_picture_that_turned_bad_is_forgotten_and_in_the_ledger(indexed, space):
    (indexed.folder / "red.png").write_bytes(b"")
    index_folder(indexed, space)
    assert ledger(indexed)["red.png"] == ("empty", 1)
    assert len(indexed.catalog) == 0


def test_known_failures_are_counted_in_the_line():
    tried_now = tuple(Failure(f"{n}.png", "empty", "") for n in range(2))
    outcome = Outcome(added=11, failed=tried_now, known={"empty": 1, "too large": 3})
    assert outcome.failures == 6
    assert str(outcome) == "11 added, 6 failed: 3 empty, 3 too large, of these 4 known"


def test_two_outcomes_add_up():
    one = Outcome(added=1, failed=(Failure("a", "empty", ""),), known={"empty": 1})
    other = Outcome(added=2, removed=3, known={"empty": 1, "too large": 1})
    total = Outcome(added=3, removed=3, failed=one.failed, known={"empty": 2, "too large": 1})
    assert one + other == total


# iconym errors


@pytest.fixture
def folder(collection, run, tmp_path_factory):
    path = tmp_path_factory.mktemp("spaces") / "colors"
    save_space(saved_color_space(), path)
    assert run("index", collection.folder, "--space", path).code == 3
    return collection.folder


def test_errors_lists_path_kind_and_tries(run, folder):
    ran = run("errors", folder)
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == ["picture", "link.png", "text.png"]
    assert run("errors", folder, "--json").json[1] == {
        "uri": "text.png",
        "kind": "not a picture",
        "reason": f"'{folder / 'text.png'}' is no picture; "
        "AVIF, BMP, GIF, HEIC, JPEG, PNG, TIFF, WebP can be read",
        "size": 10,
        "modified": (folder / "text.png").stat().st_mtime_ns,
        "tries": 1,
    }


def test_errors_retry_tries_them_again(run, folder):
    state = (folder / "text.png").stat()
    ran = run("errors", folder, "--retry")
    assert (ran.code, ran.out) == (
        3,
        "1 unchanged, 2 failed: 1 missing or unreadable, 1 not a picture\n",
    )
    assert [f["tries"] for f in run("errors", folder, "--json").json] == [2, 2]
    assert (folder / "text.png").stat().st_mtime_ns == state.st_mtime_ns


def test_a_second_run_leaves_with_3_and_says_where_known_failures_are_listed(run, folder):
    os.unlink(folder / "link.png")
    ran = run("index", folder)
    assert (ran.code, ran.out) == (3, "1 unchanged, 1 failed: 1 not a picture, of these 1 known\n")
    assert "iconym errors" in ran.err
    assert "skipped" not in ran.err


def test_errors_of_a_collection_without_any_says_so(run, folder):
    os.unlink(folder / "link.png")
    os.unlink(folder / "text.png")
    assert run("index", folder).code == 0
    ran = run("errors", folder)
    assert (ran.code, ran.out, ran.err) == (0, "", "no picture has failed\n")
