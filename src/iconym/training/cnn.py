"""An encoder trained from scratch, where no pretrained one is at hand."""

from dataclasses import replace

import numpy as np
import torch

from iconym.encoders.augmentation import Augmentation
from iconym.encoders.cnn import CnnConfig
from iconym.encoders.export import to_onnx
from iconym.encoders.onnx import OnnxEncoder
from iconym.encoders.preprocessing import Preprocessing
from iconym.errors import Usage
from iconym.features import read_squares
from iconym.nouns import LabelledImages, Track, untracked
from iconym.training.descent import TrainingConfig
from iconym.training.networks import FromScratch, train_classifier

SQUARES = Preprocessing(size=48, fit="whole", filter="bicubic")
SHAPE, DESCENT = CnnConfig(), TrainingConfig()
PHOTOS = replace(Augmentation(), outline=0.0)  # drawings reduced to lines are the default's


def train_cnn(
    data: LabelledImages,
    preprocessing: Preprocessing = SQUARES,
    config: TrainingConfig = DESCENT,
    *,
    shape: CnnConfig = SHAPE,
    track: Track = untracked,
) -> OnnxEncoder:
    """Our convolutional network, trained on these labels by softmax, as an encoder.

    All pictures are held in memory as squares; those that cannot be decoded are left out.

    Args:
        data: the pictures, of seen labels only.
        preprocessing: of mean and standard deviation 0.5, which augmentation keeps to.
        config: the optimizer's settings.
        shape: of the network; each of its stages but the first halves the square, of which 2 x 2
            have to be left: one place of one picture has no variance to normalize by.
        track: shows progress.

    Raises:
        Usage: if the squares are too small for the network, or mean or std are others.
        BadData: if no picture can be decoded, or learning diverges.
    """
    smallest = 2 ** len(shape.widths)
    if preprocessing.size < smallest:
        raise Usage(f"size {preprocessing.size} is too small for the network; at least {smallest}")
    if {*preprocessing.mean, *preprocessing.std} != {0.5}:
        raise Usage("the network trained here wants mean and std 0.5; leave them at that")
    squares, labels = read_squares(data, preprocessing, track)
    pictures = torch.from_numpy(np.ascontiguousarray(squares.transpose(0, 3, 1, 2)))
    trained = train_classifier(pictures, labels, FromScratch(shape, config, PHOTOS), track)
    return to_onnx(trained.cnn, preprocessing)
