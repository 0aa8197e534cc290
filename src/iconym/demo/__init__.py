"""The main job once from end to end: words, pictures, a joint space, its measure, a collection.

Every step's result is kept in ``steps`` in the output folder; a run that was stopped goes on from
there.
"""

from pathlib import Path

from iconym.demo.learned import OURS, SOFTMAX, Demo, learn
from iconym.demo.recipe import Recipe, shapes_recipe
from iconym.demo.results import index_drawings, write_report
from iconym.demo.steps import Steps
from iconym.demo.worlds import World, emoji_world, shapes_world
from iconym.files import replace_file, to_json
from iconym.metrics.tables import Table
from iconym.nouns import Track, untracked

__all__ = [
    "OURS",
    "SOFTMAX",
    "Demo",
    "Recipe",
    "World",
    "emoji_world",
    "learn",
    "run_demo",
    "shapes_recipe",
    "shapes_world",
]


def run_demo(
    world: World, folder: Path, recipe: Recipe | None = None, track: Track = untracked
) -> tuple[Demo, dict[str, Table]]:
    """What was learned, and the tables by what was asked.

    Leaves report, contact sheet, timing, space and collection in ``folder``. The same recipe gives
    the same report, byte by byte, on one machine with one number of threads; with another number
    torch adds up in another order, and networks come out a little different.

    Args:
        world: what the pictures and words are about.
        folder: where results go; what an earlier run finished there is used again.
        recipe: the settings.
        track: shows progress.
    """
    recipe = recipe or Recipe()
    steps = Steps(folder / "steps")
    demo = learn(world, steps, recipe, track)
    with steps.timed("evaluation"):
        tables = demo.measure(track)
        write_report(demo, tables, world, folder)
    with steps.timed("collection"):
        index_drawings(demo, world.name, folder, track)
    replace_file(folder / "timing.json", to_json(steps.seconds()))
    return demo, tables
