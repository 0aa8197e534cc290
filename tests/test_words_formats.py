"""Files of word vectors: what is written is read, and every fault is named with its place."""

import gzip
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iconym.errors import BadData, BadFolder, DamagedFolder
from iconym.nouns import WordVectors
from iconym.words.formats import load_words, save_words

WORDS = WordVectors(
    ("cat", "snow_leopard", "été", "</s>"),
    np.array([[1, -2.5, 1e-7], [0.1, 3, 4e8], [0, 0, 0], [5, 6, 7]], np.float32),
)
NAMES = ["words", "w.txt", "w.vec", "w.txt.gz", "w.bin", "w.bin.gz", "w.npz"]
HEADER = "4 3\n"
LINES = "cat 1 2 3\ndog 4 5 6\nday 7 8 9\nice 1 1 1\n"


def binary(*words: str, header: str = "") -> bytes:
    ones = np.ones(2, "<f4").tobytes()
    data = b"".join(w.encode() + b" " + ones + b"\n" for w in words)
    return (header or f"{len(words)} 2\n").encode() + data


@pytest.mark.parametrize("name", NAMES)
def test_what_is_saved_is_loaded(tmp_path, name):
    save_words(WORDS, tmp_path / name)
    loaded = load_words(tmp_path / name)
    assert loaded.words == WORDS.words
    assert np.array_equal(loaded.vectors, WORDS.vectors)
    assert loaded.vectors.dtype == np.float32


@pytest.mark.parametrize("name", ["words", "w.npz"])
def test_half_precision_takes_half_the_room_and_is_float32_in_memory(tmp_path, name):
    words = WordVectors(("a", "b"), np.array([[0.1, 1], [2, 3]], np.float32))
    save_words(words, tmp_path / name, dtype="float16")
    loaded = load_words(tmp_path / name)
    assert loaded.vectors.dtype == np.float32
    assert np.array_equal(loaded.vectors, words.vectors.astype(np.float16))


def test_half_precision_is_refused_where_it_cannot_hold_a_number_or_the_format_has_none(tmp_path):
    with pytest.raises(BadData, match="range of float16"):
        save_words(WORDS, tmp_path / "words", dtype="float16")
    small = WordVectors(("a",), np.ones((1, 2), np.float32))
    with pytest.raises(BadData, match="hold no float16"):
        save_words(small, tmp_path / "w.bin", dtype="float16")


vocabularies = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters=" \n\r\x00"), min_size=1, max_size=5),
    min_size=1,
    max_size=5,
    unique=True,
)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(vocabularies, st.integers(0, 999))
def test_any_words_and_numbers_come_back(tmp_path_factory, name, words, seed):
    path = tmp_path_factory.mktemp("words") / name
    vectors = np.random.default_rng(seed).normal(size=(len(words), 2)).astype(np.float32)
    save_words(WordVectors(tuple(words), vectors), path)
    loaded = load_words(path)
    assert loaded.words == tuple(words)
    assert np.array_equal(loaded.vectors, vectors)


def test_text_without_a_first_line_is_glove(tmp_path):
    (tmp_path / "glove.txt").write_text(LINES)
    loaded = load_words(tmp_path / "glove.txt")
    assert loaded.words == ("cat", "dog", "day", "ice")
    assert loaded["dog"].tolist() == [4, 5, 6]


def test_a_word_of_a_text_file_may_hold_blanks_and_odd_spaces(tmp_path):
    (tmp_path / "glove.txt").write_text("a 1 2\n. . . 3 4\nx\u00a0y\u0085 5 6 \n", "utf-8")
    assert load_words(tmp_path / "glove.txt").words == ("a", ". . .", "x\u00a0y\u0085")


def test_binary_without_line_breaks_is_read_too(tmp_path):
    (tmp_path / "w.bin").write_bytes(b"2 1\na \0\0\x80?b \0\0\0@")
    loaded = load_words(tmp_path / "w.bin")
    assert (loaded.words, loaded.vectors.tolist()) == (("a", "b"), [[1.0], [2.0]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("0 3\n", ":1: announces 0 words of 3"),
        ("5 3\n" + LINES, "announces 5 words and holds 4"),
        ("3 3\n" + LINES, "announces 3 words and holds 4"),
        ("4 4\n" + LINES, ":2: not a word and 4 numbers"),
        (HEADER + LINES.replace("7 8 9", "7 8"), ":4: not a word and 3 numbers"),
        (LINES.replace("dog", "cat"), ":2: 'cat' stands in line 1 too"),
        (LINES.replace("5", "nan"), ":2: NaN"),
        (LINES.replace("5", "1e39"), ":2: NaN or a number beyond float32"),
        (LINES.replace("5", "five"), ":2: could not convert"),
        ("just\n", ":1: 'just' is no word with numbers"),
    ],
)
def test_a_damaged_text_file_is_refused_with_its_line(tmp_path, text, message):
    (tmp_path / "w.txt").write_text(text)
    with pytest.raises(BadData, match=r"w\.txt.*" + message):
        load_words(tmp_path / "w.txt")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no first line"),
        (LINES.encode(), "no first line"),
        (binary("a", "b")[:-4], "ends at byte 22, in word 2 of 2"),
        (binary("a", "b", header="3 2\n")[:-1], "announces 3 words|no word at byte"),
        (binary("a", "b", header="99999999 2\n"), "announces 99999999 words"),
        (binary("a", "b", header="1 2\n"), "more than the 1 words announced, from byte 14"),
        (binary("a", "a"), "'a' at byte 14 stands at 4 too"),
        (binary("a").replace(b"\x80?", b"\xc0\x7f"), "NaN or infinity at byte 6"),
        (binary("a").replace(b"a ", b"\xff "), "no UTF-8 word at byte 4"),
    ],
)
def test_a_damaged_binary_file_is_refused_with_its_byte(tmp_path, data, message):
    (tmp_path / "w.bin").write_bytes(data)
    with pytest.raises(BadData, match=message):
        load_words(tmp_path / "w.bin")


def test_binary_named_as_text_is_told_from_text(tmp_path):
    save_words(WORDS, tmp_path / "w.bin")
    (tmp_path / "w.bin").rename(tmp_path / "w.txt")
    with pytest.raises(BadData, match=r"end in \.bin|not a word"):
        load_words(tmp_path / "w.txt")


@pytest.mark.parametrize("name", ["w.txt.gz", "w.bin.gz"])
def test_a_gzip_file_cut_short_is_refused(tmp_path, name):
    save_words(WORDS, tmp_path / name)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-12])
    with pytest.raises(BadData, match="damaged gzip"):
        load_words(tmp_path / name)


def npz(path, **arrays):
    np.savez(path, **arrays)


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was executed",))


def test_pickled_words_are_refused_and_never_executed(tmp_path):
    ones = np.ones((1, 2), np.float32)
    npz(tmp_path / "w.npz", words=np.array([Trap()], dtype=object), vectors=ones)
    with pytest.raises(BadData, match="words as an array of text"):
        load_words(tmp_path / "w.npz")
    (tmp_path / "w.npz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(BadData, match="save it anew"):
        load_words(tmp_path / "w.npz")


def test_words_as_bytes_are_read(tmp_path):
    npz(tmp_path / "w.npz", words=np.array(["été".encode()]), vectors=np.ones((1, 2)))
    assert load_words(tmp_path / "w.npz").words == ("été",)
    npz(tmp_path / "w.npz", words=np.array([b"\xff"]), vectors=np.ones((1, 2)))
    with pytest.raises(BadData, match="no UTF-8"):
        load_words(tmp_path / "w.npz")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"words": np.array(["a"])}, "lacks an array"),
        ({"words": np.array([1]), "vectors": np.ones((1, 2))}, "words are int64"),
        ({"words": np.array(["a"]), "vectors": np.ones(2)}, r"vectors \(2,\)"),
        ({"words": np.array(["a"]), "vectors": np.array([["x"]])}, "vectors are <U1"),
        ({"words": np.array(["a", "b"]), "vectors": np.ones((1, 2))}, "2 words but 1 vectors"),
        ({"words": np.array(["a"]), "vectors": np.array([[np.nan]])}, "'a' holds NaN"),
    ],
)
def test_npz_with_other_arrays_is_refused(tmp_path, arrays, message):
    npz(tmp_path / "w.npz", **arrays)
    with pytest.raises(BadData, match=message):
        load_words(tmp_path / "w.npz")


def test_a_folder_with_a_changed_byte_is_refused(tmp_path):
    save_words(WORDS, tmp_path / "words")
    (tmp_path / "words" / "words.json").write_text("[]")
    with pytest.raises(DamagedFolder, match=r"words\.json differs"):
        load_words(tmp_path / "words")


def test_another_folder_is_never_replaced(tmp_path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(BadFolder, match="no saved words"):
        save_words(WORDS, tmp_path / "photos")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadData, match=r"none\.txt is not there"):
        load_words(tmp_path / "none.txt")


@pytest.mark.parametrize(("name", "word"), [("w.txt", "a\nb"), ("w.bin", "a b"), ("w.bin", "")])
def test_a_word_that_the_format_cannot_hold_is_refused(tmp_path, name, word):
    with pytest.raises(BadData, match="save a folder"):
        save_words(WordVectors((word,), np.ones((1, 2), np.float32)), tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_gzipped_file_without_another_suffix_is_text(tmp_path):
    (tmp_path / "glove.gz").write_bytes(gzip.compress(LINES.encode()))
    assert len(load_words(tmp_path / "glove.gz")) == 4
