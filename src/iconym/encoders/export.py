"""Our convolutional network as an ONNX file: the graph written out, normalization folded in.

Written by hand rather than traced: the same weights give the same bytes, on every machine, so
that a space's fingerprint depends on nothing else.
"""

from collections.abc import Iterator
from typing import cast

import numpy as np
from numpy.typing import ArrayLike
from onnx import NodeProto, TensorProto, helper, numpy_helper
from torch import nn

from iconym.encoders.cnn import Cnn, Residual
from iconym.encoders.onnx import OnnxEncoder
from iconym.encoders.preprocessing import Preprocessing
from iconym.encoders.radial import RadialBasis
from iconym.errors import Usage

OPSET, IR = 17, 9


def to_onnx(
    cnn: Cnn,
    preprocessing: Preprocessing,
    name: str = "cnn",
    *,
    basis: RadialBasis | None = None,
    mirror: bool = False,
) -> OnnxEncoder:
    """The network as an encoder that runs without torch; features agree to about 1e-5.

    Batch normalization is folded into the convolution before it, with its running statistics.

    Args:
        cnn: the network.
        preprocessing: what its pictures go through.
        name: for people.
        basis: features are then the nearness to its anchors.
        mirror: features are the mean over a picture and its mirror image.
    """
    graph = _Graph()
    image = graph.mirrored("image") if mirror else "image"
    pooled = graph.node("GlobalAveragePool", [graph.write(cnn.layers, image)])
    last = graph.node("Flatten", [pooled])
    last = graph.halves_averaged(last, cnn.dim) if mirror else last
    last, dim = (graph.radial(basis, last), len(basis.anchors)) if basis else (last, cnn.dim)
    graph.node("Identity", [last], "features")
    side = preprocessing.size
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, side, side])
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", dim])
    whole = helper.make_graph(graph.nodes, name, [image], [features], graph.tensors)
    model = helper.make_model(
        whole,
        producer_name="iconym",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
    )
    return OnnxEncoder(name, model.SerializeToString(deterministic=True), preprocessing)


class _Graph:
    """Nodes and weights written so far; every value is named by the order of writing."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.tensors: list[TensorProto] = []

    def write(self, module: nn.Module, value: str) -> str:
        """Append what ``module`` does to ``value``; return the name of the result."""
        if isinstance(module, nn.Sequential):
            for part in _folded(module):
                value = self.write(part, value)
            return value
        if isinstance(module, Residual):
            return self.node("Add", [value, self.write(module.inner, value)])
        if isinstance(module, nn.Conv2d):
            return self._convolution(module, value)
        if isinstance(module, nn.ReLU):
            return self.node("Relu", [value])
        if isinstance(module, nn.MaxPool2d):
            side = cast(int, module.kernel_size)
            return self.node("MaxPool", [value], kernel_shape=[side] * 2, strides=[side] * 2)
        raise Usage(f"no ONNX form is known for a layer {type(module).__name__}")

    def node(self, kind: str, inputs: list[str], output: str = "", **attributes: object) -> str:
        """Append one node; return the name of its result."""
        output = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def mirrored(self, value: str) -> str:
        """Append the mirror images of a batch (n, c, h, w) behind it: (2 n, c, h, w)."""
        backwards = [self.integers(number) for number in ([-1], [-(2**31)], [3], [-1])]
        return self.node("Concat", [value, self.node("Slice", [value, *backwards])], axis=0)

    def halves_averaged(self, value: str, dim: int) -> str:
        """Append the mean of the two halves of a batch (2 n, dim): (n, dim)."""
        halves = self.node("Reshape", [value, self.integers([2, -1, dim])])
        return self.node("ReduceMean", [halves], axes=[0], keepdims=0)

    def integers(self, values: list[int]) -> str:
        """Append constant integers; return their name."""
        name = f"t{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def radial(self, basis: RadialBasis, value: str) -> str:
        """Append the features of a radial basis: exp(2 gamma (u . a - 1))."""
        places = self.node("LpNormalization", [value], axis=1, p=2)
        cosines = self.node("MatMul", [places, self.tensor(basis.anchors.T)])
        apart = self.node("Sub", [cosines, self.tensor([1])])
        return self.node("Exp", [self.node("Mul", [apart, self.tensor([2 * basis.gamma])])])

    def tensor(self, values: ArrayLike) -> str:
        """Append constants; return their name."""
        name = f"t{len(self.tensors)}"
        array = np.ascontiguousarray(values, np.float32)
        self.tensors.append(numpy_helper.from_array(array, name))
        return name

    def _convolution(self, conv: nn.Conv2d, value: str) -> str:
        parts = (conv.weight, cast(nn.Parameter, conv.bias))
        names = [self.tensor(part.detach().numpy()) for part in parts]
        padding, stride = cast(tuple[int, int], conv.padding), list(conv.stride)
        return self.node("Conv", [value, *names], pads=[*padding, *padding], strides=stride)


def _folded(layers: nn.Sequential) -> Iterator[nn.Module]:
    """The layers, each convolution merged with the batch normalization that follows it."""
    waiting: nn.Conv2d | None = None
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            waiting = layer
        elif waiting is not None and isinstance(layer, nn.BatchNorm2d):
            yield _merged(waiting, layer)
            waiting = None
        else:
            yield layer


def _merged(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    mean, variance = norm.running_mean, norm.running_var
    if mean is None or variance is None:
        raise Usage("batch normalization without running statistics cannot be exported")
    scale = norm.weight / (variance + norm.eps).sqrt()
    merged = nn.Conv2d(conv.in_channels, conv.out_channels, 3)
    merged.stride, merged.padding = conv.stride, conv.padding
    merged.weight = nn.Parameter(conv.weight * scale[:, None, None, None])
    merged.bias = nn.Parameter(norm.bias - mean * scale)
    return merged
