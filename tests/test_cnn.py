"""The network trained from scratch, what it is shown, and its export."""

import numpy as np
import pytest
import torch
from torch import nn

from iconym.encoders.augmentation import Augmentation
from iconym.encoders.cnn import Cnn, CnnConfig
from iconym.encoders.export import to_onnx
from iconym.encoders.preprocessing import Preprocessing
from iconym.encoders.radial import RadialBasis
from iconym.errors import Usage
from iconym.nouns import LabelledImages
from iconym.training.cnn import train_cnn
from iconym.training.descent import TrainingConfig

SMALL = CnnConfig((4, 8, 8), (False, True, False))
SQUARE = Preprocessing(16, "whole")


@pytest.fixture
def cnn():
    """A small network whose normalization has seen something."""
    torch.manual_seed(0)
    network = Cnn(SMALL)
    network.train()(torch.randn(32, 3, 16, 16) * 2 + 1)
    return network.eval()


def images(n):
    return list(np.random.default_rng(0).integers(0, 256, (n, 16, 16, 3), np.uint8))


def test_features_are_the_mean_over_the_last_stage(cnn):
    x = torch.randn(2, 3, 16, 16)
    assert cnn(x).shape == (2, 8) == (2, cnn.dim)
    assert torch.equal(cnn(x), cnn.layers(x).mean(dim=(2, 3)))


def test_the_exported_network_gives_the_same_features(cnn):
    with torch.no_grad():
        expected = cnn(torch.from_numpy(SQUARE(images(5)))).numpy()
    assert to_onnx(cnn, SQUARE)(images(5)) == pytest.approx(expected, abs=1e-5)


def test_the_exported_network_with_a_basis_gives_nearness_to_its_anchors(cnn):
    features = to_onnx(cnn, SQUARE)(images(5))
    basis = RadialBasis.of(features[:3], gamma=2.0)
    encoder = to_onnx(cnn, SQUARE, basis=basis)
    assert encoder.dim == 3
    assert encoder(images(5)) == pytest.approx(basis(features), abs=1e-4)


def test_a_mirror_averages_each_picture_with_its_mirror_image(cnn):
    plain = to_onnx(cnn, SQUARE)
    both = (plain(images(5)) + plain([image[:, ::-1] for image in images(5)])) / 2
    assert to_onnx(cnn, SQUARE, mirror=True)(images(5)) == pytest.approx(both, abs=1e-5)


def test_the_same_weights_give_the_same_bytes(cnn):
    assert to_onnx(cnn, SQUARE).model == to_onnx(cnn, SQUARE).model


def test_a_layer_without_an_onnx_form_is_named(cnn):
    cnn.layers.append(nn.Sigmoid())
    with pytest.raises(Usage, match="no ONNX form is known for a layer Sigmoid"):
        to_onnx(cnn, SQUARE)


def test_radial_features_are_the_formula():
    rng = np.random.default_rng(0)
    x, anchors = rng.normal(size=(4, 3)), rng.normal(size=(2, 3))
    anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
    found = RadialBasis(anchors, gamma=0.7)(x)
    for i in range(4):
        u = x[i] / np.linalg.norm(x[i])
        for j in range(2):
            assert found[i, j] == pytest.approx(np.exp(-0.7 * ((u - anchors[j]) ** 2).sum()))


def test_a_picture_is_at_its_own_anchor():
    features = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    kernel = RadialBasis.of(features, gamma=2.0)(features)
    assert np.diag(kernel) == pytest.approx(1, abs=1e-5) and kernel.max() <= 1 + 1e-5


def test_features_of_zeros_are_at_a_right_angle_to_every_anchor_before_and_after_export(cnn):
    with torch.no_grad():
        for parameter in cnn.parameters():
            parameter.zero_()
    basis = RadialBasis(np.eye(8, dtype=np.float32)[:2], gamma=0.5)
    assert basis(np.zeros((1, 8), np.float32)) == pytest.approx(np.exp(-1))
    assert to_onnx(cnn, SQUARE, basis=basis)(images(1)) == pytest.approx(np.exp(-1))


def test_one_picture_of_one_class_trains_where_the_square_is_large_enough():
    one, config = LabelledImages(images(1), ("cat",)), TrainingConfig(epochs=1)
    assert train_cnn(one, Preprocessing(8, "whole"), config, shape=SMALL).dim == 8
    with pytest.raises(Usage, match="size 7 is too small for the network; at least 8"):
        train_cnn(one, Preprocessing(7, "whole"), config, shape=SMALL)


PICTURES = torch.from_numpy(np.stack(images(6))).permute(0, 3, 1, 2).contiguous()
STILL = Augmentation(
    rotation=0.0,
    scale=(1.0, 1.0),
    shift=0.0,
    flip=0.0,
    saturation=(1.0, 1.0),
    grey=0.0,
    mix=0.0,
    contrast=(1.0, 1.0),
    brightness=0.0,
    outline=0.0,
    blur=0.0,
    cut=0.0,
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_no_change_is_the_network_input_itself():
    plain = torch.from_numpy(SQUARE(images(6)))
    assert torch.allclose(STILL(PICTURES, generator()), plain, atol=1e-4)


def test_pictures_change_by_the_generator_alone():
    change = Augmentation()
    assert torch.equal(change(PICTURES, generator()), change(PICTURES, generator()))
    assert not torch.equal(change(PICTURES, generator(1)), change(PICTURES, generator()))


def test_white_comes_in_where_a_picture_is_moved_away():
    black = torch.zeros(1, 3, 16, 16, dtype=torch.uint8)
    small = Augmentation(**{**vars(STILL), "scale": (0.5, 0.5)})(black, generator())
    assert small[0, :, 0, 0].tolist() == pytest.approx([1, 1, 1], abs=1e-4)
    assert small[0, :, 8, 8].tolist() == pytest.approx([-1, -1, -1], abs=1e-4)


def test_a_flip_mirrors_left_and_right():
    flipped = Augmentation(**{**vars(STILL), "flip": 1.0})(PICTURES, generator())
    plain = STILL(PICTURES, generator())
    assert torch.allclose(flipped, plain.flip(-1), atol=1e-4)


def test_without_color_all_channels_are_equal():
    x = Augmentation(**{**vars(STILL), "grey": 1.0})(PICTURES, generator())
    assert torch.allclose(x[:, 0], x[:, 1], atol=1e-5) and torch.allclose(
        x[:, 1], x[:, 2], atol=1e-5
    )


def test_a_cut_hides_a_square_of_the_given_side():
    white = torch.full((4, 3, 16, 16), 255, dtype=torch.uint8)
    x = Augmentation(**{**vars(STILL), "cut": 1.0, "cut_side": 0.25})(white, generator())
    assert (x[:, 0] == 0).sum(dim=(1, 2)).tolist() == [16] * 4


def test_an_outline_is_dark_where_brightness_changes_and_white_elsewhere():
    half = torch.zeros(1, 3, 16, 16, dtype=torch.uint8)
    half[..., 8:] = 255
    x = Augmentation(**{**vars(STILL), "outline": 1.0})(half, generator())
    assert x[0, 0, 8, 7:9].tolist() == pytest.approx([-1, -1], abs=1e-4)
    assert x[0, 0, 8, [3, 12]].tolist() == pytest.approx([1, 1], abs=1e-4)


def changed(pictures, **amounts):
    return Augmentation(**{**vars(STILL), **amounts})(pictures, generator())


def on_white(rows, columns, n=8):
    """n pictures of 16 x 16, white but for a black part."""
    pictures = torch.full((n, 3, 16, 16), 255, dtype=torch.uint8)
    pictures[:, :, rows, columns] = 0
    return pictures


def centers(x):
    """(n, 2) of the dark part of each picture: its row and its column."""
    dark, place = (1 - x[:, 0]) / 2, torch.arange(16.0)
    mass = dark.sum(dim=(1, 2))
    return torch.stack([dark.sum(dim=2) @ place / mass, dark.sum(dim=1) @ place / mass], dim=1)


def test_a_shift_moves_each_picture_its_own_way_up_to_its_share_of_half_the_side():
    moved = centers(changed(on_white(slice(7, 9), slice(7, 9)), shift=0.5)) - 7.5
    assert moved.abs().max() <= 4.01
    assert (moved.std(dim=0) > 0.5).all()


def test_a_rotation_turns_about_the_middle():
    bar = on_white(slice(7, 9), slice(2, 14))
    turned = changed(bar, rotation=45.0)
    assert centers(turned).flatten().tolist() == pytest.approx([7.5] * 16, abs=0.1)
    assert (turned[:, 0, [4, 11]].amin(dim=(1, 2)) < 0.5).any()  # 3 rows off: beyond the bar


def test_contrast_is_about_middle_grey_and_brightness_shifts_each_picture():
    plain = STILL(PICTURES, generator())
    assert torch.allclose(changed(PICTURES, contrast=(0.5, 0.5)), plain / 2, atol=1e-4)
    apart = (changed(PICTURES, brightness=0.2) - plain).flatten(1)  # in [-1, 1]: twice as much
    assert (apart.std(dim=1) < 1e-4).all() and apart.abs().max() <= 0.4
    assert apart[:, 0].std() > 0.05


def test_saturation_scales_the_distance_from_grey():
    plain = STILL(PICTURES, generator())
    grey = plain.mean(dim=1, keepdim=True)
    wanted = grey + 0.3 * (plain - grey)
    assert torch.allclose(changed(PICTURES, saturation=(0.3, 0.3)), wanted, atol=1e-4)


def test_a_blur_averages_over_three_by_three_pixels():
    blurred = changed(on_white(8, 8, n=1), blur=1.0)[0, 0]
    assert blurred[7:10, 7:10].flatten().tolist() == pytest.approx([1 - 2 / 9] * 9, abs=1e-4)
    assert blurred[8, [5, 11]].tolist() == pytest.approx([1, 1], abs=1e-4)
