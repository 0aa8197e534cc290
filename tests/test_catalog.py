"""What every catalog promises."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iconym.catalog.memory import MemoryCatalog
from iconym.catalog.sqlite import SqliteCatalog
from iconym.errors import BadData
from iconym.nouns import FailureRecord, FileState, Filter, Picture
from iconym.protocols import Catalog, Change, Comparison, KnownSpace

A, B, C = Picture("a.png", content="aa"), Picture("b.png", content="bb"), Picture("c.png")
CATALOGS = {"memory": lambda folder: MemoryCatalog(), "sqlite": lambda f: SqliteCatalog(f / "c.db")}


@pytest.fixture(params=CATALOGS)
def catalog(request, tmp_path):
    return CATALOGS[request.param](tmp_path)


def vectors(*rows):
    return np.array(rows, np.float32).reshape(len(rows), -1)


def held(catalog, space="s"):
    """The vectors of a space as {id: numbers}."""
    ids, rows = catalog.vectors(space)
    return dict(zip(ids.tolist(), rows.tolist(), strict=True))


def test_it_fulfils_the_protocol(catalog):
    assert isinstance(catalog, Catalog)


def test_an_empty_catalog_holds_nothing(catalog):
    assert len(catalog) == 0
    assert list(catalog.pictures()) == catalog.changes() == catalog.spaces() == []


def test_new_pictures_get_new_ids_and_are_read_back_whole(catalog):
    full = Picture(
        "π/cat \U0001f408.png",
        words=("cat", 'a "b"'),
        caption="a cat",
        owner="me",
        taken="2026-01-02T03:04:05",
        width=3,
        height=4,
        content="ab",
        size=5,
        modified=2**60,
    )
    assert catalog.put([full, A], "s", vectors((1, 0), (0, 1))) == [1, 2]
    assert catalog.get([2, 1]) == [replace(A, id=2), replace(full, id=1)]
    assert len(catalog) == 2


def test_a_known_uri_keeps_its_id_and_is_replaced(catalog):
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    assert catalog.put([replace(B, caption="new")], "s", vectors((3, 4))) == [2]
    assert catalog.get([2]) == [replace(B, caption="new", id=2)]
    assert held(catalog) == {1: [1, 0], 2: [3, 4]}


def test_an_id_is_never_used_again(catalog):
    assert catalog.put([A, B], "s", vectors((1, 0), (0, 1))) == [1, 2]
    catalog.remove([2])
    assert catalog.put([B], "s", vectors((0, 1)))[0] > 2


def test_an_unknown_id_is_a_key_error(catalog):
    catalog.put([A], "s", vectors((1, 0)))
    with pytest.raises(KeyError):
        catalog.get([1, 99])
    with pytest.raises(KeyError):
        catalog.update([replace(A, id=1, caption="x"), replace(B, id=99)])
    assert catalog.get([1]) == [replace(A, id=1)]


def test_removing_forgets_the_picture_and_all_its_vectors(catalog):
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    catalog.put([A], "other", vectors((5, 5, 5)))
    catalog.remove([1, 99])
    assert list(catalog.pictures()) == [replace(B, id=2)]
    assert held(catalog) == {2: [0, 1]}
    assert held(catalog, "other") == {}


def test_spaces_live_side_by_side(catalog):
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    catalog.put([B], "other", vectors((7, 8, 9)))
    assert held(catalog) == {1: [1, 0], 2: [0, 1]}
    assert held(catalog, "other") == {2: [7, 8, 9]}
    assert catalog.vectors("unknown")[1].shape == (0, 0)


def test_vectors_among_some_ids(catalog):
    catalog.put([A, B, C], "s", vectors((1, 0), (0, 1), (2, 2)))
    ids, rows = catalog.vectors("s", np.array([3, 77, 1]))
    assert ids.tolist() == [1, 3]
    assert rows.tolist() == [[1, 0], [2, 2]]


def test_a_changed_content_forgets_the_vectors_in_other_spaces(catalog):
    catalog.put([A], "other", vectors((5, 5, 5)))
    catalog.put([replace(A, content="changed")], "s", vectors((1, 0)))
    assert held(catalog, "other") == {}
    assert held(catalog) == {1: [1, 0]}


def test_the_same_content_keeps_them(catalog):
    catalog.put([A], "other", vectors((5, 5, 5)))
    catalog.put([replace(A, caption="new")], "s", vectors((1, 0)))
    assert held(catalog, "other") == {1: [5, 5, 5]}


def test_an_update_changes_the_picture_and_leaves_its_vector(catalog):
    catalog.put([A], "s", vectors((1, 0)))
    catalog.update([Picture("moved.png", content="aa", id=1)])
    assert catalog.find(uris=["a.png"]) == []
    assert catalog.find(uris=["moved.png"]) == [1]
    assert held(catalog) == {1: [1, 0]}


def test_two_pictures_may_exchange_their_uris(catalog):
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    catalog.update([replace(A, id=2), replace(B, id=1)])
    assert catalog.find(uris=["a.png"]) == [2]


def test_a_uri_belongs_to_one_picture(catalog):
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    with pytest.raises(BadData, match="another picture"):
        catalog.update([replace(A, uri="b.png", id=1)])
    assert catalog.get([1]) == [replace(A, id=1)]


def test_pictures_are_found_by_uri_or_content(catalog):
    catalog.put([A, B, C], "s", vectors((1, 0), (0, 1), (2, 2)))
    assert catalog.find(uris=["c.png", "nowhere"], contents=["aa"]) == [1, 3]
    assert catalog.find() == []


def test_pictures_come_in_the_order_of_ids_as_when_the_iteration_began(catalog):
    catalog.put([B, A], "s", vectors((1, 0), (0, 1)))
    pictures = catalog.pictures()
    first = next(pictures)
    catalog.remove([2])
    assert [first, *pictures] == [replace(B, id=1), replace(A, id=2)]
    assert len(catalog) == 1


def test_changes_tell_the_last_of_each_picture_in_order(catalog):
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    catalog.put([A], "s", vectors((2, 2)))
    catalog.remove([2])
    assert catalog.changes() == [Change(3, 1), Change(4, 2, removed=True)]
    assert catalog.changes(since=3) == [Change(4, 2, removed=True)]
    assert catalog.changes(since=4) == []


def test_the_last_sequence_is_that_of_the_latest_change(catalog):
    assert catalog.last_sequence() == 0
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    assert catalog.last_sequence() == catalog.changes()[-1].sequence == 2


def test_removing_what_is_not_held_is_no_change(catalog):
    catalog.remove([5])
    assert catalog.changes() == []


def test_the_space_used_last_is_the_current_one(catalog):
    first, second = KnownSpace("f1", "first", 2), KnownSpace("f2", "second", 3)
    catalog.use_space(first)
    catalog.use_space(second)
    catalog.put([A], "f0", vectors((1, 0)))
    assert catalog.spaces() == [second, first, KnownSpace("f0", "", 2)]
    catalog.use_space(first)
    assert catalog.spaces()[0] == first


@pytest.mark.parametrize(
    ("pictures", "rows", "said"),
    [
        ([B], vectors((1, 0, 0)), "space s has dimension 2, not 3"),
        ([B, B], vectors((1, 0), (0, 1)), "'b.png' is given twice"),
        ([B], vectors((0, 0)), "vector of 'b.png' is zero"),
        ([B, C], vectors((1, 0), (np.nan, 1)), "vector of 'c.png' is zero or not finite"),
        ([B], np.array([[1e-50, 0]]), "vector of 'b.png' is zero"),  # in float32
        ([B], np.array([[1e300, 0]]), "vector of 'b.png' is zero or not finite"),
        ([B, C], vectors((1, 0)), "2 pictures but 1 vectors"),
    ],
)
def test_bad_input_is_refused_and_nothing_changed(catalog, pictures, rows, said):
    catalog.put([A], "s", vectors((1, 0)))
    with pytest.raises(BadData, match=said):
        catalog.put(pictures, "s", rows)
    assert list(catalog.pictures()) == [replace(A, id=1)]
    assert catalog.changes() == [Change(1, 1)]


def test_a_space_cannot_be_used_with_another_dimension(catalog):
    catalog.put([A], "s", vectors((1, 0)))
    with pytest.raises(BadData, match="dimension 2, not 5"):
        catalog.use_space(KnownSpace("s", "", 5))
    assert catalog.spaces() == [KnownSpace("s", "", 2)]


def test_vectors_come_in_batches_as_when_the_iteration_began(catalog):
    catalog.put([A, B, C], "s", vectors((1, 0), (0, 1), (2, 2)))
    batches = catalog.vector_batches("s", 2)
    first = next(batches)
    catalog.remove([3])
    assert [ids.tolist() for ids, _ in (first, *batches)] == [[1, 2], [3]]
    assert first[1].tolist() == [[1, 0], [0, 1]]
    assert list(catalog.vector_batches("unknown")) == []


def test_changes_may_be_asked_a_few_entries_at_a_time(catalog):
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    catalog.put([A], "s", vectors((2, 2)))
    catalog.remove([2])
    assert catalog.changes(limit=3) == [Change(2, 2), Change(3, 1)]
    assert catalog.changes(since=3, limit=3) == [Change(4, 2, removed=True)]


def test_a_reading_sees_one_version_whatever_is_written_meanwhile(catalog):
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    with catalog.reading() as view:
        catalog.remove([1])
        catalog.put([B, C], "s", vectors((3, 3), (4, 4)))
        assert len(view) == 2
        assert held(view) == {1: [1, 0], 2: [0, 1]}
        assert view.last_sequence() == 2
    assert held(catalog) == {2: [3, 3], 3: [4, 4]}


# Filters

FOUND = [
    Picture("cats/Snow_Leopard-1.jpg", ("snow leopard", "cat"), "on a rock", "ann", "2024-05-31"),
    Picture("cats/b.jpg", ("cat",), "Ein schöner Löwe", "bob", "2024-06-01T08:00", 300, 200),
    Picture("catsanddogs/c.jpg", ("leopard", "snow"), "雪豹在山上", "ann", "", 200, 200),
]


@pytest.fixture
def found(catalog):
    catalog.put(FOUND, "s", vectors((1, 0), (0, 1), (1, 1)))
    return catalog


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Filter(), [1, 2, 3]),
        (Filter(words=("cat",)), [1, 2]),
        (Filter(words=("cat", "snow leopard")), [1]),
        (Filter(words=("snow",)), [3]),  # a word as it stands, not a part of one
        (Filter(words=("Cat",)), []),
        (Filter(text="snow leopard"), [1, 3]),
        (Filter(text="LEOPARD rock"), [1]),
        (Filter(text="schoner lowe"), [2]),
        (Filter(text="雪豹"), [3]),
        (Filter(text="豹雪"), []),
        (Filter(text="jpg"), [1, 2, 3]),
        (Filter(text="leop"), []),
        (Filter(text="?!"), []),
        (Filter(owner="ann"), [1, 3]),
        (Filter(folder="cats"), [1, 2]),
        (Filter(folder="cats/"), [1, 2]),
        (Filter(folder="cat"), []),
        (Filter(since="2024-05-31"), [1, 2]),
        (Filter(since="2024-06"), [2]),
        (Filter(until="2024-05"), [1]),
        (Filter(until="2024"), [1, 2]),
        (Filter(until="2024-06-01T07"), [1]),
        (Filter(at_least=200), [2, 3]),
        (Filter(at_least=201), []),
        (Filter(owner="ann", text="leopard", folder="cats", words=("cat",)), [1]),
        (Filter(words=('"', "cat")), []),
    ],
)
def test_a_filter_keeps_what_fulfils_all_its_parts(found, wanted, ids):
    assert found.select(wanted).tolist() == ids


def test_a_filter_sees_pictures_as_they_now_are(found):
    found.update([Picture("moved/x.png", ("dog",), id=1)])
    found.put([replace(FOUND[1], caption="a dog")], "s", vectors((1, 1)))
    found.remove([3])
    assert found.select(Filter(text="dog")).tolist() == [1, 2]
    assert found.select(Filter(text="leopard")).tolist() == []
    assert found.select(Filter(folder="moved")).tolist() == [1]


# Full text


def test_the_best_match_comes_first_by_bm25(catalog):
    pictures = [Picture(f"{n}", ("sea",)) for n in range(4)]
    pictures += [Picture("x", ("cat",)), Picture("y", ("cat", "cat", "dog"))]
    catalog.put(pictures, "s", np.ones((6, 2), np.float32))
    # 6 pictures of 14 terms; "cat" is in 2 of them: ln(4.5 / 2.5) = 0.5878, "dog": ln(5.5 / 1.5)
    mean = 14 / 6
    short = 0.5878 * 1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / mean))
    long = 0.5878 * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 4 / mean))
    dog = 1.2993 * 1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 4 / mean))
    assert catalog.match("cat", 9) == [
        (6, pytest.approx(long, 1e-4)),
        (5, pytest.approx(short, 1e-4)),
    ]
    assert catalog.match("Cat, DOG", 1) == [(6, pytest.approx(long + dog, 1e-4))]


def test_of_equal_matches_the_smaller_id_comes_first(catalog):
    catalog.put([Picture(f"{n}/cat") for n in (3, 1, 2)], "s", np.ones((3, 2), np.float32))
    assert [i for i, _ in catalog.match("cat", 2)] == [1, 2]


def test_a_word_asked_twice_counts_once(found):
    assert found.match("leopard leopard", 9) == found.match("leopard", 9)


def test_matches_are_among_what_a_filter_keeps_with_the_same_scores(found):
    everywhere = dict(found.match("leopard cat", 9))
    assert found.match("leopard cat", 9, Filter(owner="bob")) == [(2, everywhere[2])]


@pytest.mark.parametrize("text", ["", "?!", "unheard"])
def test_nothing_matches_what_is_no_word_or_no_word_of_a_picture(found, text):
    assert found.match(text, 9) == []


@pytest.mark.parametrize(
    "text", ["NEAR(cat", "cat OR", "terms:cat", "cat*", "-cat", '"cat', "cat " * 999]
)
def test_a_text_is_words_whatever_signs_stand_in_it(found, text):
    assert found.match(text, 9) == found.match("cat", 9) != []


words = st.lists(st.sampled_from("cat dog snow_leopard löwe 雪豹 don't".split()), max_size=4)


@given(pictures=st.lists(st.tuples(words, words), min_size=1, max_size=6), text=words)
@settings(max_examples=60, deadline=None)
def test_every_catalog_gives_the_same_matches(tmp_path_factory, pictures, text):
    made = [Picture(f"{n}", tuple(w), " ".join(c)) for n, (w, c) in enumerate(pictures)]
    answers = []
    for new in CATALOGS.values():
        catalog = new(tmp_path_factory.mktemp("catalog"))
        catalog.put(made, "s", np.ones((len(made), 2), np.float32))
        answers.append(catalog.match(" ".join(text), 9))
        answers.append([(i, 0.0) for i in catalog.select(Filter(text=" ".join(text))).tolist()])
    assert [i for i, _ in answers[0]] == [i for i, _ in answers[2]]
    assert [s for _, s in answers[0]] == pytest.approx([s for _, s in answers[2]])
    assert answers[1] == answers[3]


# The ledger of failures

BAD = FailureRecord("bad.png", "empty", "bad.png holds no bytes", size=7, modified=8)


def test_failures_stand_in_the_ledger_by_uri_until_struck(catalog):
    other = replace(BAD, uri="a.png")
    catalog.put_failures([BAD, other])
    assert list(catalog.failures()) == [other, BAD]
    catalog.forget_failures(["a.png", "nowhere"])
    assert list(catalog.failures()) == [BAD]


def test_a_failure_that_comes_again_is_replaced_and_its_tries_counted_on(catalog):
    catalog.put_failures([BAD])
    catalog.put_failures([replace(BAD, kind="truncated", modified=9)])
    assert list(catalog.failures()) == [replace(BAD, kind="truncated", modified=9, tries=2)]


def test_a_picture_that_is_put_is_no_failure_any_more(catalog):
    catalog.put_failures([BAD, replace(BAD, uri="a.png")])
    catalog.put([A], "s", vectors((1, 0)))
    assert list(catalog.failures()) == [BAD]


# A folder's files beside it


def test_files_are_compared_with_what_is_known_of_them(catalog):
    known = [Picture(f"{n}.png", size=5, modified=n + 1, content=f"c{n}") for n in range(5)]
    catalog.put([*known, Picture("a row", content="r")], "s", np.ones((6, 2), np.float32))
    catalog.put_failures([BAD, replace(BAD, uri="lost.png"), replace(BAD, uri="mended.png")])
    files = [
        FileState("new.png", 1, 1),
        FileState("mended.png", 7, 9),  # failed when it was older
        FileState("bad.png", 7, 8),
        FileState("3.png", 6, 4),  # of another size
        FileState("1.png", 5, 3),  # of another time
        FileState("0.png", 5, 1),
        FileState("4.png", 5, 5),
    ]
    with catalog.compare(iter(files), "s") as comparison:
        assert isinstance(comparison, Comparison)
        assert (comparison.unchanged, comparison.failing, comparison.count_todo()) == (2, 1, 4)
        assert list(comparison.todo()) == [files[4], files[3], files[1], files[0]]
        assert list(comparison.known_failures()) == [BAD]
        assert list(comparison.gone()) == [(3, "c2")]  # not the one that has no file
        assert list(comparison.gone_failures()) == ["lost.png"]


def test_a_file_without_a_vector_in_the_space_is_not_known(catalog):
    catalog.put([Picture("a.png", size=1, modified=1)], "other", vectors((1, 0)))
    with catalog.compare([FileState("a.png", 1, 1)], "s") as comparison:
        assert list(comparison.todo()) == [FileState("a.png", 1, 1)]
        assert list(comparison.gone()) == []


def test_of_no_files_everything_is_gone(catalog):
    catalog.put([Picture("a.png", modified=1, content="a")], "s", vectors((1, 0)))
    with catalog.compare([], "s") as comparison:
        assert (comparison.unchanged, comparison.failing, comparison.count_todo()) == (0, 0, 0)
        assert list(comparison.gone()) == [(1, "a")]


def test_pictures_may_be_put_while_files_are_gone_through(catalog):
    files = [FileState(f"{n}.png", 1, 1) for n in range(3)]
    with catalog.compare(files, "s") as comparison:
        for file in comparison.todo():
            catalog.put([Picture(file.uri, size=1, modified=1)], "s", vectors((1, 0)))
        assert comparison.count_todo() == 3
    with catalog.compare(files, "s") as comparison:
        assert comparison.unchanged == 3
