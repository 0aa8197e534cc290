"""What it means that a vocabulary grows while it serves."""

import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from colors import GREEN, RED, YELLOW, picture, save, saved_color_space
from iconym.collection import create_collection, open_collection
from iconym.errors import BadData, DamagedFolder, UnknownWord, Usage
from iconym.indexing import index_folder
from iconym.nouns import WordVectors
from iconym.search import Term, WordIndex, label, search_collection
from iconym.search.vocabulary import add_word, mean_of_pictures, remove_word
from iconym.space import load_space, save_space

GRAY = np.ones(3, np.float32)


@pytest.fixture
def collection(tmp_path):
    """red.png and yellow.png, indexed with a space saved beside."""
    for name, color in (("red", RED), ("yellow", YELLOW)):
        save(tmp_path / "photos" / f"{name}.png", color)
    save_space(saved_color_space(), tmp_path / "colors")
    collection = create_collection(tmp_path / "photos")
    index_folder(collection, load_space(tmp_path / "colors"))
    return collection


def best_label(collection, color):
    ((found,),) = label(collection.load_space(), [picture(color)], 1)
    return found[0], round(found[1], 4)


def best_picture(collection, words):
    search = search_collection(collection, collection.load_space())
    return search.by_query([Term(words)], 1)[0].picture.uri


# Adding


def test_a_phrase_is_composed_of_known_words_and_labels_at_once(collection):
    assert best_label(collection, YELLOW) == ("red", 0.7071)
    add_word(collection, "red green")
    assert best_label(collection, YELLOW) == ("red green", 1.0)


def test_a_word_with_a_vector_of_its_own_labels_and_is_searched_for_at_once(collection):
    with pytest.raises(UnknownWord):
        best_picture(collection, "sun")
    add_word(collection, "sun", np.array([5, 5, 0], np.float32))
    assert best_label(collection, YELLOW) == ("sun", 1.0)
    assert best_picture(collection, "sun") == "yellow.png"


def test_a_word_that_was_new_is_read_inside_phrases_too(collection):
    add_word(collection, "Snow Sun", np.array([1, 1, 0], np.float32))
    space = collection.load_space()
    np.testing.assert_allclose(
        space.embed_texts(["blue snow sun"])[0], np.array([0.5, 0.5, 0.7071]), atol=1e-4
    )


def test_a_word_that_is_known_reads_in_phrases_as_before(collection):
    before = collection.load_space().embed_texts(["red blue"])
    add_word(collection, "red", np.array([0, 1, 0], np.float32))
    space = collection.load_space()
    np.testing.assert_array_equal(space.embed_texts(["red blue"]), before)
    assert space.embed_texts(["red"]).tolist() == [[0, 1, 0]]


def test_a_word_looks_like_its_example_pictures(collection):
    space = collection.load_space()
    vector = mean_of_pictures(space, [picture(RED), picture(GREEN)])
    np.testing.assert_allclose(vector, [0.7071, 0.7071, 0], atol=1e-4)
    add_word(collection, "sun", vector)
    assert best_label(collection, YELLOW)[0] == "sun"
    with pytest.raises(Usage, match="at least one"):
        mean_of_pictures(space, [])


def test_a_vector_replaces_that_of_a_label(collection):
    add_word(collection, "blue", np.array([1, 1, 0], np.float32))
    assert best_label(collection, YELLOW) == ("blue", 1.0)
    assert len(collection.load_space().vocabulary) == 3


@pytest.mark.parametrize(
    ("word", "vector", "error", "said"),
    [
        (" ", None, Usage, "an empty word"),
        ("red", None, Usage, "'red' is a label already"),
        ("purple", None, UnknownWord, "no word 'purple'"),
        ("gray", np.ones(4, np.float32), BadData, "4 numbers, the space has 3"),
        ("gray", np.zeros(3, np.float32), BadData, "zero or not finite"),
        ("gray", np.full(3, np.nan, np.float32), BadData, "zero or not finite"),
    ],
)
def test_what_cannot_be_added_is_refused_and_changes_nothing(collection, word, vector, error, said):
    with pytest.raises(error, match=said):
        add_word(collection, word, vector)
    assert collection.load_space().vocabulary.words == ("red", "green", "blue")


# Removing


def test_a_label_that_was_removed_is_no_answer_any_more(collection):
    remove_word(collection, "red")
    assert best_label(collection, RED)[0] == "green"
    assert best_picture(collection, "red") == "red.png"


def test_a_word_that_was_added_is_gone_when_it_is_removed(collection):
    add_word(collection, "gray", GRAY)
    remove_word(collection, "gray")
    with pytest.raises(UnknownWord):
        best_picture(collection, "gray")


def test_a_label_that_was_removed_can_be_added_again(collection):
    remove_word(collection, "red")
    add_word(collection, "red")
    assert best_label(collection, RED) == ("red", 1.0)


def test_what_is_no_label_cannot_be_removed(collection):
    with pytest.raises(UnknownWord, match="did you mean green"):
        remove_word(collection, "greene")


# Keeping


def test_the_space_it_was_indexed_with_stays_and_its_pictures_keep_their_vectors(
    collection, tmp_path
):
    fingerprint = collection.current_space().fingerprint
    grown = add_word(collection, "gray", GRAY)
    assert grown.fingerprint == collection.current_space().fingerprint == fingerprint
    assert "gray" not in load_space(tmp_path / "colors").vocabulary


def test_what_was_added_outlives_indexing_again_with_the_saved_space(collection, tmp_path):
    add_word(collection, "gray", GRAY)
    remove_word(collection, "red")
    index_folder(collection, load_space(tmp_path / "colors"))
    words = ("green", "blue", "gray")
    assert open_collection(collection.folder).load_space().vocabulary.words == words
    assert collection.load_space(tmp_path / "colors").vocabulary.words == words


def test_words_added_at_the_same_time_are_all_there(collection):
    names = [f"word{i}" for i in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: add_word(collection, name, GRAY), names))
    assert set(names) < set(collection.load_space().vocabulary.words)


@pytest.mark.parametrize("renames", [0, 1])
def test_an_addition_that_is_killed_as_it_takes_its_place_changes_nothing(collection, renames):
    add_word(collection, "gray", GRAY)
    program = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        import numpy as np
        from iconym.collection import open_collection
        from iconym.search.vocabulary import add_word
        rename, left = os.rename, [()] * int(sys.argv[2])
        os.rename = lambda *paths: rename(*paths, *left.pop()) if left else os.kill(os.getpid(), 9)
        add_word(open_collection(Path(sys.argv[1])), "late", np.ones(3, np.float32))
        """
    )
    command = [sys.executable, "-c", program, str(collection.folder), str(renames)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert collection.load_space().vocabulary.words == ("red", "green", "blue", "gray")
    add_word(collection, "later", GRAY)
    assert collection.load_space().vocabulary.words[-2:] == ("gray", "later")


def test_a_damaged_vocabulary_is_named(collection):
    add_word(collection, "gray", GRAY)
    path = collection.vocabulary_path(collection.current_space().fingerprint)
    (path / "growth.json").write_text("{}")
    with pytest.raises(DamagedFolder, match=r"growth\.json"):
        collection.load_space()


def test_a_word_of_a_large_vocabulary_is_found_among_all(collection):
    space = collection.load_space()
    rows = np.random.default_rng(0).standard_normal((500, 3)).astype(np.float32)
    many = WordVectors(tuple(f"w{i}" for i in range(500)), rows)
    for word, row in zip(many.words[:3], rows):
        space = add_word(collection, word, row)
    assert WordIndex(space.vocabulary).nearest(rows[1:2], 1)[0][0][0] == "w1"
