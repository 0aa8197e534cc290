"""Two evaluations are compared picture by picture, and only if the pictures are the same."""

import json
from dataclasses import replace

import numpy as np
import pytest

from iconym.errors import BadFolder, DamagedFolder, Usage
from iconym.evaluation import evaluate_zero_shot
from iconym.evaluation.differences import compare_runs
from iconym.evaluation.runs import Run, load_run, save_run
from test_evaluation import AHEAD, ALL, PETS, RIGHT, SEEN, UNSEEN, Knows

KNOWS = Knows(tuple(ALL))


def run_of(scores, truth=ALL * 4, **more):
    rows = {
        "ours": (KNOWS, scores),
        "seen only": (Knows(tuple(SEEN)), scores[:, [0, 1, 3]]),
        **more,
    }
    tables = evaluate_zero_shot(rows, truth, SEEN, UNSEEN, PETS, seed=0)
    names = {
        part: tuple(f"{i}.jpg" for i, label in enumerate(truth) if label in table.truth)
        for part, table in tables.items()
    }
    return Run({"space": "pets"}, names, tables)


GOOD, BAD = run_of(np.tile(RIGHT, (4, 1))), run_of(np.tile(AHEAD, (4, 1)))


def of(found, part, metric, row="ours"):
    return next(d for d in found if (d.part, d.metric, d.row) == (part, metric, row))


def test_a_saved_run_is_read_again_with_every_number(tmp_path):
    save_run(GOOD, tmp_path / "run")
    again = load_run(tmp_path / "run")
    assert again.about == {"space": "pets"} and again.pictures == GOOD.pictures
    for part, table in GOOD.tables.items():
        assert again.tables[part].markdown() == table.markdown()
        assert again.tables[part].truth == table.truth
        assert again.tables[part].gaps.keys() == table.gaps.keys()


def test_a_difference_is_a_minus_b_with_its_interval_and_p():
    found = of(compare_runs(GOOD, BAD), "unseen_among_all", "hit@1")
    assert (found.a, found.b, found.difference.value) == (1, 0, 1)
    assert found.p == pytest.approx(2 / 2**8)  # eight pictures, all better


def test_a_run_does_not_differ_from_itself():
    for found in compare_runs(GOOD, GOOD):
        assert (found.difference.value, found.p) == (0, 1)


def test_rows_that_are_a_dash_are_left_out_and_chance_is_not_compared():
    found = compare_runs(GOOD, BAD)
    assert {d.row for d in found if d.part == "unseen"} == {"ours"}
    assert {d.row for d in found if d.part == "seen"} == {"ours", "seen only"}


def test_two_rows_of_one_run_may_be_compared():
    found = compare_runs(GOOD, GOOD, row="ours", against="chance", metrics=["hit@1"])
    assert [d.part for d in found] == list(GOOD.tables)
    assert of(found, "unseen", "hit@1").b == 0.5


def test_the_per_class_column_is_compared_over_classes():
    truth = ["pug", "pug", "pug", "husky"]
    good, bad = (run_of(RIGHT[rows], truth) for rows in ([0, 0, 0, 1], [0, 0, 0, 0]))
    found = compare_runs(good, bad, row="ours", metrics=["hit@1", "per-class hit@1"])
    assert of(found, "seen", "hit@1").difference.value == pytest.approx(1 / 4)
    assert of(found, "seen", "per-class hit@1").difference.value == pytest.approx(1 / 2)


@pytest.mark.parametrize(
    "other, message",
    [
        (
            run_of(RIGHT, ALL),
            "not of the same pictures: of those in 'seen', 12 and 3, 3 are common",
        ),
        (run_of(RIGHT[:1], ALL[:1]), "different parts"),
        (
            replace(GOOD, pictures={**GOOD.pictures, "unseen": ("x",) * 8}),
            "in 'unseen', 8 and 8, 0 are common",
        ),
    ],
)
def test_runs_over_different_pictures_are_refused(other, message):
    with pytest.raises(Usage, match=message):
        compare_runs(GOOD, other)


def test_runs_with_other_candidates_are_refused():
    wider = replace(GOOD.tables["unseen"], candidates=np.full(8, 3))
    other = replace(GOOD, tables={**GOOD.tables, "unseen": wider})
    with pytest.raises(Usage, match="answered with 2 and 3 labels"):
        compare_runs(GOOD, other)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"row": "theirs"}, "no row 'theirs'; it has 'ours'"),
        ({"against": "theirs"}, "no row 'theirs'"),
        ({"metrics": ["hit@3"]}, "no metric 'hit@3'"),
    ],
)
def test_a_row_or_metric_that_is_not_there_is_named(options, message):
    with pytest.raises(Usage, match=message):
        compare_runs(GOOD, BAD, **options)


def test_two_runs_without_a_row_in_common_have_nothing_to_compare():
    mute = {"mute": (Knows(()), np.tile(RIGHT, (4, 1)))}
    with pytest.raises(Usage, match="no answers to compare"):
        compare_runs(run_of(np.tile(RIGHT, (4, 1)), **mute), GOOD, row="mute", against="ours")


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(BadFolder, match="no saved run"):
        load_run(tmp_path)


def test_a_run_of_another_form_is_damaged(tmp_path):
    table = replace(GOOD.tables["seen"], truth=())
    save_run(Run({}, {"seen": ()}, {"seen": table}), tmp_path / "run")
    assert load_run(tmp_path / "run").tables["seen"].truth == ()
    from iconym.files import save_folder, to_json, to_safetensors

    files = {"run.json": to_json({"about": {}}), "values.safetensors": to_safetensors({})}
    save_folder(tmp_path / "run", "run", 1, files)
    with pytest.raises(DamagedFolder, match="not as iconym writes it"):
        load_run(tmp_path / "run")


def test_differences_are_numbers_that_json_knows():
    values = json.loads(json.dumps([d.to_json() for d in compare_runs(GOOD, BAD)]))
    first = values[0]
    assert first["part"] == "seen" and set(first["difference"]) == {"value", "low", "high"}
