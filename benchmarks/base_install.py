"""The base install: how many packages and MiB, and whether it can index, search and label.

Makes a fresh environment with pip, installs this package without extras, and runs the verbs on a
space and pictures that are handed over (those of a finished demo).
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES, MIB = 36, 260  # at most


def main() -> None:
    """Install, count, use."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", type=Path, default=ROOT / "demo" / "out", help="a finished demo")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), options.demo)
    for name, value in figures.items():
        print(f"{name}: {value}")
    if options.json:
        print(json.dumps(figures))


def measure(folder: Path, demo: Path) -> dict:
    start = time.monotonic()
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    command = [python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", ROOT]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - start
    listed = json.loads(_output(python, "-m", "pip", "list", "--format=json"))
    packages = [p["name"] for p in listed if p["name"] not in ("pip", "setuptools")]
    site = next((folder / "venv" / "lib").glob("python3*/site-packages"))
    size = sum(f.stat().st_size for f in site.rglob("*") if f.is_file()) / 2**20
    return {
        "packages": len(packages),
        "packages_at_most": PACKAGES,
        "MiB_with_pip": round(size, 1),
        "MiB_at_most": MIB,
        "seconds": round(seconds, 1),
        "torch": "torch" in packages,
        "verbs": _use(folder, demo),
        "holds": len(packages) <= PACKAGES and size <= MIB,
    }


def _use(folder: Path, demo: Path) -> dict[str, str]:
    """The first line that each verb prints, run in the fresh environment."""
    iconym, photos = folder / "venv" / "bin" / "iconym", folder / "photos"
    shutil.copytree(demo / "collection" / "twitter", photos)
    picture = next(iter(sorted(photos.glob("*.png"))))
    return {
        "index": _output(iconym, "index", photos, "--space", demo / "space").splitlines()[0],
        "search": _output(iconym, "search", "dog", "--collection", photos, "--json")[:120],
        "label": _output(iconym, "label", picture, "--collection", photos, "--json")[:120],
    }


def _output(*command: object) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(c) for c in command)} failed: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
