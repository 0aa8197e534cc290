"""What the settings of pretrained models say of preprocessing, in the forms that are found."""

import numpy as np
import pytest

from iconym.encoders.hub import load_pretrained
from iconym.encoders.hub.places import find_files, read_json
from iconym.encoders.hub.processor import preprocessing_of
from iconym.encoders.preprocessing import Preprocessing
from iconym.errors import BadFolder

HALF = (0.5, 0.5, 0.5)
PLAIN = {"image_mean": list(HALF), "image_std": list(HALF), "resample": 3}
SQUARE = Preprocessing(224, "whole", "bicubic", HALF, HALF)


def cut(size, short):
    return Preprocessing(size, "center_crop", "bicubic", HALF, HALF, size / short)


FORMS = {
    "a square": ({"size": {"height": 224, "width": 224}}, "ViT", SQUARE),
    "an old square": ({"size": 224}, "ViT", SQUARE),
    "a short side and a crop": (
        {"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}},
        "Bit",
        cut(224, 256),
    ),
    "an old short side": ({"size": 224, "crop_size": 224}, "CLIP", cut(224, 224)),
    "the kind in the file": (
        {"size": 224, "image_processor_type": "ViTImageProcessor"},
        "CLIP",
        SQUARE,
    ),
    "an old kind in the file": (
        {"size": 224, "feature_extractor_type": "ViTFeatureExtractor"},
        "CLIP",
        SQUARE,
    ),
    "a small ConvNeXt": ({"size": 224, "crop_pct": 0.875}, "ConvNext", cut(224, 256)),
    "a ConvNeXt in between": ({"size": 288, "crop_pct": 0.95}, "ConvNext", cut(288, 303)),
    "a large ConvNeXt": (
        {"size": {"shortest_edge": 384}},
        "ConvNext",
        Preprocessing(384, "whole", "bicubic", HALF, HALF),
    ),
    "a null": ({"size": 224, "do_center_crop": None, "crop_size": None}, "Siglip", SQUARE),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_settings_is_understood(form):
    settings, usual, expected = FORMS[form]
    assert preprocessing_of(PLAIN | settings, usual) == expected


def test_what_a_file_leaves_out_is_as_the_kind_has_it():
    clip = preprocessing_of({}, "CLIP")
    assert (clip.size, clip.fit, clip.filter, clip.crop_share) == (224, "center_crop", "bicubic", 1)
    assert clip.mean == (0.48145466, 0.4578275, 0.40821073)


@pytest.mark.parametrize(
    ("settings", "white"),
    [
        ({}, 1.0),
        ({"do_normalize": False}, 1.0),
        ({"do_rescale": False}, 509.0),  # (255 - 0.5) / 0.5
        ({"rescale_factor": 2 / 255}, 3.0),  # (2 - 0.5) / 0.5
    ],
)
def test_scaling_is_folded_into_mean_and_std(settings, white):
    pixels = preprocessing_of(PLAIN | {"size": 2} | settings, "ViT")(
        [np.full((2, 2, 3), 255, np.uint8)]
    )
    np.testing.assert_allclose(pixels, white, rtol=1e-6)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (
            {"image_processor_type": "LevitImageProcessor"},
            "'LevitImageProcessor' is not known; known",
        ),
        ({"size": {"height": 224, "width": 196}}, "pictures of 196 x 224; only squares"),
        ({"do_resize": False}, "does not resize"),
        ({"do_pad": True}, "pads"),
        ({"resample": 1}, "resamples by an unknown 1"),
        ({"size": {"shortest_edge": 224}}, "without a crop gives no square"),
        (
            {"size": {"shortest_edge": 224}, "do_center_crop": True, "crop_size": 256},
            "crop of 256 from a short side of 224",
        ),
        (
            {"size": 256, "do_center_crop": True, "crop_size": 224},
            "crop of 224 from a square of 256",
        ),
    ],
)
def test_what_we_cannot_do_is_refused_with_the_value(settings, complaint):
    with pytest.raises(BadFolder, match=complaint):
        preprocessing_of(PLAIN | {"size": 224} | settings, "ViT")


@pytest.mark.parametrize("where", ["./model", "/no/such/folder", "model", "a/b/c", "owner/.."])
def test_what_is_neither_a_folder_nor_a_name_is_told(where):
    with pytest.raises(BadFolder, match="there is no folder"):
        find_files(where)


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_settings_that_are_no_table_are_told(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(BadFolder, match="fetch it again"):
        read_json(tmp_path, "config.json")


def test_a_family_is_checked_before_any_package_is_asked_for(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "siglip2"}')
    with pytest.raises(BadFolder, match="of the family siglip2; known are clip"):
        load_pretrained(str(tmp_path))


# -- the middle, cut on the grid of the resized picture ------------------------------------------


def test_center_crop_takes_whole_pixels_of_the_resized_picture():
    image = np.zeros((2, 5, 3), np.uint8)
    image[:, 1:3] = 255  # of five columns the two from the second on: (5 - 2) // 2 = 1
    square = Preprocessing(2, "center_crop", "bilinear", crop_share=1.0).square(image)
    assert square.min() == 255


def test_a_picture_of_one_line_is_cut_without_being_resized_as_a_whole():
    image = np.zeros((1, 2_000_001, 3), np.uint8)
    image[:, 1_000_000] = 255
    square = Preprocessing(224, "center_crop", "nearest", crop_share=1.0).square(image)
    assert square.min() == 255


@pytest.mark.parametrize("filter", ["bilinear", "bicubic", "area"])
def test_a_very_long_picture_is_cut_as_a_long_one(filter):
    colors = np.random.default_rng(0).integers(0, 256, (4, 1, 3)).repeat(8, axis=0).astype(np.uint8)
    square = Preprocessing(16, "center_crop", filter, crop_share=0.8)
    long, very_long = (colors.repeat(width, axis=1) for width in (32 * 15, 32 * 20))
    np.testing.assert_allclose(square.square(long), square.square(very_long).astype(int), atol=1)
