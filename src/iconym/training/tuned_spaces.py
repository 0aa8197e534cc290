"""A space trained on into its encoder, where that is a network of our own."""

from dataclasses import dataclass, replace

from iconym.errors import Usage
from iconym.features import encode
from iconym.nouns import Track, untracked
from iconym.training.cnn import PHOTOS, LearnedCnn
from iconym.training.fine_tuning import DEFAULT, FineTuning, fine_tune
from iconym.training.layers import Goal, examples_of
from iconym.training.methods import CosineSoftmax, Ridge, Seen
from iconym.training.prototypes import ByPrototypes
from iconym.training.spaces import SpaceConfig, Trained, fit_space
from iconym.training.tasks import ZeroShotTask

COSINE_SOFTMAX = CosineSoftmax()


@dataclass(frozen=True)
class TunedSpace:
    """A space after the second stage; ``stopped`` as for ``Tuned``."""

    trained: Trained
    stopped: str = ""


def tune_space(
    task: ZeroShotTask,
    trained: Trained,
    learned: LearnedCnn,
    config: SpaceConfig,
    how: FineTuning = DEFAULT,
    track: Track = untracked,
) -> TunedSpace:
    """The space with network and projection trained on together, and new baselines.

    The goal is that of ``config.method``; ridge has none, and is followed by cosine softmax. The
    baselines are trained anew on the new network's features. There is no gamma for calibrated
    stacking: the network learned from every seen label, so that none can play the unseen.

    Args:
        task: what the space was trained on.
        trained: the first stage: ``fit_space`` or ``train_space`` with ``learned.encoder``.
        learned: the network, and its pictures.
        config: as for the first stage.
        how: rates, and what is left as it is.
        track: shows progress.

    Raises:
        Usage: if the method draws its negatives in pairs, or is prototypes.
        BadData, BadFolder: as ``fine_tune``.
    """
    goal = _goal(config, learned, task)
    examples = examples_of(learned.pictures, learned.labels, goal, PHOTOS)
    tuned = fine_tune(learned.network, trained.space.projection, examples, goal, how, track)
    encoder = replace(learned, network=tuned.network).encoder
    # the method is settled, and its projection is not kept
    anew = replace(config, method=trained.method)
    again = fit_space(task, encoder, encode(task.data, encoder, track), anew, track=track)
    name, projection = trained.space.name, tuned.projection
    space = replace(again.space, name=name, projection=projection, evidence=None)
    baselines = replace(again.baselines, gamma=None)  # that of another projection
    return TunedSpace(replace(again, space=space, baselines=baselines), tuned.stopped)


def _goal(config: SpaceConfig, learned: LearnedCnn, task: ZeroShotTask) -> Goal:
    method = COSINE_SOFTMAX if isinstance(config.method, Ridge) else config.method
    if isinstance(method, ByPrototypes):
        raise Usage("prototypes cannot be fine-tuned; take ridge, hinge or cosine softmax")
    goal = method.goal(Seen.of(learned.labels, task.vocabulary))
    if not isinstance(goal, Goal):
        raise Usage(f"{config.method} cannot be fine-tuned; take hinge or cosine softmax")
    return goal
