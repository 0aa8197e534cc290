"""``iconym doctor``: what this machine has, what is installed, what would need the network."""

import os
import platform
import shutil
import sqlite3
from importlib.util import find_spec

from iconym import __version__
from iconym.cli.output import Json, print_json, print_table

EXTRAS = {  # package: what it is for
    "torch": "iconym train, iconym demo",
    "numba": "iconym words train",
    "onnx": "saving a network trained here",
    "pyarrow": "data sets in parquet",
    "openvino": "encoding pictures faster",
    "resvg_py": "iconym demo (drawings in SVG)",
    "faiss": "iconym index build --method ivfpq",
    "pillow_heif": "photos in HEIC",
    "redis": "iconym follow",
}
EXTRA_OF = {  # "train" for all others
    "resvg_py": "demo",
    "openvino": "openvino",
    "faiss": "faiss",
    "pillow_heif": "heif",
    "redis": "redis",
}
FORMATS = {  # Pillow's name of the feature: file endings
    "jpg": "jpg",
    "zlib": "png",
    "webp": "webp",
    "avif": "avif",
    "libtiff": "tif",
}


def doctor(*, as_json: Json = False) -> None:
    """Show what this machine has and what is missing for which verb."""
    found = [*_machine(), *_formats(), *_extras()]
    if as_json:
        rows = [{"what": what, "found": value, "remark": remark} for what, value, remark in found]
        print_json(rows)
    else:
        print_table(("", "found", ""), found)


def _machine() -> list[tuple[str, str, str]]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    free = shutil.disk_usage(".").free / 2**30
    npm = shutil.which("npm")
    return [
        ("iconym", __version__, ""),
        ("Python", platform.python_version(), f"{platform.system()} {platform.machine()}"),
        ("cores", str(cores), ""),
        ("memory", _memory(), ""),
        ("free disk here", f"{free:.0f} GiB", ""),
        ("SQLite", sqlite3.sqlite_version, "catalog"),
        ("npm", "yes" if npm else "no", "iconym demo fetches its pictures with it, once"),
        ("network", "not needed", "but for the demo's first run"),
    ]


def _memory() -> str:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return "unknown"
    return f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.1f} GiB"


def _formats() -> list[tuple[str, str, str]]:
    from PIL import features

    return [
        (f"pictures .{ending}", "yes" if features.check(name) else "no", "Pillow")
        for name, ending in FORMATS.items()
    ]


def _extras() -> list[tuple[str, str, str]]:
    rows = []
    for package, purpose in EXTRAS.items():
        extra = EXTRA_OF.get(package, "train")
        missing = f"for {purpose}: pip install 'iconym[{extra}]'"
        installed = find_spec(package) is not None
        rows.append(
            (package, _version(package) if installed else "no", "" if installed else missing)
        )
    return rows


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # 20 ms that no help needs

    try:
        return version(package)
    except PackageNotFoundError:
        return "yes"
