"""What runs a network: OpenVINO where it is installed, else ONNX Runtime; the features agree."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from threading import Lock
from typing import Any

import numpy as np
from jaxtyping import Float

from iconym.errors import BadData, MissingTool, Usage

FASTEST, ONNXRUNTIME, OPENVINO = "fastest", "onnxruntime", "openvino"
FLOAT32, BFLOAT16 = "float32", "bfloat16"
RUNTIMES, PRECISIONS = (FASTEST, ONNXRUNTIME, OPENVINO), (FLOAT32, BFLOAT16)

Blob = Float[np.ndarray, "n 3 height width"]  # pictures as the network takes them


@dataclass(frozen=True)
class Running:
    """How a network is run.

    Args:
        runtime: "onnxruntime", "openvino", or "fastest": OpenVINO where it is installed and takes
            the network, else ONNX Runtime. In float32 their features differ by rounding alone.
        precision: "float32", or "bfloat16" on processors that have it, by OpenVINO: about twice
            as fast, and other features.
        threads: at most so many; None is OMP_NUM_THREADS where that is set, else every core.

    Raises:
        Usage: for anything else.
    """

    runtime: str = FASTEST
    precision: str = FLOAT32
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.runtime not in RUNTIMES:
            raise Usage(f"the runtime {self.runtime!r} is none of {', '.join(RUNTIMES)}")
        if self.precision not in PRECISIONS:
            raise Usage(f"the precision {self.precision!r} is none of {', '.join(PRECISIONS)}")
        if self.threads is not None and self.threads < 1:
            raise Usage(f"{self.threads} threads; give at least 1, or leave it out for every core")
        if self.precision == BFLOAT16 and self.runtime == ONNXRUNTIME:
            raise Usage("ONNX Runtime has no bfloat16 on processors; leave out the runtime")


DEFAULT = Running()


@dataclass(frozen=True)
class Network:
    """A network ready to run; any number of threads may call ``run``.

    Args:
        runtime: what runs it, "openvino" or "onnxruntime".
        dim: how many features a picture has; None where the file does not tell.
        run: pictures (n, 3, height, width) to features (n, dim).
    """

    runtime: str
    dim: int | None
    run: Callable[[Any], Any]


def open_network(name: str, model: bytes, output: str, running: Running) -> Network:
    """The network in the bytes of an ONNX file, ready to run.

    Args:
        name: of the network, for messages.
        model: the file's bytes; its only input is (n, 3, height, width) float32.
        output: the name of the output to use, shape (n, dim).
        running: by what, how exactly and on how many threads.

    Raises:
        BadData: if it is no network, cannot be run, or has no such output.
        MissingTool: if OpenVINO is asked for and not installed.
        Usage: if bfloat16 is asked for and the processor has none.
    """
    if running.runtime == FASTEST and running.precision == FLOAT32:
        if has_openvino():
            with suppress(BadData, MissingTool):
                return _of_openvino(name, model, output, running)
        return _of_onnxruntime(name, model, output, running)
    if running.runtime == ONNXRUNTIME:
        return _of_onnxruntime(name, model, output, running)
    return _of_openvino(name, model, output, running)


def has_openvino() -> bool:
    """Whether OpenVINO is installed; it is not imported."""
    return find_spec("openvino") is not None


def thread_limit(threads: int | None = None) -> int | None:
    """``threads``, else OMP_NUM_THREADS where that is set to a number, else None: no limit."""
    if threads is not None:
        return threads
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdecimal() and int(asked) else None


def usable_threads() -> int:
    """How many threads work of our own may use: OMP_NUM_THREADS, else one for each core."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return thread_limit() or cores or 1


def _of_onnxruntime(name: str, model: bytes, output: str, running: Running) -> Network:
    # its import alone leaves a device id in the home and tells its maker of each use
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime  # a tenth of a second that a search for words does without

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = thread_limit(running.threads) or 0  # 0: every core
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except _onnx_errors() as error:
        first = str(error).splitlines()[0]
        raise BadData(f"{name} is no ONNX model that can be run: {first}") from error
    shapes = {o.name: o.shape for o in session.get_outputs()}
    _check_output(name, output, list(shapes))
    asked, dim = session.get_inputs()[0].name, shapes[output][-1]
    return Network(
        ONNXRUNTIME,
        dim if isinstance(dim, int) else None,
        lambda blob: session.run([output], {asked: blob})[0],
    )


def _of_openvino(name: str, model: bytes, output: str, running: Running) -> Network:
    openvino = _openvino()
    core = openvino.Core()
    if running.precision == BFLOAT16 and not _has_bfloat16(core):
        raise Usage("this processor has no bfloat16; use the precision float32")
    settings = {
        "PERFORMANCE_HINT": "LATENCY",  # all threads at one batch
        "INFERENCE_PRECISION_HINT": "bf16" if running.precision == BFLOAT16 else "f32",
        "INFERENCE_NUM_THREADS": thread_limit(running.threads) or 0,  # 0: every core
        "ENABLE_CPU_PINNING": False,  # or every process would take the same first cores
    }
    try:
        compiled = core.compile_model(core.read_model(model), "CPU", settings)
    except RuntimeError as error:
        last = str(error).strip().splitlines()[-1]
        raise BadData(f"{name} is no ONNX model that OpenVINO can run: {last}") from error
    _check_output(name, output, [n for o in compiled.outputs for n in sorted(o.get_names())])
    port, busy = compiled.output(output), Lock()  # it holds room for one batch at a time
    dim = port.get_partial_shape()[-1]

    def run(blob: Blob) -> np.ndarray:
        with busy:
            return compiled([blob], share_inputs=True)[port]

    return Network(OPENVINO, dim.get_length() if dim.is_static else None, run)


def _check_output(name: str, output: str, there: list[str]) -> None:
    if output not in there:
        raise BadData(f"{name} has no output {output!r}, only {', '.join(there)}")


def _openvino() -> Any:
    # its import alone tells its maker of each use; without this package it cannot
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise MissingTool("OpenVINO is not installed: pip install 'iconym[openvino]'") from error
    return openvino


def _has_bfloat16(core: Any) -> bool:
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _onnx_errors() -> tuple[type[Exception], ...]:
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented")
    return tuple(getattr(state, name) for name in names)
