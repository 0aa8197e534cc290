"""The settings of the demo, step by step."""

from dataclasses import dataclass, field

from iconym.encoders.augmentation import Augmentation
from iconym.encoders.cnn import CnnConfig
from iconym.training.descent import TrainingConfig
from iconym.training.networks import FromScratch
from iconym.words.windows import WindowConfig


@dataclass(frozen=True)
class Recipe:
    """Settings of every step; the defaults are the emoji demo's.

    Args:
        seed: of the names that are never shown, and of everything that has no seed of its own.
        fold: which fifth of the names is never shown, 0 to 4.
        side: pixels of the pictures that the network sees.
        min_count: rarer words get no vector.
        words: the language model.
        shape: of the network.
        augmentation: of training pictures.
        classifier: training from scratch by softmax.
        projection: the linear map alone, on the classifier's features.
        random_draws: of the baseline with random vectors; its row is their mean.
        tuning: DeViSE's second stage, into the network.
        temperature: of the softmax over cosines that our own network learns besides.
        gamma: of the Gaussian kernel of our own row, kernel ridge regression.
        alpha: its strength.
    """

    seed: int = 0
    fold: int = 0
    side: int = 32
    min_count: int = 2
    words: WindowConfig = field(
        default_factory=lambda: WindowConfig(dim=128, window=8, epochs=3, learning_rate=0.05)
    )
    shape: CnnConfig = field(
        default_factory=lambda: CnnConfig((40, 80, 160, 320), (False, False, False, False))
    )
    augmentation: Augmentation = field(default_factory=Augmentation)
    classifier: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(epochs=59, batch=64, learning_rate=2e-3)
    )
    projection: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            epochs=40, batch=128, learning_rate=1e-2, weight_decay=0.0
        )
    )
    random_draws: int = 5
    tuning: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(epochs=5, batch=64, learning_rate=2e-4)
    )
    temperature: float = 0.1
    gamma: float = 2.0
    alpha: float = 5e-4

    @property
    def from_scratch(self) -> FromScratch:
        """How both networks are trained."""
        return FromScratch(self.shape, self.classifier, self.augmentation)


def shapes_recipe(*, fold: int = 0, seed: int = 0) -> Recipe:
    """Settings for the small world of colored shapes: seconds instead of minutes."""
    return Recipe(
        seed=seed,
        fold=fold,
        side=32,
        words=WindowConfig(dim=16, window=5, epochs=5),
        shape=CnnConfig((8, 16, 32, 32)),
        classifier=TrainingConfig(epochs=20, batch=16, learning_rate=3e-3),
    )
