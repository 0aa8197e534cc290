"""A picture is encoded once: by this run, by one that was killed, or for another data set."""

import json
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest
import typer
from PIL import Image as PillowImage

from iconym.cli.features import features
from iconym.data.folder import LazyImages
from iconym.data.labelled import read_labelled
from iconym.errors import BadData, DamagedFolder, NotAPicture, Usage
from iconym.features import Encoded, encode, take
from iconym.features.blocks import Block, Blocks, one_at_a_time
from iconym.features.cache import cached_features, found_features, wanted_features
from iconym.nouns import LabelledImages
from test_encoders import PLAIN, flat, mean_color_model


@dataclass(frozen=True)
class CountingEncoder:
    """The mean color of a picture, which tells how many pictures it was asked for."""

    asked: list
    name: str = "mean color"
    dim: int = 3
    fingerprint: str = "f" * 64

    def __call__(self, images):
        self.asked.extend(images)
        return np.stack([image.mean(axis=(0, 1)) for image in images]).astype(np.float32)


@pytest.fixture
def encoder():
    return CountingEncoder([])


def grays(*levels, labels=None, names=None):
    """One gray picture for each level; a negative one cannot be decoded."""

    def decode(level):
        if level < 0:
            raise NotAPicture(f"{level} is no gray")
        return flat([level] * 3)

    names = names or tuple(f"{level}.png" for level in levels)
    return LabelledImages(LazyImages(levels, decode), labels or ("gray",) * len(levels), names)


def firsts(encoded):
    return encoded.features[:, 0].tolist()


# --- encode


def test_features_come_with_labels_and_names_in_the_order_of_the_data(encoder):
    encoded = encode(grays(3, 1, 2, labels=("c", "a", "b")), encoder)
    assert firsts(encoded) == [3, 1, 2]
    assert encoded.labels == ("c", "a", "b") and encoded.names == ("3.png", "1.png", "2.png")


def test_a_bad_picture_is_skipped_and_named(encoder):
    encoded = encode(grays(1, -5, 2), encoder)
    assert firsts(encoded) == [1, 2] and encoded.names == ("1.png", "2.png")
    assert encoded.skipped == ("-5 is no gray",)


@pytest.mark.parametrize("way", [encode, None])
def test_a_data_set_without_a_good_picture_is_refused(way, encoder, tmp_path):
    with pytest.raises(BadData, match="none of 2 pictures can be used, the first: -1 is no gray"):
        if way:
            way(grays(-1, -2), encoder)
        else:
            cached_features(grays(-1, -2), encoder, tmp_path)


def test_as_many_names_as_labels_or_none():
    with pytest.raises(BadData, match="2 labels but 1 names"):
        Encoded(np.ones((2, 1), np.float32), ("a", "b"), names=("one",))


def test_rows_taken_from_a_data_set_keep_what_belongs_together():
    data = take(take(grays(5, 6, 7, 8), [3, 1, 0]), [0, 2])
    assert [image[0, 0, 0] for image in data.images] == [8, 5]
    assert [image[0, 0, 0] for image in data.images[1:]] == [5]
    assert data.names == ("8.png", "5.png")


# --- the cache


def test_a_cache_gives_what_encoding_gives(encoder, tmp_path):
    data = grays(1, -5, 2, 300 - 256, labels=("a", "b", "c", "d"))
    plain, cached = encode(data, encoder), cached_features(data, encoder, tmp_path)
    assert np.array_equal(cached.features, plain.features)
    assert cached.labels == plain.labels == ("a", "c", "d")
    assert cached.names == plain.names and cached.skipped == plain.skipped


def test_a_second_run_encodes_nothing_and_maps_the_features(encoder, tmp_path):
    data = grays(1, -5, 2)
    first = cached_features(data, encoder, tmp_path)
    second = cached_features(data, replace(encoder, asked=None), tmp_path)
    assert isinstance(second.features, np.memmap)
    assert firsts(second) == firsts(first) == [1, 2]
    assert second.skipped == ("-5 is no gray",)


def test_the_ledger_of_failed_pictures_is_kept(encoder, tmp_path):
    cached_features(grays(1, -5), encoder, tmp_path)
    (ledger,) = tmp_path.glob("*/failed.json")
    expected = [{"row": 1, "name": "-5.png", "reason": "-5 is no gray"}]
    assert json.loads(ledger.read_text()) == expected


def test_the_features_are_a_plain_numpy_file(encoder, tmp_path):
    cached_features(grays(1, 2), encoder, tmp_path)
    (file,) = tmp_path.glob("*/features.npy")
    assert np.load(file).tolist() == [[1, 1, 1], [2, 2, 2]]


def test_some_rows_of_a_known_data_set_are_encoded_no_more(encoder, tmp_path):
    data = grays(1, -5, 2, 3)
    cached_features(data, encoder, tmp_path)
    some = cached_features(take(data, [3, 1, 0]), replace(encoder, asked=None), tmp_path)
    assert firsts(some) == [3, 1] and some.skipped == ("-5 is no gray",)
    assert len(list(tmp_path.iterdir())) == 1  # nothing was written for it


def test_known_pictures_under_other_names_and_labels_are_encoded_no_more(encoder, tmp_path):
    cached_features(grays(1, 2), encoder, tmp_path)
    other = grays(2, 1, labels=("x", "y"), names=("two", "one"))
    found = cached_features(other, replace(encoder, asked=None), tmp_path)
    assert firsts(found) == [2, 1]
    assert found.labels == ("x", "y") and found.names == ("two", "one")


def test_of_a_grown_data_set_only_the_new_pictures_are_encoded(encoder, tmp_path):
    cached_features(grays(1, 3), encoder, tmp_path)
    encoder.asked.clear()
    assert firsts(cached_features(grays(1, 2, 3, 4), encoder, tmp_path)) == [1, 2, 3, 4]
    assert [image[0, 0, 0] for image in encoder.asked] == [2, 4]


def test_another_encoder_has_features_of_its_own(encoder, tmp_path):
    cached_features(grays(1), encoder, tmp_path)
    other = replace(encoder, fingerprint="0" * 64)
    assert found_features(wanted_features(grays(1), other, tmp_path)) is None


def test_images_that_tell_their_fingerprint_are_not_decoded_again(encoder, tmp_path):
    class Told(tuple):
        def fingerprint(self, row):
            return f"picture {row}"

    cached_features(LabelledImages(Told([flat([7] * 3)]), ("a",)), encoder, tmp_path)
    blank = LabelledImages(Told([None]), ("a",))
    assert firsts(cached_features(blank, encoder, tmp_path)) == [7]


def test_features_that_are_not_finite_are_refused(encoder, tmp_path):
    class Broken(CountingEncoder):
        def __call__(self, images):
            return np.full((len(images), 3), np.nan, np.float32)

    with pytest.raises(BadData, match=r"1 of 1 pictures hold NaN .* of picture 0, 'gray'"):
        cached_features(grays(1), Broken([]), tmp_path)


def test_damaged_features_are_refused(encoder, tmp_path):
    cached_features(grays(1), encoder, tmp_path)
    (file,) = tmp_path.glob("*/features.npy")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(DamagedFolder, match="differs in size"):
        cached_features(grays(1), encoder, tmp_path)


def test_features_that_are_no_array_are_refused(encoder, tmp_path):
    cached_features(grays(1), encoder, tmp_path)
    (file,) = tmp_path.glob("*/features.npy")
    file.write_bytes(bytes(file.stat().st_size))
    with pytest.raises(DamagedFolder, match=r"features\.npy: .*; remove "):
        cached_features(grays(1), encoder, tmp_path)


# --- blocks, kills


def test_blocks_cover_every_row_once_and_come_back_as_they_were(tmp_path):
    blocks = Blocks(tmp_path, total=5, size=2)
    assert [list(blocks.rows(n)) for n in blocks.missing()] == [[0, 1], [2, 3], [4]]
    blocks.write(1, Block([3], np.ones((1, 4), np.float32), {2: "bad"}))
    assert blocks.missing() == [0, 2]
    for number in (0, 2):
        rows = list(blocks.rows(number))
        blocks.write(number, Block(rows, np.zeros((len(rows), 4), np.float32), {}))
    read = list(blocks.read())
    assert [block.rows for block in read] == [[0, 1], [3], [4]]
    assert read[1].failed == {2: "bad"} and read[1].features.tolist() == [[1, 1, 1, 1]]


def test_two_processes_never_make_the_same_features(tmp_path):
    with one_at_a_time(tmp_path / "set"):
        with pytest.raises(Usage, match="another process makes"):
            with one_at_a_time(tmp_path / "set"):
                pass


def test_a_folder_that_another_process_has_cleared_away_is_no_trouble(tmp_path):
    with one_at_a_time(tmp_path / "set") as partial:
        (partial / "lock").unlink()
        partial.rmdir()
    assert not partial.exists()


DIES_AT_200 = """
import os, signal, sys
from pathlib import Path
import numpy as np
from iconym.features.cache import cached_features
from iconym.nouns import LabelledImages

class Dying:
    name, dim, fingerprint = "mean color", 3, "f" * 64
    def __call__(self, images):
        if any(image[0, 0, 0] == 200 for image in images):
            os.kill(os.getpid(), signal.SIGKILL)
        return np.stack([image.mean(axis=(0, 1)) for image in images]).astype(np.float32)

images = [np.full((1, 1, 3), level, np.uint8) for level in range(250)]
cached_features(LabelledImages(images, ("gray",) * 250), Dying(), Path(sys.argv[1]))
"""


def test_a_killed_run_goes_on_after_its_last_finished_block(encoder, tmp_path):
    killed = subprocess.run([sys.executable, "-c", DIES_AT_200, tmp_path])
    assert killed.returncode == -signal.SIGKILL
    data = LabelledImages([flat([level] * 3, 1, 1) for level in range(250)], ("gray",) * 250)
    assert firsts(cached_features(data, encoder, tmp_path)) == list(range(250))
    assert encoder.asked[0][0, 0, 0] == 128 and len(encoder.asked) == 250 - 128
    (only,) = tmp_path.iterdir()  # the finished features, and nothing left over
    assert (only / "manifest.json").is_file()


# --- the verb


@pytest.fixture
def photos(tmp_path):
    """Two good pictures and a bad one in class folders, and a network beside them."""
    for label, color in (("rose", [255, 0, 0]), ("leaf", [0, 255, 0])):
        (tmp_path / "photos" / label).mkdir(parents=True)
        PillowImage.fromarray(flat(color)).save(tmp_path / "photos" / label / "a.png")
    (tmp_path / "photos" / "leaf" / "bad.png").write_bytes(b"no picture")
    (tmp_path / "net.onnx").write_bytes(mean_color_model())
    (tmp_path / "net.json").write_text(json.dumps(PLAIN.to_json()))
    return tmp_path


def run_features(photos, **options):
    """The exit code."""
    place = {"encoder": photos / "net.onnx", "output": photos / "cache"}
    try:
        features(photos / "photos", **place, **options)
    except typer.Exit as left:
        return left.exit_code
    return 0


def test_the_verb_encodes_once_and_then_says_that_nothing_is_to_be_done(photos, capsys):
    assert run_features(photos, as_json=True) == 3  # one picture was skipped
    first = capsys.readouterr()
    assert "bad.png' is no picture" in first.err
    about = json.loads(first.out)
    assert (about["pictures"], about["dim"], about["failed"]) == (2, 3, 1)
    assert run_features(photos) == 3
    second = capsys.readouterr()
    assert "nothing to do: every picture was encoded before" in second.err
    assert second.out.endswith(": 2 pictures, 3 features each\n")


@pytest.mark.parametrize("encoder", ["cnn", "hub:openai/clip-vit-base-patch32"])
def test_an_encoder_that_only_training_takes_is_refused_by_name(run, encoder, tmp_path):
    refused = run("features", tmp_path, "--encoder", encoder, "-o", tmp_path / "cache")
    assert refused.code == 2
    assert (
        refused.complaint
        == f"--encoder {encoder} is for iconym train; name the file of a network here"
    )


def test_a_faster_precision_is_asked_for_and_its_cosine_is_told_and_kept(photos, capsys):
    pytest.importorskip("openvino", reason="bfloat16 needs OpenVINO")
    try:
        run_features(photos, precision="bfloat16")
    except Usage as error:
        pytest.skip(str(error))
    assert re.search(r"bfloat16: cosine to float32 at least [01]\.", capsys.readouterr().err)
    (about,) = (json.loads(file.read_text()) for file in photos.glob("cache/*/about.json"))
    assert about["precision"] == "bfloat16" and 0.99 < about["cosine_to_float32"] <= 1


@pytest.fixture
def data_sets(photos):
    """The photos of a folder, and the same in a Parquet file."""
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    from pyarrow import parquet

    files = sorted((photos / "photos").glob("*/*.png"))
    columns = {"image": [f.read_bytes() for f in files], "label": [f.parent.name for f in files]}
    parquet.write_table(pyarrow.table(columns), photos / "photos.parquet")
    return read_labelled(photos / "photos"), read_labelled(photos / "photos.parquet")


def test_a_picture_is_known_again_by_its_bytes_in_a_folder_and_in_parquet(data_sets):
    folder, table = ([d.images.fingerprint(row) for row in range(3)] for d in data_sets)
    assert folder == table and len(set(folder)) == 3


def test_known_photos_are_not_decoded_again(data_sets, encoder, tmp_path, monkeypatch):
    known = cached_features(data_sets[0], encoder, tmp_path / "known")
    monkeypatch.setattr(LazyImages, "__getitem__", None)
    again = cached_features(take(data_sets[0], [2, 1]), encoder, tmp_path / "known")
    assert again.names == ("rose/a.png",) and again.skipped == known.skipped


def test_a_picture_read_smaller_is_another_picture(photos):
    whole, small = (read_labelled(photos / "photos", at_least=side) for side in (None, 2))
    assert whole.images.fingerprint(0) != small.images.fingerprint(0)
