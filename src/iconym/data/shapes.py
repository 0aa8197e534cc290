"""Colored shapes, drawn here: a small world with names, a tree and a text, for tests and lessons.

Every name is a color and a shape ("red star"). A name never seen in training can be understood
from its two words, which is what a joint space is for.
"""

from collections.abc import Iterator

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw

from iconym.data.drawings import Drawings
from iconym.nouns import Image

COLORS = {
    "red": (214, 40, 40),
    "orange": (244, 140, 6),
    "yellow": (255, 214, 10),
    "green": (56, 158, 60),
    "blue": (29, 78, 216),
    "purple": (126, 34, 206),
}
SHAPES = {  # shape: (family, corners of a regular figure or None)
    "circle": ("round", None),
    "ring": ("round", None),
    "triangle": ("angular", 3),
    "square": ("angular", 4),
    "pentagon": ("angular", 5),
    "star": ("pointed", 5),
    "cross": ("pointed", 4),
    "arrow": ("pointed", None),
}
STYLES = ("plain", "outlined", "slanted")
SCALE = 4  # drawn larger and shrunk, which smooths the edges


def draw_shapes(side: int = 32) -> Drawings:
    """All 48 colored shapes in three styles at ``side`` x ``side`` pixels; the same every time."""
    names = [(color, shape) for shape in SHAPES for color in COLORS]
    pictures = {
        style: np.stack([_draw(color, shape, style, side) for color, shape in names])
        for style in STYLES
    }
    return Drawings(
        names=tuple(f"{color} {shape}" for color, shape in names),
        groups=tuple(SHAPES[shape][0] for _, shape in names),
        subgroups=tuple(shape for _, shape in names),
        files=tuple(f"{color}-{shape}.png" for color, shape in names),
        pictures=pictures,
    )


def shape_sentences(repeat: int = 40) -> Iterator[list[str]]:
    """A text about the shapes in which alike words keep alike company, ``repeat`` times over."""
    warm = {"red", "orange", "yellow"}
    for _ in range(repeat):
        for shape, (family, _) in SHAPES.items():
            yield f"a {shape} is a {family} shape with a {family} outline".split()
            for color in COLORS:
                tone = "warm" if color in warm else "cold"
                yield f"the {color} {shape} is a {tone} color on a {family} figure".split()


def _draw(color: str, shape: str, style: str, side: int) -> Image:
    canvas = PillowImage.new("RGB", (side * SCALE, side * SCALE), "white")
    draw, size = ImageDraw.Draw(canvas), side * SCALE
    ink = COLORS[color]
    outline = (40, 40, 40) if style == "outlined" else ink
    turn = 0.35 if style == "slanted" else 0.0
    radius = size * (0.36 if style == "slanted" else 0.42)
    width = max(1, size // 16)
    if shape in ("circle", "ring"):
        box = [size / 2 - radius, size / 2 - radius, size / 2 + radius, size / 2 + radius]
        fill = ink if shape == "circle" else None
        draw.ellipse(box, fill, outline if fill else ink, width if fill else 2 * width)
    else:
        corners = [(size / 2 + x * radius, size / 2 + y * radius) for x, y in _corners(shape, turn)]
        draw.polygon(corners, ink, outline, width)
    return np.asarray(canvas.resize((side, side), PillowImage.Resampling.BOX))


def _corners(shape: str, turn: float) -> list[tuple[float, float]]:
    if shape == "arrow":
        outline = [(-1, -0.3), (0.1, -0.3), (0.1, -0.8), (1, 0), (0.1, 0.8), (0.1, 0.3), (-1, 0.3)]
        angle, length = np.arctan2(*np.transpose(outline)[::-1]), np.hypot(*np.transpose(outline))
    else:
        count = SHAPES[shape][1] or 0
        dented = SHAPES[shape][0] == "pointed"
        steps = np.arange(count * (2 if dented else 1))
        angle = 2 * np.pi * steps / len(steps) - np.pi / 2
        length = np.where(dented & (steps % 2 == 1), 0.4, 1.0)
    angle = angle + turn
    return list(zip(length * np.cos(angle), length * np.sin(angle), strict=True))
