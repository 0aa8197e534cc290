"""What a comparison of two spaces says, and what a switch promises to who is searching."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from colors import BLUE, RED, YELLOW, color_space, save, saved_color_space
from iconym.collection import create_collection
from iconym.errors import DamagedFolder, Usage
from iconym.index.layered import LayeredIndex
from iconym.indexing import index_folder
from iconym.indexing.sample import index_sample
from iconym.nouns import Neighbors, WordVectors
from iconym.search import Term, search_collection
from iconym.search.aligned import ids_of
from iconym.search.comparison import compare_searches
from iconym.search.current import CurrentSearch
from iconym.search.overlap import overlap
from iconym.search.vocabulary import add_word
from iconym.space import Projection
from two_spaces import old_and_new

RED_QUERY = [Term("red")]


def two(collection, old, new):
    return search_collection(collection, old), search_collection(collection, new)


def ids(*rows):
    return np.array(rows, np.int64)


# Overlap


def test_overlap_is_the_share_of_what_is_wanted_in_any_order():
    assert overlap(ids([1, 2, 3]), ids([3, 4, 1])).tolist() == [2 / 3]


def test_what_is_missing_is_not_wanted():
    assert overlap(ids([1, -1], [-1, -1]), ids([2, 1], [5, -1])).tolist() == [0.5, 0]
    assert overlap(ids([1, -1]), ids([-1, -1])).tolist() == [1]


# Comparing two spaces


def test_spaces_that_see_alike_answer_alike(tmp_path):
    found = compare_searches(*two(*old_and_new(tmp_path)), [RED_QUERY, [Term("blue")]], 5)
    assert (found.overlap.value, found.correlation.value) == (1.0, pytest.approx(1.0))
    assert [interval.value for interval in found.recall] == [1.0, 1.0]
    assert found.pictures == (40, 40, 40)
    assert found.queries[0].gained == found.queries[0].lost == ()


@pytest.fixture
def changed(tmp_path):
    """Red, yellow and blue; the new space takes red for blue, and blue for red."""
    collection, old = create_collection(tmp_path), color_space()
    mirror = np.eye(3, dtype=np.float32)[::-1].copy()
    new = replace(old, projection=Projection(mirror, np.zeros(3, np.float32)))
    for name, color in (("red", RED), ("yellow", YELLOW), ("blue", BLUE)):
        save(tmp_path / f"{name}.png", color)
    index_folder(collection, old)
    index_folder(collection, new)
    return two(collection, old, new)


def test_what_changed_is_shown_with_what_came_and_what_went(changed):
    found = compare_searches(*changed, [[Term("green")], RED_QUERY], 1)
    (worst,) = found.examples(1)
    assert (worst.query, worst.overlap) == ("red", 0.0)
    assert [hit.picture.uri for hit in worst.gained] == ["blue.png"]
    assert [hit.picture.uri for hit in worst.lost] == ["red.png"]
    assert found.overlap.value == 0.5


def test_the_correlation_is_that_of_the_order_in_both_spaces(changed):
    found = compare_searches(*changed, [RED_QUERY], 3)
    # red 1, yellow 0.71, blue 0 before; red 0, yellow 0, blue 1 now: ranks 3 2 1 and 1.5 1.5 3
    assert found.correlation.value == pytest.approx(-math.sqrt(3) / 2)


def test_pictures_are_queries_too(changed):
    red = changed[0].collection.folder / "red.png"
    found = compare_searches(*changed, [[Term(red)]], 1)
    assert (found.queries[0].query, found.overlap.value) == (str(red), 1.0)  # yellow in both


class Forgetful:
    """A structure that finds nothing but its first row."""

    def nearest(self, queries, k):
        rows = np.full((len(queries), k), -1, np.int64)
        rows[:, 0] = 0
        return Neighbors(rows, np.where(rows < 0, -np.inf, 0.0).astype(np.float32))

    def files(self):
        return {}


def test_recall_is_that_of_each_index_against_comparing_all(tmp_path):
    old, new = two(*old_and_new(tmp_path))
    old.index.fold()
    base = replace(old.index.base, structure=Forgetful())
    poor = LayeredIndex(3, old.index.method, base=base)
    found = compare_searches(replace(old, index=poor), new, [RED_QUERY], 40)
    assert [interval.value for interval in found.recall] == [1 / 40, 1.0]


def test_a_query_that_one_space_cannot_read_is_named_and_left_out(changed):
    old, new = changed
    more = WordVectors((*new.space.text.words, "mauve"), np.eye(4, 3, dtype=np.float32) + 1)
    new = replace(new, space=replace(new.space, text=more))
    found = compare_searches(old, new, [[Term("mauve")], RED_QUERY], 1)
    assert len(found.queries) == 1
    assert found.unread[0].startswith("mauve: the vocabulary has no word 'mauve'")
    with pytest.raises(Usage, match="not one of 1 queries"):
        compare_searches(old, new, [[Term("mauve")]], 1)


# Two spaces in one collection


def test_a_space_kept_beside_is_not_current(tmp_path):
    collection, old, new = old_and_new(tmp_path)
    assert collection.current_space().fingerprint == old.fingerprint
    assert [known.name for known in collection.named_spaces()] == ["colors", "turned"]
    assert collection.load_known(collection.known_space("turned")).fingerprint == new.fingerprint


def test_a_space_is_named_by_its_name_or_the_beginning_of_its_fingerprint(tmp_path):
    collection, old, new = old_and_new(tmp_path)
    assert collection.known_space("colors").fingerprint == old.fingerprint
    assert collection.known_space(new.fingerprint[:8]).fingerprint == new.fingerprint
    with pytest.raises(Usage, match=r"no space 'abc'.*colors \(.*turned \("):
        collection.known_space("abc")


def test_two_spaces_of_one_name_are_told_apart_by_their_fingerprints(tmp_path):
    collection = create_collection(tmp_path)
    collection.use_space(saved_color_space("a"))
    collection.use_space(saved_color_space("b"))
    with pytest.raises(Usage, match="more than one space 'colors'"):
        collection.known_space("colors")


def test_a_random_sample_is_encoded_beside_the_current_space(tmp_path):
    for shade in range(8):
        save(tmp_path / f"{shade}.png", (255, 30 * shade, 0))
    collection, old, new = create_collection(tmp_path), saved_color_space(), saved_color_space("x")
    index_folder(collection, old)
    (tmp_path / "0.png").unlink()
    assert index_sample(collection, new, count=3).added == 3
    assert index_sample(collection, new, count=3).unchanged == 3
    assert index_sample(collection, new).added == 4
    assert len(ids_of(collection.catalog, new.fingerprint)) == 7
    assert len(ids_of(collection.catalog, old.fingerprint)) == 8
    assert collection.current_space().fingerprint == old.fingerprint


# Switching


def test_a_switch_is_there_and_back(tmp_path):
    collection, old, new = old_and_new(tmp_path)
    collection.switch_space(collection.known_space("turned"))
    assert collection.load_space().fingerprint == new.fingerprint
    collection.switch_space(collection.known_space("colors"))
    assert collection.load_space().fingerprint == old.fingerprint


def test_a_space_whose_copy_is_damaged_is_not_switched_to(tmp_path):
    collection, old, new = old_and_new(tmp_path)
    known = collection.known_space("turned")
    (collection.space_path(new.fingerprint) / "encoder.onnx").unlink()
    with pytest.raises(DamagedFolder):
        collection.switch_space(known)
    assert collection.current_space().fingerprint == old.fingerprint


def test_a_search_that_runs_goes_on_after_the_switch(tmp_path):
    collection, old, _ = old_and_new(tmp_path)
    search = search_collection(collection, old)
    before = search.by_query(RED_QUERY)
    collection.switch_space(collection.known_space("turned"))
    assert search.refresh().by_query(RED_QUERY) == before


def test_a_current_search_follows_the_switch_and_opens_a_space_once(tmp_path):
    collection, old, new = old_and_new(tmp_path)
    current = CurrentSearch(collection)
    before = current()
    assert before.space.fingerprint == old.fingerprint
    assert current() is before
    collection.switch_space(collection.known_space("turned"))
    after = current()
    assert after.space.fingerprint == new.fingerprint
    assert current() is after


def test_a_current_search_learns_a_word_and_keeps_its_index(tmp_path):
    collection, _, _ = old_and_new(tmp_path)
    current = CurrentSearch(collection)
    before = current()
    add_word(collection, "mauve", np.ones(3, np.float32))
    assert len(current().by_query([Term("mauve")], 3)) == 3
    assert current().index is before.index


def test_switching_under_load_fails_no_request(tmp_path):
    collection, old, new = old_and_new(tmp_path)
    current, done = CurrentSearch(collection), Event()
    expected = [hit.picture.id for hit in current().by_query(RED_QUERY)]

    def ask():
        search = current()
        assert [hit.picture.id for hit in search.by_query(RED_QUERY)] == expected
        return search.space.fingerprint

    def ask_on():
        answered = 0
        while not answered or not done.is_set():
            assert ask() in (old.fingerprint, new.fingerprint)
            answered += 1
        return answered

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask_on) for _ in range(3)]
        try:
            for turn in range(6):
                collection.switch_space(collection.known_space(("turned", "colors")[turn % 2]))
                ask()
        finally:
            done.set()
        assert all(one.result(60) for one in asking)
    assert ask() == old.fingerprint


def test_whoever_asks_while_the_new_space_is_opened_is_answered_by_the_old(tmp_path, monkeypatch):
    collection, old, new = old_and_new(tmp_path)
    current, opening, go_on = CurrentSearch(collection), Event(), Event()

    def slowly(*arguments):
        opening.set()
        assert go_on.wait(60)
        return search_collection(*arguments)

    monkeypatch.setattr("iconym.search.current.search_collection", slowly)
    collection.switch_space(collection.known_space("turned"))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(current)
        assert opening.wait(60)
        assert current().space.fingerprint == old.fingerprint
        go_on.set()
        assert first.result(60).space.fingerprint == new.fingerprint
