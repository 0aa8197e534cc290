"""``iconym features``: encode a data set once, for every verb that learns or measures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.encoder import (
    CNN,
    HUB,
    Features,
    Filter,
    Fit,
    Precision,
    Runtime,
    Size,
    Threads,
    read_encoder,
)
from iconym.cli.labelled import DataPath, ImageColumn, LabelColumn, Where, read_data, tell_skipped
from iconym.cli.output import Json, print_json, print_lines, say, shown_path, tracked
from iconym.errors import Usage

if TYPE_CHECKING:
    from iconym.features import Encoded
    from iconym.features.cache import WantedFeatures

Model = Annotated[
    Path,
    typer.Option("--encoder", metavar="MODEL.onnx", help="What turns pictures into features."),
]
Cache = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="CACHE",
        help="The folder that keeps features, of any number of data sets and encoders.",
    ),
]


def features(
    data: DataPath,
    *,
    encoder: Model,
    output: Cache,
    size: Size = None,
    fit: Fit = None,
    filter: Filter = None,
    features: Features = None,
    image: ImageColumn = None,
    label: LabelColumn = None,
    where: Where = None,
    runtime: Runtime = "fastest",
    precision: Precision = "float32",
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Encode a data set once, into a cache that training and measuring read.

    What the encoder has encoded before is not encoded again; a run that was stopped goes on where
    it was. Pictures that cannot be decoded are skipped and kept in a ledger; the exit code is
    then 3.
    """
    from iconym.encoders.runtimes import Running
    from iconym.features.cache import found_features, made_features, wanted_features

    if str(encoder).startswith(HUB) or str(encoder) == CNN:
        raise Usage(f"--encoder {encoder} is for iconym train; name the file of a network here")
    square = {"size": size, "fit": fit, "filter": filter}
    network = read_encoder(encoder, square, features, Running(runtime, precision, threads))
    found = read_data(data, image, label, where, network.at_least)
    wanted = wanted_features(found, network, output, tracked)
    encoded = found_features(wanted)
    if encoded is None:
        encoded = made_features(wanted, tracked)
    else:
        say("nothing to do: every picture was encoded before")
    _tell(wanted, encoded, as_json)
    tell_skipped(encoded.skipped)


def _tell(wanted: "WantedFeatures", encoded: "Encoded", as_json: bool) -> None:
    from iconym.features.cache import about_features

    place = wanted.place if wanted.place.exists() else wanted.cache.absolute()
    about = about_features(wanted) if wanted.place.exists() else {}
    count, dim = encoded.features.shape
    if about.get("precision", "float32") != "float32":
        cosine = f"{about['cosine_to_float32']:.5f}"
        say(f"{about['precision']}: cosine to float32 at least {cosine} on the first pictures")
    if as_json:
        counts = {"pictures": count, "dim": dim, "failed": len(encoded.skipped)}
        print_json({"folder": str(place), **about, **counts})
    else:
        print_lines([f"{shown_path(place)}: {count} pictures, {dim} features each"])
