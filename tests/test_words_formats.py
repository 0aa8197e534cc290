"""Files of word vectors: what is written is read, and every fault is named with its place."""

import gzip
import pickle
import shutil

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from iconym.errors import BadData, BadFolder, DamagedFolder
from iconym.files import to_safetensors
from iconym.nouns import WordVectors
from iconym.words.files import binary_format, rows, text_format
from iconym.words.files.safetensors_format import header
from iconym.words.formats import load_words, save_words
from iconym.words.vectors import neighbors

WORDS = WordVectors(
    ("cat", "snow_leopard", "été", "</s>"),
    np.array([[1, -2.5, 1e-7], [0.1, 3, 4e8], [0, 0, 0], [5, 6, 7]], np.float32),
)
MAPPABLE = ["words", "w.safetensors", "w.npy"]
NAMES = [*MAPPABLE, "w.npz", "w.txt", "w.vec", "w.txt.gz", "w.bin", "w.bin.gz"]
LINES = "cat 1 2 3\ndog 4 5 6\nday 7 8 9\nice 1 1 1\n"


def binary(*words: str, header: str = "") -> bytes:
    ones = np.ones(2, "<f4").tobytes()
    data = b"".join(w.encode() + b" " + ones + b"\n" for w in words)
    return (header or f"{len(words)} 2\n").encode() + data


def equal(a: WordVectors, b: WordVectors) -> bool:
    return a.words == b.words and np.array_equal(a.vectors, b.vectors)


# ---- what is written is read


@pytest.mark.parametrize("name", NAMES)
def test_what_is_saved_is_loaded(tmp_path, name):
    save_words(WORDS, tmp_path / name)
    loaded = load_words(tmp_path / name)
    assert equal(loaded, WORDS)
    assert loaded.vectors.dtype == np.float32
    assert not isinstance(loaded.vectors, np.memmap)


vocabularies = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters=" \n\r\x00"), min_size=1, max_size=5),
    min_size=1,
    max_size=5,
    unique=True,
)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(vocabularies, st.integers(1, 4), st.integers(0, 999))
def test_any_words_and_numbers_come_back(tmp_path_factory, name, words, dim, seed):
    path = tmp_path_factory.mktemp("words") / name
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(len(words), dim)) * 10.0 ** rng.integers(-40, 38, (len(words), dim))
    saved = WordVectors(tuple(words), vectors.astype(np.float32))
    save_words(saved, path)
    assert equal(load_words(path), saved)


@pytest.mark.parametrize("name", ["w.txt", "w.txt.gz"])
@settings(max_examples=25, deadline=None)
@given(vocabularies, st.integers(1, 4), st.integers(0, 999))
def test_any_words_and_numbers_come_back_without_a_header(tmp_path_factory, name, words, dim, seed):
    assume(not words[0].startswith("\ufeff"))
    path = tmp_path_factory.mktemp("words") / name
    vectors = np.random.default_rng(seed).normal(size=(len(words), dim)).astype(np.float32)
    saved = WordVectors(tuple(words), vectors)
    save_words(saved, path, header=False)
    assert equal(load_words(path), saved)


@pytest.mark.parametrize("name", NAMES)
def test_files_larger_than_what_is_read_at_once_come_back(tmp_path, monkeypatch, name):
    monkeypatch.setattr(text_format, "BLOCK", 50)
    monkeypatch.setattr(binary_format, "CHUNK", 50)
    monkeypatch.setattr(rows, "ROWS", 3)
    vectors = np.arange(100, dtype=np.float32).reshape(20, 5)
    many = WordVectors(tuple(f"word_{i}" for i in range(20)), vectors)
    save_words(many, tmp_path / name)
    assert equal(load_words(tmp_path / name), many)


@pytest.mark.parametrize("name", [*MAPPABLE, "w.npz"])
def test_half_precision_is_float32_in_memory(tmp_path, name):
    words = WordVectors(("a", "b"), np.array([[0.1, 1], [2, 3]], np.float32))
    save_words(words, tmp_path / name, dtype="float16")
    loaded = load_words(tmp_path / name)
    assert loaded.vectors.dtype == np.float32
    assert np.array_equal(loaded.vectors, words.vectors.astype(np.float16))


@pytest.mark.parametrize("name", [*MAPPABLE, "w.npz"])
def test_half_precision_is_refused_where_it_cannot_hold_a_number(tmp_path, name):
    with pytest.raises(BadData, match="range of float16"):
        save_words(WORDS, tmp_path / name, dtype="float16")
    assert list(tmp_path.iterdir()) == []


def test_a_form_that_a_format_lacks_is_refused(tmp_path):
    with pytest.raises(BadData, match="hold no float16"):
        save_words(WORDS, tmp_path / "w.bin", dtype="float16")
    with pytest.raises(BadData, match="only text goes without a header"):
        save_words(WORDS, tmp_path / "w.bin", header=False)


@pytest.mark.parametrize("name", NAMES)
def test_no_words_at_all_are_saved_or_refused(tmp_path, name):
    nothing = WordVectors((), np.empty((0, 3), np.float32))
    if name in (*MAPPABLE, "w.npz"):
        save_words(nothing, tmp_path / name)
        assert load_words(tmp_path / name).vectors.shape == (0, 3)
    else:
        with pytest.raises(BadData, match="hold one word at least"):
            save_words(nothing, tmp_path / name)


# ---- mapped


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("name", MAPPABLE)
def test_mapped_vectors_stay_on_the_disk_and_answer_the_same(tmp_path, name, dtype):
    words = WordVectors(("a", "b", "c"), np.array([[1, 0], [3, 4], [0, 2]], np.float32))
    save_words(words, tmp_path / name, dtype=dtype)
    mapped = load_words(tmp_path / name, mapped=True)
    assert isinstance(mapped.vectors, np.memmap)
    assert mapped.vectors.dtype == dtype
    assert equal(mapped, words)
    assert neighbors(mapped, words.vectors) == neighbors(words, words.vectors)


@pytest.mark.parametrize("name", sorted({*NAMES} - {*MAPPABLE}))
def test_what_cannot_be_mapped_is_refused_with_what_to_do(tmp_path, name):
    save_words(WORDS, tmp_path / name)
    with pytest.raises(BadData, match="cannot be mapped; convert it once: iconym words convert"):
        load_words(tmp_path / name, mapped=True)


def test_mapping_checks_the_size_of_a_folder_and_reading_its_checksum(tmp_path):
    save_words(WORDS, tmp_path / "words")
    file = tmp_path / "words" / "vectors.safetensors"
    data = file.read_bytes()
    file.write_bytes(data[:-1] + b"?")
    assert load_words(tmp_path / "words", mapped=True).words == WORDS.words
    with pytest.raises(DamagedFolder, match=r"vectors\.safetensors differs from its checksum"):
        load_words(tmp_path / "words")
    file.write_bytes(data[:-1])
    with pytest.raises(DamagedFolder, match=r"vectors\.safetensors differs in size"):
        load_words(tmp_path / "words", mapped=True)


# ---- what others read and write


def test_safetensors_are_read_by_the_library_alone(tmp_path):
    save_words(WORDS, tmp_path / "w.safetensors")
    tensors = safetensors.numpy.load_file(tmp_path / "w.safetensors")
    assert tensors["words"].tobytes().decode().split("\n") == list(WORDS.words)
    assert np.array_equal(tensors["vectors"], WORDS.vectors)


def test_safetensors_that_the_library_writes_are_read(tmp_path):
    text = np.frombuffer("a\né".encode(), np.uint8)
    tensors = {"vectors": np.eye(2, dtype=np.float64), "words": text}
    safetensors.numpy.save_file(tensors, tmp_path / "w.safetensors", metadata={"of": "others"})
    loaded = load_words(tmp_path / "w.safetensors")
    assert equal(loaded, WordVectors(("a", "é"), np.eye(2, dtype=np.float32)))


def test_the_header_of_a_tensor_is_that_of_the_library():
    data = to_safetensors({"vectors": WORDS.vectors})
    assert data == header({"vectors": ("float32", (4, 3))}) + WORDS.vectors.tobytes()


def test_numpy_reads_the_arrays_alone(tmp_path):
    save_words(WORDS, tmp_path / "w.npy")
    assert np.array_equal(np.load(tmp_path / "w.npy"), WORDS.vectors)
    assert (tmp_path / "w.words.txt").read_text("utf-8").split() == list(WORDS.words)


@pytest.mark.parametrize("mapped", [False, True])
def test_columns_that_lie_together_are_read(tmp_path, mapped):
    np.save(tmp_path / "w.npy", np.array([[1, 2, 3], [4, 5, 6]], np.float64, order="F"))
    (tmp_path / "w.words.txt").write_bytes(b"a\r\nb\r\n")
    loaded = load_words(tmp_path / "w.npy", mapped=mapped)
    assert (loaded.words, loaded["b"].tolist()) == (("a", "b"), [4, 5, 6])


def test_text_without_a_first_line_is_glove(tmp_path):
    (tmp_path / "glove.txt").write_text(LINES)
    loaded = load_words(tmp_path / "glove.txt")
    assert loaded.words == ("cat", "dog", "day", "ice")
    assert loaded["dog"].tolist() == [4, 5, 6]


def test_a_word_of_a_text_file_may_hold_blanks_and_odd_spaces(tmp_path):
    text = "a 1 2\n. . . 3 4\nat name@domain.com 5 6\nx\u00a0y\u0085 5 6 \n"
    (tmp_path / "glove.txt").write_text(text, "utf-8")
    words = ("a", ". . .", "at name@domain.com", "x\u00a0y\u0085")
    assert load_words(tmp_path / "glove.txt").words == words


@pytest.mark.parametrize("header", ["", "4 3\n"])
def test_line_ends_and_the_mark_of_windows_are_no_part_of_a_word(tmp_path, header):
    text = "\ufeff" + (header + LINES).replace("\n", "\r\n")
    (tmp_path / "w.txt").write_bytes(text.encode())
    loaded = load_words(tmp_path / "w.txt")
    assert (loaded.words, loaded["ice"].tolist()) == (("cat", "dog", "day", "ice"), [1, 1, 1])


def test_binary_without_line_breaks_is_read_too(tmp_path):
    (tmp_path / "w.bin").write_bytes(b"2 1\na \0\0\x80?b \0\0\0@")
    loaded = load_words(tmp_path / "w.bin")
    assert (loaded.words, loaded.vectors.tolist()) == (("a", "b"), [[1.0], [2.0]])


def test_a_gzipped_file_without_another_suffix_is_text(tmp_path):
    (tmp_path / "glove.gz").write_bytes(gzip.compress(LINES.encode()))
    assert len(load_words(tmp_path / "glove.gz")) == 4


# ---- faults


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; fetch it again"),
        ("0 3\n", "line 1: announces 0 words of 3"),
        ("1 99999999\n", "line 1: announces 1 words of 99999999"),
        ("5 3\n" + LINES, r"line 1: announces 5 words, but 4 follow; .* first line to \"4 3\""),
        ("3 3\n" + LINES, "line 1: announces 3 words, but 4 follow"),
        ("4 4\n" + LINES, "line 2: not a word and 4 numbers: 'cat 1 2 3.*mend the line"),
        ("4 2\n" + LINES, "line 2: not a word and 2 numbers: 'cat 1 2 3"),
        ("4 3\n" + LINES.replace("7 8 9", "7 8"), "line 4: not a word and 3 numbers"),
        (LINES.replace("7 8 9", "7 8 9 10"), "line 3: not a word and 3 numbers"),
        (LINES.replace("dog 4", "dog  4"), "line 2: not a word and 3 numbers"),
        (LINES.replace("dog ", ""), "line 2: not a word and 3 numbers"),
        (LINES + "\n", "line 5: not a word and 3 numbers"),
        (LINES[:-1], "line 4: no line break at the end of the file; .* else add one"),
        (LINES.replace("dog", "cat"), "line 2: 'cat' stands in line 1 too; .*--drop-bad"),
        ("4 3\n" + LINES.replace("dog", "cat"), "line 3: 'cat' stands in line 2 too"),
        (LINES.replace("5", "nan"), "line 2: NaN or a number beyond float32 for 'dog'; "),
        (LINES.replace("5", "-inf"), "line 2: NaN or a number"),
        (LINES.replace("5", "1e39"), "line 2: NaN or a number"),
        (LINES.replace("5", "five"), "line 2: 'five' is no number; mend the line"),
        (LINES.replace("5", "5_0"), "line 2: '5_0' is no number"),
        (LINES.replace("5", "5\t0"), "line 2: '5.t0' is no number"),
        (LINES.replace("dog", "d\udce9g"), "line 2: .*xe9g' is no UTF-8 at its byte 1; "),
        ("just\n", "line 1: 'just.n' is no word with numbers, parted by single blanks"),
        ("cat\t1\t2\n", "line 1: .* is no word with numbers, parted by single blanks"),
    ],
)
@pytest.mark.parametrize("name", ["w.txt", "w.txt.gz"])
def test_a_damaged_text_file_is_refused_with_its_line(tmp_path, name, text, message):
    data = text.encode("utf-8", "surrogateescape")
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    with pytest.raises(BadData, match=rf"w\.txt.*{message}"):
        load_words(tmp_path / name)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no first line"),
        (LINES.encode(), "no first line"),
        (binary("a", "b")[:-4], "ends at byte 22, in word 2 of 2; .* fetch it again"),
        (binary("a", "b", header="3 2\n")[:-1], "announces 3 words|ends at byte"),
        (binary("a", "b", header="99999999 2\n"), "announces 99999999 words|in word 3 of"),
        (binary("a", "b", header="1 2\n"), "more than the 1 words announced, from byte 14 on"),
        (binary("a", "b") + b"!", "more than the 2 words announced, from byte 25 on"),
        (binary("a", "a"), "byte 15: 'a' stands in byte 4 too; .*--drop-bad"),
        (binary("a").replace(b"\x80?", b"\xc0\x7f"), "byte 4: NaN or a number beyond float32"),
        (binary("a").replace(b"a ", b"a\xff "), "byte 5: .* is no UTF-8; .*--drop-bad"),
        (binary("a").replace(b"a ", b" "), "byte 4: no word before the blank; fetch it again"),
        (b"1 1\n" + b"a" * 2000, "no word at byte 4; it is damaged: fetch it again"),
    ],
)
@pytest.mark.parametrize("name", ["w.bin", "w.bin.gz"])
def test_a_damaged_binary_file_is_refused_with_its_byte(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    with pytest.raises(BadData, match=message):
        load_words(tmp_path / name)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"vectors": np.ones((1, 2))}, r"holds \['vectors'\]; it needs the tensors words and"),
        ({"vectors": np.ones(2), "words": np.zeros(1, np.uint8)}, r"vectors are float64 \(2,\)"),
        ({"vectors": np.ones((1, 2)), "words": np.ones(1)}, "words float64"),
        ({"vectors": np.ones((1, 2)), "words": np.array([97, 255], np.uint8)}, "UTF-8 at byte 1"),
        ({"vectors": np.ones((1, 2)), "words": np.array([97, 10], np.uint8)}, "2 words but 1"),
        ({"vectors": np.ones((1, 2), np.int32), "words": np.ones(1)}, "save the numbers as F32"),
        ({"vectors": np.array([[np.nan]]), "words": np.array([97], np.uint8)}, "row 0: NaN"),
        ({"vectors": np.array([[1e300]]), "words": np.array([97], np.uint8)}, "row 0: NaN or a"),
    ],
)
def test_safetensors_of_other_tensors_are_refused(tmp_path, tensors, message):
    safetensors.numpy.save_file(tensors, tmp_path / "w.safetensors")
    with pytest.raises(BadData, match=message):
        load_words(tmp_path / "w.safetensors")


@pytest.mark.parametrize(
    ("array", "text", "message"),
    [
        (np.ones(2), "a\n", r"vectors are float64 \(2,\)"),
        (np.ones((1, 2), np.int64), "a\n", "vectors are int64"),
        (np.ones((1, 2)), "a\nb\n", "2 words but 1 vectors"),
        (np.ones((1, 2)), "a", r"w\.words\.txt:1: no line break at the end"),
        (np.ones((1, 2)), None, r"w\.words\.txt is not there; write the words of w\.npy"),
        (np.ones((2, 2)), "a\na\n", "row 1: 'a' stands in row 0 too"),
    ],
)
def test_an_array_with_other_words_beside_it_is_refused(tmp_path, array, text, message):
    np.save(tmp_path / "w.npy", array)
    if text is not None:
        (tmp_path / "w.words.txt").write_text(text)
    with pytest.raises(BadData, match=message):
        load_words(tmp_path / "w.npy")


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was executed",))


def test_pickled_words_are_refused_and_never_executed(tmp_path):
    np.savez(tmp_path / "w.npz", words=np.array([Trap()], dtype=object), vectors=np.ones((1, 2)))
    with pytest.raises(BadData, match="words as an array of text"):
        load_words(tmp_path / "w.npz")
    for name in ("w.npz", "w.npy", "w.kv", "w.bin"):
        (tmp_path / name).write_bytes(pickle.dumps(Trap()))
        with pytest.raises(BadData, match=r"save it anew|pickle.*save_word2vec_format"):
            load_words(tmp_path / name)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"PK\x03\x04", "a zip archive; unpack it"),
        (gzip.compress(b"x", mtime=0), r"packed by gzip; let its name end in \.gz"),
        (b"\xba\x16\x4f\x2f\x0c\0\0\0", r"fastText's own model; .* \.vec"),
        (b"\x93NUMPY\1\0", r"a NumPy array; let its name end in \.npy"),
        (b"\x89HDF\r\n", "HDF5"),
        (binary("a", "b"), r"let its name end in \.bin"),
    ],
)
def test_files_of_other_programs_are_told_by_their_start(tmp_path, start, message):
    (tmp_path / "w.txt").write_bytes(start)
    with pytest.raises(BadData, match=message):
        load_words(tmp_path / "w.txt")


def test_words_as_bytes_are_read(tmp_path):
    np.savez(tmp_path / "w.npz", words=np.array(["été".encode()]), vectors=np.ones((1, 2)))
    assert load_words(tmp_path / "w.npz").words == ("été",)
    np.savez(tmp_path / "w.npz", words=np.array([b"\xff"]), vectors=np.ones((1, 2)))
    with pytest.raises(BadData, match="no UTF-8"):
        load_words(tmp_path / "w.npz")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"words": np.array(["a"])}, "lacks an array"),
        ({"words": np.array([1]), "vectors": np.ones((1, 2))}, "words are int64"),
        ({"words": np.array(["a"]), "vectors": np.ones(2)}, r"vectors are float64 \(2,\)"),
        ({"words": np.array(["a"]), "vectors": np.array([["x"]])}, "vectors are <U1"),
        ({"words": np.array(["a", "b"]), "vectors": np.ones((1, 2))}, "2 words but 1 vectors"),
        ({"words": np.array(["a"]), "vectors": np.array([[np.nan]])}, "row 0: NaN .* for 'a'"),
    ],
)
def test_npz_with_other_arrays_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "w.npz", **arrays)
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


@pytest.mark.parametrize("name", ["none.txt", "none", "none.npy"])
def test_a_missing_file_is_refused(tmp_path, name):
    with pytest.raises(BadData, match="is not there; name a folder or file"):
        load_words(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        *(("w.txt", word) for word in ("a\nb", "a b", "", "a\r")),
        *(("w.bin", word) for word in ("a\nb", "a b", "", "a" * 1000)),
        *(("w.safetensors", "a\nb"), ("w.npy", "a\nb"), ("w.npz", "a\0"), ("words", "\ud800")),
    ],
)
def test_a_word_that_the_format_cannot_hold_is_refused(tmp_path, name, word):
    with pytest.raises(BadData, match=r"save a folder|leave it out"):
        save_words(WordVectors((word,), np.ones((1, 2), np.float32)), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


# ---- a file cut short


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_short_anywhere_is_refused_or_lacks_nothing(tmp_path_factory, name, share):
    path = tmp_path_factory.mktemp("words") / name
    save_words(WORDS, path)
    for file in [path] if path.is_file() else sorted(path.iterdir()):
        data = file.read_bytes()
        file.write_bytes(data[: int(share * len(data))])
        try:
            assert equal(load_words(path), WORDS)
        except (BadData, BadFolder):
            pass
        file.write_bytes(data)


@pytest.mark.filterwarnings("ignore:Reading `.npy` or `.npz` file")  # as of Python 2
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 1), length=st.integers(0, 4), put=st.binary(max_size=4))
def test_whatever_bytes_are_changed_the_only_error_is_our_own(
    tmp_path_factory, name, share, length, put
):
    path = tmp_path_factory.mktemp("words") / name
    save_words(WORDS, path)
    for file in [path] if path.is_file() else sorted(path.iterdir()):
        data = file.read_bytes()
        at = int(share * len(data))
        file.write_bytes(data[:at] + put + data[at + length :])
        for mapped in {False, name in MAPPABLE}:
            try:
                assert load_words(path, mapped=mapped).dim > 0
            except (BadData, BadFolder) as error:
                assert "\n" not in str(error)
        file.write_bytes(data)


@pytest.mark.parametrize("cut", range(len(LINES)))
def test_text_without_a_header_cut_short_is_refused_but_at_the_end_of_a_line(tmp_path, cut):
    (tmp_path / "w.txt").write_text(LINES[:cut])
    if cut and LINES[cut - 1] == "\n":
        assert len(load_words(tmp_path / "w.txt")) == LINES[:cut].count("\n")
    else:
        with pytest.raises(BadData, match=r"empty|no line break|not a word|no word"):
            load_words(tmp_path / "w.txt")


@pytest.mark.parametrize("name", ["w.txt.gz", "w.bin.gz"])
def test_a_gzip_file_cut_short_is_refused(tmp_path, name):
    save_words(WORDS, tmp_path / name)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-12])
    with pytest.raises(BadData, match="damaged gzip"):
        load_words(tmp_path / name)


@pytest.mark.parametrize("name", NAMES)
def test_what_follows_the_end_is_refused_or_changes_nothing(tmp_path, name):
    save_words(WORDS, tmp_path / name)
    path = tmp_path / name
    for file in [path] if path.is_file() else sorted(path.iterdir()):
        with open(file, "ab") as more:
            more.write(b"junk 1 2 3\n")
        try:
            assert equal(load_words(path), WORDS)
            assert name == "w.npz"  # a zip archive may have a remark at its end
        except (BadData, BadFolder):
            pass


# ---- words left out


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("w.txt", b"cat 1 0\ncat 2 0\nd\xe9g 3 0\nice nan 0\nday 4 0\n"),
        (
            "w.bin",
            b"5 1\n"
            + b"".join(
                word + b" " + np.array([number], "<f4").tobytes()
                for word, number in zip(
                    (b"cat", b"cat", b"d\xe9g", b"ice", b"day"), (1, 2, 3, np.inf, 4)
                )
            ),
        ),
    ],
)
def test_words_with_a_fault_are_left_out_and_told_of_where_a_caller_asks_for_it(
    tmp_path, name, data
):
    (tmp_path / name).write_bytes(data)
    faults = []
    loaded = load_words(tmp_path / name, fault=faults.append)
    assert (loaded.words, loaded.vectors[:, 0].tolist()) == (("cat", "day"), [1, 4])
    assert [part for fault in faults for part in ("UTF-8", "too", "NaN") if part in fault] == [
        *("UTF-8", "too", "NaN")
    ]


def test_a_file_of_faults_only_is_refused(tmp_path):
    (tmp_path / "w.txt").write_text("cat nan 0\n")
    with pytest.raises(BadData, match="no word without a fault"):
        load_words(tmp_path / "w.txt", fault=lambda fault: None)


def test_a_failed_save_leaves_what_was_there(tmp_path):
    for name in NAMES:
        save_words(WORDS, tmp_path / name)
    before = shutil.copytree(tmp_path, tmp_path / "before")
    broken = WordVectors(("a b\n\0",), np.full((1, 3), 1e300))
    for name in NAMES:
        with pytest.raises(BadData):
            save_words(broken, tmp_path / name)
        assert equal(load_words(tmp_path / name), load_words(before / name))
