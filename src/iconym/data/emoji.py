"""Emoji: the only pictures with names that a package registry hands to everyone.

Names, groups and subgroups are Unicode's, by npm's emojibase-data; drawings are Google's Noto and
Twitter's Twemoji (emoji-datasource-*, 64 pixels) and OpenMoji's (SVG, rasterized here).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from iconym.data.drawings import Drawings
from iconym.errors import BadData, MissingTool
from iconym.nouns import Image, Track, split_words, untracked
from iconym.pictures import decode_picture

SIDE = 64  # pixels
LEFT_OUT_GROUPS = (None, 2, 9)  # no group, components (skin tones, hair), flags


@dataclass(frozen=True)
class Emoji:
    """One emoji: a single character, so neither a flag, a skin tone, a keycap nor a sequence."""

    name: str
    code: str  # hexadecimal code points joined by hyphens, without the variation selector FE0F
    group: str
    subgroup: str


def read_emoji(modules: Path, track: Track = untracked) -> Drawings:
    """All emoji that each of the three styles draws, in Unicode's order.

    Args:
        modules: npm's node_modules folder with the packages.
        track: shows progress.

    Raises:
        BadData: if a package is missing there or is not in the form we know.
    """
    listed = _read_list(modules / "emojibase-data")
    sources = {
        "google": _files(modules / "emoji-datasource-google" / "img" / "google" / "64", "*.png"),
        "openmoji": _files(modules / "openmoji" / "color" / "svg", "*.svg"),
        "twitter": _files(modules / "emoji-datasource-twitter" / "img" / "twitter" / "64", "*.png"),
    }
    drawn = [e for e in listed if all(e.code in files for files in sources.values())]
    pictures = {
        style: np.stack([_draw(files[e.code]) for e in track(drawn, f"{style} emoji", len(drawn))])
        for style, files in sources.items()
    }
    return Drawings(
        names=tuple(e.name for e in drawn),
        groups=tuple(e.group for e in drawn),
        subgroups=tuple(e.subgroup for e in drawn),
        files=tuple("-".join(split_words(e.name)) + ".png" for e in drawn),
        pictures=pictures,
    )


def _read_list(package: Path) -> list[Emoji]:
    try:
        entries = json.loads((package / "en" / "data.json").read_bytes())
        names = json.loads((package / "meta" / "groups.json").read_bytes())
        kept = sorted((e for e in entries if _is_kept(e)), key=lambda e: e["order"])
        return [_emoji(entry, names) for entry in kept]
    except OSError as error:
        raise BadData(f"no emojibase-data in {package.parent}: run npm ci there") from error
    except (KeyError, TypeError, ValueError) as error:
        raise BadData(f"{package} is not in the form of version 17; run npm ci") from error


def _is_kept(entry: Mapping[str, Any]) -> bool:
    keycap, sequence = entry["label"].startswith("keycap"), "200D" in entry["hexcode"]
    return entry.get("group") not in LEFT_OUT_GROUPS and not keycap and not sequence


def _emoji(entry: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]) -> Emoji:
    group, subgroup = str(entry["group"]), str(entry["subgroup"])
    code = _without_selector(entry["hexcode"])
    return Emoji(entry["label"], code, names["groups"][group], names["subgroups"][subgroup])


def _without_selector(code: str) -> str:
    return "-".join(part for part in code.upper().split("-") if part != "FE0F")


def _files(folder: Path, pattern: str) -> dict[str, Path]:
    found = {_without_selector(path.stem): path for path in sorted(folder.glob(pattern))}
    if not found:
        raise BadData(f"no {pattern} in {folder}: run npm ci there")
    return found


def _draw(path: Path) -> Image:
    data = path.read_bytes()
    if path.suffix == ".svg":
        data = _rasterize(data.decode())
    image = decode_picture(data, path.name).image
    if image.shape != (SIDE, SIDE, 3):
        raise BadData(f"{path.name} is {image.shape[1]}x{image.shape[0]}, not {SIDE}x{SIDE} pixels")
    return image


def _rasterize(svg: str) -> bytes:
    try:
        import resvg_py
    except ImportError as error:
        raise MissingTool("drawing SVG needs resvg-py: pip install 'iconym[demo]'") from error
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIDE, height=SIDE))


def credits(styles: Iterable[str]) -> list[str]:
    """The attribution that the licenses of these styles' drawings ask for, a line each."""
    known = {
        "google": "Noto Emoji, Google, Apache License 2.0",
        "openmoji": "OpenMoji, the open-source emoji and icon project, CC BY-SA 4.0",
        "twitter": "Twemoji, Twitter, Inc. and other contributors, CC BY 4.0",
    }
    return [known[style] for style in styles if style in known]
