"""Fine-tuning: on from the first stage into any encoder, with fixed label vectors."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from iconym.data.shapes import COLORS as COLORS_OF_INK
from iconym.data.shapes import draw_shapes
from iconym.encoders.cnn import Cnn, CnnConfig
from iconym.encoders.export import to_onnx
from iconym.encoders.preprocessing import Preprocessing
from iconym.errors import Usage
from iconym.labellers.chance import random_vectors
from iconym.nouns import LabelledImages, WordVectors
from iconym.objectives.hinge_rank import hinge_rank
from iconym.objectives.info_nce import info_nce
from iconym.similarity import cosine, unit
from iconym.space import Projection
from iconym.training import checkpoints, spaces
from iconym.training.cnn import learn_cnn
from iconym.training.config import TrainingConfig
from iconym.training.fine_tuning import FineTuning, fine_tune
from iconym.training.layers import Goal, examples_of
from iconym.training.methods import Hinge, TwoWay
from iconym.training.projections import project
from iconym.training.spaces import SpaceConfig, train_space
from iconym.training.tasks import zero_shot_task
from iconym.training.tuned_spaces import tune_space

SMALL = CnnConfig((8, 16, 16), (False, False, True))

GOAL = Goal(
    WordVectors(("east", "north"), np.eye(2, dtype=np.float32)), partial(hinge_rank, margin=1.0)
)
LABELS = ["east", "north"] * 8
COLORS = torch.tensor([[255, 0, 100], [0, 255, 100]], dtype=torch.uint8).repeat(8, 1)
PICTURES = COLORS[:, :, None, None].expand(16, 3, 8, 8).contiguous()
START = Projection(np.array([[1, 0], [0, 1], [1, 0], [0, 1]], "f4"), np.array([3, -2], "f4"))
SHORT = FineTuning(TrainingConfig(epochs=4, batch=8, learning_rate=0.02), encoder_rate=0.5)


def plain(batch, _generator):
    return batch.float() / 127.5 - 1


EXAMPLES = examples_of(PICTURES, LABELS, GOAL, plain)


@pytest.fixture
def cnn():
    torch.manual_seed(0)
    return Cnn(CnnConfig((4, 4), (False, True))).eval()


def weights(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def moved(before, after):
    return {name for name in before if not torch.equal(before[name], after.state_dict()[name])}


def test_encoder_and_projection_are_learned_and_those_given_and_the_words_stay(cnn):
    before, words = weights(cnn), GOAL.labels.vectors.copy()
    tuned = fine_tune(cnn, START, EXAMPLES, GOAL, SHORT)
    assert moved(before, cnn) == set() and START.weight.sum() == 4
    assert GOAL.labels.vectors.tolist() == words.tolist()
    assert moved(before, tuned.network) == set(before)
    assert not np.array_equal(tuned.projection.weight, START.weight) and tuned.stopped == ""


def test_it_starts_from_the_first_stages_projection(cnn):
    still = FineTuning(TrainingConfig(1, 4, 1e-12))
    projection = fine_tune(cnn, START, EXAMPLES, GOAL, still).projection
    assert projection.weight == pytest.approx(START.weight, abs=1e-6)
    assert projection.bias == pytest.approx(START.bias, abs=1e-6)


def test_each_has_its_own_learning_rate():
    linear = nn.Sequential(nn.Flatten(), nn.Linear(192, 4))
    before = linear[1].weight.detach().clone()
    one_step = TrainingConfig(epochs=1, batch=16, learning_rate=0.1, weight_decay=0.0, warmup=0.0)
    how = FineTuning(one_step, encoder_rate=0.01)
    tuned = fine_tune(linear, START, EXAMPLES, GOAL, how)
    step = (tuned.network[1].weight.detach() - before).abs()  # AdamW's first: the learning rate
    assert step.max() == pytest.approx(0.001, rel=1e-3)
    assert abs(tuned.projection.weight - START.weight).max() == pytest.approx(0.1, rel=1e-3)


def test_frozen_parts_stay_with_their_statistics_and_may_learn_later(cnn):
    before = weights(cnn)
    tuned = fine_tune(cnn, START, EXAMPLES, GOAL, replace(SHORT, frozen=("layers.0",))).network
    assert {name.startswith("layers.0.") for name in moved(before, tuned)} == {False}
    assert any(name.startswith("layers.2.") for name in moved(before, tuned))
    assert all(p.requires_grad for p in tuned.parameters())


def test_fixed_statistics_stay_while_all_weights_learn(cnn):
    before = weights(cnn)
    tuned = fine_tune(cnn, START, EXAMPLES, GOAL, replace(SHORT, fixed_statistics=True)).network
    assert moved(before, tuned) == {name for name, _ in cnn.named_parameters()}


def test_a_part_that_is_not_there_is_named(cnn):
    with pytest.raises(Usage, match=r"no part 'head' to freeze; there is layers, layers\.0,"):
        fine_tune(cnn, START, EXAMPLES, GOAL, FineTuning(frozen=("head",)))


def test_pictures_come_to_lie_near_their_label_and_the_export_agrees(cnn):
    how = FineTuning(TrainingConfig(epochs=30, batch=16, learning_rate=0.02), encoder_rate=1.0)
    tuned = fine_tune(cnn, START, EXAMPLES, GOAL, how)
    encoder = to_onnx(tuned.network, Preprocessing(8, "whole"))
    features = encoder(list(PICTURES[:2].permute(0, 2, 3, 1).numpy()))
    with torch.no_grad():
        ours = tuned.network(plain(PICTURES[:2], None)).numpy()
    assert unit(features) == pytest.approx(unit(ours), abs=0.02)
    scores = cosine(tuned.projection(features), GOAL.labels.vectors)
    assert scores.argmax(axis=1).tolist() == [0, 1]


def test_any_module_from_pictures_to_features_will_do():
    torch.manual_seed(0)
    other = nn.Sequential(nn.Conv2d(3, 4, 8), nn.Flatten(), nn.Dropout(0.1), nn.GELU())
    tuned = fine_tune(other, START, EXAMPLES, GOAL, SHORT)
    assert not torch.equal(tuned.network[0].weight, other[0].weight)
    assert not tuned.network.training


def test_one_that_fails_gives_the_last_good_state_and_the_reason(cnn):
    calls = []

    def worse(scores, positive):
        calls.append(1)
        return info_nce(scores, positive) * (float("nan") if len(calls) > 3 else 1.0)

    tuned = fine_tune(cnn, START, EXAMPLES, Goal(GOAL.labels, worse), SHORT)
    assert tuned.stopped.startswith("stopped at step 3: the loss is nan; lower learning_rate")
    assert all(torch.isfinite(value).all() for value in tuned.network.state_dict().values())
    assert np.isfinite(tuned.projection.weight).all()


def test_fine_tuning_that_was_stopped_goes_on_to_the_same(cnn, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "SECONDS", 0.0)

    def stop(items, *_):
        for number, item in enumerate(items):
            if number == 5:
                raise KeyboardInterrupt
            yield item

    def learned(how, track=lambda items, *_: items):
        generator = torch.Generator().manual_seed(5)
        hinge = partial(hinge_rank, margin=1.0, negatives="first", generator=generator)
        goal = Goal(GOAL.labels, hinge)
        return fine_tune(cnn, START, examples_of(PICTURES, LABELS, goal, plain), goal, how, track)

    saved = replace(SHORT, checkpoint=tmp_path / "state")
    with pytest.raises(KeyboardInterrupt):
        learned(saved, stop)
    one, other = learned(saved), learned(SHORT)
    assert one.projection.weight.tolist() == other.projection.weight.tolist()
    assert moved(weights(one.network), other.network) == set()


def drawn():
    """Four solid shapes in each of six colors, labelled by color."""
    found = draw_shapes(16)
    rows = [
        i for i, name in enumerate(found.names) if name.split()[1] in "square circle star cross"
    ]
    images = [found.pictures["plain"][i] for i in rows]
    return LabelledImages(images, tuple(found.names[i].split()[0] for i in rows))


@pytest.fixture(scope="module")
def first_stage():
    ink = np.array([np.array(color) / 255 for color in COLORS_OF_INK.values()], np.float32)
    task = zero_shot_task(drawn(), WordVectors(tuple(COLORS_OF_INK), ink), ["orange"])
    config = TrainingConfig(epochs=10, batch=8, learning_rate=0.02)
    learned = learn_cnn(task.data, Preprocessing(16, "whole"), config, shape=SMALL)
    space = SpaceConfig(Hinge(0.1, config), softmax=config)
    return task, learned, space, train_space(task, learned.encoder, space, name="colors")


def test_a_space_is_trained_on_into_its_network_and_keeps_words_and_name(first_stage):
    task, learned, space, trained = first_stage
    how = FineTuning(TrainingConfig(epochs=3, batch=8, learning_rate=0.01))
    tuned = tune_space(task, trained, learned, space, how)
    before, after = trained.space, tuned.trained.space
    assert tuned.stopped == "" and after.name == "colors"
    assert after.fingerprint != before.fingerprint
    assert after.encoder.fingerprint != before.encoder.fingerprint
    assert after.text.vectors.tolist() == before.text.vectors.tolist()
    assert after.vocabulary.words == before.vocabulary.words
    assert after.evidence is None  # of a projection that is not this one
    seen = list(task.seen)
    scores = cosine(after.embed_images(list(task.data.images)), after.embed_texts(seen))
    right = [seen[j] == label for j, label in zip(scores.argmax(axis=1), task.data.labels)]
    assert np.mean(right) > 0.7


def test_the_baselines_are_trained_anew_on_the_new_features(first_stage):
    task, learned, space, trained = first_stage
    how = FineTuning(TrainingConfig(epochs=3, batch=8, learning_rate=0.01))
    tuned = tune_space(task, trained, learned, space, how).trained
    features = tuned.space.encoder(list(task.data.images))
    again = project(space.method, features, task.data.labels, random_of(tuned, task))
    assert tuned.baselines.random.weight == pytest.approx(again.weight)
    assert tuned.baselines.softmax.weight.shape == trained.baselines.softmax.weight.shape


def test_a_gamma_of_another_projection_is_not_kept(first_stage, monkeypatch):
    task, learned, space, _ = first_stage
    monkeypatch.setattr(spaces, "FEWEST", 4)
    first = train_space(task, learned.encoder, space)
    how = FineTuning(TrainingConfig(epochs=1, batch=8))
    assert first.baselines.gamma is not None
    assert tune_space(task, first, learned, space, how).trained.baselines.gamma is None


def random_of(trained, task):
    dim = trained.space.dim
    return random_vectors([*task.seen, *task.unseen], dim, seed=trained.baselines.seed)


def test_a_method_of_pairs_cannot_be_fine_tuned(first_stage):
    task, learned, space, trained = first_stage
    with pytest.raises(Usage, match="cannot be fine-tuned; take hinge or cosine softmax"):
        tune_space(task, trained, learned, replace(space, method=TwoWay()))
