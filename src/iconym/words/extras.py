"""Packages that only training needs, and what to do where they are missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from iconym.errors import MissingTool

NUMBA = ("numba", "llvmlite")
SCIPY = ("scipy",)


@contextmanager
def needed_by(work: str, packages: tuple[str, ...]) -> Iterator[None]:
    """A block of imports that tells, where one of ``packages`` is missing, how to get it.

    Raises:
        MissingTool: in place of the ModuleNotFoundError of one of ``packages``.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in packages:
            raise
        raise MissingTool(f"{work} needs {packages[0]}: pip install 'iconym[train]'") from error
