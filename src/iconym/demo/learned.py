"""All that the demo learns, step by step, and what it measures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from iconym.data.drawings import Drawings, load_drawings, save_drawings, unseen_names
from iconym.demo import learning
from iconym.demo.networks import Layered, load_layered, save_layered
from iconym.demo.recipe import Recipe
from iconym.demo.steps import Steps
from iconym.demo.worlds import World
from iconym.evaluation import Contestant, evaluate, zero_shot_parts
from iconym.hierarchy import Hierarchy
from iconym.labellers.conse import ConseLabeller
from iconym.labellers.softmax import SoftmaxLabeller
from iconym.labellers.space import SpaceLabeller
from iconym.metrics.tables import Table
from iconym.nouns import Track, WordVectors, untracked
from iconym.space import JointSpace
from iconym.words.formats import load_words, save_words
from iconym.words.labels import CompiledLabels, compile_labels
from iconym.words.parts import as_parts, with_phrases

SOFTMAX, OURS, RANDOM = "softmax", "ours (joint + kernel)", "random embeddings"


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
    random: tuple[Layered, ...]  # several draws of one baseline
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
        side = self.recipe.side
        plain, tuned, ours = (
            layered.encoder(side, "cnn")(test)
            for layered in (self.classifier, self.tuned, self.ours)
        )
        softmax = SoftmaxLabeller(
            self.classifier.weight, self.classifier.bias, self.classifier.classes
        )
        draws = {
            f"{RANDOM} {draw}": (
                SpaceLabeller(layered.projection, learning.random_labels(self.labels, draw)),
                plain,
            )
            for draw, layered in enumerate(self.random)
        }
        return {
            SOFTMAX: (softmax, plain),
            "DeViSE": (SpaceLabeller(self.devise.projection, self.labels), plain),
            "DeViSE fine-tuned": (SpaceLabeller(self.tuned.projection, self.labels), tuned),
            OURS: (SpaceLabeller(self.ours.projection, self.labels), ours),
            **draws,
            "ConSE(10)": (ConseLabeller(softmax, self.labels, 10), plain),
        }

    def measure(self, track: Track = untracked) -> dict[str, Table]:
        """The three tables on the held-out style."""
        parts = zero_shot_parts(
            self.contestants, self.drawings.names, self.seen_names, self.unseen_names
        )
        tree, seed = Hierarchy.from_tree(self.drawings.triples), self.recipe.seed
        tables = {
            name: evaluate(part.rows, part.truth, part.candidates, tree, seed=seed)
            for name, part in track(parts.items(), "measuring", len(parts))
        }
        draws = [f"{RANDOM} {draw}" for draw in range(len(self.random))]
        return {name: table.averaged(draws, RANDOM) for name, table in tables.items()}

    def space(self, name: str) -> JointSpace:
        """The best joint space, ready to serve."""
        encoder = self.ours.encoder(self.recipe.side, f"{name}-cnn")
        text = with_phrases(self.words, self.seen_names)
        text = WordVectors(text.words, text.vectors.astype(np.float16))  # half the file
        return JointSpace(name, encoder, self.ours.projection, text, self.labels)


def learn(world: World, steps: Steps, recipe: Recipe, track: Track = untracked) -> Demo:
    """Every step up to the joint spaces; each is done once and then read."""
    pictures = steps.do(
        "drawings", [world.name, world.version], lambda p: save_drawings(world.draw(track), p)
    )
    drawings = load_drawings(pictures)
    spoken = _words_of(world, steps, recipe, track)
    unseen = unseen_names(drawings, recipe.fold, recipe.seed)
    seen = [n for n, new in zip(drawings.names, unseen, strict=True) if not new]
    words = load_words(spoken)
    compiled = compile_labels(drawings.names, as_parts(words, seen))
    taught = learning.lesson(drawings, ~unseen, recipe.side)
    goal = _only(compiled.vectors, seen)

    def random_baseline(draw: int) -> Layered:
        nonsense = _only(learning.random_labels(compiled.vectors, draw), seen)
        return learning.learn_devise(classifier, taught, nonsense, recipe, track)

    def step(name: str, make: Callable[[], Layered], *depends: Any) -> tuple[Path, Layered]:
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
    random = tuple(
        step(
            f"random-{draw}",
            partial(random_baseline, draw),
            [first, spoken, recipe.projection],  # the words say which names have a vector
        )[1]
        for draw in range(recipe.random_draws)
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


def _words_of(world: World, steps: Steps, recipe: Recipe, track: Track) -> Path:
    def make(place: Path) -> None:
        save_words(learning.learn_words(world.read(track), recipe, track), place)

    depends = [world.name, world.version, recipe.words, recipe.min_count]
    return steps.do("words", depends, make)


def _only(words: WordVectors, names: Sequence[str]) -> WordVectors:
    kept = [name for name in names if name in words]
    return WordVectors(tuple(kept), np.stack([words[name] for name in kept]))
