"""What reproducing the papers rests on: bands, worlds, run files, charts and the page."""

import math
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iconym.errors import Usage
from iconym.metrics.intervals import Interval
from iconym.reproduce.chart import line_chart
from iconym.reproduce.experiments import EXPERIMENTS
from iconym.reproduce.page import page, tally, write_page
from iconym.reproduce.photographs import first_terms
from iconym.reproduce.result import Band, Chart, Result, Row, Series, written
from iconym.reproduce.runs import Run, read_run, run_of
from iconym.reproduce.worlds import GaussianTree, World, with_noise
from iconym.similarity import unit

RUNS = sorted((Path(__file__).parent.parent / "runs").glob("*.toml"))
UNIT_BAND = Band(0.0, 1.0, "why")
TINY = GaussianTree(branches=(2, 3), train=4, test=2, features=8, meaning=4)
LINE = Chart("a < b", "x", "y", (Series("one", (0.0, 1.0), (2.0, 4.0)),))
IN = Row("kept", Interval(0.5, 0.4, 0.6), "percent", "55.6", UNIT_BAND)
OUT = Row("lost", Interval(2.0, 1.5, 2.5), "times", band=UNIT_BAND)
SHOWN = Row("shown", Interval(3.0, 3.0, 3.0), "count")
FOUND = Result("devise", "tree", "a tree", 5, (IN, OUT, SHOWN), (LINE,), ("A note.",), 1.5)


@pytest.mark.parametrize(
    ("ours", "verdict"),
    [
        ((0.5, 0.4, 0.6), "in"),
        ((1.0, 0.0, 1.0), "in"),  # edges belong to it
        ((0.9, 0.7, 1.1), "in?"),
        ((1.1, 0.9, 1.3), "out?"),
        ((1.5, 1.2, 1.8), "out"),
        ((-0.5, -0.9, -0.1), "out"),
    ],
)
def test_a_verdict_is_of_the_value_and_doubtful_where_the_interval_crosses_an_edge(ours, verdict):
    assert UNIT_BAND.verdict(Interval(*ours)) == verdict


def test_a_band_open_upwards_holds_whatever_is_above():
    assert Band(1.0, math.inf, "why").verdict(Interval(9.0, 8.0, 10.0)) == "in"


def test_a_band_upside_down_is_refused():
    with pytest.raises(ValueError, match="from 2 to 1"):
        Band(2, 1, "why")


def test_a_row_is_the_mean_over_seeds_with_an_interval_within_their_range():
    row = Row.of("r", np.array([0.1, 0.2, 0.3, 0.4, 0.5]))
    assert row.ours.value == pytest.approx(0.3)
    assert 0.1 <= row.ours.low < 0.3 < row.ours.high <= 0.5


def test_only_rows_with_a_band_are_judged():
    assert FOUND.judged == (IN, OUT)
    assert FOUND.missed == (OUT,)
    assert SHOWN.verdict is None


def test_a_result_comes_back_from_json_as_it_was():
    open_ended = replace(IN, band=Band(-math.inf, 1.0, "why"))
    result = replace(FOUND, rows=(open_ended, SHOWN))
    assert Result.from_json(result.to_json()) == result


def test_numbers_are_written_in_their_unit():
    assert written(0.534, "percent") == "53.4"
    assert written(-0.024, "points") == "-2.4"
    assert written(0.3312, "fraction") == "0.331"
    assert written(1.187, "times") == "1.19"
    assert written(1548.0, "count") == "1,548"
    assert written(4.535, "count") == "4.54"


def test_a_tree_holds_back_one_class_of_each_group():
    draw = TINY.draw(0)
    assert (len(draw.seen), len(draw.unseen)) == (4, 2)
    assert {label.split(".")[0] for label in draw.unseen} == {"leaf 0", "leaf 1"}
    assert set(draw.train.labels) == set(draw.seen)
    assert set(draw.test.labels) == {*draw.seen, *draw.unseen}


def test_a_tree_holds_back_the_classes_that_are_named():
    draw = TINY.draw(0, ("leaf 0.1",))
    assert draw.unseen == ("leaf 0.1",)
    assert len(draw.seen) == 5 and "leaf 0.1" not in draw.train.labels


def test_a_seed_draws_the_same_world_again_and_another_seed_another_one():
    one, again, other = TINY.draw(0), TINY.draw(0), TINY.draw(1)
    assert np.array_equal(one.train.features, again.train.features)
    assert one.unseen == again.unseen
    assert not np.array_equal(one.train.features, other.train.features)


def test_words_of_one_group_are_nearer_to_each_other_than_to_those_of_another():
    draw = GaussianTree(branches=(2, 3), word_noise=0.0).draw(3)
    cosines = draw.vectors.vectors @ draw.vectors.vectors.T
    inside = [cosines[i, j] for g in (0, 3) for i in range(g, g + 3) for j in range(i + 1, g + 3)]
    assert min(inside) > cosines[:3, 3:].max()


def test_a_tree_is_a_world():
    assert isinstance(TINY, World)


@pytest.mark.parametrize(
    "wrong", [{"train": 0}, {"branches": (5, 0)}, {"word_noise": -1.0}, {"held_back": 5}]
)
def test_a_tree_that_cannot_be_is_refused(wrong):
    with pytest.raises(Usage):
        GaussianTree(**wrong)


def test_noise_turns_vectors_away_and_keeps_their_length():
    vectors = TINY.draw(0).vectors
    assert np.allclose(with_noise(vectors, 0.0, seed=1).vectors, unit(vectors.vectors))
    noisy = with_noise(vectors, 2.0, seed=1).vectors
    assert np.allclose((noisy**2).sum(axis=1), 1, atol=1e-5)
    assert (noisy * vectors.vectors).sum(axis=1).mean() < 0.8


def test_a_synset_whose_terms_are_all_taken_keeps_its_id_in_its_label():
    words = {"n1": "crane, bird", "n2": "crane", "n3": "crane, derrick"}
    assert first_terms(words) == {"n1": "crane", "n2": "crane n2", "n3": "derrick"}


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_every_run_file_says_what_is_expected_and_states_the_defaults(path):
    assert path.read_text().startswith("# Expected: ")
    run = read_run(path)
    assert run.experiment.name == path.stem
    assert run == run_of(path.stem)


def test_every_experiment_has_a_run_file():
    assert {path.stem for path in RUNS} == {experiment.name for experiment in EXPERIMENTS}


def run_file(tmp_path, text):
    path = tmp_path / "run.toml"
    path.write_text(text)
    return path


def test_a_run_file_changes_what_it_names_and_nothing_else(tmp_path):
    text = (
        'experiment = "conse"\nseeds = 3\n[settings]\nnoises = [0, 1.5]\n'
        "[settings.softmax]\nepochs = 2\n[tree]\nbranches = [3, 3]\n"
    )
    run = read_run(run_file(tmp_path, text))
    settings, default = run.experiment.settings, run_of("conse").experiment.settings
    assert (run.seeds, run.tree) == (3, GaussianTree(branches=(3, 3)))
    assert settings.noises == (0.0, 1.5)
    assert settings.softmax == replace(default.softmax, epochs=2)
    assert settings.devise == default.devise


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('experiment = "devise"\nsedes = 3', "unknown key 'sedes'; known are experiment, seeds"),
        ('experiment = "hops"\n[settings]\nk = 3', "unknown key 'k'; known are none"),
        ('experiment = "conse"\n[settings]\ntopp = 1', "'topp'; known are devise, softmax, top"),
        ('experiment = "devise"\n[settings.devise.descent]\nrate = 1', "known are epochs, batch"),
        ('experiment = "devise"\n[tree]\nleaves = 3', "'leaves'; known are branches, meaning"),
        ('experiment = "divise"', "no experiment 'divise'; there is devise, l2-ablation"),
        ('experiment = "devise"\nseeds = "many"', "seeds is 'many'; give int"),
        ('experiment = "devise"\nseeds = 1', "needs at least 2"),
        ('experiment = "devise"\nsettings = 3', "make it a table"),
        ("experiment = ", "cannot be read as a run file"),
    ],
)
def test_a_run_file_with_a_mistake_is_refused_with_what_is_known(tmp_path, text, message):
    with pytest.raises(Usage, match=re.escape(message)):
        read_run(run_file(tmp_path, text))


def test_a_chart_is_an_svg_with_a_line_for_each_series_and_its_text_escaped():
    root = ElementTree.fromstring(line_chart(LINE))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a < b", "x", "y", "one"} <= set(texts)
    circles = list(root.iter("{http://www.w3.org/2000/svg}circle"))
    assert [float(c.get("cx")) for c in circles] == [64.0, 470.0]  # 0 and 1, from edge to edge
    heights = [float(c.get("cy")) for c in circles]
    assert heights[0] == 328.0 and heights[1] == 40.0  # 2 and 4: the lower edge and the upper


def test_a_chart_of_one_value_has_an_axis_too():
    flat = replace(LINE, series=(Series("flat", (1.0, 2.0), (0.0, 0.0)),))
    assert ElementTree.fromstring(line_chart(flat)) is not None


@pytest.mark.parametrize(
    "series", [(), (Series("none", (), ()),), (Series("odd", (1.0,), (1.0, 2.0)),)]
)
def test_a_chart_without_points_is_refused(series):
    with pytest.raises(ValueError):
        line_chart(replace(LINE, series=series))


def test_the_page_shows_ours_beside_the_papers_and_never_hides_a_miss(tmp_path):
    explained = replace(EXPERIMENTS[0], explained={("tree", "lost"): "it was hot."})
    text = page([FOUND], [explained], "reproduction", "A machine.", ["cifar100: no data"])
    assert "| kept | 50.0 [40.0, 60.0] | 55.6 | 0.0 to 100.0 | **in** | why |" in text
    assert "| lost | 2.00 [1.50, 2.50] |  | 0.00 to 1.00 | **out** | why |" in text
    assert "| shown | 3 |" in text
    assert "1 of 2 judged figures are in their band, 1 are not" in text
    assert "- devise, tree: lost is 2.00 [1.50, 2.50], expected 0.00 to 1.00" in text
    assert "*lost* misses its band: it was hot." in text
    assert "- cifar100: no data" in text and "A note." in text and "A machine." in text


def test_a_reason_is_given_only_for_what_misses():
    explained = replace(EXPERIMENTS[0], explained={("tree", "kept"): "it was hot."})
    assert "it was hot" not in page([FOUND], [explained], "r", "", [])


def test_the_charts_of_a_page_lie_beside_it_and_are_linked_to(tmp_path):
    write_page(tmp_path / "docs" / "found.md", [FOUND], [EXPERIMENTS[0]], machine="A machine.")
    (link,) = re.findall(r"\]\((.+\.svg)\)", (tmp_path / "docs" / "found.md").read_text())
    assert (tmp_path / "docs" / link).read_text() == line_chart(LINE)


def test_the_tally_counts_judged_figures_alone():
    assert tally([FOUND, FOUND]).startswith("2 of 4 judged figures are in their band, 2 are not")


def test_every_reason_why_a_band_is_missed_is_of_a_world_of_its_experiment():
    for experiment in EXPERIMENTS:
        assert {world for world, _ in experiment.explained} <= set(experiment.worlds)


def test_a_run_has_the_defaults_of_its_experiment():
    assert run_of("hops") == Run(next(e for e in EXPERIMENTS if e.name == "hops"))
