"""Packages of the npm registry that hold data, fetched by npm itself at the versions of a lock."""

import hashlib
import json
import shutil
import subprocess
from importlib.resources import files as package_files
from pathlib import Path

from iconym.errors import BadData, MissingTool
from iconym.files import replace_file

LOCK_FILES = ("package.json", "package-lock.json")
MARK = ".complete.json"  # in node_modules, written last: npm was not interrupted


def fetch_packages(folder: Path) -> Path:
    """Install the packages that ``folder/package-lock.json`` pins; return their node_modules.

    Nothing is done where an installation of the same lock was completed before. A folder without
    a lock gets the one that comes with this package.

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
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        reason = lines[0].removeprefix("npm error ") if lines else f"exit code {done.returncode}"
        raise BadData(f"npm ci failed in {folder} ({reason}); check the network and run it again")
    replace_file(modules / MARK, json.dumps(lock).encode())
    return modules


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
