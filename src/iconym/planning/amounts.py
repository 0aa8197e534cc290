"""Numbers as people write them: "100e6" pictures, "32G" of memory."""

import math
import re
from collections.abc import Sequence

from iconym.errors import Usage

UNITS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
AMOUNT = re.compile(r"([\d_.]+(?:e\+?\d+)?) ?([kmgt]?)(i?)b?", re.IGNORECASE)


def parse_count(text: str, what: str) -> int:
    """A whole number of at least 1, as "100e6", "100M", "1_000" or "1000".

    Raises:
        Usage: for anything else; the message names ``what``.
    """
    unit = text[-1:].upper() if text[-1:] in tuple("kmgKMG") else ""
    stem = text.removesuffix(text[-1:]) if unit else text
    try:
        number = float(stem) * 1000 ** UNITS[unit]
    except ValueError:
        number = math.nan
    if not (1 <= number < 1e15 and number == int(number)):
        raise Usage(f"{what} {text!r} is no whole number of at least 1; write 1000000 or 1e6")
    return int(number)


def parse_bytes(text: str) -> int:
    """Bytes from "32G", "500M" or "1e9"; K, M, G and T are powers of 1000, Ki to Ti of 1024.

    Raises:
        Usage: for anything else.
    """
    match = AMOUNT.fullmatch(text.strip())
    try:
        number, unit, binary = match.groups() if match else ("", "", "")
        amount = float(number) * (1024 if binary else 1000) ** UNITS[unit.upper()]
    except ValueError:
        amount = 0
    if not 1 <= amount < 1e18 or (binary and not unit):
        raise Usage(f"the memory {text!r} is no amount; write 32G, 500M or 1e9")
    return int(amount)


def parse_settings(texts: Sequence[str]) -> dict[str, int | float]:
    """Settings from texts like "connectivity=32".

    Raises:
        Usage: for a text without a name or a number, or a name that is given twice.
    """
    settings: dict[str, int | float] = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not name or not math.isfinite(value) or name in settings:
            raise Usage(f"the setting {text!r} is no name with a number; write connectivity=32")
        settings[name] = int(value) if value == int(value) else value
    return settings


def written_bytes(amount: float) -> str:
    """``amount`` to three digits, as "28.4 GB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.5:
            return f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.3g} TB" if amount < 999.5 else f"{amount:,.0f} TB"


def written_seconds(seconds: float) -> str:
    """``seconds`` to two digits, as "0.25 ms", "41 s", "3.2 h"."""
    for scale, unit in ((1e-3, "ms"), (1, "s"), (60, "min"), (3600, "h"), (86_400, "days")):
        amount = seconds / scale
        if amount < (1000 if unit == "ms" else 99.5) or unit == "days":
            break
    return f"{amount:.2g} {unit}" if amount < 99.5 else f"{amount:,.0f} {unit}"
