"""Index a folder of thumbnails: memory, kill -9 with readers at work, second runs, renames, plans.

    python benchmarks/indexing.py [--pictures N] [--kills N] [--quick] [--json]

Thumbnails are 32x32 PNG files of noise, photos are JPEG and PNG files of 40 megapixels; the encoder
is a tiny ONNX network (192 features, 200 dimensions). Everything runs in processes of its own, as
people run it: `iconym index` is killed at random moments and started again while two readers ask
and ask. Work repeated is the time from the last transaction, or the start, to the kill.
"""

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper
from PIL import Image

from iconym.collection import open_collection
from iconym.encoders.onnx import OnnxEncoder
from iconym.encoders.preprocessing import Preprocessing
from iconym.nouns import WordVectors
from iconym.search import open_search, parse_query
from iconym.space import JointSpace, Projection, save_space

SIDE, DIM, INSIDE = 8, 200, 1000  # pixels the network sees, dimensions, files in a folder
WORDS = ("sea", "forest", "city")
INDEX = [sys.executable, "-m", "iconym.cli", "index"]
BARS = {
    "megabytes": 300,
    "photo megabytes": 600,
    "seconds repeated": 10.0,
    "second run": 0.8,
    "estimate": 1.5,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--photos", type=int, default=24, help="of 40 megapixels")
    parser.add_argument("--quick", action="store_true", help="10,000 pictures, 5 kills, 4 photos")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)  # the role of a reader
    asked = parser.parse_args()
    if asked.read:
        read(asked.read)
        return
    if asked.quick:
        asked.pictures, asked.kills, asked.photos = 10_000, 5, 4
    with tempfile.TemporaryDirectory() as place:
        rows = measure(Path(place), asked.pictures, asked.kills, asked.photos)
    for row in rows:
        bar = "" if row["bar"] is None else f"{row['bar']:>12}"
        print(f"{row['what']:52}{row['measured']:>12}{bar:>12}  {row['holds']}")
    if asked.json:
        print(json.dumps({"benchmark": "indexing", "cores": os.cpu_count(), "rows": rows}))


def measure(place: Path, pictures: int, kills: int, photos: int) -> list[dict[str, object]]:
    """Every figure, in the order in which things happen to a folder."""
    make_space(place / "space")
    folder = place / "thumbnails"
    begun = time.perf_counter()
    synthesize(folder, pictures)
    rows = [row("thumbnails made", pictures), row("seconds for it", since(begun))]
    return [
        *rows,
        *whole_run(folder, place / "space"),
        *killed_runs(folder, place / "space", pictures, kills),
        *later_runs(folder),
        *large_photos(place / "photos", place / "space", photos),
    ]


def whole_run(folder: Path, space: Path) -> list[dict[str, object]]:
    """A plan, and an undisturbed run beside it."""
    plan = json.loads(output([*INDEX, str(folder), "--space", str(space), "--plan", "--json"]))
    seconds, megabytes, outcome = run([*INDEX, str(folder), "--space", str(space), "--json"])
    size = (folder / ".iconym" / "catalog.db").stat().st_size
    shutil.rmtree(folder / ".iconym")
    ratio, growth = plan["seconds"] / seconds, plan["bytes"] / size
    return [
        row("pictures a second, whole process", round(outcome["added"] / seconds)),
        row("seconds", round(seconds, 1)),
        row("megabytes of memory, peak", megabytes, BARS["megabytes"]),
        row("seconds planned", round(plan["seconds"], 1)),
        row("apart from those taken, a factor", apart(ratio), BARS["estimate"]),
        row("megabytes planned for the catalog", round(plan["bytes"] / 1e6, 1)),
        row("apart from those taken, a factor", apart(growth), BARS["estimate"]),
    ]


def killed_runs(folder: Path, space: Path, pictures: int, kills: int) -> list[dict[str, object]]:
    """`kill -9` at random moments of run after run, then a run to the end, with two readers."""
    command = [*INDEX, str(folder), "--space", str(space), "--json"]
    longest = pictures / 1500 / kills + 1  # seconds: all kills fall before the end
    moments = random.Random(0)
    readers: list[subprocess.Popen[str]] = []
    repeated, done = [], []
    for _ in range(kills):
        repeated.append(killed(command, folder, moments.uniform(0.2, longest)))
        done.append(count(folder))
        if done[-1] and not readers:
            readers = [reader(folder) for _ in range(2)]
    _, _, last = run(command)
    asked = [json.loads(process.communicate("\n")[0]) for process in readers]
    catalog = open_collection(folder).catalog
    uris = {picture.uri for picture in catalog.pictures()}
    return [
        row("kills before the run was over", sum(n < pictures for n in done), kills, least=True),
        row("pictures lost", pictures - len(uris) + len(last["failed"]), 0),
        row("pictures put twice", catalog.last_sequence() - pictures, 0),
        row("pictures whose count of vectors is not one", abs(vectors(folder) - pictures), 0),
        row("seconds repeated after a kill, most", max(repeated), BARS["seconds repeated"]),
        row("seconds repeated after a kill, median", round(statistics.median(repeated), 2)),
        row("searches by two readers meanwhile", sum(r["searches"] for r in asked)),
        row("searches that failed", sum(r["failed"] for r in asked), 0),
        row("slowest search, seconds", max(r["slowest"] for r in asked)),
    ]


def later_runs(folder: Path) -> list[dict[str, object]]:
    """Half of the files deleted; nothing changed; a folder renamed; one file deleted."""
    command = [*INDEX, str(folder), "--json"]
    folders = sorted(path for path in folder.iterdir() if path.name[0] != ".")
    gone = folders[len(folders) // 2 :]
    for path in gone:
        shutil.rmtree(path)
    _, _, halved = run(command)
    again = [run(command) for _ in range(7)]
    left = again[0][2]["unchanged"]
    folders[0].rename(folder / "renamed")
    moved_seconds, _, moved = run(command)
    victim = next((folder / "renamed").iterdir())
    uri = victim.relative_to(folder).as_posix()
    victim.unlink()
    run(command)
    hits = open_search(folder).by_query(parse_query(["sea"]), left)
    return [
        row("removed with their folders", halved["removed"]),
        row(
            f"seconds of a run over {left} unchanged files, least", least(again), BARS["second run"]
        ),
        row("seconds of it, median", round(statistics.median(s for s, _, _ in again), 3)),
        row("moved with a renamed folder", moved["moved"]),
        row("encoded again after it", moved["added"] + moved["changed"], 0),
        row("seconds for it", round(moved_seconds, 2)),
        row("a deleted file among the answers", sum(hit.picture.uri == uri for hit in hits), 0),
        row("answers", len(hits)),
    ]


def large_photos(folder: Path, space: Path, photos: int) -> list[dict[str, object]]:
    """Peak memory with photos of 40 megapixels, every fourth a PNG."""
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (65, 97, 3), dtype=np.uint8)
    photo = Image.fromarray(noise).resize((7744, 5164), Image.Resampling.BICUBIC)
    photo.save(folder / "0.jpg", quality=85)
    photo.save(folder / "0.png", compress_level=1)
    for number in range(1, photos):
        suffix = "png" if number % 4 == 0 else "jpg"
        data = (folder / f"0.{suffix}").read_bytes()
        (folder / f"{number}.{suffix}").write_bytes(data + bytes([number]))
    seconds, megabytes, outcome = run([*INDEX, str(folder), "--space", str(space), "--json"])
    return [
        row("photos of 40 megapixels", outcome["added"]),
        row("seconds for them", round(seconds, 1)),
        row("megabytes of memory, peak", megabytes, BARS["photo megabytes"]),
    ]


def read(folder: Path) -> None:
    """Search until standard input ends, each time in what the catalog then holds."""
    found, failed, searches, slowest = open_search(folder), 0, 0, 0.0
    done = False
    os.set_blocking(sys.stdin.fileno(), False)
    while not done:
        begun = time.perf_counter()
        found = found.refresh()
        hits = found.by_query(parse_query([WORDS[searches % len(WORDS)]]))
        slowest = max(slowest, time.perf_counter() - begun)
        searches, failed = searches + 1, failed + (not hits)
        done = sys.stdin.read(1) == "\n"
        time.sleep(0.02)  # two readers in a loop would leave no processor to the writer
    print(json.dumps({"searches": searches, "failed": failed, "slowest": round(slowest, 3)}))


def reader(folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, __file__, "--read", str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def killed(command: list[str], folder: Path, after: float) -> float:
    """Seconds of work that a kill after so many seconds loses."""
    begun = time.time()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(after)
    os.kill(process.pid, signal.SIGKILL)
    ended = time.time()
    process.communicate()
    written = [p.stat().st_mtime for p in (folder / ".iconym").glob("catalog.db*")]
    return round(ended - max([begun, *(t for t in written if t <= ended)]), 2)


def run(command: list[str]) -> tuple[float, int, dict[str, object]]:
    """Seconds, megabytes at the peak, and the outcome of a run to its end."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} left with {process.returncode}")
    return seconds, usage.ru_maxrss // 1024, json.loads(said)


def output(command: list[str]) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def count(folder: Path) -> int:
    return len(open_collection(folder).catalog) if (folder / ".iconym/catalog.db").exists() else 0


def vectors(folder: Path) -> int:
    catalog = open_collection(folder).catalog
    return len(catalog.vectors(catalog.spaces()[0].fingerprint)[0])


def synthesize(folder: Path, pictures: int) -> None:
    """PNG files of noise, no two alike, a thousand in a folder."""
    header = b"IHDR" + (32).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    rng = np.random.default_rng(0)
    for start in range(0, pictures, INSIDE):
        inside = folder / f"{start // INSIDE:04}"
        inside.mkdir(parents=True)
        noise = rng.integers(0, 256, (min(INSIDE, pictures - start), 32, 97), dtype=np.uint8)
        noise[:, :, 0] = 0  # every row of a PNG begins with its filter
        for number, pixels in enumerate(noise):
            data = b"IDAT" + zlib.compress(pixels.tobytes(), 0)
            chunks = b"".join(map(chunk, (header, data, b"IEND")))
            (inside / f"{number:04}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def chunk(data: bytes) -> bytes:
    return (len(data) - 4).to_bytes(4, "big") + data + zlib.crc32(data).to_bytes(4, "big")


def make_space(path: Path) -> None:
    """A space whose network gives the pixels of a square, projected at random."""
    features = 3 * SIDE * SIDE
    graph = helper.make_graph(
        [helper.make_node("Flatten", ["pixels"], ["features"])],
        "pixels",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", features])],
    )
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, ir_version=8, opset_imports=opset).SerializeToString()
    square = Preprocessing(size=SIDE, fit="whole", mean=(0.5,) * 3, std=(0.5,) * 3)
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((features, DIM)).astype(np.float32)
    words = WordVectors(WORDS, rng.standard_normal((len(WORDS), DIM)).astype(np.float32))
    projection = Projection(weight, np.zeros(DIM, np.float32))
    encoder = OnnxEncoder("pixels", model, square)
    save_space(JointSpace("pixels", encoder, projection, words, words), path)


def row(
    what: str, measured: float, bar: float | None = None, *, least: bool = False
) -> dict[str, object]:
    """A line of the table; ``bar`` is the most that may be measured, or the least."""
    holds = bar is None or (measured >= bar if least else measured <= bar)
    said = "" if bar is None else "holds" if holds else "FAILS"
    return {"what": what, "measured": measured, "bar": bar, "holds": said}


def apart(ratio: float) -> float:
    return round(max(ratio, 1 / ratio), 2)


def least(runs: list[tuple[float, int, dict[str, object]]]) -> float:
    return round(min(seconds for seconds, _, _ in runs), 3)


def since(begun: float) -> float:
    return round(time.perf_counter() - begun, 1)


if __name__ == "__main__":
    main()
