"""Where a pretrained model's files are: a folder, or the hub's copy on this machine."""

import json
import re
from pathlib import Path
from typing import Any

from iconym.errors import BadFolder, MissingTool

INSTALL = "pip install 'iconym[transformers]'"
NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?(@[\w./-]+)?")
WANTED = [  # weights as safetensors only: nothing that could run code is even fetched
    "config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "model.safetensors",
    "model.safetensors.index.json",
    "model-*.safetensors",
]


def find_files(where: str) -> Path:
    """The folder with the model's files, fetched from the hub if need be.

    Args:
        where: a folder, or the name of a model on the hub (``owner/name``), which may be followed
            by ``@`` and a revision. A folder comes first where both could be meant.

    Raises:
        BadFolder: neither a folder nor the name of a model, or one that cannot be fetched.
        MissingTool: without the package huggingface_hub.
    """
    folder = Path(where).expanduser()
    if folder.is_dir():
        return folder
    if not NAME.fullmatch(where) or where.count("/") == 0:
        raise BadFolder(f"there is no folder {where}; give one, or a model's name as owner/name")
    return _fetched(*where.partition("@")[::2])


def read_json(folder: Path, *names: str) -> dict[str, Any]:
    """The table in the first of the files ``names`` that is there.

    Raises:
        BadFolder: if none is there, or it holds no table.
    """
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        raise BadFolder(f"{folder} has no {' or '.join(names)}; is it a model's folder?")
    try:
        value = json.loads(path.read_bytes())
    except ValueError as error:
        raise BadFolder(f"{path} is no JSON ({error}); fetch it again") from error
    if not isinstance(value, dict):
        raise BadFolder(f"{path} holds no table of settings; fetch it again")
    return value


def _fetched(name: str, revision: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ModuleNotFoundError as error:
        raise MissingTool(f"fetching {name} needs the hub's package: {INSTALL}") from error
    try:
        return Path(snapshot_download(name, revision=revision or None, allow_patterns=WANTED))
    except LocalEntryNotFoundError as error:
        raise BadFolder(
            f"{name} is not on this machine and the hub cannot be reached; "
            "try again with a network, or give a folder with its files"
        ) from error
    except OSError as error:  # no such model, no right to it, no room on the disk
        said = " ".join(str(error).split())
        raise BadFolder(f"{name} cannot be fetched from the hub: {said}") from error
