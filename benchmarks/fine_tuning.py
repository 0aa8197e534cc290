"""Fine-tuning: what the second stage adds to a network trained from scratch on CIFAR-100.

    python benchmarks/fine_tuning.py [--data DATA] [--seeds N] [--json]

Every fifth class of cifar100/train.parquet, its pictures parted by seed into two thirds to learn
from and a third to test on. A network is trained from scratch by softmax, a projection on it by
cosine softmax (first stage), then both together (second stage). The share of test pictures whose
label is nearest, on one thread. All settings of the second stage are the defaults.
"""

import argparse
import json
import os
import statistics
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from iconym.data.contents import read_contents
from iconym.data.labelled import read_labelled
from iconym.encoders.cnn import CnnConfig
from iconym.encoders.preprocessing import Preprocessing
from iconym.features import encode, take
from iconym.nouns import LabelledImages
from iconym.similarity import cosine
from iconym.space import JointSpace
from iconym.training.cnn import learn_cnn
from iconym.training.config import TrainingConfig
from iconym.training.fine_tuning import TUNING, FineTuning
from iconym.training.methods import CosineSoftmax
from iconym.training.spaces import SpaceConfig, train_space
from iconym.training.tasks import hold_out, zero_shot_task
from iconym.training.tuned_spaces import tune_space
from iconym.words.formats import load_words

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
SHAPE, SQUARE = CnnConfig((16, 32, 64, 128)), Preprocessing(32, "whole")
WORDS = Path("vectors") / "w2v_local_100d.npz"


def main() -> None:
    asked = arguments()
    torch.set_num_threads(1)
    rows = [both_stages(asked.data, seed) for seed in range(asked.seeds)]
    for seed, row in enumerate(rows):
        print(f"seed {seed}: {', '.join(f'{name} {value:.3f}' for name, value in row.items())}")
    medians = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
    print(f"medians: {', '.join(f'{name} {value:.3f}' for name, value in medians.items())}")
    if asked.json:
        print(json.dumps({"seeds": rows, "medians": medians}))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    place = Path(os.environ.get("ICONYM_DATA", BESIDE))
    parser.add_argument("--data", type=Path, default=place, help="default: $ICONYM_DATA")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    return parser.parse_args()


def both_stages(data: Path, seed: int) -> dict[str, float]:
    path = data / "cifar100" / "train.parquet"
    pictures = read_labelled(path, label="class_name")
    classes = set(pictures.classes[::5])
    pictures = take(pictures, [i for i, label in enumerate(pictures.labels) if label in classes])
    kept, held = hold_out(pictures.labels, read_contents(path, pictures), 1 / 3, seed=seed)
    task, test = (
        zero_shot_task(take(pictures, kept), load_words(data / WORDS)),
        take(pictures, held),
    )
    scratch = TrainingConfig(epochs=12, batch=64, seed=seed)
    learned = learn_cnn(task.data, SQUARE, scratch, shape=SHAPE)
    config = SpaceConfig(CosineSoftmax(), seed=seed)
    first = train_space(task, learned.encoder, config)
    start = time.process_time()
    second = tune_space(task, first, learned, config, FineTuning(replace(TUNING, seed=seed)))
    return {
        "first stage": hit_at_1(first.space, test, task.seen),
        "second stage": hit_at_1(second.trained.space, test, task.seen),
        "seconds": round(time.process_time() - start, 1),
    }


def hit_at_1(space: JointSpace, test: LabelledImages, labels: tuple[str, ...]) -> float:
    encoded = encode(test, space.encoder)
    scores = cosine(space.projection(encoded.features), space.embed_texts(labels))
    right = np.array(labels)[scores.argmax(axis=1)] == np.array(encoded.labels)
    return float(right.mean())


if __name__ == "__main__":
    main()
