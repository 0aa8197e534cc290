"""The search setting of a saved index, changed without building it again."""

import os
import shutil
from pathlib import Path

from iconym.errors import Usage
from iconym.files import edition, file_names, load_folder, saved_in_steps, to_json
from iconym.index.saved import ABOUT, FORMAT, KIND, Settings


def change_settings(path: Path, changed: Settings) -> None:
    """Replace settings of the index saved at ``path`` that are of the search alone.

    The other files are not written again but linked, where the disk can; whoever has the index
    mapped keeps what he has.

    Raises:
        BadFolder: if there is no index, or it is damaged.
        Usage: if nobody may write there, or another index took its place meanwhile.
    """
    read = edition(path)
    others = file_names(path, KIND, FORMAT) - {ABOUT}
    folder = load_folder(path, KIND, FORMAT, unread=others)
    about = folder.json(ABOUT)
    if not changed.keys() <= about["settings"].keys():
        raise _replaced(path)
    about["settings"] = {**about["settings"], **changed}
    with saved_in_steps(path, KIND, FORMAT) as saving:
        for name in others:
            _link(path / name, saving.aside / name)
            size = (path / name).stat().st_size
            saving.listing[name] = {"bytes": size, "sha256": folder.checksums[name]}
        saving.write(ABOUT, to_json(about))
        if edition(path) != read:  # what was linked may be of two indexes
            raise _replaced(path)


def _replaced(path: Path) -> Usage:
    return Usage(f"{path} was built anew meanwhile; tune it again")


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except OSError:  # a disk without links
        shutil.copyfile(old, new)
