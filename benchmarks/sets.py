"""Questions about sets of real photos: galleries, briefs, owners, near-duplicates.

    python benchmarks/sets.py --data DATA [--cache FOLDER] [--quick] [--json]

DATA holds cifar100/{train,test}.parquet and classes.tsv, images.parquet in flickr8k_1000 and in
imagenet1k_sample, weights/mobilenetv1_025_128_tf.onnx and vectors/w2v_local_100d.npz. A space
learns from training pictures of 80 classes by ridge regression to their names; the collection is
the 5,000 test pictures of these and of 20 classes never seen. One question of each kind for every
class:

gallery     five of its pictures are given, the other 45 are to come first among 4,995
brief       its name and three pictures; 20 more of its pictures among 180 others submitted
owners      the same brief; 200 owners, 20 pictures each of three classes in random shares; to come
            first: those of whose pictures at least a quarter is of the class
duplicates  1,000 photos, 200 of them in two more files each, changed as copies are; the threshold
            is chosen from the vectors, in the space and in one of bare features. The rule that
            chooses it was itself chosen with CIFAR-100 and Flickr8k in sight, not ImageNet's

Figures are means of average precision over classes, percent, with 95 % bootstrap intervals, and
paired differences. That owners are scored by their best five by default is what seen classes say;
4 of the 20 unseen ones had been looked at too. The first run encodes 22,000 pictures in a minute.
"""

import argparse
import io
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from cifar100 import chosen, pictures, read_classes
from iconym.catalog.sqlite import SqliteCatalog
from iconym.data.parquet import read_parquet
from iconym.encoders.onnx import OnnxEncoder, load_onnx
from iconym.encoders.preprocessing import Preprocessing
from iconym.features import Encoded
from iconym.features.cache import cached_features
from iconym.index.exact import exact_index
from iconym.metrics.intervals import bootstrap, paired_difference
from iconym.nouns import Picture, WordVectors
from iconym.search import Search, Term
from iconym.search.duplicates import DuplicateGroup, duplicate_threshold, near_duplicates
from iconym.search.owners import SetScore, best_score, mean_score, owners_for, top_mean
from iconym.search.sets import complete_gallery, order_submissions, related
from iconym.similarity import unit
from iconym.space import JointSpace, Projection
from iconym.training.methods import Ridge
from iconym.training.spaces import SpaceConfig, fit_space
from iconym.training.tasks import zero_shot_task
from iconym.words.formats import load_words

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
DEPTH = 100  # answers that average precision looks at
SEED = 0
# the column that names a photo, and whether the rule of thresholds was chosen with these in sight
PHOTOS = {
    "flickr8k_1000": ("name", "looked at before"),
    "imagenet1k_sample": ("wnid", "not looked at"),
}
DIVERSITIES = (0.0, 0.1, 0.3, 0.5)

# by name: whether each answer is right, best first; and how many could be
Ways = dict[str, tuple[Callable[[], Sequence[bool]], int]]


@dataclass(frozen=True)
class World:
    """A search of the test pictures, the labels of ids 1, 2, ..., and who was seen in training."""

    search: Search
    labels: np.ndarray
    unseen: frozenset[str]

    def ids(self, label: str, random: np.random.Generator) -> list[int]:
        """The pictures of a class in a random order."""
        return random.permutation(1 + np.flatnonzero(self.labels == label)).tolist()

    def right(self, hits: Sequence, label: str) -> list[bool]:
        """Which hits are of a class."""
        return [self.labels[hit.picture.id - 1] == label for hit in hits]


def main() -> None:
    asked = arguments()
    classes = read_classes(asked.data / "cifar100" / "classes.tsv")
    unseen = [label for label, row in classes.items() if row["zsl"] == "unseen"]
    encoder = load_onnx(
        asked.data / "weights" / "mobilenetv1_025_128_tf.onnx",
        Preprocessing(128, "whole", "bicubic"),
    )
    parts = {name: pictures(asked.data, name) for name in ("train", "test")}
    train, test = (cached_features(data, encoder, asked.cache) for data in parts.values())
    words = load_words(asked.data / "vectors" / "w2v_local_100d.npz")
    task = zero_shot_task(parts["train"], words, unseen)
    seen = chosen(train, ~np.isin(train.labels, unseen))
    space = fit_space(task, encoder, seen, SpaceConfig(Ridge())).space
    labels = sorted(classes)[:: 5 if asked.quick else 1]
    with tempfile.TemporaryDirectory() as folder:
        world = world_of(space, test, frozenset(unseen), Path(folder) / "catalog.db")
        found = {
            "gallery": asked_of(world, labels, galleries),
            "brief": asked_of(world, labels, briefs),
            "owners": asked_of(world, labels, owners(world)),
        }
        for name, rows in found.items():
            show(name, rows)
        similar = {str(d): alike(world, labels, d) for d in DIVERSITIES}
    show_alike(similar)
    count, copies = 40 if asked.quick else 200, {}
    for place, (label, looked_at) in PHOTOS.items():
        photos = read_parquet(asked.data / place / "images.parquet", label=label)
        encoded = cached_features(photos, encoder, asked.cache)
        for each in (space, bare(encoder)):
            row = duplicates(each, encoded, photos.images, count)
            copies[f"{place}, {looked_at}, {each.name}"] = row
    for name, row in copies.items():
        show_duplicates(name, row)
    if asked.json:
        about = {"benchmark": "sets", "cores": os.cpu_count(), "classes": len(labels)}
        print(
            json.dumps({**about, **found, "alike": similar, "duplicates": copies}, allow_nan=False)
        )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    place = Path(os.environ.get("ICONYM_DATA", BESIDE))
    parser.add_argument("--data", type=Path, default=place, help="default: $ICONYM_DATA")
    cache = Path(tempfile.gettempdir()) / "iconym-benchmarks"
    parser.add_argument("--cache", type=Path, default=cache, help="where features are kept")
    parser.add_argument("--quick", action="store_true", help="every fifth class, 40 photos copied")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    return parser.parse_args()


def world_of(space: JointSpace, test: Encoded, unseen: frozenset[str], path: Path) -> World:
    catalog, index = SqliteCatalog(path), exact_index(space.dim)
    vectors = unit(space.projection(test.features)).astype(np.float32)
    uris = [Picture(f"{number}.png") for number in range(len(vectors))]
    index.add(np.array(catalog.put(uris, space.fingerprint, vectors)), vectors)
    index.fold()
    search = Search(space, index, catalog, sequence=catalog.last_sequence())
    return World(search, np.array(test.labels), unseen)


def asked_of(
    world: World, labels: Sequence[str], ways: Callable[[World, str, np.random.Generator], Ways]
) -> dict[str, dict]:
    """Of each way: average precision by class, as means with intervals and differences."""
    values: dict[str, list[float]] = {}
    for number, label in enumerate(labels):
        random = np.random.default_rng([SEED, number])
        for name, (answer, count) in ways(world, label, random).items():
            values.setdefault(name, []).append(average_precision(answer(), count))
    first = np.array(next(iter(values.values())))
    unseen = np.isin(labels, list(world.unseen))
    return {
        name: {
            "all": bootstrap(np.array(each), seed=SEED).to_json(),
            "unseen": bootstrap(np.array(each)[unseen], seed=SEED).to_json(),
            "seen": bootstrap(np.array(each)[~unseen], seed=SEED).to_json(),
            "difference": paired_difference(np.array(each), first, seed=SEED).to_json(),
        }
        for name, each in values.items()
    }


def average_precision(right: Sequence[bool], count: int) -> float:
    """The mean of the precisions at the places of right answers; ``count`` could be right."""
    hits = np.flatnonzero(right)
    return float((np.arange(1, len(hits) + 1) / (hits + 1)).sum() / min(count, DEPTH))


def galleries(world: World, label: str, random: np.random.Generator) -> Ways:
    members = world.ids(label, random)
    given, others = members[:5], len(members) - 5

    def completed(diversity: float) -> Callable[[], list[bool]]:
        return lambda: world.right(
            complete_gallery(world.search, given, DEPTH, diversity=diversity), label
        )

    one = related(world.search, given[0], DEPTH + 4)
    shuffled = random.permutation(np.setdiff1d(np.arange(len(world.labels)), np.array(given) - 1))
    return {
        "mean of five": (completed(DIVERSITIES[0]), others),
        **{f"diversity {d}": (completed(d), others) for d in DIVERSITIES[1:]},
        "one of the five": (
            lambda: world.right([h for h in one if h.picture.id not in given][:DEPTH], label),
            others,
        ),
        "random": (lambda: (world.labels[shuffled[:DEPTH]] == label).tolist(), others),
    }


def briefs(world: World, label: str, random: np.random.Generator) -> Ways:
    members = world.ids(label, random)
    examples, right = members[:3], members[3:23]
    strangers = random.permutation(1 + np.flatnonzero(world.labels != label))[:180].tolist()
    submissions = [*right, *strangers]
    name, shown = [Term(label)], [Term(i) for i in examples]

    def ordered(brief: list[Term]) -> Callable[[], list[bool]]:
        return lambda: world.right(
            order_submissions(world.search, brief, submissions, k=DEPTH), label
        )

    by_chance = random.permutation(np.arange(len(submissions)) < len(right))
    return {
        "name + examples": (ordered([*name, *shown]), len(right)),
        "3 name + examples": (ordered([Term(label, 3.0), *shown]), len(right)),
        "examples, plain mean": (ordered(shown), len(right)),
        "name alone": (ordered(name), len(right)),
        "random": (lambda: by_chance[:DEPTH].tolist(), len(right)),
    }


def owners(world: World) -> Callable[[World, str, np.random.Generator], Ways]:
    """Give 4,000 of the pictures to 200 owners; three of each class that are left make the brief.

    An owner has 20 pictures of three classes, in shares drawn evenly of all that add up to 1.
    """
    random = np.random.default_rng(SEED)
    left = {label: world.ids(label, random) for label in sorted(set(world.labels))}
    examples = {label: [ids.pop() for _ in range(3)] for label, ids in left.items()}
    owner_of: dict[int, str] = {}
    for number in range(200):
        many = np.array([len(ids) for ids in left.values()])
        three = random.choice(list(left), 3, replace=False, p=many / many.sum())
        shares = random.multinomial(20, random.dirichlet(np.ones(3)))
        for label, count in zip(three, shares, strict=True):
            taken, left[label] = left[label][:count], left[label][count:]
            owner_of |= dict.fromkeys(taken, f"owner {number:03}")
    world.search.catalog.update(
        [Picture(f"{i - 1}.png", owner=owner, id=i) for i, owner in owner_of.items()]
    )
    return lambda world, label, random: of_owners(world, label, random, owner_of, examples[label])


def of_owners(
    world: World,
    label: str,
    random: np.random.Generator,
    owner_of: dict[int, str],
    examples: list[int],
) -> Ways:
    mine: dict[str, list[bool]] = {}
    for i, owner in owner_of.items():
        mine.setdefault(owner, []).append(world.labels[i - 1] == label)
    fitting = {owner for owner, each in mine.items() if np.mean(each) >= 0.25}
    brief = [Term(label), *map(Term, examples)]

    def found(set_score: SetScore) -> Callable[[], list[bool]]:
        return lambda: [
            fit.owner in fitting
            for fit in owners_for(world.search, brief, DEPTH, set_score=set_score)
        ]

    shuffled = random.permutation(sorted(mine))[:DEPTH]
    ways = {
        "mean": found(mean_score),
        "best 10": found(top_mean(10)),
        "best 5": found(top_mean(5)),
        "best 3": found(top_mean(3)),
        "best one": found(best_score),
        "random": lambda: [owner in fitting for owner in shuffled],
    }
    return {name: (way, len(fitting)) for name, way in ways.items() if fitting}


def alike(world: World, labels: Sequence[str], diversity: float) -> dict[str, float]:
    """The mean cosine among the ten best answers to a gallery."""
    space, means = world.search.space.fingerprint, []
    for number, label in enumerate(labels):
        given = world.ids(label, np.random.default_rng([SEED, number]))[:5]
        hits = complete_gallery(world.search, given, 10, diversity=diversity)
        ids = np.array([hit.picture.id for hit in hits])
        rows = world.search.catalog.vectors(space, ids)[1]
        means.append((rows @ rows.T)[np.triu_indices(len(rows), 1)].mean())
    return bootstrap(np.array(means, float), seed=SEED).to_json()


def bare(encoder: OnnxEncoder) -> JointSpace:
    """A space whose vectors are an encoder's features; its words mean nothing."""
    projection = Projection(np.eye(encoder.dim, dtype="f4"), np.zeros(encoder.dim, "f4"))
    words = WordVectors(("nothing",), np.ones((1, encoder.dim), np.float32))
    return JointSpace("bare features", encoder, projection, words, words)


def duplicates(space: JointSpace, photos: Encoded, images: Sequence, count: int) -> dict:
    """How many changed copies are in a group with their photo, and which groups are of others."""
    changed = np.random.default_rng(SEED).permutation(len(photos.labels))[:count]
    with tempfile.TemporaryDirectory() as folder:
        world = world_of(space, photos, frozenset(), Path(folder) / "catalog.db")
        photo_of: dict[int, tuple[int, str]] = {}  # of each copy: its photo, and the change
        for number, i in enumerate(changed):
            ways = [list(CHANGES)[(number + n) % len(CHANGES)] for n in (0, 1)]
            originals = Image.fromarray(np.asarray(images[i]))
            copies = space.embed_images([np.asarray(CHANGES[how](originals)) for how in ways])
            added = [Picture(f"{how}/{i}.png") for how in ways]
            ids = world.search.catalog.put(added, space.fingerprint, copies.astype(np.float32))
            photo_of |= {copy: (int(i) + 1, how) for copy, how in zip(ids, ways, strict=True)}
        search = world.search.refresh()
        start = time.perf_counter()
        threshold = duplicate_threshold(search)
        chose = time.perf_counter()
        groups = [set(ids_of(group)) for group in near_duplicates(search, threshold)]
        done = time.perf_counter()
    found: dict[str, list[float]] = {how: [] for how in CHANGES}
    for copy, (photo, how) in photo_of.items():
        found[how].append(float(any({copy, photo} <= group for group in groups)))
    mixed = [group for group in groups if len({photo_of.get(i, (i,))[0] for i in group}) > 1]
    return {
        "pictures": len(photos.labels) + len(photo_of),
        "threshold": round(threshold, 4),
        "found": {how: bootstrap(np.array(e), seed=SEED).to_json() for how, e in found.items()},
        "groups": len(groups),
        "groups of different photos": len(mixed),
        "seconds": {"threshold": round(chose - start, 2), "groups": round(done - chose, 2)},
    }


def ids_of(group: DuplicateGroup) -> list[int]:
    return [group.largest.id, *(hit.picture.id for hit in group.others)]


def saved_anew(image: Image.Image) -> Image.Image:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=60)
    return Image.open(data).convert("RGB")


def cut(image: Image.Image) -> Image.Image:
    """Without a fortieth of its width and height at each side."""
    w, h = image.width // 40, image.height // 40
    return image.crop((w, h, image.width - w, image.height - h))


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "saved anew, quality 60": saved_anew,
    "brighter by a tenth": lambda image: ImageEnhance.Brightness(image).enhance(1.1),
    "half as large": lambda image: ImageOps.scale(image, 0.5),
    "a twentieth cut off": cut,
    "mirrored": ImageOps.mirror,
}


def show(name: str, rows: dict[str, dict]) -> None:
    print(f"\n{name}: average precision of {DEPTH} answers, percent")
    print(f"{'':22} {'all classes':>20} {'seen':>20} {'unseen':>20} {'less the first':>20}")
    for way, row in rows.items():
        cells = (percent(row[part]) for part in ("all", "seen", "unseen", "difference"))
        print(f"{way:22} " + " ".join(f"{cell:>20}" for cell in cells))


def show_alike(found: dict[str, dict]) -> None:
    print("\ngallery: mean cosine among the ten best, percent")
    for diversity, interval in found.items():
        print(f"diversity {diversity:12} {percent(interval):>20}")


def show_duplicates(name: str, found: dict) -> None:
    print(f"\nduplicates, {name}: {found['pictures']:,} pictures, threshold {found['threshold']}")
    for how, interval in found["found"].items():
        print(f"{how:22} {percent(interval):>20} found")
    print(f"{found['groups']} groups, {found['groups of different photos']} of different photos")
    print(", ".join(f"{what} {s:.2f} s" for what, s in found["seconds"].items()))


def percent(interval: dict[str, float]) -> str:
    value, low, high = (100 * interval[name] for name in ("value", "low", "high"))
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"


if __name__ == "__main__":
    main()
