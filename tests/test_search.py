"""What a search of a collection promises, and how people write a query."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from colors import BLUE, GREEN, RED, YELLOW, color_space, picture, save, saved_color_space
from iconym.collection import create_collection, open_collection
from iconym.errors import BadFolder, MissingPicture, NoCollection, SpaceMismatch, UnknownWord, Usage
from iconym.indexing import index_folder, index_pictures
from iconym.nouns import Picture, WordVectors
from iconym.planning.building import build_index
from iconym.search import (
    Term,
    WordIndex,
    label,
    near_words,
    open_search,
    parse_query,
    search_collection,
)
from iconym.space import save_space

DIAGONAL = 0.7071  # the cosine of yellow with red, and with green


@pytest.fixture
def collection(tmp_path):
    """red.png, green.png, blue.png and yellow.png, which is as much red as green."""
    colors = {"red": RED, "green": GREEN, "blue": BLUE, "yellow": YELLOW}
    for name, color in colors.items():
        save(tmp_path / f"{name}.png", color)
    collection = create_collection(tmp_path)
    index_folder(collection, color_space())
    return collection


@pytest.fixture
def search(collection):
    return search_collection(collection, color_space())


def found(search, *terms, k=10):
    """The answer to a query as [(uri, score rounded)]."""
    query = [term if isinstance(term, Term) else Term(term) for term in terms]
    return [(hit.picture.uri, round(hit.score, 4)) for hit in search.by_query(query, k)]


# Pictures of a collection


def test_a_word_finds_the_nearest_pictures_best_first(search):
    assert found(search, "red", k=2) == [("red.png", 1.0), ("yellow.png", DIAGONAL)]


def test_terms_add_up(search):
    assert found(search, "red", "green", k=1) == [("yellow.png", 1.0)]


def test_a_weight_leads_towards_or_away(search):
    assert found(search, "red", Term("green", -1.0), k=1) == [("red.png", DIAGONAL)]
    answer = found(search, Term("red", 3.0), Term("green", 4.0))
    assert answer[1:3] == [("green.png", 0.8), ("red.png", 0.6)]


def test_equal_scores_come_by_smaller_id(search):
    uris = [uri for uri, _ in found(search, "blue")]
    assert uris == ["blue.png", "green.png", "red.png", "yellow.png"]


def test_a_picture_of_the_query_is_never_an_answer(search, collection):
    assert found(search, collection.folder / "red.png", k=1) == [("yellow.png", DIAGONAL)]
    assert len(found(search, collection.folder / "red.png")) == 3


def test_neither_is_a_copy_of_it_from_elsewhere(search, tmp_path_factory):
    copy = save(tmp_path_factory.mktemp("elsewhere") / "copy.png", RED)
    assert found(search, copy, k=1) == [("yellow.png", DIAGONAL)]


def test_nor_what_stood_at_its_place_before_it_changed(search, collection):
    changed = save(collection.folder / "red.png", YELLOW)
    assert "red.png" not in dict(found(search, changed))


def test_the_bytes_of_a_picture_are_a_query(search, collection):
    data = (collection.folder / "red.png").read_bytes()
    assert found(search, data, k=1) == [("yellow.png", DIAGONAL)]


def test_a_picture_of_the_collection_is_a_query_by_its_id(search, collection):
    (red,) = collection.catalog.find(uris=["red.png"])
    assert found(search, red, k=1) == [("yellow.png", DIAGONAL)]
    assert search.space.encoder.given == []


def test_pictures_that_came_without_content_are_not_taken_for_copies(collection):
    unknown = [Picture("a"), Picture("b")]
    index_pictures(collection, color_space(), unknown, [picture(RED), picture(RED)])
    search = search_collection(collection, color_space())
    (a,) = collection.catalog.find(uris=["a"])
    assert found(search, a, k=2) == [("red.png", 1.0), ("b", 1.0)]


def test_words_and_pictures_mix(search, collection):
    query = [Term(collection.folder / "red.png"), Term("green")]
    assert found(search, *query, k=1) == [("yellow.png", 1.0)]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ([], "empty query"),
        ([Term("red"), Term("red", -1.0)], "cancel out"),
        ([Term("red", 0.0)], "cancel out"),
        ([Term("red", float("nan"))], "must be finite"),
        ([Term(99)], "no picture 99"),
    ],
)
def test_a_query_without_a_direction_is_refused(search, query, said):
    with pytest.raises(Usage, match=said):
        search.by_query(query)


def test_weights_of_any_size_lead_where_their_proportions_do(search):
    huge = [Term("red", 1e300), Term("green", 1e300)]
    assert found(search, *huge, k=3) == found(search, Term("red"), Term("green"), k=3)


def test_what_cannot_be_understood_is_named(search, tmp_path):
    with pytest.raises(UnknownWord, match="'purple'"):
        search.by_query([Term("purple")])
    with pytest.raises(MissingPicture, match="nowhere"):
        search.by_query([Term(tmp_path / "nowhere.png")])
    with pytest.raises(Usage, match="k is 0"):
        search.by_query([Term("red")], 0)


# While the collection changes


def test_a_picture_removed_meanwhile_is_no_answer(search, collection):
    collection.catalog.remove(collection.catalog.find(uris=["red.png"]))
    assert found(search, "red", k=2) == [("yellow.png", DIAGONAL)]


def test_a_refresh_takes_in_what_was_added_changed_and_removed(search, collection):
    (collection.folder / "yellow.png").unlink()
    save(collection.folder / "green.png", RED)
    save(collection.folder / "new.png", (255, 0, 255))
    index_folder(collection, color_space())
    refreshed = search.refresh()
    assert found(refreshed, "red") == [
        ("green.png", 1.0),
        ("red.png", 1.0),
        ("new.png", DIAGONAL),
        ("blue.png", 0.0),
    ]
    assert refreshed.refresh() is refreshed


def test_a_refresh_leaves_out_what_has_no_vector_in_this_space(search, collection):
    other = color_space(brightness=0.5)
    index_pictures(collection, other, [Picture("other")], [picture(RED)])
    assert "other" not in dict(found(search.refresh(), "red"))


# Opening


def test_a_collection_is_searched_with_the_space_it_was_indexed_with(tmp_path):
    save(tmp_path / "below" / "red.png", RED)
    index_folder(create_collection(tmp_path), saved_color_space())
    assert found(open_search(tmp_path / "below"), "red") == [("below/red.png", 1.0)]


def test_a_foreign_space_is_refused(tmp_path):
    save(tmp_path / "red.png", RED)
    index_folder(create_collection(tmp_path), saved_color_space())
    save_space(saved_color_space("foreign"), tmp_path / "foreign")
    with pytest.raises(SpaceMismatch):
        open_search(tmp_path, tmp_path / "foreign")


def test_no_collection_is_said_with_the_remedy(tmp_path):
    with pytest.raises(NoCollection, match="iconym index"):
        open_search(tmp_path)


def test_importing_it_imports_nothing_slow():
    slow = {"torch", "onnxruntime", "onnx", "pyarrow", "numba", "scipy", "pandas"}
    code = f"import sys, iconym.search; print({slow} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "set()\n"


# Labels


def test_labels_are_the_words_nearest_each_picture():
    images = [picture(YELLOW), picture(BLUE)]
    first, second = label(color_space(), images, 2)
    assert first == [("red", pytest.approx(DIAGONAL, abs=1e-4)), ("green", first[0][1])]
    assert second == [("blue", 1.0), ("red", 0.0)]


def test_labels_come_from_another_vocabulary_when_one_is_given():
    sky = WordVectors(("sky", "void"), np.array([(0, 0, 2), (0, 0, 0)], np.float32))
    assert label(color_space(), [picture(BLUE)], 2, vocabulary=sky) == [[("sky", 1.0)]]


def test_an_empty_vocabulary_has_no_label():
    empty = WordVectors((), np.empty((0, 3), np.float32))
    assert label(color_space(), [picture(BLUE)], 2, vocabulary=empty) == [[]]


def test_no_picture_has_no_labels():
    assert label(color_space(), [], 2) == []


def test_the_words_near_a_vector():
    vector = np.array([0, 3, 4], np.float32)
    (blue, green) = near_words(color_space(), vector, 2)
    assert blue == ("blue", pytest.approx(0.8))
    assert green == ("green", pytest.approx(0.6))


def test_words_are_never_more_than_the_vocabulary():
    assert len(WordIndex(color_space().vocabulary).nearest(np.eye(3), 99)[0]) == 3


# What people write


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, with a picture and a file that no ending tells from a word."""
    save(tmp_path / "photo.png", RED)
    save(tmp_path / "my - cat.png", RED)
    save(tmp_path / "2:odd.png", RED)
    (tmp_path / "oddity").write_bytes((tmp_path / "photo.png").read_bytes())
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "terms"),
    [
        (["snow leopard"], [Term("snow leopard")]),
        (["snow", "leopard"], [Term("snow leopard")]),
        (["photo.png", "+", "dog", "-", "cat"], [Term(Path("photo.png")), Term("dog"), "-cat"]),
        (["photo.png + dog - cat"], [Term(Path("photo.png")), Term("dog"), "-cat"]),
        (["photo.png", "dog"], [Term(Path("photo.png")), Term("dog")]),
        (["dog", "photo.png"], [Term("dog"), Term(Path("photo.png"))]),
        (["- cat"], ["-cat"]),
        (["dog", "-cat"], [Term("dog"), "-cat"]),
        (["+dog"], [Term("dog")]),
        (["t-shirt + jack-o'-lantern"], [Term("t-shirt"), Term("jack-o'-lantern")]),
        (["2:dog", "+", "0.5:snow leopard"], [Term("dog", 2.0), Term("snow leopard", 0.5)]),
        (["- 2:dog"], [Term("dog", -2.0)]),
        (["cat", "2:dog"], [Term("cat"), Term("dog", 2.0)]),
        (["2:photo.png"], [Term(Path("photo.png"), 2.0)]),
        (["2:odd.png"], [Term(Path("2:odd.png"))]),
        (["my - cat.png"], [Term(Path("my - cat.png"))]),
        (["oddity"], [Term(Path("oddity"))]),
    ],
)
def test_arguments_are_read_as_terms(here, arguments, terms):
    minus_cat = Term("cat", -1.0)
    assert parse_query(arguments) == [minus_cat if t == "-cat" else t for t in terms]


@pytest.mark.parametrize("arguments", [[], ["  "], ["+"], ["dog", "-"], ["dog", "+", "-", "cat"]])
def test_a_sign_needs_a_term_and_a_query_needs_one(arguments):
    with pytest.raises(Usage, match=r"(give|put) words"):
        parse_query(arguments)


@pytest.mark.parametrize("path", ["nowhere.png", "some/where", "NOWHERE.JPG", "2:nowhere.png"])
def test_a_path_of_no_picture_is_missing(path):
    with pytest.raises(MissingPicture, match="check the path"):
        parse_query([path])


def test_a_stranger_reaches_no_file(here):
    assert parse_query(["photo.png + /etc/passwd"], files=False) == [
        Term("photo.png"),
        Term("/etc/passwd"),
    ]


def test_a_very_long_text_is_words():
    text = " ".join(["leopard"] * 500)
    assert parse_query([text]) == [Term(text)]


@pytest.fixture
def indexed(tmp_path):
    """300 pictures of all colors, and their saved index."""
    return filled(tmp_path, seed=0)


def filled(folder, seed):
    """A collection of 300 pictures, with the index that it had or a new one."""
    collection, space = create_collection(folder), saved_color_space()
    collection.use_space(space)
    rows = np.random.default_rng(seed).random((300, 3), np.float32)
    collection.catalog.put([Picture(f"{i}.png") for i in range(300)], space.fingerprint, rows)
    if not collection.index_path(space.fingerprint).exists():
        build_index(collection, "hnsw")
    return collection


def test_a_saved_index_takes_in_what_was_changed_since(indexed):
    indexed.catalog.remove(range(1, 301))
    space = saved_color_space()
    pictures, rows = [Picture("new.png")], np.array([[0, 0, 1]], np.float32)
    indexed.catalog.put(pictures, space.fingerprint, rows)
    assert found(open_search(indexed.folder), "blue") == [("new.png", 1.0)]


def test_a_saved_index_of_another_catalog_is_refused(indexed):
    for file in (indexed.folder / ".iconym").glob("catalog.db*"):
        file.unlink()
    filled(indexed.folder, seed=1)
    with pytest.raises(BadFolder, match="other vectors than the catalog holds; run: iconym index"):
        open_search(indexed.folder)
    build_index(open_collection(indexed.folder), "exact")
    assert len(open_search(indexed.folder).by_query([Term("red")])) == 10


def test_a_saved_index_between_two_renames_is_used(indexed):
    path = indexed.index_path(saved_color_space().fingerprint)
    path.rename(path.with_name(f".{path.name}.before"))
    assert open_search(indexed.folder).index.method.name == "hnsw"
