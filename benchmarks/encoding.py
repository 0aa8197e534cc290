"""A network run by us beside the bare runtime on the same batch; the runtimes beside each other.

    python benchmarks/encoding.py [--data DATA] [--encoder MODEL.onnx] [--rounds N] [--json]

DATA ($ICONYM_DATA) holds weights/mobilenetv2_100_tf.onnx and imagenet1k_sample/images.parquet.
Each way runs a batch of squares that are ready, in turn, on OMP_NUM_THREADS threads; figures are
pictures a CPU-second, medians over rounds, and the least cosine to ONNX Runtime's float32.
"With preprocessing" takes pictures of just the network's size, which still have to be scaled.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from iconym.data.parquet import read_parquet
from iconym.encoders.onnx import OnnxEncoder, load_onnx
from iconym.encoders.preprocessing import Preprocessing
from iconym.encoders.runtimes import BFLOAT16, ONNXRUNTIME, OPENVINO, Running, has_openvino
from iconym.errors import Usage
from iconym.similarity import unit

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
SQUARE = Preprocessing(224, "whole", "bicubic")
AT_LEAST = 0.95  # of the bare runtime's speed
Way = Callable[[], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    place = Path(os.environ.get("ICONYM_DATA", BESIDE))
    parser.add_argument("--data", type=Path, default=place, help="default: $ICONYM_DATA")
    parser.add_argument("--encoder", type=Path, help="default: mobilenetv2 of DATA")
    parser.add_argument("--batch", type=int, default=OnnxEncoder.batch)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    asked = parser.parse_args()
    model = asked.encoder or asked.data / "weights" / "mobilenetv2_100_tf.onnx"
    sample = read_parquet(asked.data / "imagenet1k_sample" / "images.parquet", label="words").images
    squares = [SQUARE.square(sample[row]) for row in range(asked.batch)]
    ways = all_ways(load_onnx(model, SQUARE), squares)
    exact = unit(ways["onnxruntime, bare"]().astype(float))
    seconds = timed(ways, asked.rounds)
    rows = [row(name, ways, seconds, exact, asked.batch) for name in ways]
    print(f"{'':36} {'pictures/CPU s':>15} {'of bare':>8} {'cosine':>10}")
    for line in rows:
        print("{what:36} {speed:15.1f} {of_bare:8.3f} {cosine:10.7f}".format(**line))
    if asked.json:
        about = {"batch": asked.batch, "cores": os.cpu_count(), "at_least": AT_LEAST}
        print(json.dumps({"benchmark": "encoding", "encoder": model.stem, **about, "rows": rows}))


def all_ways(encoder: OnnxEncoder, squares: list[Any]) -> dict[str, Way]:
    """Each runtime bare and by us, as far as it is installed and the processor can."""
    ready = SQUARE(squares)
    ways = {f"{ONNXRUNTIME}, bare": bare_onnxruntime(encoder, ready)}
    ways |= by_us(replace(encoder, running=Running(ONNXRUNTIME)), squares, ONNXRUNTIME)
    if not has_openvino():
        return ways
    for name, running in {
        OPENVINO: Running(OPENVINO),
        f"{OPENVINO} {BFLOAT16}": Running(OPENVINO, BFLOAT16),
    }.items():
        ours = by_us(replace(encoder, running=running), squares, name)
        try:
            next(iter(ours.values()))()
        except Usage as error:
            print(error)
            continue
        ways |= {f"{name}, bare": bare_openvino(encoder, ready, running)} | ours
    return ways


def by_us(encoder: OnnxEncoder, squares: list[Any], name: str) -> dict[str, Way]:
    ready = SQUARE(squares)
    return {
        f"{name}, iconym": lambda: encoder.run(ready),
        f"{name}, with preprocessing": lambda: encoder(squares),
    }


def bare_onnxruntime(encoder: OnnxEncoder, ready: np.ndarray) -> Way:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", 0))
    session = onnxruntime.InferenceSession(
        encoder.model, options, providers=["CPUExecutionProvider"]
    )
    return lambda: session.run([encoder.output], {session.get_inputs()[0].name: ready})[0]


def bare_openvino(encoder: OnnxEncoder, ready: np.ndarray, running: Running) -> Way:
    import openvino

    core = openvino.Core()
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16" if running.precision == BFLOAT16 else "f32",
        "INFERENCE_NUM_THREADS": int(os.environ.get("OMP_NUM_THREADS", 0)),
    }
    compiled = core.compile_model(core.read_model(encoder.model), "CPU", settings)
    return lambda: compiled([ready])[encoder.output]


def timed(ways: dict[str, Way], rounds: int) -> dict[str, list[float]]:
    """CPU-seconds of each way in each round, all in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for number in range(rounds):
        names = list(ways) if number % 2 else list(reversed(ways))
        for name in names:
            start = time.process_time()
            ways[name]()
            seconds[name].append(time.process_time() - start)
    return seconds


def row(
    name: str,
    ways: dict[str, Way],
    seconds: dict[str, list[float]],
    exact: np.ndarray,
    batch: int,
) -> dict[str, Any]:
    bare = seconds[f"{name.partition(',')[0]}, bare"]
    shares = [b / t for b, t in zip(bare, seconds[name], strict=True)]
    return {
        "what": name,
        "speed": batch / statistics.median(seconds[name]),
        "of_bare": statistics.median(shares),
        "cosine": float((unit(ways[name]().astype(float)) * exact).sum(axis=1).min()),
    }


if __name__ == "__main__":
    main()
