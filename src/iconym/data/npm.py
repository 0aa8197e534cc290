"""Packages of the npm registry that hold data, fetched by npm itself at the versions of a lock."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from importlib.resources import files as package_files
from pathlib import Path

from iconym.errors import BadData, MissingTool
from iconym.files import replace_file
from iconym.nouns import Track, untracked

LOCK_FILES = ("package.json", "package-lock.json")
MARK = ".complete.json"  # in node_modules, written last: npm was not interrupted
EXPECTED = 272_000_000  # bytes of the demo's packages, for the estimate only


def fetch_packages(folder: Path, track: Track = untracked) -> Path:
    """Install the packages that ``folder/package-lock.json`` pins; return their node_modules.

    Nothing is done where an installation of the same lock was completed before. A folder without
    a lock gets the one that comes with this package.

    Args:
        folder: holds package.json and its lock.
        track: shows progress by what lies on the disk.

    Raises:
        MissingTool: if npm is not installed.
        BadData: if there is no lock, or npm fails; npm's own reason is in the message.
    """
    _write_lock(folder)
    modules = folder / "node_modules"
    lock = hashlib.sha256((folder / LOCK_FILES[1]).read_bytes()).hexdigest()
    if _completed(modules) == lock:
        return modules
    npm = shutil.which("npm")
    if npm is None:
        raise MissingTool("npm is not installed; install Node.js 20 or later, which brings it")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    with tempfile.TemporaryFile("w+") as complaints:
        run = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=complaints)
        for _ in track(_percents(run, modules), "fetching packages", 100):
            pass
        complaints.seek(0)
        lines = [line for line in complaints if line.startswith("npm error")]
    if run.returncode != 0:
        reason = lines[0].removeprefix("npm error ").strip() if lines else f"exit {run.returncode}"
        raise BadData(f"npm ci failed in {folder} ({reason}); check the network and run it again")
    replace_file(modules / MARK, json.dumps(lock).encode())
    return modules


def _percents(run: subprocess.Popen[bytes], modules: Path) -> Iterator[int]:
    """One item for each hundredth of the expected size on the disk; ends when npm does."""
    shown = 0
    try:
        while run.poll() is None:
            found = min(99, 100 * _size(modules) // EXPECTED)
            yield from range(shown, found)
            shown = max(shown, found)
            with suppress(subprocess.TimeoutExpired):
                run.wait(0.5)
        yield from range(shown, 100)
    finally:
        if run.poll() is None:  # interrupted
            run.kill()
            run.wait()


def _size(folder: Path) -> int:
    """Bytes of the files below ``folder``, which npm is changing at this moment."""
    total, folders = 0, [str(folder)]
    while folders:
        with suppress(FileNotFoundError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    return total


def _completed(modules: Path) -> str | None:
    try:
        return str(json.loads((modules / MARK).read_bytes()))
    except (OSError, ValueError):
        return None


def _write_lock(folder: Path) -> None:
    shipped = package_files("iconym.data") / "npm_lock"
    for name in LOCK_FILES:
        if (folder / name).exists():
            continue
        if not (shipped / name).is_file():
            raise BadData(f"{folder} has no {name}; run in a checkout or copy its demo folder")
        replace_file(folder / name, (shipped / name).read_bytes())
