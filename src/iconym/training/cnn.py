"""An encoder trained from scratch, where no pretrained one is at hand."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from iconym.encoders.augmentation import Augmentation
from iconym.encoders.cnn import Cnn, CnnConfig
from iconym.encoders.export import to_onnx
from iconym.encoders.onnx import OnnxEncoder
from iconym.encoders.preprocessing import Preprocessing
from iconym.errors import Usage
from iconym.features import read_squares
from iconym.nouns import LabelledImages, Track, untracked
from iconym.training.config import TrainingConfig
from iconym.training.networks import FromScratch, train_classifier

SQUARES = Preprocessing(size=48, fit="whole", filter="bicubic")
SHAPE, DESCENT = CnnConfig(), TrainingConfig()
PHOTOS = replace(Augmentation(), outline=0.0)  # drawings reduced to lines are the default's


@dataclass(frozen=True)
class LearnedCnn:
    """A network trained here, with what it was trained on, so that it may be trained on.

    Args:
        network: in evaluation mode.
        preprocessing: what pictures go through.
        pictures: (n, 3, side, side) uint8, those that could be decoded.
        labels: of the pictures.
    """

    network: Cnn
    preprocessing: Preprocessing
    pictures: Tensor
    labels: tuple[str, ...]

    @property
    def encoder(self) -> OnnxEncoder:
        """The network as it serves."""
        return to_onnx(self.network, self.preprocessing)


def train_cnn(
    data: LabelledImages,
    preprocessing: Preprocessing = SQUARES,
    config: TrainingConfig = DESCENT,
    *,
    shape: CnnConfig = SHAPE,
    track: Track = untracked,
) -> OnnxEncoder:
    """Our convolutional network, trained on these labels by softmax, as an encoder.

    ``learn_cnn`` without a checkpoint: the arguments and errors are those.
    """
    return learn_cnn(data, preprocessing, config, shape=shape, track=track).encoder


def learn_cnn(
    data: LabelledImages,
    preprocessing: Preprocessing = SQUARES,
    config: TrainingConfig = DESCENT,
    *,
    shape: CnnConfig = SHAPE,
    checkpoint: Path | None = None,
    track: Track = untracked,
) -> LearnedCnn:
    """Our convolutional network, trained on these labels by softmax.

    All pictures are held in memory as squares; those that cannot be decoded are left out.

    Args:
        data: the pictures, of seen labels only.
        preprocessing: of mean and standard deviation 0.5, which augmentation keeps to.
        config: the optimizer's settings.
        shape: of the network; each of its stages but the first halves the square, of which 2 x 2
            have to be left: one place of one picture has no variance to normalize by.
        checkpoint: a folder for the state of the training; one that was killed goes on from it.
        track: shows progress.

    Raises:
        Usage: if the squares are too small for the network, or mean or std are others.
        BadData: if no picture can be decoded, or the checkpoint is of another training.
        Stopped: if learning diverges or collapses.
    """
    smallest = 2 ** len(shape.widths)
    if preprocessing.size < smallest:
        raise Usage(f"size {preprocessing.size} is too small for the network; at least {smallest}")
    if {*preprocessing.mean, *preprocessing.std} != {0.5}:
        raise Usage("the network trained here wants mean and std 0.5; leave them at that")
    squares, labels = read_squares(data, preprocessing, track)
    pictures = torch.from_numpy(np.ascontiguousarray(squares.transpose(0, 3, 1, 2)))
    how = FromScratch(shape, config, PHOTOS, checkpoint)
    network = train_classifier(pictures, labels, how, track).cnn
    return LearnedCnn(network, preprocessing, pictures, labels)
