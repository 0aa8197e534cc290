"""Pretrained encoders as ONNX, so that what serves needs neither torch nor transformers."""

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.export import Dim

from iconym.encoders.hub.images import PretrainedEncoder
from iconym.encoders.hub.places import INSTALL
from iconym.encoders.hub.texts import PretrainedTextEncoder
from iconym.encoders.onnx import OnnxEncoder
from iconym.encoders.text import OUTPUT, OnnxTextEncoder
from iconym.encoders.two_tower import TwoTower
from iconym.errors import MissingTool, Usage
from iconym.files import replace_file

if TYPE_CHECKING:
    from onnx import ModelProto

LARGEST = 2**31 - 2**24  # bytes of weights; an ONNX file ends at 2 GiB
Sizes = dict[int, Dim]


def export_onnx(encoder: PretrainedEncoder, path: Path) -> OnnxEncoder:
    """Write an encoder as ``path`` with its preprocessing beside it, as ``load_onnx`` reads them.

    Raises:
        Usage: for a network of more than 2 GiB.
        MissingTool: without onnxscript.
    """
    exported = export_images(encoder)
    replace_file(path.with_suffix(".json"), json.dumps(exported.preprocessing.to_json()).encode())
    replace_file(path, exported.model)
    return exported


def export_images(encoder: PretrainedEncoder) -> OnnxEncoder:
    """The encoder without torch; features agree to about 1e-5 of their size.

    The same weights give the same bytes with the same versions of torch and onnxscript, and with
    them the same fingerprint. A space keeps those bytes, so it does not matter to it later.

    Raises:
        Usage: for a network of more than 2 GiB.
        MissingTool: without onnxscript.
    """
    side = encoder.preprocessing.size
    model = _traced(encoder.tower, torch.zeros(2, 3, side, side), {0: Dim("n")})
    return OnnxEncoder(encoder.name, model, encoder.preprocessing)


def export_texts(encoder: PretrainedTextEncoder) -> OnnxTextEncoder:
    """The text encoder without torch; vectors agree to about 1e-5.

    Raises:
        Usage: for a network of more than 2 GiB.
        MissingTool: without onnxscript.
    """
    length, full = encoder.tokens.length, encoder.tokens.full
    sizes = {0: Dim("n")} | ({} if full else {1: Dim("tokens", min=2, max=length)})
    example = torch.full((2, length), encoder.tokens.pad)
    model = _traced(encoder.tower, example, sizes)
    return OnnxTextEncoder(encoder.name, model, encoder.tokens)


def export_towers(model: TwoTower) -> TwoTower:
    """Both towers without torch, to be saved by ``save_two_tower``.

    Raises:
        Usage: for towers that were not loaded from a pretrained model, or of more than 2 GiB.
        MissingTool: without onnxscript.
    """
    image, text = model.image, model.text
    if not isinstance(image, PretrainedEncoder) or not isinstance(text, PretrainedTextEncoder):
        raise Usage(f"the towers of {image.name!r} are no pretrained ones; they cannot be exported")
    return replace(model, image=export_images(image), text=export_texts(text))


def _traced(tower: nn.Module, example: Tensor, sizes: Sizes) -> bytes:
    """The ONNX file of a tower, whose sizes in the axes ``sizes`` are left open."""
    weights = sum(w.numel() * w.element_size() for w in tower.state_dict().values())
    if weights > LARGEST:
        raise Usage(f"{weights / 2**30:.1f} GiB of weights; an ONNX file ends at 2: take a smaller")
    try:
        with _quiet():
            program = torch.onnx.export(
                tower,
                (example,),
                dynamo=True,
                dynamic_shapes=(sizes,),
                input_names=["inputs"],
                output_names=[OUTPUT],
                verbose=False,
            )
            assert program is not None  # it is, where no file is named
    except ModuleNotFoundError as error:
        raise MissingTool(f"export to ONNX needs {error.name}: {INSTALL}") from error
    return _without_remarks(program.model_proto).SerializeToString(deterministic=True)


def _without_remarks(model: "ModelProto") -> "ModelProto":
    """The same without the paths and line numbers of this machine, which change no feature."""
    graph = model.graph
    values = (*graph.value_info, *graph.input, *graph.output, *graph.initializer)
    for part in (model, graph, *graph.node, *values):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """Without torch's remarks on packages that it could use and on its own inner workings."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logger.setLevel(level)
