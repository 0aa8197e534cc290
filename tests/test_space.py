"""A space is saved whole, read without torch, and known by its fingerprint."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from iconym.encoders.onnx import OnnxEncoder
from iconym.errors import BadData, DamagedFolder, NewerFormat, UnknownWord, Usage
from iconym.files import load_folder, save_folder, to_safetensors
from iconym.nouns import WordVectors
from iconym.space import JointSpace, Projection, load_space, save_space
from test_encoders import PLAIN, flat, mean_color_model

TEXT = WordVectors(
    ("fire", "grass", "sky", "hot"), np.array([[1, 0], [0, 1], [-1, 0], [2, 2]], "f4")
)
LABELS = WordVectors(("red thing", "green thing"), np.array([[1, 0], [0, 1]], "f4"))


@pytest.fixture
def space():
    weight = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
    encoder = OnnxEncoder("mean", mean_color_model(), PLAIN)
    return JointSpace("toy", encoder, Projection(weight, np.zeros(2, "f4")), TEXT, LABELS)


def test_pictures_become_unit_vectors(space):
    assert space.embed_images([flat([50, 0, 0]), flat([0, 90, 0])]) == pytest.approx(np.eye(2))


def test_a_label_is_read_as_a_whole_and_other_text_by_its_words(space):
    vectors = space.embed_texts(["green thing", "hot fire", "sky"])
    assert vectors == pytest.approx(np.array([[0, 1], [3 / 13**0.5, 2 / 13**0.5], [-1, 0]]))


def test_an_unknown_word_is_refused(space):
    with pytest.raises(UnknownWord, match="'blue'"):
        space.embed_texts(["blue thing"])


def test_a_saved_space_answers_as_before(space, tmp_path):
    save_space(space, tmp_path / "toy")
    again = load_space(tmp_path / "toy")
    image = flat([10, 200, 30])
    assert again.embed_images([image]).tolist() == space.embed_images([image]).tolist()
    assert (again.name, again.fingerprint) == (space.name, space.fingerprint)
    assert again.vocabulary.words == LABELS.words and again.text.words == TEXT.words


def test_the_fingerprint_changes_with_the_projection_and_not_with_the_vocabulary(space):
    other = Projection(space.projection.weight * 2, space.projection.bias)
    assert dataclasses.replace(space, projection=other).fingerprint != space.fingerprint
    assert dataclasses.replace(space, vocabulary=TEXT).fingerprint == space.fingerprint


def test_the_fingerprint_changes_with_the_bias(space):
    other = Projection(space.projection.weight, np.ones(2, "f4"))
    assert dataclasses.replace(space, projection=other).fingerprint != space.fingerprint


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("space.json", b"[]"),
        ("space.json", b"{}"),
        ("labels.json", b"3"),
        ("words.safetensors", to_safetensors({"other": np.ones((2, 2), np.float32)})),
    ],
)
def test_a_file_of_another_form_is_refused_though_its_checksum_is_right(
    space, tmp_path, name, data
):
    save_space(space, tmp_path / "toy")
    files = {**load_folder(tmp_path / "toy", "space", 1).contents, name: data}
    save_folder(tmp_path / "toy", "space", 1, files)
    with pytest.raises(DamagedFolder, match="not as iconym writes it"):
        load_space(tmp_path / "toy")


def test_a_fingerprint_that_is_not_of_the_contents_is_refused(space, tmp_path):
    save_space(space, tmp_path / "toy")
    files = dict(load_folder(tmp_path / "toy", "space", 1).contents)
    files["space.json"] = files["space.json"].replace(space.fingerprint.encode(), b"0" * 64)
    save_folder(tmp_path / "toy", "space", 1, files)
    with pytest.raises(DamagedFolder, match="fingerprint and contents disagree"):
        load_space(tmp_path / "toy")


def test_parts_of_different_dimension_are_refused(space):
    with pytest.raises(BadData, match=r"differ in dimension: \[2, 3\]"):
        dataclasses.replace(space, vocabulary=WordVectors(("a",), np.ones((1, 3), "f4")))


def test_an_encoder_that_is_no_file_cannot_be_saved(space, tmp_path):
    class Constant:
        name, dim, fingerprint = "constant", 3, "0"

        def __call__(self, images):
            return np.ones((len(images), 3), np.float32)

    with pytest.raises(Usage, match="'constant' cannot be saved; export it to ONNX first"):
        save_space(dataclasses.replace(space, encoder=Constant()), tmp_path / "toy")


@pytest.mark.parametrize("name", ["encoder.onnx", "projection.safetensors", "space.json"])
def test_a_missing_or_changed_file_is_named(space, tmp_path, name):
    save_space(space, tmp_path / "toy")
    (tmp_path / "toy" / name).write_bytes(b"other")
    with pytest.raises(DamagedFolder, match=name):
        load_space(tmp_path / "toy")
    (tmp_path / "toy" / name).unlink()
    with pytest.raises(DamagedFolder, match=f"{name} is missing"):
        load_space(tmp_path / "toy")


def test_a_space_of_a_newer_version_is_refused(space, tmp_path):
    save_space(space, tmp_path / "toy")
    files = dict(load_folder(tmp_path / "toy", "space", 1).contents)
    save_folder(tmp_path / "toy", "space", 99, files)
    with pytest.raises(NewerFormat, match="upgrade iconym"):
        load_space(tmp_path / "toy")


def test_reading_a_space_imports_nothing_that_only_training_needs(space, tmp_path):
    save_space(space, tmp_path / "toy")
    program = (
        "import sys, pathlib; from iconym.space import load_space;"
        "load_space(pathlib.Path(sys.argv[1])).embed_texts(['fire']);"
        "sys.exit(bool({'torch', 'numba', 'pyarrow', 'onnx'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "toy")], check=True)
