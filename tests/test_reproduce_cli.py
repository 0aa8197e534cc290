"""``iconym reproduce`` as one types it, on a tiny world."""

import pytest

TINY = """# Expected: hardly anything, of so few pictures.
experiment = "devise"
seeds = 2

[tree]
branches = [2, 2, 3]
train = 4
test = 2

[settings.devise]
margins = [1.0]
"""


@pytest.fixture
def asked(run, tmp_path, monkeypatch):
    """Runs the verb with the tiny world, without data, all files in one folder."""
    monkeypatch.delenv("ICONYM_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(TINY)
    return lambda *arguments: run("reproduce", *arguments, "--kept", tmp_path / "kept")


def test_reproduce_writes_a_page_and_says_how_many_figures_are_in_their_bands(asked, tmp_path):
    ran = asked("tiny.toml", "hops")
    assert ran.code == 0
    assert "devise on tree" in ran.out and "hops on tree" in ran.out
    assert "judged figures are in their band" in ran.err
    page = (tmp_path / "docs" / "reproduction.md").read_text()
    assert "## DeViSE beside softmax" in page and "12 Gaussian classes" in page.replace(
        "2 x 2 x 3", "12"
    )
    assert "cifar100: needs research data" in page and "cifar100: needs research data" in ran.err


def test_reproduce_quick_runs_in_json_too(asked, tmp_path):
    found = asked("tiny.toml", "--quick", "--json", "-o", "found.md").json
    (result,) = found["results"]
    assert (result["experiment"], result["world"], result["seeds"]) == ("devise", "tree", 2)
    assert {"name", "ours", "paper", "band", "unit", "verdict"} == set(result["rows"][0])
    assert (tmp_path / "found.md").exists()


def test_a_figure_outside_its_band_is_no_failure(asked):
    ran = asked("tiny.toml", "--json")
    verdicts = [row["verdict"] for row in ran.json["results"][0]["rows"]]
    assert ran.code == 0 and any(v and v.startswith("out") for v in verdicts)


def test_an_experiment_nobody_knows_is_one_line_with_those_there_are(asked):
    ran = asked("divise")
    assert ran.code == 2
    assert "no experiment 'divise'; there is devise, l2-ablation" in ran.complaint


def test_a_run_file_with_an_unknown_key_is_one_line(asked, tmp_path):
    (tmp_path / "tiny.toml").write_text(TINY + "marign = 2\n")
    ran = asked("tiny.toml")
    assert ran.code == 2 and "unknown key 'marign'; known are margins, descent" in ran.complaint


def test_data_that_are_not_there_are_one_line(asked):
    ran = asked("hops", "--data", "nowhere")
    assert ran.code == 2 and "no folder 'nowhere'" in ran.complaint
