"""``iconym words clean``: a file of tags in, words and a full account out."""

import json

import pytest

TABLE = "owner;tags\nann;Canon EOS 5D, New+York, Beach\nbob;beach,new york, solo\ncid;2009\n"


@pytest.fixture
def table(tmp_path):
    (tmp_path / "photos.csv").write_text(TABLE)
    return tmp_path / "photos.csv"


def test_tags_become_words_and_the_report_is_printed(run, table, tmp_path):
    ran = run("words", "clean", table, "-o", tmp_path / "tags.txt", "--user", "owner")
    assert ran.code == 0
    assert (tmp_path / "tags.txt").read_text() == "new_york beach\nbeach new_york\n\n"
    assert "separator ';' detected" in ran.err
    assert "7 tags (7 different), 4 kept (2 different words), 3 dropped" in ran.out


def test_the_account_is_written_to_files(run, table, tmp_path):
    report, dropped = tmp_path / "report.json", tmp_path / "dropped.tsv"
    files = ("--report", report, "--dropped", dropped)
    ran = run(
        "words", "clean", table, "-o", tmp_path / "t.txt", "--user", "owner", *files, "--json"
    )
    assert ran.json == json.loads(report.read_text())
    assert ran.json["kept"] == 4
    assert dropped.read_text().splitlines()[1:] == [
        "2009\tdates\t1",
        "Canon EOS 5D\tcameras\t1",
        "solo\tusers\t1",
    ]


def test_rules_scripts_and_a_list_of_one_s_own_are_used(run, table, tmp_path):
    (tmp_path / "stop.txt").write_text("New York\n")
    options = ("--min-users", 1, "--without", "cameras,dates", "--stop", tmp_path / "stop.txt")
    run("words", "clean", table, "-o", tmp_path / "t.txt", *options, "--scripts", "latin,han")
    assert (tmp_path / "t.txt").read_text() == "canon_eos_5d beach\nbeach solo\n\n"


@pytest.mark.parametrize(
    ("options", "code", "complaint"),
    [
        (["--tags", "words"], 1, "column 'words' not found; columns are: owner, tags"),
        (["--rules", "camera"], 2, "no rule 'camera'"),
        (["--scripts", "latni"], 2, "no script 'latni'"),
        (["--stop", "none.txt"], 2, "no file 'none.txt'"),
        (["--min-users", "3"], 1, "none of 7 tags is kept"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_writes_nothing(
    run, table, tmp_path, options, code, complaint
):
    ran = run("words", "clean", table, "-o", tmp_path / "t.txt", *options)
    assert ran.code == code
    assert complaint in ran.err.splitlines()[-1]
    assert not (tmp_path / "t.txt").exists()


def test_the_tags_themselves_are_never_overwritten(run, tmp_path):
    (tmp_path / "tags.txt").write_text("cat\n")
    ran = run("words", "clean", tmp_path / "tags.txt", "-o", tmp_path / "tags.txt")
    assert ran.code == 2
    assert "is named twice" in ran.complaint
