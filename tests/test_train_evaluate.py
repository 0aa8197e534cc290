"""From a user's own labelled pictures to a space, and to tables that say how good it is."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from iconym.data.labelled import read_label_list, read_labelled
from iconym.data.shapes import COLORS, draw_shapes
from iconym.encoders.onnx import OnnxEncoder
from iconym.errors import BadData, BadFolder, Usage
from iconym.evaluation.spaces import compare, evaluate_space
from iconym.features import Encoded, encode
from iconym.labellers.baselines import Baselines, load_baselines, save_baselines
from iconym.labellers.chance import random_vectors
from iconym.nouns import LabelledImages, WordVectors
from iconym.similarity import cosine
from iconym.space import load_space
from iconym.training import spaces
from iconym.training.descent import TrainingConfig
from iconym.training.projections import CosineSoftmax, Hinge, Ridge, project
from iconym.training.spaces import SpaceConfig, fit_space, save_trained, train_space
from iconym.training.tasks import draw_unseen, zero_shot_task
from iconym.words.formats import save_words
from test_encoders import PLAIN, mean_color_model

INK = WordVectors(  # a color word's vector is the color
    tuple(COLORS), np.array([np.array(c) / 255 for c in COLORS.values()], np.float32)
)
ENCODER = OnnxEncoder("mean", mean_color_model(), PLAIN)
QUICK = TrainingConfig(epochs=20, batch=16, learning_rate=0.1)


def drawn():
    """Four solid shapes in each of six colors, labelled by color; one shape after the other."""
    found = draw_shapes(16)
    rows = [
        i for i, name in enumerate(found.names) if name.split()[1] in "square circle star cross"
    ]
    images = [found.pictures["plain"][i] for i in rows]
    labels = tuple(found.names[i].split()[0] for i in rows)
    return LabelledImages(images, labels, tuple(found.files[i] for i in rows))


DATA = drawn()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The pictures in class folders and in Parquet, the encoder and the words in files."""
    place = tmp_path_factory.mktemp("world")
    rows = {"image": [], "label": DATA.labels, "split": (["train"] * 6 + ["test"] * 6) * 2}
    for image, label, name in zip(DATA.images, DATA.labels, DATA.names):
        path = place / "photos" / label / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
        rows["image"].append(path.read_bytes())
    parquet.write_table(pa.table(rows), place / "photos.parquet")
    (place / "mean.onnx").write_bytes(mean_color_model())
    (place / "net.onnx").write_bytes(mean_color_model())
    (place / "net.json").write_text(json.dumps(PLAIN.to_json()))
    (place / "unseen.txt").write_text("orange\n\npurple\n")
    save_words(INK, place / "words.npz")
    return place


@pytest.fixture
def train(world, run, tmp_path):
    """Runs iconym train on the class folders with what else is given."""

    def train(*options, data="photos", words="words.npz", encoder="net.onnx", place="space"):
        named = [
            "--words",
            world / words,
            "--encoder",
            world / encoder if encoder != "cnn" else encoder,
        ]
        return run("train", world / data, *named, "-o", tmp_path / place, *options)

    return train


def trained(method=None, unseen=("orange", "purple"), data=DATA):
    config = SpaceConfig(method or Ridge(0.01), softmax=QUICK)
    return train_space(zero_shot_task(data, INK, unseen), ENCODER, config)


# the task


def test_labels_are_parted_and_only_seen_ones_have_pictures():
    task = zero_shot_task(DATA, INK, ["orange", "purple"])
    assert task.seen == ("red", "yellow", "green", "blue") and task.unseen == ("orange", "purple")
    assert len(task.data) == 16 and set(task.data.labels) == set(task.seen)
    assert set(task.vocabulary.words) == set(COLORS)


def test_words_are_centered_on_the_seen_labels():
    ends = WordVectors(("up", "right", "both"), np.array([[0, 1], [1, 0], [1, 1]], np.float32))
    data = LabelledImages(DATA.images[:4], ("up", "right", "up", "right"))
    task = zero_shot_task(data, ends)  # less (1/2, 1/2)
    assert task.text["up"] == pytest.approx([-0.5, 0.5])
    assert task.vocabulary["right"] == pytest.approx([0.5**0.5, -(0.5**0.5)])


def test_unseen_labels_have_no_part_in_the_centering():
    ends = WordVectors(("up", "right", "left"), np.array([[0, 1], [1, 0], [-1, 0]], np.float32))
    data = LabelledImages(DATA.images[:6], ("up", "right", "left") * 2)
    task = zero_shot_task(data, ends, ["left"])  # less (1/2, 1/2), that of the seen ones
    assert task.text["up"] == pytest.approx([-0.5, 0.5])
    assert task.text["left"] == pytest.approx([-1.5, -0.5])


def test_what_is_odd_is_told_with_counts():
    labels = ("red", "red", "zxq", "zxq", "blue")
    task = zero_shot_task(LabelledImages(DATA.images[:5], labels), INK)
    assert task.remarks == (
        "2 pictures of the 1 of 3 labels without a vector are left out: zxq (2)",
        "1 of 2 seen labels have a single picture: blue",
    )
    assert task.data.labels == ("red", "red", "blue")


@pytest.mark.parametrize(
    "labels, unseen, error, message",
    [
        (
            ("red", "", "", "blue"),
            (),
            BadData,
            "2 of 4 pictures have no label: number 1, number 2; name",
        ),
        (("red",) * 4, (), BadData, "1 of 1 labels are left to learn from"),
        (("red", "red", "blue", "blue"), ["blue"], BadData, "at least 2 must be seen"),
        (
            ("red", "red", "blue", "blue"),
            ["bleu"],
            Usage,
            "1 of 1 unseen labels have no picture: 'bleu'; there is blue",
        ),
        (("zxq", "zxr", "zxs", "zxt"), (), BadData, "none of 4 labels is known"),
    ],
)
def test_what_cannot_be_learned_from_is_named(labels, unseen, error, message):
    with pytest.raises(error, match=message):
        zero_shot_task(LabelledImages(DATA.images[:4], labels), INK, unseen)


def test_a_share_of_the_labels_is_drawn_by_seed():
    assert draw_unseen("abcdefghij", 0.2, seed=1) == draw_unseen("abcdefghij", 0.2, seed=1)
    assert len(draw_unseen("abcdefghij", 0.2, seed=1)) == 2
    assert draw_unseen("abc", 0.01, seed=0) and not draw_unseen("abc", 0.0, seed=0)
    with pytest.raises(Usage, match="below 1"):
        draw_unseen("abc", 1.0, seed=0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_features_that_are_no_numbers_are_refused_with_the_picture(bad):
    features = np.array([[1, 2], [3, bad]], np.float32)
    with pytest.raises(BadData, match=r"1 of 2 pictures hold NaN .* of picture 1, 'emu'; use"):
        Encoded(features, ("cat", "emu"))


# the space


def test_the_random_baseline_is_learned_towards_its_own_vectors():
    found = trained()
    task = zero_shot_task(DATA, INK, ("orange", "purple"))
    encoded = encode(task.data, ENCODER)
    towards = random_vectors([*task.seen, *task.unseen], task.vocabulary.dim, seed=0)
    wanted = project(Ridge(0.01), encoded.features, encoded.labels, towards)
    assert found.baselines.random.weight.tolist() == wanted.weight.tolist()
    assert found.space.projection.weight.tolist() != wanted.weight.tolist()


@pytest.mark.parametrize("method", [Ridge(0.01), Hinge(0.1, QUICK), CosineSoftmax(0.1, QUICK)])
def test_a_picture_comes_to_lie_nearest_to_its_seen_label(method):
    space = trained(method).space
    seen = ["red", "yellow", "green", "blue"]
    scores = cosine(space.embed_images(DATA.images), space.embed_texts(seen))
    right = [
        DATA.labels[i] == seen[scores[i].argmax()] for i in range(24) if DATA.labels[i] in seen
    ]
    assert len(right) == 16 and np.mean(right) > 0.9


def test_unseen_labels_are_answered_too():
    space = trained().space
    unseen = ["orange", "purple"]
    rows = [i for i, label in enumerate(DATA.labels) if label in unseen]
    scores = cosine(space.embed_images([DATA.images[i] for i in rows]), space.embed_texts(unseen))
    assert [unseen[j] for j in scores.argmax(axis=1)] == [DATA.labels[i] for i in rows]


def test_a_bad_picture_is_skipped_with_its_reason(tmp_path):
    for label in ("red", "blue"):
        (tmp_path / label).mkdir()
        for i, name in enumerate(("a.png", "b.png")):
            Image.fromarray(DATA.images[i]).save(tmp_path / label / name)
    (tmp_path / "red" / "a.png").write_bytes(b"no picture")
    result = trained(unseen=(), data=read_labelled(tmp_path))
    assert len(result.skipped) == 1 and "a.png" in result.skipped[0]


def test_without_a_single_good_picture_the_first_fault_is_told(tmp_path):
    (tmp_path / "red").mkdir()
    (tmp_path / "red" / "a.png").write_bytes(b"no picture")
    with pytest.raises(BadData, match=r"none of 1 pictures can be used, the first: .*a\.png"):
        encode(read_labelled(tmp_path), ENCODER)


def test_baselines_are_saved_in_the_space_and_read_again(tmp_path):
    result = trained()
    save_trained(result, tmp_path / "space")
    again = load_baselines(tmp_path / "space")
    assert (again.seen, again.unseen, again.seed) == (
        ("red", "yellow", "green", "blue"),
        ("orange", "purple"),
        0,
    )
    assert again.softmax.weight.tolist() == result.baselines.softmax.weight.tolist()
    assert again.random.bias.tolist() == result.baselines.random.bias.tolist()
    assert load_space(tmp_path / "space").fingerprint == result.space.fingerprint


def test_a_space_without_baselines_says_how_to_get_them(tmp_path):
    with pytest.raises(BadFolder, match="has no baselines; make it with iconym train"):
        load_baselines(tmp_path)


def test_conditions_compare_in_the_type_of_the_column(tmp_path):
    Image.fromarray(DATA.images[0]).save(tmp_path / "a.png")
    rows = {"image": ["a.png"] * 2, "label": ["x", "y"], "year": [2012, 2013], "part": ["1", "2"]}
    parquet.write_table(pa.table(rows), tmp_path / "a.parquet")
    assert read_labelled(tmp_path / "a.parquet", where=["year=2013"]).labels == ("y",)
    assert read_labelled(tmp_path / "a.parquet", where=["part=1"]).labels == ("x",)
    with pytest.raises(BadData, match="'now'"):
        read_labelled(tmp_path / "a.parquet", where=["year=now"])


# the tables


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("spaces") / "colors"
    save_trained(trained(), path)
    return path


def test_a_space_killed_before_it_says_what_it_was_trained_on_cannot_be_evaluated(
    tmp_path, monkeypatch
):
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(spaces, "save_contents", killed)
    with pytest.raises(KeyboardInterrupt):
        save_trained(trained(), tmp_path / "space", ["ab" * 32])
    with pytest.raises(BadFolder, match="has no baselines"):
        evaluate_space(tmp_path / "space", DATA)


def test_the_tables_have_every_row(saved):
    tables = evaluate_space(saved, DATA).tables
    assert list(tables) == ["seen", "seen_among_all", "unseen", "unseen_among_all"]
    assert list(tables["seen"].rows) == [
        "softmax",
        "ours",
        "random embeddings",
        "ConSE(10)",
        "chance",
    ]
    assert tables["unseen"].rows["softmax"] is None
    assert tables["unseen"].intervals["ours"]["hit@1"].value == 1
    assert tables["unseen"].intervals["chance"]["hit@1"].value == 0.5


def test_pictures_of_labels_the_space_was_not_made_with_are_counted(saved):
    data = LabelledImages(DATA.images[:3], ("red", "pink", "pink"))
    result = evaluate_space(saved, data)
    assert result.left_out == {"pink": 2} and list(result.tables) == ["seen", "seen_among_all"]


def test_none_but_such_pictures_is_an_error(saved):
    with pytest.raises(BadData, match="none of these 1 labels, as 'pink'"):
        evaluate_space(saved, LabelledImages(DATA.images[:1], ("pink",)))


def test_random_embeddings_are_the_ones_trained_with(tmp_path, saved):
    baselines = load_baselines(saved)
    other = Baselines(baselines.softmax, baselines.random, 1, baselines.seen, baselines.unseen)
    save_trained(trained(), tmp_path / "space")
    save_baselines(other, tmp_path / "space")
    before = evaluate_space(saved, DATA).tables["seen"].intervals["random embeddings"]
    after = evaluate_space(tmp_path / "space", DATA).tables["seen"].intervals["random embeddings"]
    assert before["hit@1"].value > after["hit@1"].value


# the verbs


def test_train_and_evaluate_from_a_folder(world, run, train, tmp_path):
    code, out, err = train("--unseen", world / "unseen.txt")
    assert code == 0 and "4 labels seen, 2 unseen" in out
    assert "6 of 6 labels have a vector" in err
    code, out, _ = run("evaluate", tmp_path / "space", world / "photos")
    assert code == 0 and "Pictures of unseen labels, answered with all: 8 pictures, 6 labels" in out
    assert "random embeddings" in out and "ConSE(10)" in out


def test_pictures_that_were_learned_from_are_not_tested_on(world, run, train, tmp_path):
    code, _, err = train("--unseen", world / "unseen.txt", "--test-share", 0.25)
    assert code == 0 and "6 of 24 pictures are held out" in err
    code, out, err = run("evaluate", tmp_path / "space", world / "photos", "--json")
    found = json.loads(out)
    assert (found["seen"]["queries"], found["unseen"]["queries"]) == (4, 8)
    assert "12 of 24 pictures are left out: the space was trained on them" in err


def test_a_space_that_saw_every_picture_cannot_be_evaluated_on_them(world, run, train, tmp_path):
    train()
    code, _, err = run("evaluate", tmp_path / "space", world / "photos")
    assert code == 1 and "trained on all 24 pictures" in err and "--test-share" in err


def test_features_are_kept_for_training_and_measuring(world, run, train, tmp_path):
    cache = tmp_path / "cache"
    options = ["--unseen", world / "unseen.txt", "--cache", cache]
    assert train(*options)[0] == 0 and len(list(cache.iterdir())) >= 1
    plain = run("evaluate", tmp_path / "space", world / "photos", "--json")
    kept = run("evaluate", tmp_path / "space", world / "photos", "--json", "--cache", cache)
    assert kept.code == 0 and json.loads(kept.out) == json.loads(plain.out)


def test_a_network_trained_here_is_trained_on_with_its_projection(run, train, tmp_path):
    options = ["--size", 16, "--epochs", 1, "--test-share", 0.5, "--seed", 3]
    assert train(*options, encoder="cnn", place="first")[0] == 0
    code, _, _ = train(*options, "--fine-tune", 1, encoder="cnn", place="second")
    assert code == 0 and not (tmp_path / "second.work").exists()
    first, second = (load_space(tmp_path / place) for place in ("first", "second"))
    assert first.encoder.fingerprint != second.encoder.fingerprint


def test_a_space_of_prototypes_is_a_space_like_any_other(world, run, train, tmp_path):
    options = ["--unseen", world / "unseen.txt", "--objective", "prototypes"]
    code, _, err = train(*options)
    assert code == 0 and "learned by ByPrototypes(config=PrototypeConfig(" in err
    code, out, _ = run("evaluate", tmp_path / "space", world / "photos", "--json")
    rows = json.loads(out)["unseen"]["rows"]
    assert code == 0 and rows["ours"]["hit@1"]["value"] > rows["chance"]["hit@1"]["value"]
    kept = load_baselines(tmp_path / "space").words
    assert kept is not None and kept["orange"].shape == INK["orange"].shape  # for ConSE
    vectors = load_space(tmp_path / "space").embed_texts(["red", "orange"])
    assert vectors[0] @ vectors[1] < 0.999  # a label never seen has a place of its own


def test_epochs_are_for_what_is_learned_by_descent(train, tmp_path):
    code, _, err = train("--epochs", 1)
    assert code == 2 and "--epochs is for descent, and ridge is learned in closed form" in err
    assert train("--epochs", 1, "--objective", "hinge")[0] == 0


def test_fine_tuning_is_for_a_network_trained_here(train):
    code, _, err = train("--fine-tune", 1)
    assert code == 2 and "--fine-tune is for --encoder cnn" in err


def test_train_and_evaluate_from_parquet(world, run, train, tmp_path):
    code, _, _ = train("--unseen-share", 0.2, "--where", "split=train", data="photos.parquet")
    assert code == 0
    source = [world / "photos.parquet", "--where", "split=test"]
    code, out, _ = run("evaluate", tmp_path / "space", *source, "--json")
    found = json.loads(out)
    assert code == 0 and set(found) >= {"seen", "unseen", "unseen_among_all", "skipped"}
    assert found["seen"]["queries"] + found["unseen"]["queries"] == 12
    assert found["unseen"]["rows"]["softmax"]["hit@1"] is None


def test_a_hierarchy_adds_hierarchical_precision(world, run, train, tmp_path):
    train("--test-share", 0.5)
    warm = ("red", "orange", "yellow")
    lines = [f"{color}\t{'warm' if color in warm else 'cold'}" for color in COLORS]
    (tmp_path / "kinds.tsv").write_text("\n".join([*lines, "warm\tcolor", "cold\tcolor"]))
    hierarchy = ["--hierarchy", tmp_path / "kinds.tsv"]
    _, out, _ = run("evaluate", tmp_path / "space", world / "photos", *hierarchy, "--json")
    assert json.loads(out)["seen"]["mean_set_sizes"]["hp@2"] == 3


def test_the_network_can_be_trained_here(world, run, train, tmp_path):
    code, out, _ = train("--size", 16, "--epochs", 1, "--test-share", 0.5, encoder="cnn")
    assert code == 0 and "6 labels seen, 0 unseen" in out
    assert load_space(tmp_path / "space").encoder.preprocessing.size == 16
    assert run("evaluate", tmp_path / "space", world / "photos")[0] == 0


def test_preprocessing_can_be_given_by_options(train, tmp_path):
    options = ["--size", 4, "--fit", "pad", "--filter", "area"]
    assert train(*options, encoder="mean.onnx")[0] == 0
    found = load_space(tmp_path / "space").encoder.preprocessing
    assert (found.size, found.fit, found.filter) == (4, "pad", "area")


@pytest.mark.parametrize(
    "given, options, code, message",
    [
        ({"words": "none.npz"}, [], 1, "none.npz is not there; name a folder or file of word"),
        ({"encoder": "none.onnx"}, [], 1, "cannot read the encoder"),
        ({"encoder": "mean.onnx"}, [], 1, "no preprocessing: give it in mean.json or as options"),
        ({"data": "none"}, [], 2, "none"),
        (
            {"data": "photos.parquet"},
            ["--label", "name"],
            1,
            "column 'name' not found; columns are",
        ),
        ({"data": "photos.parquet"}, ["--where", "split"], 2, "'split' is not COLUMN=VALUE"),
        ({}, ["--image", "picture"], 2, "is no .parquet file; columns and conditions"),
        ({}, ["--alpha", "1", "--objective", "hinge"], 2, "--alpha is for the objective ridge"),
        ({}, ["--alpha", "-1"], 2, "alpha is -1.0; it must be above 0"),
        ({}, ["--alpha", "nan"], 2, "alpha is nan; it must be above 0"),
        ({}, ["--features", "logits"], 1, "no output 'logits', only features"),
        ({}, ["--unseen", "none.txt"], 1, "cannot read the labels 'none.txt'"),
        ({}, ["--unseen-share", "1"], 2, "it must be at least 0 and below 1"),
        ({"encoder": "cnn"}, ["--size", "4"], 2, "size 4 is too small for the network"),
        ({"encoder": "cnn"}, ["--features", "x"], 2, "--features is for a network from a file"),
        ({"encoder": "cnn"}, ["--cache", "kept"], 2, "leave it out with --encoder cnn"),
    ],
)
def test_a_failure_is_one_line_with_the_remedy(train, tmp_path, given, options, code, message):
    left, out, err = train(*options, **given)
    assert (left, out) == (code, "") and not (tmp_path / "space").exists()
    assert message in err.splitlines()[-1]


def test_a_place_where_other_files_are_is_refused_before_any_work(train, tmp_path):
    (tmp_path / "space").mkdir()
    (tmp_path / "space" / "diary.txt").write_text("dear diary")
    code, _, err = train(words="none.npz")
    assert code == 1 and "choose another place" in err


def test_an_unknown_unseen_label_is_named(train, tmp_path):
    (tmp_path / "names.txt").write_text("oragne\n")
    code, _, err = train("--unseen", tmp_path / "names.txt")
    assert code == 2 and "unseen labels have no picture: 'oragne'; there is orange" in err


def test_labels_are_drawn_to_be_held_back_from_those_with_a_vector(world, train, tmp_path):
    shutil.copytree(world / "photos", tmp_path / "photos")
    for label in ("aaaa", "bbbb", "cccc", "dddd"):  # 4 of 10 labels
        shutil.copytree(world / "photos" / "red", tmp_path / "photos" / label)
    for seed in range(5):
        code, out, _ = train("--unseen-share", 0.3, "--seed", seed, data=tmp_path / "photos")
        assert code == 0 and "4 labels seen, 2 unseen" in out  # 2 of 6


def test_labels_to_hold_back_are_named_once(world, train):
    code, _, err = train("--unseen", world / "unseen.txt", "--unseen-share", 0.2)
    assert code == 2 and "give one" in err


def test_skipped_pictures_give_exit_code_3(world, run, train, tmp_path):
    train()
    folder = tmp_path / "more" / "red"
    folder.mkdir(parents=True)
    Image.fromarray(DATA.images[0][1:]).save(folder / "a.png")  # none that was trained on
    (folder / "b.png").write_bytes(b"")
    code, out, err = run("evaluate", tmp_path / "space", tmp_path / "more")
    assert code == 3 and "1 pictures, 6 labels" in out
    assert "skipped: " in err and "b.png" in err


def test_something_that_is_no_space_cannot_be_evaluated(world, run, tmp_path):
    code, _, err = run("evaluate", tmp_path, world / "photos")
    assert code == 1 and "is no saved space" in err


def test_a_list_of_labels_has_one_a_line_and_underscores_are_blanks(tmp_path):
    (tmp_path / "names.txt").write_text("aquarium_fish\n\n bear \n")
    assert read_label_list(tmp_path / "names.txt") == ("aquarium fish", "bear")
    (tmp_path / "names.txt").write_text("\n")
    with pytest.raises(BadData, match="holds no label"):
        read_label_list(tmp_path / "names.txt")


def test_stacking_is_chosen_on_seen_labels_and_shown_as_a_row_of_its_own(tmp_path):
    random = np.random.default_rng(0)
    names = tuple("ant bat cat dog eel fox gnu hen jay kea lynx mole".split())
    vectors = WordVectors(names, random.standard_normal((12, 6)).astype("f4"))
    labels = tuple(name for name in names for _ in range(20))
    features = np.stack([vectors[label] for label in labels])
    features = features + random.standard_normal(features.shape).astype("f4")
    images = LabelledImages(list(np.zeros((240, 1, 1, 3), np.uint8)), labels)
    task = zero_shot_task(images, vectors, names[8:])
    learned = Encoded(features[:160], labels[:160])
    made = fit_space(task, ENCODER, learned, SpaceConfig(Ridge(0.01), softmax=QUICK))
    assert made.baselines.gamma is not None and made.baselines.gamma > 0
    tables = compare(made.space, made.baselines, Encoded(features, labels))
    mean = {
        row: {part: tables[part].intervals[row]["hit@1"].value for part in tables}
        for row in ("ours", "ours, stacked")
    }
    assert mean["ours, stacked"]["unseen_among_all"] > mean["ours"]["unseen_among_all"]
    assert mean["ours, stacked"]["seen_among_all"] <= mean["ours"]["seen_among_all"]
    assert mean["ours, stacked"]["unseen"] == mean["ours"]["unseen"]
