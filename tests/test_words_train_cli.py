"""``iconym words prepare`` and ``words train``, as a user runs them."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from iconym.words.formats import load_words

pytest.importorskip("numba")

TEXT = "the red fox runs\nthe blue bird sings\na snow leopard sleeps\nthe red bird sleeps\n"


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT * 20)
    return path


SMALL = ("--dim", "8", "--epochs", "2", "--sample", "0")


@pytest.mark.parametrize("method", ["skip-gram", "cbow", "cbow-sum"])
@pytest.mark.parametrize("loss", ["negative-sampling", "hierarchical-softmax", "softmax"])
def test_every_method_trains_with_every_loss(run, text, tmp_path, method, loss):
    words = tmp_path / "words"
    ran = run("words", "train", text, "-o", words, "--method", method, "--loss", loss, *SMALL)
    assert (ran.code, ran.out) == (0, f"{words}: 11 words, 8 numbers each\n")
    assert load_words(words).vectors.shape == (11, 8)


@pytest.mark.parametrize("verb", ["glove", "ppmi"])
def test_glove_and_ppmi_learn_from_the_same_corpora(run, text, tmp_path, verb):
    words, epochs = tmp_path / "words", ["--epochs", "3"] if verb == "glove" else []
    ran = run("words", verb, text, "-o", words, "--dim", "5", "--window", "3", *epochs)
    assert (ran.code, ran.out) == (0, f"{words}: 11 words, 5 numbers each\n")
    run("words", "prepare", text, "-o", tmp_path / "corpus")
    settings = ["-o", tmp_path / "other", "--dim", "5", "--window", "3", *epochs]
    run("words", verb, tmp_path / "corpus", *settings)
    assert np.array_equal(load_words(words).vectors, load_words(tmp_path / "other").vectors)
    assert {path.name for path in tmp_path.iterdir()} == {"text.txt", "words", "corpus", "other"}


def test_methods_and_losses_learn_different_vectors(run, text, tmp_path):
    found = []
    for number, settings in enumerate(
        (
            [],
            ["--method", "cbow"],
            ["--method", "cbow-sum"],
            ["--loss", "softmax"],
            ["--loss", "hierarchical-softmax"],
            ["--negatives", "2"],
            ["--learning-rate", "0.1"],
            ["--window", "1"],
            ["--seed", "2"],
        )
    ):
        run("words", "train", text, "-o", tmp_path / str(number), *SMALL, *settings)
        found.append(load_words(tmp_path / str(number)).vectors)
    assert len(np.unique(np.stack(found).reshape(9, -1), axis=0)) == 9


def test_a_prepared_corpus_is_trained_as_the_text_is(run, text, tmp_path):
    made = run("words", "prepare", text, "-o", tmp_path / "corpus", "--processes", "2")
    assert made.out == f"{tmp_path / 'corpus'}: 11 words, 320 in the text, 80 sentences\n"
    run("words", "train", text, "-o", tmp_path / "a", *SMALL)
    run("words", "train", tmp_path / "corpus", "-o", tmp_path / "b", *SMALL)
    a, b = load_words(tmp_path / "a"), load_words(tmp_path / "b")
    assert a.words == b.words and np.array_equal(a.vectors, b.vectors)


def test_names_of_labels_are_joined_and_kept_however_rare(run, text, tmp_path):
    text.write_text(text.read_text() + "a tiger shark swims\n")
    labels = tmp_path / "labels.txt"
    labels.write_text("Tiger shark\nsnow leopard\nfox\nkiller whale\n")
    made = run("words", "prepare", text, "-o", tmp_path / "corpus", "--labels", labels)
    assert "names that never stand in the text (1): killer_whale" in made.err
    run("words", "train", tmp_path / "corpus", "-o", tmp_path / "words", *SMALL)
    words = load_words(tmp_path / "words")
    assert {"tiger_shark", "snow_leopard", "fox"} <= set(words.words)
    assert not {"tiger", "shark", "snow", "swims"} & set(words.words)


def test_lists_of_tags_are_tokens_each(run, tmp_path):
    tags = tmp_path / "tags.txt"
    tags.write_text("Snow Leopard;zoo\nzoo;lion\n" * 5)
    run("words", "prepare", tags, "-o", tmp_path / "corpus", "--tags", ";")
    run("words", "train", tmp_path / "corpus", "-o", tmp_path / "words", *SMALL)
    assert load_words(tmp_path / "words").words == ("zoo", "lion", "snow_leopard")


def test_phrases_are_found_in_text_and_nothing_of_the_search_stays(run, tmp_path):
    lines = (f"w{i} x{i} z{i}" + " new york" * (i % 100 == 0) for i in range(2000))
    (tmp_path / "t.txt").write_text("\n".join(lines))
    for verb in ("prepare", "train"):
        settings = [] if verb == "prepare" else SMALL
        ran = run("words", verb, tmp_path / "t.txt", "-o", tmp_path / verb, "--phrases", *settings)
        assert ": 1 words" in ran.out
    assert load_words(tmp_path / "train").words == ("new_york",)
    assert {path.name for path in tmp_path.iterdir()} == {"t.txt", "prepare", "train"}


def test_tokens_stay_as_they_are(run, tmp_path):
    (tmp_path / "t.txt").write_text("snow_leopard C++ zoo\n" * 5)
    run("words", "prepare", tmp_path / "t.txt", "-o", tmp_path / "corpus", "--tokens")
    run("words", "train", tmp_path / "corpus", "-o", tmp_path / "words", *SMALL)
    assert set(load_words(tmp_path / "words").words) == {"snow_leopard", "C++", "zoo"}


def test_a_parquet_column_is_read(run, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table({"caption": ["a red fox"] * 5, "tags": [["Snow leopard", "zoo"]] * 5})
    parquet.write_table(table, tmp_path / "t.parquet")
    for column, words in (("caption", ("a", "fox", "red")), ("tags", ("snow_leopard", "zoo"))):
        place = tmp_path / column
        run("words", "prepare", tmp_path / "t.parquet", "-o", place, "--column", column)
        run("words", "train", place, "-o", tmp_path / f"{column}.txt", *SMALL)
        assert load_words(tmp_path / f"{column}.txt").words == words


def test_what_cannot_be_is_said_in_one_line(run, text, tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    run("words", "prepare", text, "-o", tmp_path / "corpus")
    expected = {
        ("train", text, "--loss", "softmax", "--negatives", "3"): (2, "has no part in --loss"),
        ("train", text, "--negatives", "0"): (2, "negatives is 0"),
        ("train", text, "--learning-rate", "3"): (2, "learning_rate is 3.0"),
        ("glove", text, "--x-max", "0"): (2, "x_max is 0.0"),
        ("glove", text, "--window", "0"): (2, "window is 0"),
        ("ppmi", text, "--power", "2"): (2, "power is 2.0"),
        ("ppmi", text, "--shift", "0"): (2, "shift is 0.0"),
        ("train", tmp_path / "corpus", "--phrases"): (2, "is prepared"),
        ("train", tmp_path / "corpus", "--min-count", "2"): (2, "is prepared"),
        ("prepare", tmp_path / "t.parquet"): (2, "name the column of its texts with --column"),
        ("prepare", tmp_path / "t.parquet", "--column", "x"): (1, "t.parquet"),
        ("prepare", text, "--labels", tmp_path / "gone"): (2, "give one name a line"),
        ("prepare", text, "--tags", ""): (2, "cannot be separated by ''"),
    }
    for (verb, *arguments), (code, message) in expected.items():
        ran = run("words", verb, *arguments, "-o", tmp_path / "out")
        assert (ran.code, message in ran.complaint) == (code, True), ran
        assert not (tmp_path / "out").exists()


def test_a_training_that_is_killed_goes_on_and_leaves_nothing_behind(text, tmp_path):
    text.write_text(TEXT * 60_000)
    words, work = tmp_path / "words", tmp_path / "words.work"
    command = [sys.executable, "-m", "iconym.cli", "words", "train", str(text), "-o", str(words)]
    command += ["--dim", "64", "--epochs", "4"]
    code = "import iconym.words.windows as w, functools as f, sys, iconym.cli as c;"
    code += "w.Checkpoint = f.partial(w.Checkpoint, seconds=0.0); c.main(sys.argv[1:])"
    often = [sys.executable, "-c", code, *command[3:]]
    process = subprocess.Popen(often, stderr=subprocess.DEVNULL, start_new_session=True)
    while not (work / "training").exists():
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not words.exists()
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "going on from what is done in" in ended.stderr
    assert not work.exists() and not list(tmp_path.glob(".words*"))
    other = [str(tmp_path / "other") if part == str(words) else part for part in command]
    subprocess.run(other, capture_output=True, check=True)
    assert np.array_equal(load_words(words).vectors, load_words(tmp_path / "other").vectors)


def test_a_text_nothing_can_be_learned_from_leaves_nothing_behind(run, tmp_path):
    text = tmp_path / "rare.txt"
    text.write_text("every word once\n")
    ran = run("words", "train", text, "-o", tmp_path / "words", "--min-count", "5")
    assert ran.code == 1, ran
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rare.txt"]
