"""The demo's whole way on a few dozen pictures drawn here: the main job can never break unseen."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image as PillowImage

from iconym.search import Term, open_search

STEPS = ["drawings", "words", "classifier", "devise", *(f"random-{d}" for d in range(5))]
STEPS += ["devise-tuned", "joint", "ours"]
FILES = ["report.json", "report.md", "contact_sheet.png"]
SHAPES = [sys.executable, "-m", "iconym.cli", "demo", "--world", "shapes", "--folder"]


def run_demo(folder, *arguments):
    return subprocess.run([*SHAPES, str(folder), *arguments], capture_output=True, text=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    done = run_demo(folder)
    assert done.returncode == 0, done.stderr
    return folder / "out", done.stdout


def test_the_demo_ends_with_tables_and_the_commands_to_try_next(finished):
    out, printed = finished
    first_cells = [line.split("  ")[0].strip() for line in printed.splitlines()]
    for row in ("softmax", "DeViSE", "DeViSE fine-tuned", "random embeddings", "ConSE(10)"):
        assert first_cells.count(row) == 4
    assert f'iconym search "red circle" --collection {out / "collection"}' in printed


def test_every_row_has_every_metric_in_every_table(finished):
    report = json.loads((finished[0] / "report.json").read_text())
    metrics = [f"hit@{k}" for k in (1, 2, 5, 10)] + [f"hp@{k}" for k in (2, 5, 10, 20)]
    assert list(report["tables"]) == ["seen", "seen_among_all", "unseen", "unseen_among_all"]
    for table in report["tables"].values():
        assert len(table) == 7
        for row in table.values():
            assert list(row) == metrics
            for figure in row.values():
                assert figure is None or figure["low"] <= figure["value"] <= figure["high"]


def test_softmax_has_no_answer_among_names_it_never_saw(finished):
    tables = json.loads((finished[0] / "report.json").read_text())["tables"]
    assert set(tables["unseen"]["softmax"].values()) == {None}
    assert tables["unseen_among_all"]["softmax"]["hit@10"]["value"] == 0


def test_chance_is_computed(finished):
    tables = json.loads((finished[0] / "report.json").read_text())["tables"]
    assert tables["unseen"]["chance"]["hit@1"]["value"] == pytest.approx(1 / 10, abs=1e-6)
    assert tables["unseen_among_all"]["chance"]["hit@5"]["value"] == pytest.approx(5 / 48, abs=1e-6)


def test_names_never_seen_are_found_more_often_than_by_chance(finished):
    table = json.loads((finished[0] / "report.json").read_text())["tables"]["unseen"]
    assert table["ours (joint + kernel)"]["hit@2"]["value"] >= 2 * table["chance"]["hit@2"]["value"]


def test_the_seconds_of_each_step_are_noted(finished):
    timing = json.loads((finished[0] / "timing.json").read_text())
    assert list(timing) == [*STEPS, "evaluation", "collection"]


def test_the_contact_sheet_is_a_picture_of_unseen_names(finished):
    with PillowImage.open(finished[0] / "contact_sheet.png") as sheet:
        assert sheet.width > 600 and sheet.height > 400


def test_every_drawing_is_in_the_collection_and_found_by_its_name(finished):
    search = open_search(finished[0] / "collection")
    assert len(search.catalog) == 3 * 48
    words = [hit.picture.words for hit in search.by_query([Term("purple")], k=5)]
    assert sum(name.startswith("purple") for (name,) in words) >= 3


def test_search_answers_with_the_files_of_the_drawings(finished):
    command = [*SHAPES[:3], "search", "purple", "-k", "3", "--files", "--collection"]
    done = subprocess.run([*command, finished[0] / "collection"], capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == 3
    assert all(Path(line).is_file() for line in done.stdout.splitlines())


def test_a_second_run_uses_what_is_done_and_changes_nothing(finished):
    out, printed = finished
    before = {name: (out / name).read_bytes() for name in [*FILES, "timing.json"]}
    made = {path.name: path.stat().st_mtime_ns for path in (out / "steps").iterdir()}
    assert run_demo(out.parent).stdout.splitlines()[:-9] == printed.splitlines()[:-9]
    assert {name: (out / name).read_bytes() for name in FILES} == {n: before[n] for n in FILES}
    again = {path.name: path.stat().st_mtime_ns for path in (out / "steps").iterdir()}
    assert {n: t for n, t in again.items() if n != "timing.json"} == {
        n: t for n, t in made.items() if n != "timing.json"
    }


def test_killed_in_every_step_it_ends_with_the_same_bytes(finished, tmp_path):
    for step in (name for name in STEPS if not name.startswith("random-") or name == "random-2"):
        run = subprocess.Popen(
            [*SHAPES, str(tmp_path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob(f"out/steps/{step}-????????????")):
            assert run.poll() is None or run.returncode == 0
            assert time.monotonic() < deadline
            os.sched_yield()
        run.send_signal(signal.SIGKILL)  # in the step that comes next
        run.wait()
    assert run_demo(tmp_path).returncode == 0
    for name in FILES:
        assert (tmp_path / "out" / name).read_bytes() == (finished[0] / name).read_bytes()


def test_the_report_comes_as_json(finished):
    done = run_demo(finished[0].parent, "--json")
    assert json.loads(done.stdout) == json.loads((finished[0] / "report.json").read_text())


def test_an_unknown_world_is_one_line(tmp_path):
    done = run_demo(tmp_path, "--world", "mars")
    assert (done.returncode, done.stderr.count("\n")) == (2, 2)
    assert "'mars' is not one of 'emoji', 'shapes'" in done.stderr


def test_without_npm_the_emoji_demo_says_what_to_install(tmp_path):
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "package-lock.json").write_text("{}")
    environment = {**os.environ, "PATH": str(tmp_path)}
    command = [*SHAPES[:4], "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "npm is not installed; install Node.js" in done.stderr


def test_a_failure_of_npm_is_one_line_with_its_reason(tmp_path):
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "package-lock.json").write_text("not json")
    fake = tmp_path / "npm"
    fake.write_text("#!/bin/sh\necho 'npm error code ENOTFOUND' >&2\nexit 1\n")
    fake.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = [*SHAPES[:4], "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "npm ci failed" in done.stderr and "code ENOTFOUND" in done.stderr
