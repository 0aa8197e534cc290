"""Every encoder keeps one contract; preprocessing is part of it and travels with it."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from iconym.encoders.onnx import OnnxEncoder, cosine_to_float32, load_onnx
from iconym.encoders.preprocessing import Preprocessing
from iconym.encoders.runtimes import (
    BFLOAT16,
    FASTEST,
    ONNXRUNTIME,
    OPENVINO,
    RUNTIMES,
    Running,
    has_openvino,
    thread_limit,
)
from iconym.errors import BadData, MissingTool, Usage

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


@pytest.fixture(params=RUNTIMES)
def encoder(request):
    if request.param == OPENVINO:
        pytest.importorskip("openvino", reason="OpenVINO is not installed")
    running = Running(request.param)
    return OnnxEncoder("mean", mean_color_model(), PLAIN, batch=2, running=running)


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


def test_the_fingerprint_covers_the_precision_and_no_runtime():
    exact = OnnxEncoder("mean", mean_color_model(), PLAIN)
    runtimes = [replace(exact, running=Running(runtime, threads=1)) for runtime in RUNTIMES]
    assert {e.fingerprint for e in runtimes} == {exact.fingerprint}
    faster = replace(exact, running=Running(precision=BFLOAT16))
    assert faster.fingerprint != exact.fingerprint


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_an_output_that_is_not_there_is_refused_with_those_that_are(runtime):
    if runtime == OPENVINO:
        pytest.importorskip("openvino", reason="OpenVINO is not installed")
    wrong = OnnxEncoder("mean", mean_color_model(), PLAIN, "logits", running=Running(runtime))
    with pytest.raises(BadData, match="no output 'logits', only features"):
        _ = wrong.dim


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_file_that_is_no_network_is_refused_in_one_line(runtime):
    if runtime == OPENVINO:
        pytest.importorskip("openvino", reason="OpenVINO is not installed")
    with pytest.raises(BadData, match=r"\Ajunk is no ONNX model[^\n]*\Z"):
        OnnxEncoder("junk", b"not a network", PLAIN, running=Running(runtime))([flat([0, 0, 0])])


def test_openvino_runs_a_network_where_it_is_installed():
    used = OnnxEncoder("mean", mean_color_model(), PLAIN).network.runtime
    assert used == (OPENVINO if has_openvino() else ONNXRUNTIME)


def test_without_openvino_the_same_features_come_from_onnx_runtime(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)  # as if it were broken or not there
    encoder = OnnxEncoder("mean", mean_color_model(), PLAIN)
    assert encoder([flat([255, 0, 51])]) == pytest.approx(np.array([[1, 0, 0.2]]))
    assert encoder.network.runtime == ONNXRUNTIME
    with pytest.raises(MissingTool, match=r"pip install 'iconym\[openvino\]'"):
        _ = replace(encoder, running=Running(OPENVINO)).dim


def test_openvino_tells_its_maker_nothing():
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    program = """
import sys
from iconym.encoders.runtimes import _openvino
_openvino()
exit(sys.modules["openvino_telemetry"] is not None)
"""
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"runtime": "tensorrt"}, "'tensorrt' is none of fastest, onnxruntime, openvino"),
        ({"precision": "int4"}, "'int4' is none of float32, bfloat16"),
        ({"threads": 0}, "0 threads; give at least 1"),
        ({"runtime": ONNXRUNTIME, "precision": BFLOAT16}, "ONNX Runtime has no bfloat16"),
    ],
)
def test_a_way_of_running_that_cannot_be_is_refused(settings, complaint):
    with pytest.raises(Usage, match=complaint):
        Running(**settings)


@pytest.mark.parametrize(
    ("variable", "given", "limit"),
    [("4", None, 4), ("4", 2, 2), ("", None, None), ("all", None, None), ("0", None, None)],
)
def test_threads_are_those_given_else_of_the_environment_else_unlimited(
    variable, given, limit, monkeypatch
):
    monkeypatch.setenv("OMP_NUM_THREADS", variable)
    assert thread_limit(given) == limit


def test_bfloat16_is_near_float32_and_told_from_it():
    pytest.importorskip("openvino", reason="bfloat16 needs OpenVINO")
    exact = OnnxEncoder("mean", mean_color_model(), PLAIN)
    faster = replace(exact, running=Running(FASTEST, BFLOAT16))
    images = [flat([255, 3, 77]), flat([1, 200, 9])]
    assert cosine_to_float32(exact, images) == 1.0 == cosine_to_float32(exact, [])
    try:
        assert 0.999 < cosine_to_float32(faster, images) <= 1.0
    except Usage as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    ("fit", "side"), [("whole", 224), ("pad", 224), ("crop", 256), ("center_crop", 256)]
)
def test_pictures_may_be_shrunk_to_the_part_that_is_used_but_no_further(fit, side):
    assert OnnxEncoder("mean", b"", Preprocessing(224, fit)).at_least == side


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
