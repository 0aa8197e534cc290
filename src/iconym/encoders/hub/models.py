"""A model of the transformers package from a folder: safetensors only, no code of others."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError

from iconym.errors import BadFolder


def read_model(folder: Path, kind: str) -> Any:
    """The network in ``folder``, as float32, ready to be used and not to be trained.

    Args:
        folder: with ``config.json`` and ``model.safetensors``.
        kind: the ``model_type`` of its configuration.

    Raises:
        BadFolder: if weights are not there, damaged, or not those of the configuration.
    """
    options = {"add_pooling_layer": False} if kind == "vit" else {}  # classifiers come without it
    try:
        with _quiet():
            model, found = transformers.AutoModel.from_pretrained(
                folder,
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                dtype=torch.float32,
                output_loading_info=True,
                **options,
            )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        said = " ".join(str(error).split())
        raise BadFolder(f"{folder} holds no {kind} model that can be read: {said}") from error
    if found["missing_keys"]:
        absent = min(found["missing_keys"])
        raise BadFolder(
            f"{folder} lacks {len(found['missing_keys'])} weights of its {kind} model, "
            f"{absent} for one; fetch it again"
        )
    return model.eval().requires_grad_(False)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the package's progress bar and its remarks on weights of heads that we leave out."""
    logging = transformers.utils.logging
    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()
