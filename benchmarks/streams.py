"""Activity streams: messages a second, and workers killed in the middle of their work.

    python benchmarks/streams.py [--messages N] [--pictures N] [--kills N] [--quick] [--json]

Messages are published a thousand at a time, claimed and acknowledged 64 at a time, by one
process, through a stream in memory, one in Redis, and bare redis-py with the messages ready made;
in turn, medians over rounds. The redis-server is one of our own on a socket, with a log on disk.

Then thumbnails are published, and two worker processes take them into a collection; again and
again one of them is killed (-9) at a random moment and another one started, while two readers
ask the catalog. At the end each picture must be there once, with its own vector.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import redis
from PIL import Image

from iconym.collection import create_collection, open_collection
from iconym.indexing.activities import follow
from iconym.indexing.steps import BATCH
from iconym.nouns import Activity, Picture, WordVectors
from iconym.pictures import read_picture
from iconym.protocols import ActivityStream
from iconym.space import JointSpace, Projection
from iconym.streams.memory import MemoryStream
from iconym.streams.messages import encoded
from iconym.streams.redis import FIELD, PAGE, RedisStream

SIDE, DIM = 32, 192
LEASE = 2.0  # seconds
NAME, GROUP, LOG = "pictures", "iconym", "encodings.txt"
PACE = 3_000  # pictures a second, about: of each part, some are left when a worker is killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="10,000 messages, 4,000 pictures")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        work(*asked.worker)
        return
    if asked.quick:
        asked.messages, asked.rounds, asked.pictures, asked.kills = 10_000, 3, 4_000, 6
    with tempfile.TemporaryDirectory(prefix="streams-") as folder, server(Path(folder)) as url:
        speeds = measure(url, asked.messages, asked.rounds)
        print(f"{'messages a second':24} {'publish':>10} {'claim + ack':>12} {'all':>10}")
        for row in speeds:
            print("{what:24} {publish:10,.0f} {take:12,.0f} {all:10,.0f}".format(**row))
        crash = crashes(url, Path(folder), asked.pictures, asked.kills, random.Random(asked.seed))
    print()
    for name, value in crash.items():
        print(f"{name:44} {value:>10,}")
    if asked.json:
        found = {"benchmark": "streams", "cores": os.cpu_count(), "messages": asked.messages}
        print(json.dumps({**found, "speeds": speeds, "crash": crash}))


# Speed


def measure(url: str, count: int, rounds: int) -> list[dict[str, Any]]:
    """Messages a second of each way, in turn."""
    activities = [
        Activity("added", Picture(f"2024/05/{i:08}.jpg", words=("sea", "shell", "beach")))
        for i in range(count)
    ]
    messages = [encoded(activity) for activity in activities]
    taken: dict[str, list[tuple[float, float]]] = {}
    for turn in range(rounds):
        taken.setdefault("memory", []).append(through(MemoryStream(), activities))
        stream = RedisStream(url, f"ours-{turn}", group=GROUP)
        taken.setdefault("redis", []).append(through(stream, activities))
        taken.setdefault("redis-py, bare", []).append(bare(url, f"bare-{turn}", messages))
    return [
        {
            "what": what,
            "publish": count / statistics.median(published for published, _ in pairs),
            "take": count / statistics.median(claimed for _, claimed in pairs),
            "all": count / statistics.median(map(sum, pairs)),
        }
        for what, pairs in taken.items()
    ]


def through(stream: ActivityStream, activities: Sequence[Activity]) -> tuple[float, float]:
    """Seconds to publish all, and to claim and acknowledge all."""
    start = time.perf_counter()
    for first in range(0, len(activities), PAGE):
        stream.publish(activities[first : first + PAGE])
    middle, count = time.perf_counter(), 0
    while claimed := stream.claim(BATCH):
        stream.ack([activity.id for activity in claimed])
        count += len(claimed)
    assert count == len(activities)
    return middle - start, time.perf_counter() - middle


def bare(url: str, name: str, messages: Sequence[bytes]) -> tuple[float, float]:
    """The same by redis-py alone, which looks neither into messages nor for abandoned ones."""
    client = redis.Redis.from_url(url)
    start = time.perf_counter()
    for first in range(0, len(messages), PAGE):
        with client.pipeline(transaction=True) as pipeline:
            for message in messages[first : first + PAGE]:
                pipeline.xadd(name, {FIELD: message})
            pipeline.execute()
    middle, count = time.perf_counter(), 0
    client.xgroup_create(name, GROUP, "0")
    while found := client.xreadgroup(GROUP, "bare", {name: ">"}, BATCH):
        ids = [i for i, _ in found[0][1]]
        client.xack(name, GROUP, *ids)
        count += len(ids)
    assert count == len(messages)
    client.close()
    return middle - start, time.perf_counter() - middle


# Crashes


def crashes(
    url: str, folder: Path, count: int, kills: int, chance: random.Random
) -> dict[str, Any]:
    """Kill workers while they take pictures in; what is lost, and what is there twice."""
    place = folder / "thumbnails"
    uris = [thumbnail(place, i) for i in range(count)]
    collection, space = create_collection(place), the_space()
    collection.use_space(space)
    client, stream = redis.Redis.from_url(url), RedisStream(url, NAME, group=GROUP)
    readers = [Reader(place, uris, seed) for seed in (1, 2)]
    start = time.monotonic()
    workers = [worker(url, place, 1e9) for _ in range(2)]
    part, left_behind = -(-count // (kills + 1)), []
    for first in range(0, count, part):
        stream.publish([Activity("added", Picture(uri)) for uri in uris[first : first + part]])
        if len(left_behind) == kills:
            break
        time.sleep(chance.uniform(0.0, part / PACE))
        victim = workers.pop(0)
        end(victim)
        left_behind.append(held(client, victim))
        workers.append(worker(url, place, 1e9))
    worker(url, place, 2 * LEASE).wait()
    seconds = time.monotonic() - start - 2 * LEASE
    for each in workers:
        end(each)
    found = {
        "pictures": count,
        "seconds": round(seconds, 1),
        "kills": len(left_behind),
        "kills in the middle of a batch": sum(map(bool, left_behind)),
        "activities left behind by the killed": sum(left_behind),
        "pictures encoded more than once, for that": encodings(place) - count,
        "answers to two readers meanwhile": sum(reader.stop() for reader in readers),
        "answers that were wrong": sum(reader.wrong for reader in readers),
        "slowest answer, ms": round(1000 * max(reader.slowest for reader in readers)),
        "activities not acknowledged": client.xpending(NAME, GROUP)["pending"],
        **compared(place, uris),
    }
    client.close()
    stream.close()
    return found


def compared(place: Path, uris: Sequence[str]) -> dict[str, int]:
    """The catalog beside the files: what is lost, there twice, or has a vector not its own."""
    catalog, space = open_collection(place).catalog, the_space()
    kept = [picture.uri for picture in catalog.pictures()]
    ids, vectors = catalog.vectors(space.fingerprint)
    own = {p.uri: row for p, row in zip(catalog.get(ids.tolist()), vectors, strict=True)}
    strange = [uri for uri, row in own.items() if not np.allclose(row, vector(place, uri))]
    return {
        "pictures lost": len(set(uris) - own.keys()),
        "pictures there twice": len(kept) - len(set(kept)),
        "pictures nobody published": len(set(kept) - set(uris)),
        "vectors not their picture's own": len(strange),
    }


class Reader:
    """Asks the catalog for pictures in a thread of its own, as a search does, until stopped."""

    def __init__(self, place: Path, uris: Sequence[str], seed: int) -> None:
        self.place, self.uris, self.chance = place, uris, random.Random(seed)
        self.answers, self.wrong, self.slowest = 0, 0, 0.0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self) -> None:
        """Until it is stopped: one picture after another, drawn at random."""
        catalog, space = open_collection(self.place).catalog, the_space()
        while not self.ended.wait(0.01):
            uri = self.chance.choice(self.uris)
            start = time.perf_counter()
            ids = catalog.find(uris=[uri])
            _, rows = catalog.vectors(space.fingerprint, np.array(ids, np.int64))
            self.slowest = max(self.slowest, time.perf_counter() - start)
            self.answers += 1
            is_right = len(rows) == len(ids) and all(
                np.allclose(row, vector(self.place, uri)) for row in rows
            )
            self.wrong += not is_right

    def stop(self) -> int:
        """How many answers there were."""
        self.ended.set()
        self.thread.join()
        return self.answers


def work(url: str, folder: str, patience: str) -> None:
    """One worker, in a process of its own: this script with --worker."""
    stream = RedisStream(url, NAME, group=GROUP, consumer=f"worker-{os.getpid()}", lease=LEASE)
    log = os.open(Path(folder) / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    space = the_space(log)
    print("ready", flush=True)
    for _outcome in follow(open_collection(Path(folder)), space, stream, patience=float(patience)):
        pass


def worker(url: str, place: Path, patience: float) -> subprocess.Popen[str]:
    """A worker that has started to work."""
    command = [sys.executable, __file__, "--worker", url, str(place), str(patience)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "ready\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    assert process.stdout
    process.stdout.close()


def held(client: Any, process: subprocess.Popen[str]) -> int:
    """How many activities a worker had claimed and not acknowledged."""
    mine = f"worker-{process.pid}"
    return len(client.xpending_range(NAME, GROUP, "-", "+", 10_000, consumername=mine))


@dataclass
class Blocks:
    """An encoder that costs little: the means of blocks of 4 x 4 pixels. Logs how many it saw."""

    log: int | None = None
    name: str = "blocks"
    dim: int = DIM
    fingerprint: str = "b10c5"

    def __call__(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """One row for each image."""
        if self.log is not None:
            os.write(self.log, b"%d\n" % len(images))  # appended whole
        blocks = np.stack(images).reshape(-1, SIDE // 4, 4, SIDE // 4, 4, 3)
        return blocks.mean(axis=(2, 4)).reshape(len(images), DIM).astype(np.float32)


def the_space(log: int | None = None) -> JointSpace:
    words = WordVectors(("block",), np.eye(1, DIM, dtype=np.float32))
    projection = Projection(np.eye(DIM, dtype=np.float32), np.ones(DIM, np.float32))
    return JointSpace("blocks", Blocks(log), projection, words, words)


def vector(place: Path, uri: str) -> np.ndarray:
    """The vector that a picture should have, from its file."""
    return the_space().embed_images([read_picture(place / uri).image])[0]


def encodings(place: Path) -> int:
    return sum(map(int, (place / LOG).read_text().split()))


def thumbnail(place: Path, number: int) -> str:
    """A picture like no other, of a few soft colors, at the uri returned."""
    uri = f"{number // 1000:03}/{number:06}.jpg"
    (place / uri).parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(number).integers(0, 256, (4, 4, 3), np.uint8)
    Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(place / uri)
    return uri


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The address of a redis-server on a socket in ``folder``, with its log flushed each second."""
    if shutil.which("redis-server") is None:
        raise SystemExit("redis-server is not installed: apt-get install redis-server")
    settings = "--port 0 --unixsocket redis.sock --appendonly yes --save".split()
    process = subprocess.Popen(
        ["redis-server", *settings, ""], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    ready = any("ready to accept connections at" in line for line in process.stdout)
    assert ready, "redis-server ended"
    try:
        yield f"unix://{folder}/redis.sock"
    finally:
        end(process)


if __name__ == "__main__":
    main()
