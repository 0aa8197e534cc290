"""``iconym train``: a joint space from labelled pictures and word vectors."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iconym.cli.encoder import CNN, Features, Filter, Fit, Network, Size, read_network
from iconym.cli.labelled import (
    Cache,
    DataPath,
    ImageColumn,
    LabelColumn,
    Where,
    encoding,
    read_data,
    tell_skipped,
)
from iconym.cli.objectives import CLOSED, Alpha, How, Margin, Objective, Rivals, Tree, method_of
from iconym.cli.output import print_lines, say, shown_path, tracked
from iconym.errors import Usage

if TYPE_CHECKING:
    from iconym.encoders.preprocessing import Preprocessing
    from iconym.nouns import LabelledImages, WordVectors
    from iconym.training.scratch import FromPictures
    from iconym.training.spaces import SpaceConfig, Trained
    from iconym.training.tasks import ZeroShotTask

Words = Annotated[
    Path, typer.Option("--words", "-w", metavar="WORDS", help="Word vectors: a folder or a file.")
]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="SPACE", help="The folder to save the space in.")
]
Unseen = Annotated[
    Path | None,
    typer.Option(metavar="NAMES.txt", help="Labels to hold back, one a line."),
]
UnseenShare = Annotated[
    float, typer.Option(min=0, max=1, help="Share of labels to hold back, drawn by --seed.")
]
TestShare = Annotated[
    float,
    typer.Option(
        min=0, max=1, help="Share of each label's pictures to test on later, drawn by --seed."
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(min=1, help="Passes over the pictures by descent.  [20; network: 30]"),
]
FineTune = Annotated[
    int | None,
    typer.Option(min=1, metavar="EPOCHS", help="With cnn: train network and projection on."),
]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Of everything that is drawn.")]


def train(
    data: DataPath,
    *,
    words: Words,
    encoder: Network,
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
    test_share: TestShare = 0.0,
    objective: How = Objective.RIDGE,
    alpha: Alpha = None,
    margin: Margin = None,
    negatives: Rivals = None,
    hierarchy: Tree = None,
    epochs: Epochs = None,
    fine_tune: FineTune = None,
    cache: Cache = None,
    seed: Seed = 0,
) -> None:
    """Train a joint space: pictures near the words of their labels.

    Nothing is learned from labels held back; iconym evaluate says how well the space understands
    them. Which pictures were learned from is kept with the space. Training a network is kept in
    "SPACE.work" until the end: after a kill, the same command goes on. Pictures that cannot be
    decoded are skipped; the exit code is then 3.
    """
    from iconym.data.contents import read_contents
    from iconym.files import check_place
    from iconym.training.spaces import save_trained, train_space
    from iconym.words.formats import load_words

    check_place(output, "space")  # before the work, not after
    held = HeldBack(unseen, unseen_share, test_share, seed)
    settings = {"alpha": alpha, "margin": margin, "negatives": negatives, "hierarchy": hierarchy}
    config = _config(objective, settings, epochs, seed)
    chosen = {"size": size, "fit": fit, "filter": filter}
    network, square = read_network(encoder, chosen, features)
    if cache is not None and not network:
        raise Usage(f"--cache is for a network that is there; leave it out with --encoder {CNN}")
    if epochs is not None and network and objective in CLOSED:
        raise Usage(f"--epochs is for descent, and {objective} is learned in closed form")
    if fine_tune is not None and network:
        raise Usage(f"--fine-tune is for --encoder {CNN}, not for {encoder}")
    if fine_tune is not None and objective is Objective.PROTOTYPES:
        raise Usage("--fine-tune is not for the objective prototypes, which is no descent")
    known = load_words(words)
    found = read_data(data, image, label, where, network.at_least if network else 2 * square.size)
    task = _task(found, read_contents(data, found, image=image), known, held)
    work = output.with_name(f"{output.name}.work")
    if network:
        encode = encoding(cache)
        trained = train_space(task, network, config, name=output.name, encode=encode, track=tracked)
    else:
        how = _from_pictures(square, config, epochs, fine_tune, work)
        trained = _from_scratch(task, how, config, output.name)
    save_trained(trained, output, task.contents)
    shutil.rmtree(work, ignore_errors=True)
    say(f"learned by {trained.method}")
    print_lines([f"{shown_path(output)}: {len(task.seen)} labels seen, {len(task.unseen)} unseen"])
    tell_skipped(trained.skipped)


@dataclass(frozen=True)
class HeldBack:
    """What is not learned from: labels, by name or drawn, and a share of each label's pictures."""

    unseen: Path | None
    unseen_share: float
    test_share: float
    seed: int

    def __post_init__(self) -> None:
        if self.unseen is not None and self.unseen_share:
            raise Usage("--unseen and --unseen-share both say which labels to hold back; give one")


def _config(
    objective: Objective, settings: dict[str, Any], epochs: int | None, seed: int
) -> "SpaceConfig":
    from iconym.training.projections import LINEAR
    from iconym.training.spaces import SpaceConfig

    usual = replace(LINEAR, seed=seed)  # of the baseline too, whatever is asked for ours
    descent = replace(usual, epochs=epochs or usual.epochs)
    return SpaceConfig(method_of(objective, settings, descent), softmax=usual, seed=seed)


def _task(
    found: "LabelledImages", contents: tuple[str, ...], words: "WordVectors", held: HeldBack
) -> "ZeroShotTask":
    from iconym.data.labelled import read_label_list
    from iconym.features import take
    from iconym.training.tasks import draw_unseen, hold_out, zero_shot_task
    from iconym.words.labels import compile_labels

    if held.unseen:
        unseen: tuple[str, ...] = read_label_list(held.unseen)
    elif held.unseen_share:
        known = compile_labels(found.classes, words).vectors.words
        unseen = draw_unseen(known, held.unseen_share, seed=held.seed)
    else:
        unseen = ()
    kept, tested = hold_out(found.labels, contents, held.test_share, seed=held.seed)
    task = zero_shot_task(take(found, kept), words, unseen, contents=[contents[i] for i in kept])
    for remark in (str(task.report), *task.remarks):
        say(remark)
    if tested:
        say(f"{len(tested)} of {len(found)} pictures are held out; iconym evaluate finds them")
    if held.unseen_share:
        say(f"labels held back: {', '.join(task.unseen)}")
    if not task.unseen:
        say("no label is held back, so how unseen ones fare cannot be measured; see --unseen-share")
    return task


def _from_scratch(
    task: "ZeroShotTask", how: "FromPictures", config: "SpaceConfig", name: str
) -> "Trained":
    from iconym.training.scratch import train_from_scratch

    tuned = train_from_scratch(task, how, config, name=name, track=tracked)
    if tuned.stopped:
        say(f"fine-tuning ended early, and its last good state is kept: {tuned.stopped}")
    return tuned.trained


def _from_pictures(
    square: "Preprocessing",
    config: "SpaceConfig",
    epochs: int | None,
    fine_tune: int | None,
    work: Path,
) -> "FromPictures":
    from iconym.training.cnn import DESCENT
    from iconym.training.fine_tuning import TUNING, FineTuning
    from iconym.training.scratch import FromPictures

    descent = replace(DESCENT, seed=config.seed, epochs=epochs or DESCENT.epochs)
    tuning = fine_tune and FineTuning(replace(TUNING, seed=config.seed, epochs=fine_tune))
    if work.exists():
        say(f"going on from what is done in {work}")
    return FromPictures(square, descent, tuning or None, work)
