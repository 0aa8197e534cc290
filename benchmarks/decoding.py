"""JPEG files of 1600x1200 to what a network sees, shrunk while they are read, beside plain Pillow.

    python benchmarks/decoding.py [--pictures N] [--rounds N] [--json]

Plain Pillow decodes every pixel and resizes to 224x224, bicubic. Ours decodes no more than
needed and resizes with the same filter. Both run in turn, one thread; figures are pictures a
CPU-second, medians over rounds, and the peak signal-to-noise ratio of ours against plain Pillow.
Pictures are 1/f noise and, where $ICONYM_DATA is, photos of Flickr8k enlarged and given its grain.
"""

import argparse
import io
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from iconym.encoders.preprocessing import Preprocessing
from iconym.nouns import Image as Pixels
from iconym.pictures import decode_picture

WIDTH, HEIGHT, SIDE = 1600, 1200, 224
SQUARE = Preprocessing(SIDE, "whole", "bicubic")
CONTRAST, GRAIN = 15, 4  # standard deviations; the noise then takes 0.45 MB a file
BARS = {"ratio": 3.0, "decibels": 45.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    asked = parser.parse_args()
    sets = {"1/f noise": [noise(seed) for seed in range(asked.pictures)]}
    photos = flickr(asked.pictures)
    if photos:
        sets["photos"] = photos
    figures = {
        name: measure([jpeg(p) for p in found], asked.rounds) for name, found in sets.items()
    }
    for name, found in figures.items():
        print(f"\n{name}: {found['kilobytes']:.0f} kB a file")
        for row in found["rows"]:
            print("{what:30} {speed:7.1f}/s {ratio:6.2f}x {decibels:7.1f} dB".format(**row))
    if asked.json:
        print(
            json.dumps({"benchmark": "decoding", "cores": os.cpu_count(), "bars": BARS, **figures})
        )


def measure(files: list[bytes], rounds: int) -> dict[str, object]:
    """Speed and likeness of every way, run in turn."""
    ways: dict[str, Callable[[bytes], Pixels]] = {
        "Pillow, every pixel": plain,
        f"iconym, at least {SIDE}": lambda data: ours(data, SIDE),
        f"iconym, at least {2 * SIDE}": lambda data: ours(data, 2 * SIDE),
    }
    expected = [plain(data) for data in files]
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.process_time()
            for data in files:
                way(data)
            seconds[name].append((time.process_time() - start) / len(files))
    bare = seconds["Pillow, every pixel"]
    rows = [
        {
            "what": name,
            "speed": 1 / statistics.median(taken),
            "ratio": statistics.median(b / t for b, t in zip(bare, taken, strict=True)),
            "decibels": min(decibels(way(d), e) for d, e in zip(files, expected, strict=True)),
        }
        for (name, way), taken in zip(ways.items(), seconds.values(), strict=True)
    ]
    return {"kilobytes": sum(map(len, files)) / len(files) / 1000, "rows": rows}


def plain(data: bytes) -> Pixels:
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def ours(data: bytes, at_least: int) -> Pixels:
    return SQUARE.square(decode_picture(data, "picture", at_least=at_least).image)


def decibels(a: Pixels, b: Pixels) -> float:
    """Peak signal-to-noise ratio; 99 for equal pictures."""
    error = np.square(a.astype(float) - b).mean()
    return float(10 * np.log10(255**2 / error)) if error else 99.0


def jpeg(pixels: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=85, subsampling="4:2:0")
    return file.getvalue()


def noise(seed: int) -> Pixels:
    """Noise whose amplitude falls with frequency as that of photographs does."""
    rng = np.random.default_rng(seed)
    light, *tints = (field(rng) for _ in range(4))
    colors = np.stack([light + 0.3 * tint for tint in tints], axis=-1)
    return np.clip(128 + CONTRAST * colors, 0, 255).astype(np.uint8)


def field(rng: np.random.Generator) -> np.ndarray:
    frequency = np.hypot(np.fft.fftfreq(HEIGHT)[:, None], np.fft.rfftfreq(WIDTH)[None])
    frequency[0, 0] = np.inf
    waves = np.fft.rfft2(rng.standard_normal((HEIGHT, WIDTH))) / frequency
    values = np.fft.irfft2(waves, (HEIGHT, WIDTH))
    return values / values.std()


def flickr(count: int) -> list[Pixels]:
    """Photos enlarged to the size of a camera's, with grain; none without the data."""
    file = Path(os.environ.get("ICONYM_DATA", "")) / "flickr8k_1000" / "images.parquet"
    if "ICONYM_DATA" not in os.environ or not file.is_file():
        return []
    from iconym.data.parquet import read_parquet

    images = read_parquet(file, label="name").images
    return [enlarged(images[row], row) for row in range(count)]


def enlarged(image: Pixels, seed: int) -> Pixels:
    large = Image.fromarray(image).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    grain = np.random.default_rng(seed).normal(0, GRAIN, (HEIGHT, WIDTH, 1))
    return np.clip(np.asarray(large) + grain, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
