"""Sources: text files, folders, gzip, Parquet columns and tag lists as sentences in shards."""

import gzip
import os
import sys

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from iconym.errors import BadData, MissingTool, Usage
from iconym.words.phrases import Lexicon
from iconym.words.text import parquet_column, ranges
from iconym.words.text.parquet_column import ParquetColumn
from iconym.words.text.ranges import Range, read_range, split_file
from iconym.words.text.sources import Chained, JoinedSource, Source, TextFiles
from iconym.words.text.tokens import Tags, as_token


@pytest.fixture
def small_pieces(monkeypatch):
    """Files are read 8 bytes at a time."""
    monkeypatch.setattr(ranges, "PIECE", 8)


def write(path, data):
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def parts(path, size):
    return ["".join(read_range(part)) for part in split_file(path, size)]


def write_column(path, name, values, row_group_size=100):
    parquet.write_table(pyarrow.table({name: values}), path, row_group_size=row_group_size)
    return path


def test_text_files_are_read_line_by_line_each_time(tmp_path):
    (tmp_path / "one.txt").write_text("\ufeffThe cat's mat.\n\n!!!\nÉté\n", encoding="utf-8")
    write(tmp_path / "two.txt.gz", b"zipped text\r\n")
    (tmp_path / "other.json").write_text("{}")
    text = TextFiles((tmp_path,))
    expected = [["the", "cat's", "mat"], ["été"], ["zipped", "text"]]
    assert list(text) == expected
    assert list(text) == expected


def test_tokens_that_were_made_before_stay_as_they_are(tmp_path):
    file = write(tmp_path / "clean.txt", b"snow_leopard U.S. \r\n\n  \nother line")
    assert list(TextFiles((file,), str.split)) == [["snow_leopard", "U.S."], ["other", "line"]]


def test_each_tag_of_a_photo_is_one_token(tmp_path):
    file = write(tmp_path / "tags.txt", "Snow Leopard,zoo, !,,Été\r\nzoo\n".encode())
    assert list(TextFiles((file,), Tags())) == [["snow_leopard", "zoo", "été"], ["zoo"]]
    assert Tags("\t", str.split)("New York\tU.S.") == ["New_York", "U.S."]


@pytest.mark.parametrize("separator", ["", "\n"])
def test_tags_need_a_separator_within_a_line(separator):
    with pytest.raises(Usage, match="tags cannot be separated by"):
        Tags(separator)


def test_all_spellings_of_a_phrase_are_one_token():
    texts = ("Snow Leopard", "snow-leopard", "snow_leopard")
    assert {as_token(text) for text in texts} == {"snow_leopard"}


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_a_large_file_is_cut_after_line_breaks(tmp_path, small_pieces, name):
    file = write(tmp_path / name, b"one\ntwo\nthree\n" * 9)
    found = [part for part in parts(file, 8) if part]
    assert "".join(found) == "one\ntwo\nthree\n" * 9
    assert all(part.endswith("\n") for part in found)
    assert len(found) >= 3


def test_a_line_without_end_is_cut_after_blanks(tmp_path, small_pieces):
    file = write(tmp_path / "a.txt", b"ab cd ef gh ij kl mn")
    assert parts(file, 8) == ["ab cd ef ", "gh ij kl mn", ""]
    assert list(TextFiles((file,))) == [["ab", "cd"], ["ef", "gh"], ["ij", "kl"], ["mn"]]


def test_a_word_without_end_is_cut_between_characters(tmp_path, small_pieces):
    file = write(tmp_path / "a.txt", ("x" + "é" * 20).encode())
    assert "".join(parts(file, 8)) == "x" + "é" * 20
    assert len(parts(file, 8)) == 6


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
@given(text=st.text("a é\n", max_size=99), size=st.integers(1, 30))
def test_ranges_together_are_the_file(tmp_path_factory, name, text, size):
    file = write(tmp_path_factory.mktemp("ranges") / name, text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranges, "PIECE", 8)
        assert "".join(parts(file, size)) == text


def test_a_line_is_one_sentence_however_the_file_is_cut(tmp_path):
    lines = [f"line {number} " + "word " * (number % 50) for number in range(50_000)]
    file = write(tmp_path / "a.txt", "\n".join(lines).encode())
    text = TextFiles((file,), str.split, shard_bytes=1)  # a megabyte is the least
    assert len(text.shards()) == 7
    assert list(text) == [line.split() for line in lines]


def test_small_files_are_gathered_in_one_shard(tmp_path):
    for number in range(10):
        write(tmp_path / f"{number}.txt", b"1234567\n")
    assert len(TextFiles((tmp_path,)).shards()) == 1
    assert [shard.size for shard in TextFiles((tmp_path,), shard_bytes=30).shards()] == [32, 32, 16]


def test_a_huge_gzip_file_has_no_more_than_eight_ranges(tmp_path):
    file = tmp_path / "a.txt.gz"
    with open(file, "wb") as huge:
        huge.truncate(1 << 30)
    assert len(split_file(file, 1)) == 8


def test_an_empty_file_has_no_shard(tmp_path):
    assert TextFiles((write(tmp_path / "a.txt", b""),)).shards() == ()


def test_a_shard_has_another_name_when_its_file_was_written_to(tmp_path):
    file = write(tmp_path / "a.txt", b"one")
    before = TextFiles((file,)).shards()[0].name
    assert before == TextFiles((file,)).shards()[0].name
    write(file, b"three")
    assert before != TextFiles((file,)).shards()[0].name


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", b"good\nbad \xff\n", r"a\.txt:2: not UTF-8"),
        ("a.txt", b"good\nbad \xc3", r"a\.txt:2: not UTF-8"),
        ("a.txt", b"good " * 300_000 + b"\nbad \xff", r"a\.txt:2: not UTF-8"),
        ("a.txt.gz", gzip.compress(b"text\n" * 9999, mtime=0)[:-20], r"a\.txt\.gz:.* damaged gz"),
        ("a.txt.gz", b"no gzip", r"a\.txt\.gz:1: damaged gzip"),
        ("a.json", b"{}", "holds no .txt or .txt.gz file"),
    ],
    ids=["foreign", "cut short", "late", "damaged", "no gzip", "no text"],
)
def test_a_text_that_cannot_be_read_is_refused_with_its_place(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadData, match=message):
        list(TextFiles((tmp_path,)))


def test_a_missing_text_is_refused(tmp_path):
    with pytest.raises(BadData, match=r"none\.txt is not there"):
        list(TextFiles((tmp_path / "none.txt",)))


def test_a_pipe_is_refused_for_it_could_be_read_only_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadData, match="pipe is no regular file"):
        list(TextFiles((tmp_path / "pipe",)))


def test_a_text_that_is_written_to_while_it_is_read_is_refused(tmp_path):
    file = write(tmp_path / "a.txt", b"one\n")
    (shard,) = TextFiles((file,)).shards()
    write(file, b"one\ntwo\n")
    with pytest.raises(BadData, match="changed while it was read"):
        list(TextFiles((file,)).read(shard))


def test_a_file_that_is_gone_when_it_is_read_is_refused(tmp_path):
    with pytest.raises(BadData, match=r"gone\.txt cannot be read \(No such file"):
        list(read_range(Range(tmp_path / "gone.txt", 0, None, 1, "")))


def test_shards_of_no_size_are_refused():
    with pytest.raises(Usage, match="shard_bytes is 0"):
        TextFiles((), shard_bytes=0)


def test_a_column_of_strings_is_read_as_text(tmp_path):
    file = write_column(tmp_path / "a.parquet", "text", ["The cat.", None, "", "one\ntwo", "!"])
    assert list(ParquetColumn((file,), "text")) == [["the", "cat"], ["one"], ["two"]]


@pytest.mark.parametrize("kind", [pyarrow.list_, pyarrow.large_list])
def test_a_column_of_lists_holds_tags(tmp_path, kind):
    tags = pyarrow.array(
        [["Snow Leopard", "zoo"], None, [], ["!", None, "x"]], kind(pyarrow.string())
    )
    file = write_column(tmp_path / "a.parquet", "tags", tags)
    assert list(ParquetColumn((file,), "tags")) == [["snow_leopard", "zoo"], ["x"]]


def test_a_column_of_repeated_strings_may_be_encoded_as_a_dictionary(tmp_path):
    words = pyarrow.array(["cat", "dog", "cat"]).dictionary_encode()
    file = write_column(tmp_path / "a.parquet", "text", words)
    assert list(ParquetColumn((file,), "text")) == [["cat"], ["dog"], ["cat"]]


def test_small_row_groups_are_gathered_in_one_shard(tmp_path, monkeypatch):
    text = [f"word{number} " * 20 for number in range(12)]
    write_column(tmp_path / "a.parquet", "text", text, row_group_size=2)
    write_column(tmp_path / "b.parquet", "text", text)
    column = ParquetColumn((tmp_path,), "text")
    assert [shard.groups for shard in column.shards()] == [(0, 1, 2, 3, 4, 5), (0,)]
    monkeypatch.setattr(parquet_column, "SHARD_BYTES", 1)
    assert len(column.shards()) == 7
    assert list(column) == [line.split() for line in text + text]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("words", r"a\.parquet has no column 'words'; its columns are: text$"),
        ("text", r"a\.parquet: column 'text' is int64; strings or lists of strings do"),
    ],
)
def test_a_column_that_holds_no_text_is_refused(tmp_path, column, message):
    file = write_column(tmp_path / "a.parquet", "text", [1, 2])
    with pytest.raises(BadData, match=message):
        list(ParquetColumn((file,), column))


@pytest.mark.parametrize("data", [b"", b"no parquet", b"PAR1" + b"x" * 99 + b"PAR1"])
def test_a_file_that_is_no_parquet_is_refused(tmp_path, data):
    (tmp_path / "a.parquet").write_bytes(data)
    with pytest.raises(BadData, match=r"a\.parquet: \w+") as refused:
        list(ParquetColumn((tmp_path,), "text"))
    assert "\n" not in str(refused.value)


def test_a_damaged_column_is_refused(tmp_path):
    file = write_column(tmp_path / "a.parquet", "text", [str(n) * 99 for n in range(999)])
    data = bytearray(file.read_bytes())
    data[4:2000] = bytes(1996)
    file.write_bytes(data)
    with pytest.raises(BadData, match=r"a\.parquet: \w+"):
        list(ParquetColumn((file,), "text"))


def test_parquet_needs_pyarrow(tmp_path, monkeypatch):
    file = write_column(tmp_path / "a.parquet", "text", ["x"])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingTool, match=r"iconym\[train\]"):
        list(ParquetColumn((file,), "text"))


def sources(folder):
    """One of each kind, all of the same text."""
    text = ["a tiger shark", "a fish"]
    file = write(folder / "a.txt", "\n".join(text).encode())
    column = write_column(folder / "a.parquet", "text", text)
    files = TextFiles((file,))
    return [
        files,
        TextFiles((write(folder / "b.txt.gz", "\n".join(text).encode()),), str.split),
        ParquetColumn((column,), "text"),
        JoinedSource(files, Lexicon.of(["tiger shark"])),
        Chained((files, ParquetColumn((column,), "text"))),
    ]


@pytest.mark.parametrize("kind", range(5))
def test_every_source_is_the_text_of_its_shards_in_order(tmp_path, kind):
    source = sources(tmp_path)[kind]
    assert isinstance(source, Source)
    by_shards = [sentence for shard in source.shards() for sentence in source.read(shard)]
    assert list(source) == list(source) == by_shards != []


def test_sources_are_chained_in_their_order(tmp_path):
    one, *_, chained = sources(tmp_path)
    assert list(chained) == list(one) * 2
    assert len({shard.name for shard in Chained((one, one)).shards()}) == 2


def test_a_joined_source_joins_each_sentence(tmp_path):
    assert list(sources(tmp_path)[3]) == [["a", "tiger_shark"], ["a", "fish"]]
