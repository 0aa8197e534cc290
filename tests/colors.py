"""A space one can check in the head: a picture's vector is its mean color (red, green, blue)."""

from dataclasses import dataclass, field, replace

import numpy as np
from onnx import TensorProto, helper
from PIL import Image as PillowImage

from iconym.encoders.onnx import OnnxEncoder
from iconym.encoders.preprocessing import Preprocessing
from iconym.nouns import WordVectors
from iconym.space import JointSpace, Projection

RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)
YELLOW = (255, 255, 0)
WORDS = WordVectors(("red", "green", "blue"), np.eye(3, dtype=np.float32))


@dataclass
class MeanColor:
    """Remembers how many pictures it was given at once."""

    name: str = "mean color"
    dim: int = 3
    fingerprint: str = "c0ffee"
    given: list[int] = field(default_factory=list)

    def __call__(self, images):
        self.given.append(len(images))
        rows = [image.mean(axis=(0, 1)) / 255 for image in images]
        return np.array(rows, np.float32).reshape(len(images), 3)


def color_space(brightness=1.0, words=WORDS):
    """Another brightness gives another fingerprint, and the same unit vectors."""
    weight = brightness * np.eye(3, dtype=np.float32)
    return JointSpace("colors", MeanColor(), Projection(weight, np.zeros(3, "f4")), words, words)


def saved_color_space(note=""):
    """The same space with an encoder that can be saved; each note has its own fingerprint."""
    shape, output = ["n", 3, 8, 8], ["n", 3]
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["pixels"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["features"]),
        ],
        "mean_color",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, output)],
        doc_string=note,
    )
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, ir_version=8, opset_imports=opset).SerializeToString()
    preprocessing = Preprocessing(size=8, fit="whole", mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    return replace(color_space(), encoder=OnnxEncoder("mean color", model, preprocessing))


def picture(color):
    return np.full((4, 6, 3), color, np.uint8)


def save(path, color):
    """A picture file of one color; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    PillowImage.fromarray(picture(color)).save(path)
    return path
