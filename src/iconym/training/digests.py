"""What a training depends on, told apart by SHA-256, and the generators that it draws from."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn


def digest(value: Any) -> str:
    """SHA-256 of a value's content, hexadecimal: arrays, modules and settings, however nested.

    Functions count by their name, and what is none of these by its type alone: two closures of one
    name with different insides are not told apart.
    """
    found = hashlib.sha256()
    for piece in _pieces(value):
        found.update(len(piece).to_bytes(8, "little"))
        found.update(piece)
    return found.hexdigest()


def generators_in(value: Any) -> Iterator[Generator]:
    """The generators held by partial functions, dataclasses, lists and tuples, however nested."""
    if isinstance(value, Generator):
        yield value
    for _, part in _parts(value):
        yield from generators_in(part)


def _pieces(value: Any) -> Iterator[bytes]:
    yield type(value).__qualname__.encode()
    if isinstance(value, Tensor):
        yield f"{value.dtype} {tuple(value.shape)}".encode()
        yield value.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes()
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype} {value.shape}".encode()
        yield value.tobytes()
    elif isinstance(value, Generator):
        yield value.get_state().numpy().tobytes()
    elif value is None or isinstance(value, bool | int | float | str):
        yield repr(value).encode()
    elif callable(value) and hasattr(value, "__qualname__"):
        yield f"{value.__module__}.{value.__qualname__}".encode()
    for name, part in _parts(value):
        yield name.encode()
        yield from _pieces(part)


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, partial):
        yield from (("function", value.func), ("arguments", value.args), *value.keywords.items())
    elif isinstance(value, nn.Module):
        yield from value.state_dict().items()
    elif is_dataclass(value) and not isinstance(value, type):
        yield from ((field.name, getattr(value, field.name)) for field in fields(value))
    elif isinstance(value, Mapping):
        yield from ((str(key), part) for key, part in value.items())
    elif isinstance(value, list | tuple):
        yield from ((str(i), part) for i, part in enumerate(value))
