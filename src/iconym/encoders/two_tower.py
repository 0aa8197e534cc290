"""A model with a tower for pictures and one for texts, whose vectors can be compared at once."""

from dataclasses import dataclass
from pathlib import Path

from iconym.encoders.onnx import OnnxEncoder
from iconym.encoders.preprocessing import Preprocessing
from iconym.encoders.text import OnnxTextEncoder
from iconym.encoders.tokens import Tokens
from iconym.errors import DamagedFolder, Usage
from iconym.files import Folder, load_folder, save_folder, to_json
from iconym.protocols import ImageEncoder, TextEncoder

FORMAT = 1


@dataclass(frozen=True)
class TwoTower:
    """Both towers with what their cosines were multiplied with, and what was added, in training.

    Args:
        image: pictures to vectors, not of unit length.
        text: texts to unit vectors of the same dimension.
        scale: the inverse of the temperature.
        bias: None for a model that was trained to choose among texts (CLIP).
    """

    image: ImageEncoder
    text: TextEncoder
    scale: float
    bias: float | None = None


def save_two_tower(model: TwoTower, path: Path) -> None:
    """Write both towers as a folder of ONNX and JSON, in place of an older one there.

    Raises:
        Usage: if a tower is not exported.
        BadFolder: if other files stand at ``path``.
    """
    image, text = model.image, model.text
    if not (isinstance(image, OnnxEncoder) and isinstance(text, OnnxTextEncoder)):
        raise Usage(f"the towers of {image.name!r} cannot be saved; export them to ONNX first")
    about = {
        "name": image.name,
        "output": image.output,
        "preprocessing": image.preprocessing.to_json(),
        "tokens": text.tokens.to_json(),
        "scale": model.scale,
        "bias": model.bias,
    }
    files = {"model.json": to_json(about), "image.onnx": image.model, "text.onnx": text.model}
    save_folder(path, "two-tower", FORMAT, files)


def load_two_tower(path: Path) -> TwoTower:
    """Read the towers that ``save_two_tower`` wrote; neither torch nor transformers is needed.

    Raises:
        BadFolder: no towers there, a file of them missing or damaged, or a newer format.
    """
    folder = load_folder(path, "two-tower", FORMAT)
    try:
        return _two_tower(folder)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedFolder(
            f"{path}: not as iconym writes it ({error!r}); save it again"
        ) from error


def _two_tower(folder: Folder) -> TwoTower:
    about = folder.json("model.json")
    image = OnnxEncoder(
        about["name"],
        folder.bytes("image.onnx"),
        Preprocessing.from_json(about["preprocessing"]),
        about["output"],
    )
    text = OnnxTextEncoder(about["name"], folder.bytes("text.onnx"), Tokens(**about["tokens"]))
    return TwoTower(image, text, about["scale"], about["bias"])
