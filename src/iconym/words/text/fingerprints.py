"""Fingerprints: short texts that are equal where settings are, from run to run."""

import hashlib
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

from iconym.errors import Usage


def fingerprint(*values: Any) -> str:
    """A text of 32 characters that tells ``values`` from all others.

    Args:
        values: numbers, texts, paths, functions of a module and their partials, and lists, tuples,
            sets, mappings and dataclasses of such. Sets and mappings have no order.

    Raises:
        Usage: for any other value, as for a lambda: nothing tells it from the next one.
    """
    return hashlib.sha256(_described(values).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _described(value: Any) -> str:
    if value is None or isinstance(value, str | int | float | Path):
        return f"{type(value).__name__}:{value!r}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_described, value))}]"
    if isinstance(value, Set):
        return f"{{{','.join(sorted(map(_described, value)))}}}"
    if isinstance(value, Mapping):
        return f"{{{','.join(sorted(map(_described, value.items())))}}}"
    if isinstance(value, partial):
        return _described(["partial", value.func, value.args, value.keywords])
    if is_dataclass(value) and not isinstance(value, type):
        held = [getattr(value, field.name) for field in fields(value)]
        return _named(type(value)) + _described(held)
    return _named(value)


def _named(value: Any) -> str:
    """A class or a function by its full name."""
    name = getattr(value, "__qualname__", "<nameless>")
    if "<" in name:  # <lambda>, <locals>
        raise Usage(f"{value!r} has no name to know it by again; use a function of a module")
    return f"{getattr(value, '__module__', None) or 'builtins'}.{name}"
