"""The command line as one meets it: what each verb prints where, and how it leaves."""

import io
import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from iconym.cli.output import print_parted_table, print_table, printable, tracked
from iconym.data.shapes import COLORS, draw_shapes
from iconym.encoders.onnx import OnnxEncoder
from iconym.nouns import WordVectors
from iconym.space import JointSpace, Projection, save_space
from test_encoders import PLAIN, mean_color_model

USED = ("red", "yellow", "green", "blue")
TEXT = "the red star is warm\nthe red sun is warm\nthe blue sea is cold\nthe blue ice is cold\n"


def color_space(name="colors", scale=1.0):
    """A picture's place is how much of each ink its mean color lacks white; so is a color's."""
    words = np.array([1 - np.array(COLORS[color]) / 255 for color in USED], np.float32)
    return JointSpace(
        name,
        OnnxEncoder("mean", mean_color_model(), PLAIN),
        Projection(-scale * np.eye(3, dtype=np.float32), scale * np.ones(3, np.float32)),
        WordVectors(USED, words),
        WordVectors(USED, words),
    )


@pytest.fixture(scope="session")
def space(tmp_path_factory):
    path = tmp_path_factory.mktemp("spaces") / "colors"
    save_space(color_space(), path)
    return path


@pytest.fixture(scope="session")
def pictures():
    """Name to PNG bytes: a square in each of four colors, and a circle in two."""
    drawings = draw_shapes()
    images = dict(zip(drawings.files, drawings.pictures["plain"]))
    names = [*(f"{color}-square.png" for color in USED), "red-circle.png", "blue-circle.png"]
    return {name: png(images[name]) for name in names}


def png(image):
    data = io.BytesIO()
    Image.fromarray(image).save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def folder(tmp_path, pictures, monkeypatch):
    """The pictures in a folder that we stand in."""
    place = tmp_path / "photos"
    place.mkdir()
    for name, data in pictures.items():
        (place / name).write_bytes(data)
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def collection(folder, space, run):
    assert run("index", folder, "--space", space).code == 0
    return folder


# ---- index


def test_index_says_what_it_did_and_which_space_it_used(run, folder, space):
    ran = run("index", folder, "--space", space)
    assert (ran.code, ran.out) == (0, "6 added\n")
    assert ran.err.startswith("space: colors (")


def test_index_without_arguments_looks_through_the_collection_here_again(run, collection):
    (collection / "red-circle.png").unlink()
    assert run("index").out == "1 removed, 5 unchanged\n"


def test_index_inside_a_collection_is_about_the_collection(run, collection, monkeypatch):
    (collection / "inside").mkdir()
    monkeypatch.chdir(collection / "inside")
    assert run("index").out == "6 unchanged\n"
    assert not (collection / "inside" / ".iconym").exists()


def test_index_tells_of_a_few_of_many_bad_files(run, folder, space, pictures):
    for number in range(23):
        (folder / f"{number}.png").write_bytes(b"")
    ran = run("index", folder, "--space", space)
    assert (ran.code, ran.err.count("skipped (empty)")) == (3, 20)
    assert "and 3 more skipped; --json and iconym errors list them" in ran.err
    assert len(run("errors", folder, "--json").json) == 23


def test_index_lists_what_it_skipped_and_leaves_with_3(run, folder, space, pictures):
    (folder / "cut.png").write_bytes(pictures["red-square.png"][:60])
    (folder / "notes.jpg").write_text("milk, eggs")
    ran = run("index", "--space", space, folder, "--json")
    assert ran.code == 3
    assert (ran.json["added"], len(ran.json["failed"])) == (6, 2)
    lines = ran.err.splitlines()[1:]
    assert [line.split(": ")[0] for line in lines] == [
        "skipped (truncated or damaged)",
        "skipped (not a picture)",
    ]


def test_index_takes_in_a_parquet_file(run, folder, space, pictures, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    place = tmp_path / "elsewhere"
    place.mkdir()
    data = {"img": list(pictures.values()), "name": [n[:-4] for n in pictures]}
    parquet.write_table(pyarrow.table(data), tmp_path / "shapes.parquet")
    arguments = ["index", tmp_path / "shapes.parquet", "--collection", place, "--space", space]
    assert run(*arguments, "--image", "img", "--label", "name").out == "6 added\n"
    (best,) = run("search", "green", "-k", "1", "--collection", place, "--json").json
    assert (best["words"], best["path"]) == (["green-square"], None)
    assert "leave out --files" in run("search", "blue", "-c", place, "--files").err


def test_index_of_a_parquet_file_encodes_only_what_is_new(run, folder, space, pictures):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    def written(place, contents):
        (folder / place).mkdir(exist_ok=True)
        table = pyarrow.table({"image": contents, "label": list("abcdef")})
        parquet.write_table(table, folder / place / "shapes.parquet")
        return run("index", folder / place / "shapes.parquet", "-c", folder, "-s", space).out

    images = list(pictures.values())
    assert written("train", images) == "6 added\n"
    assert written("train", images) == "6 unchanged\n"
    assert written("train", [images[1], *images[1:]]) == "1 changed, 5 unchanged\n"
    assert written("test", images) == "6 added\n"  # another file of the same name


@pytest.mark.parametrize(
    ("files", "message"),
    [([], "is empty"), (["notes.txt"], "holds no picture file")],
)
def test_a_folder_without_pictures_is_one_line_and_stays_as_it_is(
    run, tmp_path, space, files, message
):
    for name in files:
        (tmp_path / name).write_text("no picture")
    ran = run("index", tmp_path, "--space", space)
    assert (ran.code, message in ran.complaint) == (2, True)
    assert sorted(os.listdir(tmp_path)) == files


def test_a_folder_that_is_not_there_and_a_file_are_refused(run, folder, space):
    assert "no folder 'nowhere'" in run("index", "nowhere", "--space", space).complaint
    assert "is no folder" in run("index", "red-square.png", "--space", space).complaint


def test_the_first_time_a_space_has_to_be_named(run, folder):
    ran = run("index", folder)
    assert (ran.code, "--space SPACE" in ran.complaint) == (2, True)
    assert not (folder / ".iconym").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_that_cannot_be_written_to_is_one_line(run, folder, space):
    folder.chmod(0o500)
    assert "cannot write to" in run("index", folder, "--space", space).complaint


# ---- search


def files_of(ran):
    return [line.removesuffix(".png") for line in ran.out.splitlines()]


def test_search_by_a_word_finds_its_pictures(run, collection):
    assert set(files_of(run("search", "red", "-k", "2", "-f"))) == {"red-square", "red-circle"}


@pytest.mark.parametrize(
    ("asked", "remedy"),
    [
        (["red", "--owner", "nobody"], "ask in other words, or with fewer filters"),
        (["--hybrid", "brontosaurus"], "ask in other words\n"),
    ],
)
def test_search_says_so_when_it_finds_nothing(run, collection, asked, remedy):
    ran = run("search", *asked, "--json")
    assert (ran.code, ran.json) == (0, [])
    assert f"no picture found; {remedy}" in ran.err


def test_search_shows_score_path_and_what_the_picture_looks_like(run, collection):
    ran = run("search", "yellow", "-k", "1")
    head, best = ran.out.splitlines()
    assert head.split() == ["score", "fit", "picture", "words"]
    assert best.split()[:4] == ["1.000", "clear", "yellow-square.png", "~"]
    assert best.split()[4].startswith("yellow")
    assert ran.err.startswith("space: colors (")


@pytest.mark.parametrize(
    "query",
    [
        ["red-square.png", "+", "blue", "-", "red"],
        ["red-square.png + blue - red"],
        ["red-square.png", "+ blue", "- red"],
        ["- red", "red-square.png", "+", "1:blue"],
        ["--", "-red", "red-square.png", "+", "blue"],
    ],
)
def test_search_adds_and_takes_away_however_the_shell_parts_it(run, collection, query):
    assert set(files_of(run("search", "-k", "2", "--files", *query))) == {
        "blue-square",
        "blue-circle",
    }


def test_search_in_json_holds_all_that_is_known(run, collection):
    (best,) = run("search", "green", "-k", "1", "--json").json
    assert best["picture"] == best["path"] == "green-square.png"
    assert (best["score"], best["words"]) == (pytest.approx(1, abs=1e-3), [])
    assert best["labels"][0]["label"] == "green"


def test_paths_are_those_from_where_one_stands(run, collection, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert run("search", "green", "-k", "1", "-f", "-c", "photos").out == (
        f"{os.path.join('photos', 'green-square.png')}\n"
    )
    (collection / "inside").mkdir()
    monkeypatch.chdir(collection / "inside")
    assert run("search", "green", "-k", "1", "-f").out == f"{collection / 'green-square.png'}\n"


def test_text_makes_words_of_what_looks_like_a_file(run, collection):
    assert "no word 'png'" in run("search", "--text", "red.png").complaint
    assert "no picture 'red.png'" in run("search", "red.png").complaint


def test_an_unknown_word_is_told_with_the_nearest_spellings(run, collection):
    ran = run("search", "yelow")
    assert ran.code == 2
    assert ran.complaint == "the vocabulary has no word 'yelow'; did you mean yellow?"


def test_without_a_collection_the_line_says_how_to_make_one(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for verb in (["search", "red"], ["ask"], ["label", "red.png"]):
        ran = run(*verb)
        assert ran.code == 2
        assert f"there is no collection in {tmp_path} or above; run: iconym" in ran.complaint


def test_a_space_that_the_collection_was_not_indexed_with_is_refused(run, collection, tmp_path):
    save_space(color_space("other", scale=2.0), tmp_path / "other")
    ran = run("search", "red", "--space", tmp_path / "other")
    assert (ran.code, "was indexed with space" in ran.complaint) == (1, True)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda space: (space / "encoder.onnx").unlink(), "encoder.onnx is missing"),
        (lambda space: flip_a_byte(space / "words.safetensors"), "differs from its checksum"),
        (lambda space: make_newer(space / "manifest.json"), "upgrade iconym"),
        (lambda space: (space / "manifest.json").unlink(), "is no saved space"),
    ],
)
def test_a_damaged_space_is_one_line_that_names_the_file(run, folder, tmp_path, damage, message):
    save_space(color_space(), tmp_path / "space")
    damage(tmp_path / "space")
    ran = run("index", folder, "--space", tmp_path / "space")
    assert (ran.code, message in ran.complaint) == (1, True)
    assert not (folder / ".iconym").exists()


def flip_a_byte(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def make_newer(path):
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))


def test_a_damaged_catalog_is_one_line(run, collection):
    (collection / ".iconym" / "catalog.db").write_bytes(b"not a database" * 100)
    assert "cannot be used as a catalog" in run("search", "red").complaint


# ---- label


def test_label_names_the_best_words_of_each_picture(run, collection):
    ran = run("label", "red-square.png", "blue-circle.png", "-k", "1", "--json")
    assert [(p["picture"], p["labels"][0]["label"]) for p in ran.json] == [
        ("red-square.png", "red"),
        ("blue-circle.png", "blue"),
    ]


def test_label_needs_no_collection_where_a_space_is_named(run, folder, space):
    ran = run("label", "green-square.png", "--space", space, "-k", "2")
    rows = [line.split() for line in ran.out.splitlines()]
    assert rows[:2] == [["picture", "label", "score"], ["green-square.png", "green", "1.000"]]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("gone.png", None, "'gone.png' is not there"),
        ("text.png", b"milk, eggs", "'text.png'"),
        ("empty.png", b"", "'empty.png'"),
        ("cut.png", "red-square.png", "'cut.png'"),
    ],
)
def test_a_bad_picture_is_one_line_and_the_others_are_answered(
    run, collection, pictures, name, data, message
):
    if data is not None:
        (collection / name).write_bytes(data if isinstance(data, bytes) else pictures[data][:60])
    both = run("label", name, "red-square.png", "-k", "1")
    assert (both.code, "red" in both.out) == (3, True)
    assert [message in line for line in both.err.splitlines()] == [False, True]
    alone = run("label", name)
    assert (alone.code, message in alone.complaint) == (1, True)
    search = run("search", name)
    assert (search.code, name in search.complaint) == (1, True)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read")
def test_a_picture_without_the_right_to_read_does_not_stop_the_others(run, collection):
    (collection / "green-square.png").chmod(0)
    ran = run("label", "green-square.png", "red-square.png", "-k", "1")
    assert (ran.code, "red" in ran.out, "must not be read" in ran.err) == (3, True, True)


# ---- ask


def test_ask_answers_words_and_pictures_and_goes_on_after_a_word_nobody_knows(run, collection):
    asked = ask(collection, "red\nyelow\nred-square.png - red + blue\nEXIT\ngreen\n")
    first, second = (json.loads(line) for line in asked.stdout.splitlines())
    assert {p["picture"] for p in first["pictures"]} == {"red-square.png", "red-circle.png"}
    assert "red" not in {w["word"] for w in first["words"]}
    assert {w["word"] for w in second["words"]} == {"green", "yellow"}  # of the query none
    assert {p["picture"] for p in second["pictures"]} == {"blue-square.png", "blue-circle.png"}
    space, remark = asked.stderr.splitlines()
    assert space.startswith("space: ")
    assert remark == "iconym: the vocabulary has no word 'yelow'; did you mean yellow?"
    assert asked.returncode == 0


def ask(folder, questions):
    """The prompt in a process of its own, asked through a pipe."""
    command = [sys.executable, "-m", "iconym.cli", "ask", "-k", "2", "--json"]
    return subprocess.run(command, cwd=folder, input=questions, capture_output=True, text=True)


def test_ask_ends_with_its_input_and_shows_both_answers_side_by_side(run, collection, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\nblue-square.png\n")))
    ran = run("ask", "-k", "1")
    head, row = ran.out.splitlines()
    assert (ran.code, head.split()) == (0, ["cosine", "word", "cosine", "picture"])
    assert row.split() == ["1.000", "blue", "1.000", "blue-circle.png"]


# ---- words


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT * 30)
    return path


def test_words_are_trained_asked_and_measured(run, text, tmp_path):
    pytest.importorskip("numba")
    words = tmp_path / "words"
    settings = ["--dim", "8", "--epochs", "2", "--seed", "3", "--sample", "0", "--phrases"]
    trained = run("words", "train", text, "-o", words, *settings)
    assert (trained.code, trained.out) == (0, f"{words}: 10 words, 8 numbers each\n")
    near = run("words", "neighbors", words, "red", "-k", "3", "--json").json
    assert len(near) == 3 and "red" not in [found["word"] for found in near]
    found = run("words", "analogy", words, "red", "warm", "blue", "-k", "20", "--json").json
    assert len(found) == 7  # all but the three asked about
    by_product = run("words", "analogy", words, "red", "warm", "blue", "--method", "mul")
    assert by_product.out.splitlines()[0].split() == ["score", "word"]


@pytest.fixture
def compass(tmp_path):
    """Four words of which each is a quarter turn from the next."""
    path = tmp_path / "compass.txt"
    path.write_text("4 2\nnorth 0 1\neast 1 0\nsouth 0 -1\nwest -1 0\n")
    return path


def test_neighbors_of_several_words_are_those_of_their_sum(run, compass):
    ran = run("words", "neighbors", compass, "north", "east")
    assert [line.split() for line in ran.out.splitlines()] == [
        ["score", "word"],
        ["-0.707", "south"],
        ["-0.707", "west"],
    ]


def test_words_evaluate_counts_analogies_and_ranks_pairs(run, compass, tmp_path):
    (tmp_path / "questions.txt").write_text(": turns\nnorth south east west\nnorth up east down\n")
    (tmp_path / "pairs.txt").write_text("north south 0\nnorth east 5\nnorth north 9\n")
    arguments = ["words", "evaluate", compass, "--questions", tmp_path / "questions.txt"]
    arguments += ["--similarity", tmp_path / "pairs.txt", "--similarity", tmp_path / "pairs.txt"]
    scores = run(*arguments, "--json").json
    turns = scores["analogies"][0]
    assert (turns["name"], turns["asked"], turns["skipped"]) == ("turns", 1, 1)
    assert [rating["rho"] for rating in scores["ratings"]] == [pytest.approx(1)] * 2
    assert scores["analogies"][2]["accuracy"] is None  # no syntactic question was asked
    assert "rated pairs" in run(*arguments).out


def test_words_complain_in_one_line(run, compass, text, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").write_text("keep me")
    expected = {
        ("neighbors", compass, "nort"): (2, "did you mean north?"),
        ("neighbors", tmp_path / "gone", "x"): (1, "is not there"),
        ("evaluate", compass): (2, "give --questions FILE"),
        ("train", text, "-o", text): (2, "is the text itself"),
        ("train", text, "-o", tmp_path / "folder"): (1, "choose another place"),
        ("train", text, "-o", text / "words"): (2, "cannot be written to"),
        ("train", text, "-o", tmp_path / "w", "--dim", "0"): (2, "dim is 0"),
        ("train", text, "-o", tmp_path / "w", "--sample", "nan"): (2, "sample is nan"),
        ("train", text, "-o", tmp_path / "w", "--seed", "9" * 20): (2, f"seed is {'9' * 20}"),
        ("train", text, "-o", tmp_path / "w", "--min-count", "999"): (1, "no word stands 999"),
        ("train", tmp_path / "gone.txt", "-o", tmp_path / "v"): (1, "gone.txt is not there"),
    }
    for arguments, (code, message) in expected.items():
        ran = run("words", *arguments)
        assert (ran.code, message in ran.complaint) == (code, True), ran
    assert (tmp_path / "folder" / "mine").read_text() == "keep me"


# ---- every verb

TRAIN = ["train", "data", "--words", "w", "--encoder", "cnn", "--output", "space"]


@pytest.mark.parametrize(
    ("arguments", "message", "verb"),
    [
        (["serch"], "No such command 'serch'", "iconym"),
        (["--frobnicate"], "No such option", "iconym"),
        (["search", "cat", "--frobnicate"], "No such option", "iconym search"),
        (["search"], "Missing argument 'QUERY'", "iconym search"),
        (["search", "cat", "-k", "0"], "Invalid value for '-k'", "iconym search"),
        (["search", "cat", "-k", "9" * 20], "Invalid value for '-k'", "iconym search"),
        (["label", "a.png", "-k", "many"], "Invalid value for '-k'", "iconym label"),
        ([*TRAIN, "--seed", "9" * 20], "Invalid value for '--seed'", "iconym train"),
        (["words"], "Missing command", "iconym words"),
        (["words", "train", "a.txt"], "Missing option", "iconym words train"),
    ],
)
def test_a_request_that_makes_no_sense_is_two_lines_and_exit_code_2(run, arguments, message, verb):
    ran = run(*arguments)
    first, second = ran.err.splitlines()
    assert (ran.code, ran.out, second) == (2, "", f"try: {verb} --help")
    assert message in first


@pytest.mark.parametrize(
    "arguments",
    [
        ["index", ".", "--collection", "."],
        ["index", ".", "--image", "photo"],
        ["index", ".", "--label", "name"],
        ["search", "red", "--files", "--json"],
        ["label", "red-square.png", "--collection", ".", "--space", "."],
    ],
)
def test_an_option_that_would_be_of_no_use_is_refused(run, collection, arguments):
    ran = run(*arguments)
    assert (ran.code, "give" in ran.complaint) == (2, True)


def test_without_arguments_it_is_the_help(run):
    assert run() == run("--help")


def test_doctor_names_what_there_is(run):
    assert "iconym" in run("doctor").out
    found = {row["what"]: row["found"] for row in run("doctor", "--json").json}
    assert found["pictures .png"] == "yes"


def test_an_interruption_is_one_line_and_130(run, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr("iconym.cli.doctor._machine", interrupt)
    ran = run("doctor")
    assert (ran.code, ran.complaint) == (130, "interrupted; what was finished is kept")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(28, "No space left", "/photos/.iconym"), "No space left: /photos/.iconym"),
        (sqlite3.OperationalError("database or disk is full"), "database or disk is full"),
        (sqlite3.DatabaseError("malformed"), "restore a backup, or remove .iconym and index again"),
        (MemoryError(), "not enough memory"),
    ],
)
def test_a_full_disk_or_memory_or_a_broken_catalog_is_one_line_and_1(
    run, monkeypatch, error, message
):
    def fill():
        raise error

    monkeypatch.setattr("iconym.cli.doctor._machine", fill)
    ran = run("doctor")
    assert (ran.code, message in ran.complaint) == (1, True)


def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path):
    command = f"{sys.executable} -m iconym.cli doctor --json | true; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    ("shell", "code"),
    [
        ("--help > /dev/full", 1),
        ("doctor > /dev/full", 1),
        ("--help >&-", 0),
        ("doctor --json >&-", 0),
        ("serch 2>&-", 2),
        ("doctor <&- >/dev/null", 0),
    ],
)
def test_a_full_or_closed_output_leaves_no_traceback(tmp_path, shell, code):
    command = f"{sys.executable} -m iconym.cli {shell}"
    environment = {name: v for name, v in os.environ.items() if name != "PYTHONUNBUFFERED"}
    for settings in ({}, {"PYTHONUNBUFFERED": "1"}):
        ran = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment | settings,
        )
        assert (ran.returncode, "Traceback" in ran.stderr) == (code, False)


def test_nothing_is_written_into_the_home(collection, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    command = [sys.executable, "-m", "iconym.cli", "search", "red-square.png", "-k", "1"]
    environment = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home)}
    environment.pop("ORT_DISABLE_TELEMETRY", None)  # set where this process ran a network
    subprocess.run(command, check=True, capture_output=True, cwd=collection, env=environment)
    assert list(home.iterdir()) == []


def test_what_could_steer_a_terminal_is_escaped():
    assert printable("a\nb\x1b[31m\u202e\udcff é 猫") == r"a\nb\x1b[31m\u202e\udcff é 猫"


def test_a_file_name_cannot_steer_the_terminal(run, folder, space):
    (folder / "red-square.png").rename(folder / "re\x1b[2Jd\n.png")
    (folder / "bad\x1b[2J.png").write_text("no picture")
    assert "\x1b" not in run("index", ".", "--space", space).err
    ran = run("search", "red", "-k", "2")
    assert r"re\x1b[2Jd\n.png" in ran.out and "\x1b" not in ran.out
    assert "\x1b" not in run("search", "red", "--json").out


def test_no_color_is_written_where_no_color_is_wanted(run, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[3" not in run("doctor").out


def test_columns_that_do_not_fit_stand_below_beside_the_first_one(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "15")
    print_parted_table(("who", "one", "two", "three"), [("me", "1.0", "22.0", "333.0")], "all")
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == ["all", "who  one   two", "me   1.0  22.0", "who  three", "me   333.0"]


def test_a_column_of_numbers_stands_right_with_signs_and_dashes(capsys):
    print_table(("gain",), [["+10.5"], ["-1"], [None]])
    assert capsys.readouterr().out == " gain\n+10.5\n   -1\n    –\n"  # noqa: RUF001


def test_a_title_is_wider_than_its_table_on_one_line(capsys):
    print_table(("a",), [["b"]], "a long title")
    assert capsys.readouterr().out.splitlines()[0] == "a long title"


def test_short_work_shows_no_progress(capsys):
    assert list(tracked(iter("abc"), "reading", 3)) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


def test_a_bar_shows_on_a_terminal_after_half_a_second(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert list(tracked(iter("abc"), "reading", 3)) == ["a", "b", "c"]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("iconym.cli.output.PATIENCE", 0.0)
    assert list(tracked(iter("abc"), "reading", 3)) == ["a", "b", "c"]
    assert "reading" in capsys.readouterr().err


@dataclass(frozen=True)
class Counted:
    """An item of progress that says how many words it is."""

    words: int


def test_progress_of_words_shows_their_speed(capsys, monkeypatch):
    clock = iter(range(0, 1000, 20))
    monkeypatch.setattr("iconym.cli.output.time.monotonic", lambda: float(next(clock)))
    list(tracked([Counted(5000)] * 3, "learning", 3))
    first, _second = capsys.readouterr().err.splitlines()
    assert first.startswith("learning: 1 of 3, about ") and first.endswith(" words/s")
    monkeypatch.setattr("iconym.cli.output.PATIENCE", 0.0)
    monkeypatch.setattr("iconym.cli.output.time.monotonic", iter(range(1000)).__next__)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    list(tracked([Counted(5000)] * 3, "learning", 3))
    assert "words/s" in capsys.readouterr().err
