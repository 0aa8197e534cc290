"""A gigabyte of text to word vectors: memory, seconds, and what two kills cost.

The sample of Wikipedia and the Brown corpus are written again and again until the text has the
size asked for. ``iconym words train`` reads and trains it in processes of its own, is killed
(SIGKILL, with all its processes) once while it reads and once while it trains, and is started
again each time. A kill loses what was done since the newest file of its work folder was written.
Memory is sampled five times a second, over all its processes: what they allocated (anonymous
pages), and that with the pages of mapped files, which the system takes back when it needs them.
"""

import argparse
import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from _texts import present_files
from iconym.words.formats import load_words

MOST_LOST = 30.0  # seconds
PATIENCE = 12.0  # seconds of work after the first saved state, before a kill


@dataclass
class Run:
    """What one process did until its end, or until it was killed."""

    seconds: float = 0.0
    allocated: float = 0.0  # peak, MiB
    resident: float = 0.0  # peak, MiB, mapped files included
    lost: float = 0.0  # seconds of work
    log: str = field(default="", repr=False)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--quick", action="store_true", help="100 megabytes")
    parser.add_argument("--folder", type=Path, help="for the text and the work; else a new one")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        text, output = Path(folder) / "text.txt", Path(folder) / "words"
        size = write_repeated(text, 0.1 if options.quick else options.gigabytes)
        print(f"{size / 1e9:.2f} GB of text", flush=True)
        command = train_command(text, output)
        work = Path(f"{output}.work")
        runs = {
            "killed while it reads": run(command, work, "corpus.partial"),
            "killed while it trains": run(command, work, "training"),
            "to the end": run(command, work, None),
        }
        words = load_words(output)
    figures = {
        "gigabytes": round(size / 1e9, 2),
        "words": len(words),
        "dim": words.dim,
        "seconds": {name: round(r.seconds, 1) for name, r in runs.items()},
        "lost_seconds": {name: round(r.lost, 1) for name, r in runs.items()},
        "allocated_mib": round(max(r.allocated for r in runs.values())),
        "resident_mib": round(max(r.resident for r in runs.values())),
        "model_mib": round(2 * len(words) * words.dim * 4 / 2**20),
    }
    figures["holds"] = all(r.lost <= MOST_LOST for r in runs.values())
    for name, value in figures.items():
        print(f"{name}: {value}")
    if options.json:
        print(json.dumps(figures))


def write_repeated(path: Path, gigabytes: float) -> int:
    """Write the texts again and again; how many bytes there are then."""
    once = b"".join(gzip.decompress(file.read_bytes()) for file in present_files())
    with open(path, "wb") as file:
        for _ in range(max(1, round(gigabytes * 1e9 / len(once)))):
            file.write(once)
    return path.stat().st_size


def train_command(text: Path, output: Path) -> list[str]:
    """The command line of the training."""
    settings = ["--dim", "200", "--epochs", "1", "--processes", "2", "--threads", "2"]
    program = [sys.executable, "-m", "iconym.cli", "words", "train", str(text)]
    return [*program, "-o", str(output), *settings]


def run(command: list[str], work: Path, kill_after: str | None) -> Run:
    """Run ``command``, to its end or until PATIENCE seconds after ``work/kill_after`` is there."""
    found, start, seen = Run(), time.monotonic(), 0.0
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while process.poll() is None:
        time.sleep(0.2)
        allocated, resident = _memory(process.pid)
        found.allocated = max(found.allocated, allocated)
        found.resident = max(found.resident, resident)
        if kill_after and (work / kill_after).exists():
            seen = seen or time.monotonic()
            if time.monotonic() - seen >= PATIENCE:
                newest = max(p.stat().st_mtime for p in work.rglob("*") if p.is_file())
                os.killpg(process.pid, signal.SIGKILL)
                found.lost = time.time() - newest
                break
    _, found.log = process.communicate()
    found.seconds = time.monotonic() - start
    if process.returncode != (-signal.SIGKILL if kill_after else 0):
        sys.exit(f"the training ended with {process.returncode}: {found.log}")
    return found


def _memory(group: int) -> tuple[float, float]:
    """MiB that the processes of a group allocated, and that with the files they mapped."""
    allocated = files = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(entry.name)) != group:
                continue
            lines = (entry / "status").read_text().splitlines()
        except (ProcessLookupError, FileNotFoundError):
            continue  # it has ended meanwhile
        sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Rss")}
        allocated += int(sizes.get("RssAnon", 0)) + int(sizes.get("RssShmem", 0))
        files += int(sizes.get("RssFile", 0))
    return allocated / 1024, (allocated + files) / 1024


if __name__ == "__main__":
    main()
