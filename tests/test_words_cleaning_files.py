"""Photos with their tags are read from tables, Parquet and text, and bad files are named."""

import bz2
import gzip

import pytest

from iconym.errors import BadData, NothingToDo, Usage
from iconym.words.cleaning import Layout, TagFile, Tagged

ANN = Tagged(("beach", "new+york"), "ann")
BOB = Tagged(("cat",), "bob")


def file(folder, text, name="photos.csv", **layout):
    data = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(data)
    return TagFile(folder / name, Layout(**layout))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(
    "table",
    [
        'user,tags\nann,"beach,new+york"\nbob,cat\n',
        "user\ttags\nann\tbeach, new+york\nbob\tcat\n",
        "user;id;tags\nann;1; beach,,new+york \nbob;2;cat\n",
        "tags|user\nbeach,new+york|ann\n\ncat|bob",
    ],
)
def test_a_table_is_read_whatever_parts_its_cells(tmp_path, table, mark, line_end):
    photos = file(tmp_path, mark + table.replace("\n", line_end))
    assert list(photos) == [ANN, BOB]
    assert list(photos) == [ANN, BOB]  # read anew


def test_what_was_detected_is_said(tmp_path):
    photos = file(tmp_path, "user;id;tags\nann;1;cat\n")
    said = "photos.csv: separator ';' detected, tags in column 3, users in column 1"
    assert photos.remark() == said
    photos = file(tmp_path, "id,tags\n1,cat\n")
    assert photos.remark().endswith("tags in column 2, no column of users")
    assert file(tmp_path, "cat\n", "photos.txt").remark() == ""


def test_columns_are_named(tmp_path):
    photos = file(tmp_path, "owner,words\nbob,cat\n", tags="words", user="owner")
    assert list(photos) == [BOB]


def test_columns_of_a_table_without_a_header_are_numbered_from_1(tmp_path):
    row = "4e2f\tbob\t2012-02-16\tOn+the+Wall, a+title, another\tblack+%26+white,hadrian%27s+wall\n"
    photos = file(tmp_path, row, "dataset", tags="5", user="2")
    assert list(photos) == [Tagged(("black+%26+white", "hadrian%27s+wall"), "bob")]


def test_the_separator_of_tags_can_be_given(tmp_path):
    assert list(file(tmp_path, "user,tags\nbob,cat dog\n", separator=" ")) == [
        Tagged(("cat", "dog"), "bob")
    ]


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_packed_tables_are_read(tmp_path, suffix, pack):
    photos = file(tmp_path, pack(b"user,tags\nbob,cat\n"), f"photos.csv{suffix}")
    assert list(photos) == [BOB]


def test_plain_text_is_one_photo_a_line_of_unknown_users(tmp_path):
    photos = file(tmp_path, "cat new_york\n\ndog\r\n", "photos.txt")
    assert list(photos) == [Tagged(("cat", "new_york")), Tagged(()), Tagged(("dog",))]
    photos = file(tmp_path, "cat, new york\n", "photos.txt", separator=",")
    assert list(photos) == [Tagged(("cat", "new york"))]


def test_a_text_file_is_a_table_if_a_column_is_named(tmp_path):
    assert list(file(tmp_path, "user\ttags\nbob\tcat\n", "a.txt", tags="tags")) == [BOB]


def test_parquet_holds_lists_of_tags_or_strings(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    for tags in ([["beach", "new+york"], ["cat"], None], ["beach,new+york", "cat", None]):
        table = pyarrow.table({"user": ["ann", "bob", None], "tags": tags})
        parquet.write_table(table, tmp_path / "photos.parquet")
        assert list(TagFile(tmp_path / "photos.parquet")) == [ANN, BOB, Tagged(())]


def test_users_of_parquet_may_be_numbers(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"o": [7], "tags": ["cat"]}), tmp_path / "a.parquet")
    assert list(TagFile(tmp_path / "a.parquet", Layout(user="o"))) == [Tagged(("cat",), "7")]


def test_tags_that_are_no_strings_are_refused(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"tags": [1, 2]}), tmp_path / "a.parquet")
    with pytest.raises(BadData, match="column 'tags' is int64; lists of strings do"):
        list(TagFile(tmp_path / "a.parquet"))


@pytest.mark.parametrize(
    ("name", "data", "layout", "complaint"),
    [
        (
            "a.csv",
            "user,tag\nann,cat\n",
            {},
            "a.csv: column 'tags' not found; columns are: user, t",
        ),
        ("a.csv", "user,tags\nann,cat\n", {"user": "id"}, "column 'id' not found"),
        ("a.csv", "ann,cat\n", {"tags": "3"}, "column '3' not found; columns are: 1, 2"),
        ("a.csv", "user,tags\nann,cat\nbob,cat,dog\n", {}, "a.csv line 3: 3 cells, not 2 .parted"),
        ("a.csv", b"user,tags\nann,caf\xe9\n", {}, "a.csv is not UTF-8 text .*; save it as UTF-8"),
        ("a.csv.gz", b"no gzip", {}, "a.csv.gz: damaged"),
        ("a.csv.gz", gzip.compress(b"tags\ncat\n", mtime=0)[:-9], {}, "a.csv.gz: damaged"),
        ("a.csv.bz2", b"no bzip2", {}, "a.csv.bz2: damaged"),
        ("a.parquet", b"no parquet", {}, "a.parquet: Parquet magic bytes not found"),
        ("a.csv", 'tags\n"' + "a" * 200_000 + '"\n', {}, "a.csv line 2: field larger than"),
    ],
)
def test_a_bad_file_is_named_with_the_place(tmp_path, name, data, layout, complaint):
    with pytest.raises(BadData, match=complaint):
        list(file(tmp_path, data, name, **layout))


def test_an_empty_table_is_refused(tmp_path):
    with pytest.raises(NothingToDo, match="begins with an empty line"):
        list(file(tmp_path, ""))


def test_a_file_that_is_not_there_is_refused_at_once(tmp_path):
    with pytest.raises(Usage, match="no file '"):
        TagFile(tmp_path / "none.csv")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_progress_is_told_by_the_bytes_read_and_comes_to_its_end(tmp_path, pack):
    told = []

    def track(items, doing, total):
        told.append((doing, total))
        yield from items
        told.append("done")

    path = tmp_path / ("a.csv.gz" if pack is gzip.compress else "a.csv")
    path.write_bytes(pack(b"tags\n" + (b"cat " * 25_000 + b"\n") * 24))  # 2.4 million bytes
    assert len(list(TagFile(path, track=track))) == 24
    steps = 3 if pack is bytes else 1
    assert told == [(f"reading {path.name}", steps), "done"]
