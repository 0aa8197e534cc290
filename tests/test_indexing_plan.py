"""What is promised of a plan: made by trying a few pictures, changing nothing."""

import os
import time

import pytest

from colors import MeanColor, color_space, save, saved_color_space
from iconym.collection import create_collection
from iconym.errors import NothingToDo
from iconym.indexing import Plan, index_folder, plan_folder
from iconym.space import save_space


class Slow(MeanColor):
    """Takes five milliseconds a picture."""

    def __call__(self, images):
        end = time.perf_counter() + 0.005 * len(images)
        while time.perf_counter() < end:
            pass
        return super().__call__(images)


def slow_space():
    space = color_space()
    object.__setattr__(space, "encoder", Slow())
    return space


@pytest.fixture
def folder(tmp_path):
    for number in range(300):
        save(tmp_path / f"{number:03}.png", (number % 250 + 1, number // 250, 7))
    return tmp_path


def test_a_plan_counts_what_is_to_be_done_and_changes_nothing(folder):
    collection, space = create_collection(folder), color_space()
    plan = plan_folder(collection, space)
    assert plan.pictures == 300
    assert plan.bytes > 300 * 4 * 3  # the vectors alone
    assert (len(collection.catalog), collection.catalog.spaces()) == (0, [])


def test_a_plan_says_about_how_long_the_encoder_takes(folder):
    plan = plan_folder(create_collection(folder), slow_space())
    assert 1.5 <= plan.seconds < 15  # 300 times 5 ms, and what the machine does besides


def test_a_plan_of_a_renamed_folder_encodes_nothing(folder):
    collection, space = create_collection(folder), slow_space()
    index_folder(collection, space)
    (folder / "more").mkdir()
    for path in folder.glob("*.png"):
        path.rename(folder / "more" / path.name)
    space.encoder.given.clear()
    assert plan_folder(collection, space).pictures == 300
    assert space.encoder.given == []


def test_where_nothing_is_to_be_done_the_plan_is_empty(folder):
    collection, space = create_collection(folder), color_space()
    index_folder(collection, space)
    assert plan_folder(collection, space) == Plan(0, 0.0, 0)
    with pytest.raises(NothingToDo):
        plan_folder(create_collection(folder / ".iconym"), space)


def test_a_run_of_many_pictures_is_announced_before_it(folder):
    collection, plans = create_collection(folder), []

    def announce(plan):
        plans.append((plan.pictures, len(collection.catalog)))

    index_folder(collection, color_space(), announce=announce)
    assert plans == [(300, 0)]
    index_folder(collection, color_space(), announce=announce)
    assert len(plans) == 1


def test_a_plan_is_one_line():
    assert str(Plan(48_212, 1560.0, 94_000_000)) == "48,212 pictures, about 26 min, 94 MB"
    assert str(Plan(3, 0.2, 5_000)) == "3 pictures, about 0 s, 5 kB"
    assert str(Plan(10**8, 400_000.0, 10**11)) == "100,000,000 pictures, about 111 h, 100 GB"


# The command line


def test_index_plan_prints_the_plan_and_leaves_no_trace(run, folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("spaces") / "colors"
    save_space(saved_color_space(), path)
    ran = run("index", folder, "--space", path, "--plan")
    assert (ran.code, ran.out.startswith("300 pictures, about ")) == (0, True)
    assert ".iconym" not in os.listdir(folder)
    assert run("index", folder, "--space", path, "--plan", "--json").json["pictures"] == 300


def test_long_work_is_announced_on_standard_error(run, folder, tmp_path_factory, monkeypatch):
    path = tmp_path_factory.mktemp("spaces") / "colors"
    save_space(saved_color_space(), path)
    monkeypatch.setattr("iconym.cli.index.PATIENCE", 0.0)
    ran = run("index", folder, "--space", path)
    assert ran.out == "300 added\n"
    assert ran.err.splitlines()[1].startswith("to do: 300 pictures, about ")
