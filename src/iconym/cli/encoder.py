"""The options by which verbs name a network from a file, and what it gets."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iconym.cli.output import say
from iconym.errors import Usage

if TYPE_CHECKING:
    from iconym.encoders.onnx import OnnxEncoder
    from iconym.encoders.preprocessing import Preprocessing
    from iconym.encoders.runtimes import Running

CNN, HUB = "cnn", "hub:"

Network = Annotated[
    str,
    typer.Option(
        "--encoder",
        metavar="MODEL.onnx|hub:NAME|cnn",
        help="What turns pictures into features: a network's file, a pretrained model (name or "
        "folder), or cnn: a network trained here.",
    ),
]
Size = Annotated[
    int | None,
    typer.Option(help="Side of the network's input, pixels.  [as in MODEL.json, or 224; cnn: 48]"),
]
Fit = Annotated[
    str | None,
    typer.Option(
        help="How pictures become squares: whole, crop, center_crop, pad.  [crop; cnn: whole]"
    ),
]
Filter = Annotated[
    str | None, typer.Option(help="nearest, bilinear, bicubic or area.  [bilinear; cnn: bicubic]")
]
Features = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The output of the network's file to use.  [features]"),
]
Runtime = Annotated[
    str, typer.Option(help="What runs the network: fastest, onnxruntime or openvino.")
]
Precision = Annotated[
    str,
    typer.Option(help="float32, or bfloat16: about twice as fast by OpenVINO, and less exact."),
]
Threads = Annotated[
    int | None,
    typer.Option(min=1, help="Of the network, at most.  [OMP_NUM_THREADS, else every core]"),
]


def read_encoder(
    path: Path, square: dict[str, Any], features: str | None, running: "Running"
) -> "OnnxEncoder":
    """The network in a file, told of on standard error.

    Args:
        path: of the network.
        square: settings of ``Preprocessing`` by name, None for those not given; with any of them
            the file beside the network is not read.
        features: the output to use, "features" if None.
        running: how the network is run.
    """
    from iconym.encoders.onnx import load_onnx
    from iconym.encoders.preprocessing import Preprocessing

    chosen = {name: value for name, value in square.items() if value is not None}
    network = load_onnx(path, Preprocessing(**chosen) if chosen else None)
    network = replace(network, output=features or network.output, running=running)
    say(
        f"{network.name}: {network.dim} features, squares of {network.preprocessing.size} pixels, "
        f"run by {network.network.runtime}"
    )
    return network


def read_network(
    encoder: str, square: dict[str, Any], features: str | None
) -> "tuple[OnnxEncoder | None, Preprocessing]":
    """The network that ``--encoder`` names, None if it is still to be trained, and what it gets.

    Args:
        encoder: of the option.
        square: as for ``read_encoder``.
        features: as for ``read_encoder``.

    Raises:
        Usage: if an option is given that has no part in such a network.
    """
    from iconym.encoders.runtimes import DEFAULT

    chosen = {name: value for name, value in square.items() if value is not None}
    if encoder != CNN and not encoder.startswith(HUB):
        network = read_encoder(Path(encoder), square, features, DEFAULT)
        return network, network.preprocessing
    if features is not None:
        raise Usage(f"--features is for a network from a file; leave it out with {encoder}")
    if encoder == CNN:
        from iconym.training.cnn import SQUARES

        return None, replace(SQUARES, **chosen)
    if chosen:
        raise Usage(f"--{min(chosen)} is not for {encoder}, which has its own preprocessing")
    from iconym.encoders.hub import load_exported

    network = load_exported(encoder.removeprefix(HUB))
    say(f"{network.name}: {network.dim} features, squares of {network.preprocessing.size} pixels")
    return network, network.preprocessing
