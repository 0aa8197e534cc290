"""The main job once from end to end: words, pictures, a joint space, its measure, a collection.

Every step's result is kept in ``out/steps``; a run that was stopped goes on from there.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from iconym.collection import create_collection
from iconym.data.drawings import Drawings, load_drawings, save_drawings, unseen_names
from iconym.demo import learning
from iconym.demo.networks import Layered, load_layered, save_layered
from iconym.demo.recipe import Recipe, shapes_recipe
from iconym.demo.report import report_json, report_markdown
from iconym.demo.sheet import Entry, contact_sheet
from iconym.demo.steps import Steps
from iconym.demo.worlds import World, emoji_world, shapes_world
from iconym.evaluation import Contestant, evaluate_zero_shot
from iconym.files import replace_file, to_json
from iconym.hierarchy import Hierarchy
from iconym.indexing import index_pictures
from iconym.labellers.conse import ConseLabeller
from iconym.labellers.softmax import SoftmaxLabeller
from iconym.labellers.space import SpaceLabeller
from iconym.metrics.tables import Table
from iconym.nouns import Image, Picture, Track, WordVectors, untracked
from iconym.space import JointSpace, save_space
from iconym.words.formats import load_words, save_words
from iconym.words.labels import CompiledLabels, compile_labels
from iconym.words.parts import as_parts

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

SOFTMAX, OURS = "softmax", "ours (joint + kernel)"
ON_SHEET = 12  # pictures


@dataclass(frozen=True)
class Demo:
    """All that the demo learned, and what it measured."""

    drawings: Drawings
    unseen: np.ndarray
    words: WordVectors
    compiled: CompiledLabels
    classifier: Layered
    devise: Layered
    tuned: Layered
    ours: Layered
    random: Layered
    recipe: Recipe

    @property
    def labels(self) -> WordVectors:
        """The vector of every name that has one."""
        return self.compiled.vectors

    @property
    def unseen_names(self) -> list[str]:
        """The names never shown in training."""
        return [n for n, new in zip(self.drawings.names, self.unseen, strict=True) if new]

    @property
    def seen_names(self) -> list[str]:
        """The others."""
        return [n for n, new in zip(self.drawings.names, self.unseen, strict=True) if not new]

    @cached_property
    def contestants(self) -> dict[str, Contestant]:
        """Every row of the tables: a labeller, and its features of the held-out drawings."""
        test = list(self.drawings.pictures[self.drawings.held_out_style])
        side, names = self.recipe.side, self.drawings.names
        plain, tuned, ours = (
            layered.encoder(side, "cnn")(test)
            for layered in (self.classifier, self.tuned, self.ours)
        )
        softmax = SoftmaxLabeller(
            self.classifier.weight, self.classifier.bias, self.classifier.classes
        )
        nonsense = learning.random_labels(names, self.words.dim, self.recipe)
        return {
            SOFTMAX: (softmax, plain),
            "DeViSE": (SpaceLabeller(self.devise.projection, self.labels), plain),
            "DeViSE fine-tuned": (SpaceLabeller(self.tuned.projection, self.labels), tuned),
            OURS: (SpaceLabeller(self.ours.projection, self.labels), ours),
            "random embeddings": (SpaceLabeller(self.random.projection, nonsense), plain),
            "ConSE(10)": (ConseLabeller(softmax, self.labels, 10), plain),
        }

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The three tables on the held-out style."""
        return evaluate_zero_shot(
            self.contestants,
            self.drawings.names,
            self.seen_names,
            self.unseen_names,
            Hierarchy.from_tree(self.drawings.triples),
            seed=self.recipe.seed,
        )

    def space(self, name: str) -> JointSpace:
        """The best joint space, ready to serve."""
        encoder = self.ours.encoder(self.recipe.side, f"{name}-cnn")
        return JointSpace(name, encoder, self.ours.projection, self.words, self.labels)


def run_demo(
    world: World, folder: Path, recipe: Recipe | None = None, track: Track = untracked
) -> Demo:
    """Learn, measure and index; leave report, contact sheet, space and collection in ``folder``.

    Args:
        world: what the pictures and words are about.
        folder: where results go; what an earlier run finished there is used again.
        recipe: the settings.
        track: shows progress.
    """
    recipe = recipe or Recipe()
    steps = Steps(folder / "steps")
    demo = learn(world, steps, recipe, track)
    steps.timed("evaluation", lambda: write_report(demo, world, folder))
    steps.timed("collection", lambda: index_drawings(demo, world.name, folder, track))
    replace_file(folder / "timing.json", to_json(steps.seconds()))
    return demo


def learn(world: World, steps: Steps, recipe: Recipe, track: Track = untracked) -> Demo:
    """Every step up to the joint spaces; each is done once and then read."""
    pictures = steps.do(
        "drawings", [world.name, world.version], lambda p: save_drawings(world.draw(track), p)
    )
    drawings = load_drawings(pictures)
    texts = [world.name, world.version, recipe.words, recipe.min_count]
    spoken = steps.do(
        "words",
        texts,
        lambda p: save_words(learning.learn_words(list(world.read()), recipe, track), p),
    )
    unseen = unseen_names(drawings, recipe.fold, recipe.seed)
    seen = [n for n, new in zip(drawings.names, unseen, strict=True) if not new]
    words = as_parts(load_words(spoken), seen)
    compiled = compile_labels(drawings.names, words)
    taught = learning.lesson(drawings, ~unseen, recipe.side)
    goal = _only(compiled.vectors, seen)
    nonsense = _only(learning.random_labels(drawings.names, words.dim, recipe), seen)

    def step(name: str, make: Any, *depends: Any) -> tuple[Path, Layered]:
        place = steps.do(name, depends, lambda p: save_layered(make(), recipe.shape, p))
        return place, load_layered(place)

    first, classifier = step(
        "classifier",
        lambda: learning.learn_classifier(taught, recipe, track),
        [pictures, recipe.seed, recipe.fold, recipe.side, recipe.shape],
        [recipe.augmentation, recipe.classifier],
    )
    second, devise = step(
        "devise",
        lambda: learning.learn_devise(classifier, taught, goal, recipe, track),
        [first, spoken, recipe.projection],
    )
    _, random = step(
        "random",
        lambda: learning.learn_devise(classifier, taught, nonsense, recipe, track),
        [first, recipe.projection, words.dim],
    )
    _, tuned = step(
        "devise-tuned",
        lambda: learning.tune_devise(devise, taught, goal, recipe, track),
        [second, recipe.tuning],
    )
    third, joint = step(
        "joint",
        lambda: learning.learn_jointly(taught, goal, recipe, track),
        [first, spoken, recipe.temperature],
    )
    _, ours = step(
        "ours",
        lambda: learning.learn_ours(joint, taught, goal, recipe),
        [third, recipe.gamma, recipe.alpha],
    )
    return Demo(drawings, unseen, words, compiled, classifier, devise, tuned, ours, random, recipe)


def write_report(demo: Demo, world: World, folder: Path) -> None:
    """Write ``report.json``, ``report.md`` and ``contact_sheet.png``."""
    style = demo.drawings.held_out_style
    notes = [
        f"{len(demo.seen_names)} seen and {len(demo.unseen_names)} unseen names, trained on the "
        f"drawings of {' and '.join(demo.drawings.training_styles)}, tested on those of {style}.",
        f"Words of the names: {demo.compiled.report}",
    ]
    about = {"world": world.name, "held_out_style": style, "recipe": asdict(demo.recipe)}
    figures = report_json(demo.tables, OURS, SOFTMAX, about)
    replace_file(folder / "report.json", to_json(figures))
    text = report_markdown(demo.tables, figures, notes)
    replace_file(folder / "report.md", text.encode())
    footer = f"Drawings: {'; '.join(world.credits)}. Drawn by lot from the names never seen."
    title = f"Names that {style}'s drawings get; none of them was shown in training"
    replace_file(folder / "contact_sheet.png", contact_sheet(sheet_entries(demo), title, footer))


def sheet_entries(demo: Demo, k: int = 5) -> list[Entry]:
    """Some unseen pictures, drawn by lot, with the k best names by softmax and by ours."""
    rng = np.random.default_rng(demo.recipe.seed)
    rows = np.flatnonzero(demo.unseen)
    chosen = np.sort(rng.permutation(rows)[:ON_SHEET])
    columns = {
        "softmax": (SOFTMAX, demo.seen_names),
        "ours, unseen names": (OURS, demo.unseen_names),
    }
    answers: dict[str, list[list[str]]] = {
        title: _best(demo.contestants[row], chosen, names, k)
        for title, (row, names) in columns.items()
    }
    images = demo.drawings.pictures[demo.drawings.held_out_style]
    return [
        Entry(images[row], demo.drawings.names[row], {t: a[n] for t, a in answers.items()})
        for n, row in enumerate(chosen)
    ]


def index_drawings(demo: Demo, name: str, folder: Path, track: Track) -> None:
    """Save the best space, and put every drawing of every style into a collection, as a file."""
    space, place = demo.space(name), folder / "collection"
    save_space(space, folder / "space")
    pictures, images = [], []
    for style, drawn in demo.drawings.pictures.items():
        (place / style).mkdir(parents=True, exist_ok=True)
        for title, file, image in zip(demo.drawings.names, demo.drawings.files, drawn, strict=True):
            content = hashlib.sha256(_written(place / style / file, image)).hexdigest()
            pictures.append(Picture(f"{style}/{file}", words=(title,), content=content))
            images.append(image)
    index_pictures(create_collection(place), space, pictures, images, track=track)


def _written(path: Path, image: Image) -> bytes:
    data = io.BytesIO()
    PillowImage.fromarray(image).save(data, "PNG")
    if not path.exists() or path.read_bytes() != data.getvalue():
        path.write_bytes(data.getvalue())
    return data.getvalue()


def _best(
    contestant: Contestant, rows: np.ndarray, names: Sequence[str], k: int
) -> list[list[str]]:
    labeller, features = contestant
    scores = labeller.score(features[rows], names)
    return [[names[j] for j in np.argsort(-row, kind="stable")[:k]] for row in scores]


def _only(words: WordVectors, names: Sequence[str]) -> WordVectors:
    kept = [name for name in names if name in words]
    return WordVectors(tuple(kept), np.stack([words[name] for name in kept]))
