"""Products of whole numbers by ONNX Runtime: its graph of one node, written by hand.

ONNX files are protocol buffers, and this one is so short that the package ``onnx``, which serving
does without, is not needed to write it. The numbers of its fields are those of onnx.proto.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int8, Int32, UInt8

UINT8, INT8, INT32 = 2, 3, 6  # of TensorProto.DataType
IR_VERSION, OPSET = 8, 13  # old enough for every ONNX Runtime we run with


@dataclass(frozen=True)
class IntegerProduct:
    """The products of rows of bytes, less ``zero``, with every column of ``weights``.

    Any number of threads may call it.

    Args:
        weights: kept beside the copy that ONNX Runtime makes, in an order of its own, for not on
            every processor does it make one. They may be a memory map.
        run: what ONNX Runtime calls to run the graph.
    """

    weights: Int8[np.ndarray, "dim n"]
    run: Callable[..., list[Any]]

    def __call__(self, rows: UInt8[np.ndarray, "q dim"]) -> Int32[np.ndarray, "q n"]:
        """``(rows - zero) @ weights``, exact while no sum of products passes 31 bits."""
        product: Int32[np.ndarray, "q n"] = self.run(["product"], {"rows": rows})[0]
        return product


def integer_product(
    weights: Int8[np.ndarray, "dim n"], *, zero: int, threads: int = 1
) -> IntegerProduct:
    """What multiplies by ``weights``; at least one column.

    Args:
        weights: not to be changed afterwards.
        zero: the byte that stands for 0.
        threads: how many share one product.
    """
    # its import alone leaves a device id in the home and tells its maker of each use
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime  # a tenth of a second that whoever asks no index does without

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    value = onnxruntime.OrtValue.ortvalue_from_numpy(np.asarray(weights))
    options.add_external_initializers(["weights"], [value])
    session = onnxruntime.InferenceSession(
        product_graph(*weights.shape, zero=zero), options, providers=["CPUExecutionProvider"]
    )
    return IntegerProduct(weights, session.run)


def product_graph(dim: int, n: int, *, zero: int) -> bytes:
    """An ONNX model of one MatMulInteger: bytes ``rows`` (q, dim) to int32 ``product`` (q, n).

    Its ``weights`` (dim, n) stand outside, to be given as an external initializer.
    """
    node = _text(1, "rows") + _text(1, "weights") + _text(1, "zero")
    node += _text(2, "product") + _text(4, "MatMulInteger")
    graph = _bytes(1, node) + _text(2, "products")
    graph += _bytes(5, _external("weights", INT8, dim, n))
    graph += _bytes(5, _number(2, UINT8) + _text(8, "zero") + _bytes(9, bytes([zero])))
    graph += _bytes(11, _matrix("rows", UINT8, dim)) + _bytes(12, _matrix("product", INT32, n))
    return _number(1, IR_VERSION) + _bytes(7, graph) + _bytes(8, _number(2, OPSET))


def _external(name: str, kind: int, *shape: int) -> bytes:
    """A TensorProto whose numbers are not in this file."""
    sides = b"".join(_number(1, side) for side in shape)
    place = _bytes(13, _text(1, "location") + _text(2, name))
    return sides + _number(2, kind) + _text(8, name) + place + _number(14, 1)


def _matrix(name: str, kind: int, columns: int) -> bytes:
    """A ValueInfoProto of any number of rows."""
    shape = _bytes(1, _text(2, "q")) + _bytes(1, _number(1, columns))
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth bit says that there are more."""
    lower, rest = value & 127, value >> 7
    return bytes([lower | 128]) + _varint(rest) if rest else bytes([lower])
