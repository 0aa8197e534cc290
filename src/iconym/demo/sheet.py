"""A contact sheet: pictures with the names that labellers give them, as one PNG."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from iconym.nouns import Image

PICTURE, LINE, GAP, COLUMN = 112, 21, 20, 228  # pixels
INK, FAINT, RIGHT, PAPER = (34, 34, 34), (120, 120, 120), (0, 110, 60), (255, 255, 255)


@dataclass(frozen=True)
class Entry:
    """One picture, its name, and what each labeller calls it, best first."""

    image: Image
    name: str
    answers: Mapping[str, Sequence[str]]


def contact_sheet(entries: Sequence[Entry], title: str, footer: str, across: int = 2) -> bytes:
    """The sheet as PNG bytes, ``across`` entries in a row; right names are green and ticked."""
    labellers = list(entries[0].answers)
    names = max(len(entry.answers[key]) for entry in entries for key in labellers)
    width = PICTURE + GAP + len(labellers) * COLUMN
    height = max(PICTURE + LINE, (names + 1) * LINE) + GAP
    rows = -(-len(entries) // across)
    size = (across * (width + GAP) + GAP, rows * height + 3 * LINE + 2 * GAP)
    sheet = PillowImage.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, GAP), title, INK, _font(19))
    for number, entry in enumerate(entries):
        row, column = divmod(number, across)
        place = (GAP + column * (width + GAP), GAP + 2 * LINE + row * height)
        _draw_entry(sheet, draw, place, entry)
    draw.text((GAP, size[1] - LINE - GAP // 2), footer, FAINT, _font(13))
    data = io.BytesIO()
    sheet.save(data, "PNG", optimize=True)
    return data.getvalue()


def _draw_entry(
    sheet: PillowImage.Image, draw: ImageDraw.ImageDraw, place: tuple[int, int], entry: Entry
) -> None:
    left, top = place
    picture = PillowImage.fromarray(np.ascontiguousarray(entry.image))
    sheet.paste(picture.resize((PICTURE, PICTURE), PillowImage.Resampling.LANCZOS), place)
    draw.text((left, top + PICTURE + 2), _fitted(entry.name, PICTURE + GAP), INK, _font(14))
    for number, (labeller, names) in enumerate(entry.answers.items()):
        x = left + PICTURE + GAP + number * COLUMN
        draw.text((x, top), labeller, FAINT, _font(13))
        for line, name in enumerate(names, start=1):
            right = name == entry.name
            text = _fitted(name, COLUMN - GAP - 16)
            y = top + line * LINE
            draw.text((x + 16, y), text, RIGHT if right else INK, _font(15))
            if right:
                draw.line([(x, y + 9), (x + 4, y + 14), (x + 12, y + 4)], RIGHT, 2)


def _fitted(text: str, width: int) -> str:
    """``text``, cut short with an ellipsis where it is wider than ``width`` pixels."""
    font = _font(15)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
