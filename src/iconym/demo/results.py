"""What the demo leaves behind: a report, a contact sheet, a space and a collection."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from iconym.collection import create_collection
from iconym.demo.learned import OURS, SOFTMAX, Demo
from iconym.demo.report import report_json, report_markdown
from iconym.demo.sheet import Entry, contact_sheet
from iconym.demo.worlds import World
from iconym.evaluation import Contestant
from iconym.files import replace_file, to_json
from iconym.indexing import index_folder, index_pictures
from iconym.metrics.tables import Table
from iconym.nouns import Image, Picture, Track
from iconym.space import save_space

ON_SHEET = 12  # pictures


def write_report(demo: Demo, tables: Mapping[str, Table], world: World, folder: Path) -> None:
    """Write ``report.json``, ``report.md`` and ``contact_sheet.png``."""
    style = demo.drawings.held_out_style
    notes = [
        f"{len(demo.seen_names)} seen and {len(demo.unseen_names)} unseen names, trained on the "
        f"drawings of {' and '.join(demo.drawings.training_styles)}, tested on those of {style}.",
        f"Words of the names: {demo.compiled.report}",
    ]
    about = {"world": world.name, "held_out_style": style, "recipe": asdict(demo.recipe)}
    figures = report_json(tables, OURS, SOFTMAX, about)
    replace_file(folder / "report.json", to_json(figures))
    text = report_markdown(tables, figures, notes)
    replace_file(folder / "report.md", text.encode())
    footer = f"Drawings: {'; '.join(world.credits)}. Drawn by lot from the names never seen."
    title = f"Names that {style}'s drawings get; none of them was shown in training"
    replace_file(folder / "contact_sheet.png", contact_sheet(sheet_entries(demo), title, footer))


def sheet_entries(demo: Demo, k: int = 5) -> list[Entry]:
    """Some unseen pictures, drawn by lot, with the k best names by softmax and by ours."""
    rng = np.random.default_rng(demo.recipe.seed)
    rows = np.flatnonzero(demo.unseen)
    chosen = np.sort(rng.permutation(rows)[:ON_SHEET])
    columns = {
        "softmax": (SOFTMAX, demo.seen_names),
        "ours, unseen names": (OURS, demo.unseen_names),
    }
    answers: dict[str, list[list[str]]] = {
        title: _best(demo.contestants[row], chosen, names, k)
        for title, (row, names) in columns.items()
    }
    images = demo.drawings.pictures[demo.drawings.held_out_style]
    return [
        Entry(images[row], demo.drawings.names[row], {t: a[n] for t, a in answers.items()})
        for n, row in enumerate(chosen)
    ]


def index_drawings(demo: Demo, name: str, folder: Path, track: Track) -> None:
    """Save the best space, and put every drawing of every style into a collection, as a file."""
    space, place = demo.space(name), folder / "collection"
    save_space(space, folder / "space")
    pictures, images = [], []
    names = list(zip(demo.drawings.names, demo.drawings.files, strict=True))
    for style, drawn in demo.drawings.pictures.items():
        (place / style).mkdir(parents=True, exist_ok=True)
        rows = zip(names, drawn, strict=True)
        for (title, file), image in track(rows, f"writing {style}", len(names)):
            content = hashlib.sha256(_written(place / style / file, image)).hexdigest()
            pictures.append(Picture(f"{style}/{file}", words=(title,), content=content))
            images.append(image)
    collection = create_collection(place)
    index_pictures(collection, space, pictures, images, track=track)  # with their names
    index_folder(collection, space, track=track)  # now known to be files, too


def _written(path: Path, image: Image) -> bytes:
    data = io.BytesIO()
    PillowImage.fromarray(image).save(data, "PNG")
    if not path.exists() or path.read_bytes() != data.getvalue():
        path.write_bytes(data.getvalue())
    return data.getvalue()


def _best(
    contestant: Contestant, rows: np.ndarray, names: Sequence[str], k: int
) -> list[list[str]]:
    labeller, features = contestant
    scores = labeller.score(features[rows], names)
    return [[names[j] for j in np.argsort(-row, kind="stable")[:k]] for row in scores]
