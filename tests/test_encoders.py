"""Every encoder keeps one contract; preprocessing is part of it and travels with it."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from iconym.encoders.onnx import OnnxEncoder, load_onnx
from iconym.encoders.preprocessing import Preprocessing
from iconym.errors import BadData

BLACK, ONE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
PLAIN = Preprocessing(size=4, fit="whole", mean=BLACK, std=ONE)


def mean_color_model(output="features"):
    """The mean of each color channel, as an ONNX file."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, 4, 4])
    features = helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", 3])
    axes = helper.make_tensor("axes", TensorProto.INT64, [2], [2, 3])
    node = helper.make_node("ReduceMean", ["image", "axes"], [output], keepdims=0)
    graph = helper.make_graph([node], "mean", [image], [features], [axes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def flat(rgb, height=4, width=4):
    return np.full((height, width, 3), rgb, np.uint8)


@pytest.fixture(params=["onnx"])
def encoder(request):
    return OnnxEncoder("mean", mean_color_model(), PLAIN, batch=2)


def test_one_row_for_each_image(encoder):
    features = encoder([flat([255, 0, 0]), flat([0, 255, 0], 9, 5), flat([0, 0, 255], 2, 7)])
    assert features == pytest.approx(np.eye(3))
    assert features.dtype == np.float32 and encoder.dim == 3


def test_no_image_gives_no_row(encoder):
    assert encoder([]).shape == (0, encoder.dim)


def test_a_row_depends_on_its_own_image_only(encoder):
    images = [flat([255, 0, 0]), flat([9, 99, 0]), flat([0, 0, 0])]
    alone = np.concatenate([encoder([image]) for image in images])
    assert encoder(images) == pytest.approx(alone)


def test_the_fingerprint_covers_network_preprocessing_and_output():
    model = mean_color_model()
    encoders = [
        OnnxEncoder("a", model, PLAIN),
        OnnxEncoder("a", model + b"\0", PLAIN),
        OnnxEncoder("a", model, Preprocessing(size=4, fit="crop")),
        OnnxEncoder("a", model, PLAIN, output="logits"),
    ]
    assert len({e.fingerprint for e in encoders}) == 4
    assert OnnxEncoder("another name", model, PLAIN).fingerprint == encoders[0].fingerprint


def test_an_output_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(BadData, match="no output 'logits', only features"):
        _ = OnnxEncoder("mean", mean_color_model(), PLAIN, output="logits").dim


def test_a_file_that_is_no_network_is_refused_in_one_line():
    with pytest.raises(BadData, match="junk is no ONNX model"):
        OnnxEncoder("junk", b"not a network", PLAIN)([flat([0, 0, 0])])


def test_preprocessing_is_read_from_beside_the_network(tmp_path):
    (tmp_path / "net.onnx").write_bytes(mean_color_model())
    (tmp_path / "net.json").write_text(json.dumps(PLAIN.to_json()))
    assert load_onnx(tmp_path / "net.onnx").preprocessing == PLAIN


def test_a_network_without_preprocessing_is_refused(tmp_path):
    (tmp_path / "net.onnx").write_bytes(mean_color_model())
    with pytest.raises(BadData, match=r"no preprocessing: give it in net\.json"):
        load_onnx(tmp_path / "net.onnx")


def test_an_unknown_preprocessing_setting_is_refused_with_the_known_ones():
    with pytest.raises(BadData, match=r"\['sise'\]; known are size, fit"):
        Preprocessing.from_json({"sise": 4})


@pytest.mark.parametrize(
    "wrong", [{"size": 0}, {"fit": "squash"}, {"filter": "best"}, {"std": (0.0, 1.0, 1.0)}]
)
def test_a_preprocessing_that_cannot_be_is_refused(wrong):
    with pytest.raises(BadData):
        Preprocessing(**wrong)


LEFT_RED = np.concatenate([flat([255, 0, 0], 4, 4), flat([0, 0, 0], 4, 4)], axis=1)


def test_whole_keeps_all_of_the_picture():
    (x,) = Preprocessing(size=4, fit="whole", filter="area", mean=BLACK, std=ONE)([LEFT_RED])
    assert x[0].tolist() == [[1, 1, 0, 0]] * 4


def test_crop_cuts_out_the_middle():
    (x,) = Preprocessing(4, "crop", "nearest", BLACK, ONE, crop_share=1.0)([LEFT_RED])
    assert x[0].tolist() == [[1, 1, 0, 0]] * 4
    wide = np.concatenate([LEFT_RED, LEFT_RED[:, ::-1]], axis=1)  # red, black, black, red
    (x,) = Preprocessing(4, "crop", "nearest", BLACK, ONE, crop_share=1.0)([wide])
    assert x[0].max() == 0


@pytest.mark.parametrize("side", [4, 8])  # a picture of just the right size is cropped too
def test_crop_takes_its_share_of_the_short_side(side):
    image = np.zeros((side, side + 2, 3), np.uint8)
    image[side // 4 : -(side // 4), side // 4 + 1 : -(side // 4) - 1, 0] = 255
    (x,) = Preprocessing(4, "crop", "nearest", BLACK, ONE, crop_share=0.5)([image[:, 1:-1]])
    assert x[0].tolist() == [[1] * 4] * 4


def test_pad_fills_up_with_white():
    (x,) = Preprocessing(4, "pad", "area", BLACK, ONE)([LEFT_RED])
    assert x[1].tolist() == [[1] * 4, [0] * 4, [0] * 4, [1] * 4]


def test_mean_and_std_scale_each_color():
    (x,) = Preprocessing(2, "whole", mean=(0.5, 0.0, 0.0), std=(0.5, 1.0, 2.0))(
        [flat([255, 255, 255])]
    )
    assert x[:, 0, 0].tolist() == [1.0, 1.0, 0.5]
