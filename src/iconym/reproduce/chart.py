"""A line chart as SVG, readable on light and dark pages."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from iconym.reproduce.result import Chart, Series

WIDTH, HEIGHT = 640, 380
LEFT, RIGHT, TOP, BOTTOM = 64, 170, 40, 52
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe and Ito
INK = "#555555"
TICKS = 5
BEYOND = 0.02  # of the range, by which a line may leave it


def line_chart(chart: Chart) -> str:
    """The chart as one SVG document, the same text for the same chart.

    Raises:
        ValueError: if there is no line, or one has no points or not as many x as y.
    """
    for series in chart.series:
        if not series.x or len(series.x) != len(series.y):
            raise ValueError(f"{series.name!r} has {len(series.x)} x and {len(series.y)} y")
    if not chart.series:
        raise ValueError(f"the chart {chart.title!r} has no line")
    across = _Axis.of([x for s in chart.series for x in s.x], LEFT, WIDTH - RIGHT)
    up = _Axis.of([y for s in chart.series for y in s.y], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="{INK}">',
        f"<title>{escape(chart.title)}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        _text(LEFT, 22, chart.title, "start", 'font-size="14" font-weight="bold"'),
        *_grid(across, up),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, chart.x, "middle"),
        _text(16, (TOP + HEIGHT - BOTTOM) / 2, chart.y, "middle", _TURNED),
    ]
    for number, series in enumerate(chart.series):
        parts += _line(series, number, across, up)
    return "\n".join([*parts, "</svg>"]) + "\n"


_TURNED = f'transform="rotate(-90 16 {(TOP + HEIGHT - BOTTOM) / 2:.0f})"'


@dataclass(frozen=True)
class _Axis:
    """From values to pixels, over a range that ends at round numbers."""

    ticks: Sequence[float]
    start: float
    end: float

    @classmethod
    def of(cls, values: Sequence[float], start: float, end: float) -> "_Axis":
        low, high = min(values), max(values)
        step = _round_step((high - low or abs(high) or 1.0) / TICKS * (1 - BEYOND))
        first, last = math.floor(low / step), math.ceil(high / step - TICKS * BEYOND)
        return cls([step * n for n in range(first, max(last, first + 1) + 1)], start, end)

    def __call__(self, value: float) -> float:
        share = (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0])
        return self.start + share * (self.end - self.start)


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least ``least``."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= least * (1 - 1e-9))


def _grid(across: _Axis, up: _Axis) -> list[str]:
    lines = []
    for tick in up.ticks:
        y = up(tick)
        lines.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        lines.append(_text(LEFT - 8, y + 4, f"{tick:.6g}", "end"))
    for tick in across.ticks:
        x = across(tick)
        lines.append(f'<path d="M{x:.1f} {HEIGHT - BOTTOM}v5" stroke="{INK}"/>')
        lines.append(_text(x, HEIGHT - BOTTOM + 18, f"{tick:.6g}", "middle"))
    return [*lines, f'<path d="M{LEFT} {HEIGHT - BOTTOM}H{WIDTH - RIGHT}" stroke="{INK}"/>']


def _line(series: Series, number: int, across: _Axis, up: _Axis) -> list[str]:
    color = COLORS[number % len(COLORS)]
    points = [(across(x), up(y)) for x, y in zip(series.x, series.y, strict=True)]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    legend = TOP + 10 + 20 * number
    return [
        f'<path d="{path}" fill="none" stroke="{color}" stroke-width="2"/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{color}"/>' for x, y in points),
        f'<path d="M{WIDTH - RIGHT + 14} {legend}h18" stroke="{color}" stroke-width="2"/>',
        _text(WIDTH - RIGHT + 38, legend + 4, series.name, "start"),
    ]


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    more = f" {more}" if more else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(text)}</text>'
