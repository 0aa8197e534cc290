"""Bad data is named with counts before anything is learned; test pictures are held out."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iconym.data.contents import load_contents, read_contents, save_contents, untrained
from iconym.data.labelled import read_labelled
from iconym.errors import BadData, DamagedFolder, Usage
from iconym.nouns import LabelledImages, WordVectors
from iconym.space import Projection
from iconym.training.checks import check_features, split_remarks
from iconym.training.tasks import hold_out, zero_shot_task
from iconym.words.formats import load_words

WORDS = WordVectors(
    ("cat", "dog", "emu", "hound"), np.array([[1, 0], [0, 1], [1, 1], [0, 1]], np.float32)
)
DATA = Path(os.environ.get("ICONYM_DATA", Path(__file__).parents[2] / "shared" / "data"))


def pictures(*labels):
    return LabelledImages(
        [None] * len(labels), labels, tuple(f"{i}.jpg" for i in range(9))[: len(labels)]
    )


def remarks(labels, unseen=(), contents=()):
    return zero_shot_task(pictures(*labels), WORDS, unseen, contents=contents).remarks


def test_good_data_needs_no_remark():
    assert remarks(["cat", "dog", "cat", "dog"], contents=["a", "b", "c", "d"]) == ()


def test_pictures_without_a_label_stop_it_with_their_names():
    with pytest.raises(BadData, match=r"2 of 4 pictures have no label: 1\.jpg, 3\.jpg; name it"):
        zero_shot_task(pictures("cat", "", "dog", " "), WORDS)


def test_one_class_only_stops_it():
    with pytest.raises(
        BadData, match=r"1 of 1 labels are left to learn from, .*: cat \(2\); at least"
    ):
        zero_shot_task(pictures("cat", "cat"), WORDS)


def test_labels_of_one_and_the_same_vector_are_one_class():
    with pytest.raises(
        BadData, match=r"2 of 2 labels are left to learn from, of 1 different vectors"
    ):
        zero_shot_task(pictures("dog", "hound"), WORDS)


def test_labels_of_a_single_picture_are_told():
    assert remarks(["cat", "cat", "dog", "emu"], ["emu"]) == (
        "1 of 2 seen labels have a single picture: dog",
        "1 of 1 unseen labels have a single picture: emu",
    )


def test_labels_without_a_vector_are_told_with_their_pictures():
    assert remarks(["cat", "cat", "dog", "dog", "zxq", "zxq"]) == (
        "2 pictures of the 1 of 3 labels without a vector are left out: zxq (2)",
    )


def test_an_unseen_label_with_the_vector_of_a_seen_one_is_told():
    assert remarks(["cat", "cat", "dog", "dog", "hound", "hound"], ["hound"]) == (
        "1 of 1 unseen labels have the vector of a seen one, so nothing tells them apart: "
        "hound = dog",
    )


def test_copies_are_told_with_their_names():
    assert remarks(["cat", "cat", "dog", "dog"], contents=["a", "a", "b", "c"]) == (
        "1 of 4 pictures are copies of one of the same label: 0.jpg (cat) = 1.jpg (cat)",
    )


def test_a_picture_of_several_labels_is_told():
    assert remarks(["cat", "cat", "dog", "dog"], contents=["a", "b", "b", "c"]) == (
        "1 of 3 different pictures have several labels: 1.jpg (cat) = 2.jpg (dog)",
    )


def test_a_picture_that_is_seen_and_unseen_is_not_learned_from():
    data = pictures("cat", "cat", "dog", "dog", "emu", "emu")
    task = zero_shot_task(data, WORDS, ["emu"], contents=["a", "b", "c", "d", "b", "e"])
    assert task.remarks[-1] == (
        "1 of 6 pictures stand under a seen label and an unseen one; they are not learned from: "
        "1.jpg"
    )
    assert task.data.names == ("0.jpg", "2.jpg", "3.jpg") and task.contents == ("a", "c", "d")


def test_a_seen_label_of_such_pictures_alone_is_no_seen_label():
    data = pictures("cat", "dog", "hound", "emu", "cat")
    task = zero_shot_task(data, WORDS, ["emu"], contents=["a", "b", "c", "c", "d"])
    assert task.seen == ("cat", "dog")


def test_pictures_whose_content_is_unknown_are_no_copies():
    assert remarks(["cat", "cat", "dog", "dog"], contents=["", "", "", ""]) == ()


def test_test_pictures_that_were_trained_on_are_counted():
    assert split_remarks(["a", "b", ""], ["b", "b", "c", ""]) == (
        "2 of 4 test pictures are among those trained on",
    )
    assert split_remarks(["a"], ["b"]) == ()


# features


@pytest.mark.parametrize(
    "features, dim, message",
    [
        ([[1, 2], [3, np.nan], [np.inf, 4]], 2, r"2 of 3 pictures hold NaN or infinity: b, c;"),
        ([[1, 2], [3, 4], [5, 6]], 4, "2 features a picture, but the encoder makes 4"),
        ([[1, 2, 3]] * 3, 3, "3 features a picture, but the projection takes 2"),
        ([[1, 2], [1, 2], [1, 2]], 2, "all 3 pictures have the same features"),
    ],
)
def test_features_that_cannot_be_used_are_named(features, dim, message):
    projection = Projection(np.ones((2, 5), "f4"), np.zeros(5, "f4"))
    with pytest.raises(BadData, match=message):
        check_features(np.array(features, np.float32), "abc", dim, projection)


def test_good_features_pass():
    check_features(np.eye(2, dtype=np.float32), "ab", 2)
    check_features(np.ones((1, 2), np.float32), "a", 2)


# test pictures


def test_a_share_of_each_label_is_held_out_by_seed():
    labels, contents = ["cat"] * 10 + ["dog"] * 20, [str(i) for i in range(30)]
    kept, held = hold_out(labels, contents, 0.2, seed=1)
    assert sorted(kept + held) == list(range(30))
    assert sum(row < 10 for row in held) == 2 and sum(row >= 10 for row in held) == 4
    assert hold_out(labels, contents, 0.2, seed=1) == (kept, held)
    assert hold_out(labels, contents, 0.2, seed=2) != (kept, held)


def test_copies_are_never_on_both_sides():
    contents = ["a", "b", "c", "d", "a", "b", "e", "f"]
    for seed in range(20):
        kept, held = hold_out(["cat"] * 4 + ["dog"] * 4, contents, 0.5, seed=seed)
        assert held and not {contents[r] for r in kept} & {contents[r] for r in held}


def test_every_label_keeps_a_picture_to_learn_from():
    for seed in range(20):
        labels = ["cat", "dog", "dog", "emu"]
        kept, _ = hold_out(labels, ["a", "b", "c", ""], 0.9, seed=seed)
        assert {labels[row] for row in kept} == {"cat", "dog", "emu"}


def test_nothing_is_held_out_if_nothing_is_asked_for():
    assert hold_out(["cat", "cat"], ["a", "b"], 0.0, seed=0) == ([0, 1], [])
    with pytest.raises(Usage, match=r"test pictures is 1\.0; it must be at least 0 and below 1"):
        hold_out(["cat"], ["a"], 1.0, seed=0)


def content(name):
    return hashlib.sha256(name.encode()).hexdigest()


def test_pictures_trained_on_are_kept_with_the_space_and_left_out_again(tmp_path):
    save_contents([content("a"), content("b"), ""], tmp_path)
    trained = load_contents(tmp_path)
    assert trained == {content("a"), content("b")}
    assert untrained([content("a"), content("c"), "", content("b")], trained) == [1, 2]
    with pytest.raises(BadData, match=r"trained on all 2 pictures; .* --test-share"):
        untrained([content("a"), content("b")], trained)


def test_a_space_that_does_not_say_leaves_nothing_out(tmp_path):
    assert untrained(["x", "y"], load_contents(tmp_path)) == [0, 1]
    assert untrained([], frozenset()) == []


def test_a_damaged_list_is_refused(tmp_path):
    save_contents([content("a")], tmp_path)
    (tmp_path / "pictures" / "sha256.safetensors").write_bytes(b"")
    with pytest.raises(DamagedFolder):
        load_contents(tmp_path)


def test_contents_of_a_folder_and_of_parquet_are_of_the_same_bytes(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    rows = []
    for label, shade in (("cat", 0), ("dog", 100), ("cat", 200)):
        path = tmp_path / "photos" / label / f"{shade}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), (shade,) * 3).save(path)
        rows.append({"image": path.read_bytes(), "label": label})
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    folder = read_labelled(tmp_path / "photos")
    table = read_labelled(tmp_path / "a.parquet", where=["label=cat"])
    found = dict(zip(folder.names, read_contents(tmp_path / "photos", folder)))
    expected = [hashlib.sha256(rows[i]["image"]).hexdigest() for i in (0, 2)]
    assert list(read_contents(tmp_path / "a.parquet", table)) == expected
    assert [found["cat/0.png"], found["cat/200.png"]] == expected
    os.remove(tmp_path / "photos" / "dog" / "100.png")
    assert "" in read_contents(tmp_path / "photos", folder)


@pytest.mark.skipif(not DATA.is_dir(), reason="no real data; name its folder in ICONYM_DATA")
def test_the_copies_in_cifar_100_are_found():
    splits = [DATA / "cifar100" / f"{split}.parquet" for split in ("train", "test")]
    data = [read_labelled(path, label="class_name") for path in splits]
    contents = [read_contents(path, part) for path, part in zip(splits, data)]
    both = LabelledImages(
        [None] * 20_000, data[0].labels + data[1].labels, data[0].names + data[1].names
    )
    words = load_words(DATA / "vectors" / "w2v_local_100d.npz")
    told = zero_shot_task(both, words, contents=contents[0] + contents[1]).remarks
    assert len(set(contents[0] + contents[1])) == 20_000 - 6
    assert [line.split(": ")[0] for line in told] == [
        "2 of 20000 pictures are copies of one of the same label",
        "4 of 19994 different pictures have several labels",
    ]
    assert split_remarks(*contents) == ("3 of 5000 test pictures are among those trained on",)
