import builtins
import json
from hashlib import sha256

import jaxtyping
import numpy as np
import pyarrow
import pytest
from PIL import Image as PillowImage
from pyarrow import parquet

import nasty
from iconym.data.folder import LazyImages, read_folder
from iconym.data.parquet import content_hashes, read_parquet
from iconym.errors import (
    BadData,
    EmptyPicture,
    MissingPicture,
    MissingTool,
    NothingToDo,
    TruncatedPicture,
    Usage,
)


@pytest.fixture
def unchecked():
    """Without the check of types, which looks into a picture of every data set."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def png(grey):
    """A picture of one pixel, so that a test can tell pictures apart."""
    return nasty.encoded(PillowImage.new("L", (1, 1), grey), "PNG")


def put(folder, files):
    """Write each name with its grey level, text or bytes."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, int):
            content = png(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def pairs(data):
    """(grey level, label) of every picture."""
    return [(int(i[0, 0, 0]), label) for i, label in zip(data.images, data.labels)]


# --- images that are decoded when asked for


def test_lazy_images_decode_only_what_is_asked_for_each_time():
    asked = []

    def decode(source):
        asked.append(source)
        return np.full((1, 1, 3), source, np.uint8)

    images = LazyImages((10, 20, 30), decode)
    assert len(images) == 3 and asked == []
    assert images[1][0, 0, 0] == images[-2][0, 0, 0] == 20
    assert asked == [20, 20]


def test_a_slice_of_lazy_images_is_lazy():
    images = LazyImages(range(100), lambda source: np.full((1, 1, 3), source, np.uint8))
    assert [int(image[0, 0, 0]) for image in images[97:]] == [97, 98, 99]


def test_lazy_images_end_like_a_tuple():
    with pytest.raises(IndexError):
        LazyImages((), lambda source: source)[0]


# --- class folders


def test_the_folder_of_a_picture_names_it(tmp_path):
    put(tmp_path, {"snow_leopard/a.png": 1, "cat/b.png": 2, "train/cat/c.png": 3, "notes.txt": ""})
    data = read_folder(tmp_path)
    assert pairs(data) == [(2, "cat"), (1, "snow leopard"), (3, "cat")]
    assert data.names == ("cat/b.png", "snow_leopard/a.png", "train/cat/c.png")
    assert data.classes == ("cat", "snow leopard")


def test_a_picture_in_no_class_folder_is_named(tmp_path):
    put(tmp_path, {"cat/a.png": 1, "b.png": 2})
    with pytest.raises(BadData, match=r"'b\.png' has no label"):
        read_folder(tmp_path)


def test_a_bad_picture_is_found_when_it_is_asked_for(tmp_path, unchecked):
    put(tmp_path, {"cat/a.png": png(1)[:40], "cat/b.png": 2})
    images = read_folder(tmp_path).images
    assert images[1].shape == (1, 1, 3)
    with pytest.raises(TruncatedPicture, match=r"cat/a\.png"):
        _ = images[0]


def test_at_least_makes_large_jpegs_cheap(tmp_path):
    large = nasty.encoded(nasty.two_colors().resize((400, 300)), "JPEG")
    put(tmp_path, {"cat/a.jpg": large})
    assert read_folder(tmp_path, at_least=100).images[0].shape == (150, 200, 3)
    assert read_folder(tmp_path).images[0].shape == (300, 400, 3)


# --- texts beside pictures


def test_the_first_line_beside_a_picture_is_its_label(tmp_path):
    put(tmp_path, {"a.png": 1, "a.txt": "\ufeffa red star\r\nmore", "b.png": 2, "b.txt": "b"})
    assert pairs(read_folder(tmp_path)) == [(1, "a red star"), (2, "b")]


def test_a_picture_without_its_text_is_named(tmp_path):
    put(tmp_path, {"a.png": 1, "a.txt": "a", "b.png": 2})
    with pytest.raises(BadData, match=r"b\.png' has no 'b\.txt' beside it"):
        read_folder(tmp_path)


def test_an_empty_text_is_no_label(tmp_path):
    put(tmp_path, {"a.png": 1, "a.txt": "\n"})
    with pytest.raises(BadData, match="first line"):
        read_folder(tmp_path)


# --- metadata files


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["metadata.csv", "metadata.tsv"])
def test_a_table_with_any_separator_bom_and_windows_line_ends_is_read(tmp_path, name, separator):
    rows = [("label", "file_name"), ("red_star", "in here/a.png"), ("cat", "b.png")]
    text = "\ufeff" + "".join(separator.join(row) + "\r\n" for row in rows)
    put(tmp_path, {"in here/a.png": 1, "b.png": 2, "unnamed.png": 3, name: text})
    data = read_folder(tmp_path)
    assert pairs(data) == [(1, "red star"), (2, "cat")]
    assert data.names == ("in here/a.png", "b.png")


def test_json_lines_are_read(tmp_path):
    rows = [{"file_name": "a.png", "text": "a cat"}, {"file_name": "a.png", "text": 7}]
    text = "\n".join(json.dumps(row) for row in rows) + "\n\n"
    put(tmp_path, {"a.png": 1, "metadata.jsonl": text})
    assert pairs(read_folder(tmp_path)) == [(1, "a cat"), (1, "7")]


def test_a_quoted_cell_may_hold_the_separator(tmp_path):
    put(tmp_path, {"a.png": 1, "metadata.csv": 'file_name,label\na.png,"cat, black"\n'})
    assert read_folder(tmp_path).labels == ("cat, black",)


def test_the_column_of_labels_can_be_chosen(tmp_path):
    put(tmp_path, {"a.png": 1, "metadata.csv": "file_name,label,kind\na.png,tom,cat\n"})
    assert read_folder(tmp_path).labels == ("tom",)
    assert read_folder(tmp_path, label="kind").labels == ("cat",)


def test_a_column_cannot_be_chosen_without_metadata(tmp_path):
    put(tmp_path, {"cat/a.png": 1})
    with pytest.raises(BadData, match="no column 'kind'"):
        read_folder(tmp_path, label="kind")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("path;title\n", "column 'file_name' not found; columns are: path, title"),
        ("file_name,title\n", "column 'label' not found; columns are: file_name, title"),
        ("file_name,label\na.png\n", "line 2: 1 cells, not 2"),
        ("file_name,label\n,cat\n", "line 2: no file_name"),
        ("file_name,label\n\na.png,_\n", "line 3: 'a.png' has no 'label'"),
        (b"file_name,label\na.png,\xff\n", "is not UTF-8"),
    ],
)
def test_a_broken_table_is_explained_in_one_line(tmp_path, table, message):
    put(tmp_path, {"a.png": 1, "metadata.csv": table})
    with pytest.raises(BadData) as caught:
        read_folder(tmp_path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("lines", ["{'file_name': 1}", "[1]", '{"label": "cat"}'])
def test_broken_json_lines_are_explained_in_one_line(tmp_path, lines):
    put(tmp_path, {"a.png": 1, "metadata.jsonl": lines})
    with pytest.raises(BadData, match=r"^metadata\.jsonl.*$"):
        read_folder(tmp_path)


def test_two_metadata_files_are_one_too_many(tmp_path):
    put(tmp_path, {"a.png": 1, "metadata.csv": "", "metadata.jsonl": ""})
    with pytest.raises(BadData, match=r"metadata\.csv and metadata\.jsonl; keep one"):
        read_folder(tmp_path)


def test_a_row_without_its_picture_is_found_when_it_is_asked_for(tmp_path, unchecked):
    put(tmp_path, {"a.png": 1, "metadata.csv": "file_name,label\nb.png,cat\n"})
    images = read_folder(tmp_path).images
    with pytest.raises(MissingPicture, match=r"b\.png' is not there"):
        _ = images[0]


# --- wrong folders


def test_four_wrong_folders_have_four_messages(tmp_path):
    (tmp_path / "empty").mkdir()
    put(tmp_path, {"texts/a.txt": "a", "a file.png": 1})
    wrong = {
        "empty": (NothingToDo, "is empty"),
        "texts": (NothingToDo, "holds no picture"),
        "none": (Usage, "no folder"),
        "a file.png": (Usage, "is no folder"),
    }
    for name, (error, message) in wrong.items():
        with pytest.raises(error, match=message) as caught:
            read_folder(tmp_path / name)
        assert repr(str(tmp_path / name)) in str(caught.value)


def test_metadata_without_rows_leave_nothing_to_do(tmp_path):
    put(tmp_path, {"a.png": 1, "metadata.csv": "file_name,label\n"})
    with pytest.raises(NothingToDo, match="has no rows"):
        read_folder(tmp_path)


# --- Parquet


def table(tmp_path, **columns):
    path = tmp_path / "pictures.parquet"
    parquet.write_table(pyarrow.table(columns), path)
    return path


def test_bytes_and_names_are_read(tmp_path):
    path = table(tmp_path, image=[png(1), png(2)], label=["aquarium_fish", "cat"], more=[0, 0])
    data = read_parquet(path)
    assert pairs(data) == [(1, "aquarium fish"), (2, "cat")]
    assert data.names == ("pictures.parquet row 0", "pictures.parquet row 1")


def test_structs_give_their_bytes_or_else_their_path(tmp_path):
    put(tmp_path, {"far/b.png": 2})
    structs = [{"bytes": png(1), "path": "x.png"}, {"bytes": None, "path": "far/b.png"}]
    assert pairs(read_parquet(table(tmp_path, image=structs, label=["a", "b"]))) == [
        (1, "a"),
        (2, "b"),
    ]


def test_paths_are_relative_to_the_file(tmp_path):
    put(tmp_path, {"far/b.png": 2})
    path = table(tmp_path, photo=["far/b.png"], name=["b"])
    assert pairs(read_parquet(path, image="photo", label="name")) == [(2, "b")]


def test_integer_labels_become_text_and_dictionaries_are_read(tmp_path):
    images = [png(1), png(2)]
    assert read_parquet(table(tmp_path, image=images, label=[3, 14])).labels == ("3", "14")
    coded = pyarrow.array(["a", "b"]).dictionary_encode()
    assert read_parquet(table(tmp_path, image=images, label=coded)).labels == ("a", "b")


def test_where_keeps_rows_and_their_numbers(tmp_path):
    path = table(
        tmp_path,
        image=[png(0), png(1), png(2), png(3)],
        label=["a", "b", "c", "d"],
        split=["train", "test", "test", None],
        year=[1, 1, 2, 2],
    )
    data = read_parquet(path, where={"split": "test"})
    assert pairs(data) == [(1, "b"), (2, "c")]
    assert data.names == ("pictures.parquet row 1", "pictures.parquet row 2")
    assert pairs(read_parquet(path, where={"split": "test", "year": 2})) == [(2, "c")]


def test_where_nothing_is_left_there_is_nothing_to_do(tmp_path):
    path = table(tmp_path, image=[png(0)], label=["a"], split=["train"])
    with pytest.raises(NothingToDo, match="no row where split = 'test'"):
        read_parquet(path, where={"split": "test"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": "photo"}, "column 'photo' not found; columns are: image, label, size"),
        ({"label": "name"}, "column 'name' not found; columns are: image, label, size"),
        ({"where": {"split": "test"}}, "column 'split' not found"),
        ({"image": "size"}, "column 'size' is double; bytes, paths"),
        ({"label": "size"}, "column 'size' is double; labels are strings or integers"),
        ({"where": {"size": "big"}}, "Failed to parse string: 'big'"),
    ],
)
def test_a_wrong_column_is_explained_in_one_line(tmp_path, options, message):
    path = table(tmp_path, image=[png(0)], label=["a"], size=[1.5])
    with pytest.raises(BadData) as caught:
        read_parquet(path, **options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_row_without_label_is_named(tmp_path):
    with pytest.raises(BadData, match="row 1 has no label"):
        read_parquet(table(tmp_path, image=[png(0), png(1)], label=["a", None]))


def test_a_null_or_damaged_picture_is_found_when_it_is_asked_for(tmp_path, unchecked):
    damaged = [png(0), None, png(2)[:40]]
    images = read_parquet(table(tmp_path, image=damaged, label=["a", "b", "c"])).images
    assert images[0].shape == (1, 1, 3)
    with pytest.raises(EmptyPicture, match="row 1' has no picture"):
        _ = images[1]
    with pytest.raises(TruncatedPicture, match="row 2'"):
        _ = images[2]


def test_a_content_is_the_hash_of_the_encoded_bytes_wherever_they_lie(tmp_path):
    put(tmp_path, {"far/b.png": 2})
    one, two = (sha256(png(n)).hexdigest() for n in (1, 2))
    structs = [{"bytes": png(1), "path": "x.png"}, {"bytes": None, "path": "far/b.png"}]
    assert content_hashes(table(tmp_path, image=structs, label=["a", "b"])) == [one, two]
    assert content_hashes(table(tmp_path, photo=[png(2), None]), image="photo") == [two, ""]
    assert content_hashes(table(tmp_path, image=["far/b.png", "gone.png"])) == [two, ""]


def test_a_file_that_is_no_parquet_file_is_refused(tmp_path):
    put(tmp_path, {"a.parquet": "text, certainly no table"})
    with pytest.raises(BadData, match=r"a\.parquet"):
        read_parquet(tmp_path / "a.parquet")
    with pytest.raises(Usage, match="no file"):
        read_parquet(tmp_path / "b.parquet")


def test_without_pyarrow_the_remedy_is_named(tmp_path, monkeypatch):
    path = table(tmp_path, image=[png(0)], label=["a"])
    real = builtins.__import__

    def without_pyarrow(name, *rest):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_pyarrow)
    with pytest.raises(MissingTool, match=r"pip install 'iconym\[train\]'"):
        read_parquet(path)
