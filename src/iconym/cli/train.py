"""``iconym train``: a joint space from labelled pictures and word vectors."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iconym.cli.labelled import DataPath, ImageColumn, LabelColumn, Where, read_data, tell_skipped
from iconym.cli.output import print_lines, say, shown_path, tracked
from iconym.errors import Usage

if TYPE_CHECKING:
    from iconym.encoders.onnx import OnnxEncoder
    from iconym.encoders.preprocessing import Preprocessing
    from iconym.nouns import LabelledImages, WordVectors
    from iconym.training.projections import Method
    from iconym.training.spaces import SpaceConfig
    from iconym.training.tasks import ZeroShotTask

CNN = "cnn"


class Objective(StrEnum):
    """How the projection is learned."""

    RIDGE = "ridge"
    HINGE = "hinge"
    COSINE_SOFTMAX = "cosine-softmax"


Words = Annotated[
    Path, typer.Option("--words", "-w", metavar="WORDS", help="Word vectors: a folder or a file.")
]
Encoder = Annotated[
    str,
    typer.Option(
        metavar="MODEL.onnx|cnn",
        help="What turns pictures into features: a network's file, or cnn: one trained here.",
    ),
]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="SPACE", help="The folder to save the space in.")
]
Size = Annotated[
    int | None,
    typer.Option(help="Side of the network's input, pixels.  [as in MODEL.json, or 224; cnn: 48]"),
]
Fit = Annotated[
    str | None,
    typer.Option(help="How pictures become squares: whole, crop, pad.  [crop; cnn: whole]"),
]
Filter = Annotated[
    str | None,
    typer.Option(help="nearest, bilinear, bicubic or area.  [bilinear; cnn: bicubic]"),
]
Features = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The output of the network's file to use.  [features]"),
]
Unseen = Annotated[
    Path | None,
    typer.Option(metavar="NAMES.txt", help="Labels to hold back, one a line."),
]
UnseenShare = Annotated[
    float, typer.Option(min=0, max=1, help="Share of labels to hold back, drawn by --seed.")
]
How = Annotated[
    Objective,
    typer.Option("--objective", help="ridge: closed form; hinge: DeViSE's; cosine-softmax."),
]
Alpha = Annotated[
    float | None, typer.Option(help="Strength of ridge's penalty.  [chosen on seen labels]")
]
Epochs = Annotated[
    int | None,
    typer.Option(min=1, help="Passes over the pictures by descent.  [20; network: 30]"),
]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Of everything that is drawn.")]


def train(
    data: DataPath,
    *,
    words: Words,
    encoder: Encoder,
    output: Output,
    size: Size = None,
    fit: Fit = None,
    filter: Filter = None,
    features: Features = None,
    image: ImageColumn = None,
    label: LabelColumn = None,
    where: Where = None,
    unseen: Unseen = None,
    unseen_share: UnseenShare = 0.0,
    objective: How = Objective.RIDGE,
    alpha: Alpha = None,
    epochs: Epochs = None,
    seed: Seed = 0,
) -> None:
    """Train a joint space: pictures near the words of their labels.

    Nothing is learned from labels held back; iconym evaluate says how well the space understands
    them. Pictures that cannot be decoded are skipped; the exit code is then 3.
    """
    from iconym.files import check_place
    from iconym.training.spaces import save_trained, train_space
    from iconym.words.formats import load_words

    check_place(output, "space")  # before the work, not after
    config = _config(objective, alpha, epochs, seed)
    given = {"size": size, "fit": fit, "filter": filter}
    chosen = {key: value for key, value in given.items() if value is not None}
    ready, preprocessing = _encoder(encoder, chosen, features)
    known = load_words(words)
    found = read_data(data, image, label, where, 2 * preprocessing.size)
    task = _task(found, known, unseen, unseen_share, seed)
    network = ready or _network(task, preprocessing, epochs, seed)
    trained = train_space(task, network, config, name=output.name, track=tracked)
    save_trained(trained, output)
    say(f"learned by {trained.method}")
    print_lines([f"{shown_path(output)}: {len(task.seen)} labels seen, {len(task.unseen)} unseen"])
    tell_skipped(trained.skipped)


def _config(
    objective: Objective, alpha: float | None, epochs: int | None, seed: int
) -> "SpaceConfig":
    from iconym.training.projections import LINEAR, CosineSoftmax, Hinge, Ridge
    from iconym.training.spaces import SpaceConfig

    if alpha is not None and objective is not Objective.RIDGE:
        raise Usage(f"--alpha is for the objective ridge, not for {objective}")
    descent = replace(LINEAR, seed=seed, epochs=epochs or LINEAR.epochs)
    methods: dict[Objective, Method] = {
        Objective.RIDGE: Ridge(alpha),
        Objective.HINGE: Hinge(descent=descent),
        Objective.COSINE_SOFTMAX: CosineSoftmax(descent=descent),
    }
    return SpaceConfig(methods[objective], softmax=descent, seed=seed)


def _encoder(
    encoder: str, chosen: dict[str, Any], features: str | None
) -> "tuple[OnnxEncoder | None, Preprocessing]":
    """The network, unless it is still to be trained, and the preprocessing it gets."""
    from iconym.encoders.onnx import load_onnx
    from iconym.encoders.preprocessing import Preprocessing

    if encoder == CNN:
        from iconym.training.cnn import SQUARES

        if features is not None:
            raise Usage("--features is for a network from a file; leave it out with cnn")
        return None, replace(SQUARES, **chosen)
    network = load_onnx(Path(encoder), Preprocessing(**chosen) if chosen else None)
    network = replace(network, output=features or network.output)
    say(f"{network.name}: {network.dim} features, squares of {network.preprocessing.size} pixels")
    return network, network.preprocessing


def _task(
    found: "LabelledImages", words: "WordVectors", unseen: Path | None, share: float, seed: int
) -> "ZeroShotTask":
    from iconym.data.labelled import read_label_list
    from iconym.training.tasks import draw_unseen, zero_shot_task

    if unseen is not None and share:
        raise Usage("--unseen and --unseen-share both say which labels to hold back; give one")
    held = read_label_list(unseen) if unseen else draw_unseen(found.classes, share, seed=seed)
    task = zero_shot_task(found, words, held)
    for remark in (str(task.report), *task.remarks):
        say(remark)
    if not task.unseen:
        say("no label is held back, so how unseen ones fare cannot be measured; see --unseen-share")
    return task


def _network(
    task: "ZeroShotTask", preprocessing: "Preprocessing", epochs: int | None, seed: int
) -> "OnnxEncoder":
    from iconym.training.cnn import DESCENT, train_cnn

    descent = replace(DESCENT, seed=seed, epochs=epochs or DESCENT.epochs)
    return train_cnn(task.data, preprocessing, descent, track=tracked)
