"""What a space is compared with: trained beside it, on the same features, and saved with it."""

from dataclasses import dataclass
from pathlib import Path

from iconym.errors import BadFolder
from iconym.files import load_folder, save_folder, to_json, to_safetensors
from iconym.labellers.chance import random_vectors
from iconym.labellers.softmax import SoftmaxLabeller
from iconym.labellers.space import SpaceLabeller
from iconym.nouns import WordVectors
from iconym.space import Projection

KIND, FORMAT, FOLDER = "baselines", 1, "baselines"


@dataclass(frozen=True)
class Baselines:
    """The labellers that see the same features, and which labels were trained on.

    Args:
        softmax: over the seen labels.
        random: the projection trained towards random vectors instead of word vectors.
        seed: of those random vectors.
        seen: the labels trained on.
        unseen: the labels held back.
        gamma: of the space's calibrated stacking, chosen on seen labels; None where it was not.
        words: the labels' own vectors, for ConSE; None where the space's vocabulary has them.
    """

    softmax: SoftmaxLabeller
    random: Projection
    seed: int
    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    gamma: float | None = None
    words: WordVectors | None = None

    def random_labeller(self) -> SpaceLabeller:
        """DeViSE's random-embedding baseline."""
        dim = self.random.weight.shape[1]
        vectors = random_vectors([*self.seen, *self.unseen], dim, seed=self.seed)
        return SpaceLabeller(self.random, vectors)


def save_baselines(baselines: Baselines, space: Path) -> None:
    """Write the baselines into the folder of the saved space they belong to.

    Saving the space again removes them, so they are saved after it.
    """
    arrays = {
        "softmax.weight": baselines.softmax.weight,
        "softmax.bias": baselines.softmax.bias,
        "random.weight": baselines.random.weight,
        "random.bias": baselines.random.bias,
    }
    about = {
        "classes": baselines.softmax.classes,
        "seed": baselines.seed,
        "seen": baselines.seen,
        "unseen": baselines.unseen,
        "gamma": baselines.gamma,
        "words": baselines.words.words if baselines.words else None,
    }
    if baselines.words:
        arrays["words"] = baselines.words.vectors
    files = {"baselines.json": to_json(about), "baselines.safetensors": to_safetensors(arrays)}
    save_folder(space / FOLDER, KIND, FORMAT, files)


def load_baselines(space: Path) -> Baselines:
    """The baselines of the space saved at ``space``.

    Raises:
        BadFolder: if the space has none, or they are damaged or of a later version.
    """
    if not (space / FOLDER).exists():
        raise BadFolder(f"{space} has no {FOLDER}; make it with iconym train to evaluate it")
    folder = load_folder(space / FOLDER, KIND, FORMAT)
    about, arrays = folder.json("baselines.json"), folder.arrays("baselines.safetensors")
    return Baselines(
        softmax=SoftmaxLabeller(
            arrays["softmax.weight"], arrays["softmax.bias"], tuple(about["classes"])
        ),
        random=Projection(arrays["random.weight"], arrays["random.bias"]),
        seed=about["seed"],
        seen=tuple(about["seen"]),
        unseen=tuple(about["unseen"]),
        gamma=about.get("gamma"),  # spaces of version 0.1.0 have none, nor words
        words=WordVectors(tuple(about["words"]), arrays["words"]) if about.get("words") else None,
    )
