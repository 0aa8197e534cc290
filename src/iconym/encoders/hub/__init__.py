"""Pretrained models of the Hugging Face hub, or of a folder in its form, as our encoders.

Weights are read from safetensors only, and no code that comes with a model is run. Preprocessing
and tokens are ours, made from the model's settings. torch and transformers are imported when a
model is loaded; to serve without them, export it (``iconym.encoders.hub.export``).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iconym.encoders.hub.places import INSTALL, find_files, read_json
from iconym.encoders.hub.processor import preprocessing_of
from iconym.encoders.onnx import OnnxEncoder
from iconym.encoders.preprocessing import Preprocessing
from iconym.encoders.tokens import Tokens, tokens_of
from iconym.encoders.two_tower import TwoTower
from iconym.errors import BadFolder, MissingTool, Usage

if TYPE_CHECKING:
    from iconym.encoders.hub.images import PretrainedEncoder

TWO_TOWERS = ("clip", "siglip")
PROCESSORS = {  # of each family that is known, where a model's files do not name one
    "clip": "CLIP",
    "siglip": "Siglip",
    "dinov2": "Bit",
    "dinov2_with_registers": "Bit",
    "convnext": "ConvNext",
    "convnextv2": "ConvNext",
    "vit": "ViT",
}


def load_pretrained(where: str) -> "PretrainedEncoder":
    """The image encoder in a model: CLIP, SigLIP (1 and 2), DINOv2, ConvNeXt (1 and 2) or ViT.

    Its features are those that the model itself compares or classifies by:

    - CLIP, SigLIP: the image's place in the space that is shared with texts
    - DINOv2, ViT: the last state of the class token, normalized
    - ConvNeXt: the mean over all places of the last stage, normalized

    SigLIP 2 is meant in its variants of one size; those of any size (NaFlex) are not known.

    Args:
        where: a folder with ``config.json`` and ``model.safetensors``, or a name on the hub, such
            as ``facebook/dinov2-small``, also with ``@`` and a revision.

    Raises:
        BadFolder: no such model, no network, pickled weights only, a family that is not known.
        MissingTool: without torch or transformers.
    """
    found = _find(where)
    preprocessing = found.preprocessing()
    return _image(found, preprocessing, _read(found))


def load_exported(where: str) -> OnnxEncoder:
    """The image encoder in a model, as ONNX: what a space can be trained on and saved with.

    Args:
        where: as in ``load_pretrained``.

    Raises:
        Usage: for a network of more than 2 GiB.
        BadFolder: as in ``load_pretrained``.
        MissingTool: without torch, transformers or onnxscript.
    """
    encoder = load_pretrained(where)
    from iconym.encoders.hub.export import export_images

    return export_images(encoder)


def load_pretrained_towers(where: str) -> TwoTower:
    """Both encoders of a CLIP or SigLIP model, with its scale and bias.

    Args:
        where: as in ``load_pretrained``; a tokenizer as ``tokenizer.json`` is needed too.

    Raises:
        Usage: for a family that has no tower for texts.
        BadFolder: as in ``load_pretrained``.
        BadData: for a tokenizer that cannot be read.
        MissingTool: without torch or transformers.
    """
    found = _find(where)
    if found.kind not in TWO_TOWERS:
        raise Usage(f"{where} is a {found.kind} model, which reads no texts; take a CLIP or SigLIP")
    preprocessing, tokens = found.preprocessing(), found.tokens()
    model = _read(found)
    from iconym.encoders.hub.texts import PretrainedTextEncoder
    from iconym.encoders.hub.towers import text_tower

    image = _image(found, preprocessing, model)
    text = PretrainedTextEncoder(found.name, text_tower(model), tokens)
    bias = getattr(model, "logit_bias", None)
    return TwoTower(
        image, text, float(model.logit_scale.exp()), None if bias is None else float(bias)
    )


@dataclass(frozen=True)
class _Found:
    """A model's files, before torch is asked to read the weights."""

    name: str
    folder: Path
    settings: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.settings.get("model_type"))

    def preprocessing(self) -> Preprocessing:
        settings = read_json(self.folder, "preprocessor_config.json", "processor_config.json")
        return preprocessing_of(settings.get("image_processor", settings), PROCESSORS[self.kind])

    def tokens(self) -> Tokens:
        path = self.folder / "tokenizer.json"
        if not path.is_file():
            raise BadFolder(
                f"{self.folder} has no tokenizer.json; take a copy of the model with one"
            )
        return tokens_of(
            path.read_text("utf-8"),
            read_json(self.folder, "tokenizer_config.json"),
            length=self.settings.get("text_config", {}).get("max_position_embeddings"),
            full=self.kind == "siglip",
            lower=self.kind == "siglip",
        )


def _find(where: str) -> _Found:
    folder = find_files(where)
    found = _Found(Path(where).name, folder, read_json(folder, "config.json"))
    if found.kind not in PROCESSORS:
        raise BadFolder(
            f"{where} is a model of the family {found.kind}; known are {', '.join(PROCESSORS)}"
        )
    return found


def _read(found: _Found) -> Any:
    try:
        from iconym.encoders.hub.models import read_model
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("torch", "transformers"):
            raise
        raise MissingTool(f"pretrained models need {error.name}: {INSTALL}") from error
    return read_model(found.folder, found.kind)


def _image(found: _Found, preprocessing: Preprocessing, model: Any) -> "PretrainedEncoder":
    from iconym.encoders.hub.images import PretrainedEncoder
    from iconym.encoders.hub.towers import image_tower

    return PretrainedEncoder(
        found.name, image_tower(model, found.kind), preprocessing, found.settings
    )
