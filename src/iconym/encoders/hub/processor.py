"""The preprocessing that a model of the hub was trained with, from its settings."""

import re
from typing import Any

from iconym.encoders.preprocessing import Preprocessing
from iconym.errors import BadFolder

CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALF = (0.5, 0.5, 0.5)
FILTERS = {0: "nearest", 2: "bilinear", 3: "bicubic", 4: "area"}  # Pillow's numbers
WARPED_FROM = 384  # pixels; at this size and above ConvNeXt sees the whole picture, squeezed

Settings = dict[str, Any]
# What each kind of processor does where its file is silent, as many an old file is. ``edge``: a
# size that is one number is the short side's, not a square's.
CLIP: Settings = {
    "edge": True,
    "size": 224,
    "crop_size": 224,
    "do_center_crop": True,
    "resample": 3,
    "image_mean": CLIP_MEAN,
    "image_std": CLIP_STD,
}
KINDS: dict[str, Settings] = {
    "CLIP": CLIP,
    "Bit": CLIP,
    "Siglip": {"size": 224, "resample": 3, "image_mean": HALF, "image_std": HALF},
    "ViT": {"size": 224, "resample": 2, "image_mean": HALF, "image_std": HALF},
    "ConvNext": {
        "edge": True,
        "size": 384,
        "crop_pct": 0.875,
        "resample": 2,
        "image_mean": IMAGENET_MEAN,
        "image_std": IMAGENET_STD,
    },
}


def preprocessing_of(settings: Settings, usual: str) -> Preprocessing:
    """The preprocessing that ``preprocessor_config.json`` describes.

    It gives the pixels of the transformers package's own processors on Pillow; those on
    torchvision resample a little differently.

    Args:
        settings: the file's contents.
        usual: the kind of processor if the file does not say ("CLIP", "Siglip", ...).

    Raises:
        BadFolder: for a kind of processor or a setting that we do not know.
    """
    kind = _kind(settings, usual)
    given = {**KINDS[kind], **{k: v for k, v in settings.items() if v is not None}}
    if not given.get("do_resize", True) or given.get("do_pad"):
        raise BadFolder("the model's preprocessing pads or does not resize; such are not supported")
    size, fit, share = _convnext(given) if kind == "ConvNext" else _square(given)
    scale = 255 * given.get("rescale_factor", 1 / 255) if given.get("do_rescale", True) else 255
    normal = given.get("do_normalize", True)
    mean, std = (given["image_mean"], given["image_std"]) if normal else ((0, 0, 0), (1, 1, 1))
    if given["resample"] not in FILTERS:
        raise BadFolder(f"the model's preprocessing resamples by an unknown {given['resample']!r}")
    red, green, blue = (value / scale for value in mean)
    of_red, of_green, of_blue = (value / scale for value in std)
    return Preprocessing(
        size=size,
        fit=fit,
        filter=FILTERS[given["resample"]],
        mean=(red, green, blue),
        std=(of_red, of_green, of_blue),
        crop_share=share,
    )


def _kind(settings: Settings, usual: str) -> str:
    name = settings.get("image_processor_type") or settings.get("feature_extractor_type") or usual
    kind = re.sub(r"(ImageProcessor(Fast|Pil)?|FeatureExtractor)$", "", name)
    if kind not in KINDS:
        raise BadFolder(f"the image processor {name!r} is not known; known are {', '.join(KINDS)}")
    return kind


def _square(given: Settings) -> tuple[int, str, float]:
    """The side of the square, the fit, and the share of the short side."""
    size = given["size"]
    short = size.get("shortest_edge") if isinstance(size, dict) else given.get("edge") and size
    if not short:
        whole, crop = _side(size), given.get("do_center_crop")
        if crop and _side(given["crop_size"]) != whole:
            raise BadFolder(f"a crop of {given['crop_size']} from a square of {whole} is not known")
        return whole, "whole", Preprocessing.crop_share
    if not given.get("do_center_crop"):
        raise BadFolder(f"a short side of {short} without a crop gives no square; not supported")
    side = _side(given["crop_size"])
    if side > short:
        raise BadFolder(f"a crop of {side} from a short side of {short} pixels is not supported")
    return side, "center_crop", side / short


def _convnext(given: Settings) -> tuple[int, str, float]:
    """ConvNeXt's own rule: small squares are cut from a picture that is larger by ``crop_pct``."""
    size = given["size"]
    side = size["shortest_edge"] if isinstance(size, dict) else size
    if side >= WARPED_FROM:
        return side, "whole", Preprocessing.crop_share
    return side, "center_crop", side / int(side / given["crop_pct"])


def _side(size: Any) -> int:
    """The side of a square, given as one number or as height and width."""
    height, width = (size["height"], size["width"]) if isinstance(size, dict) else (size, size)
    if height != width:
        raise BadFolder(f"the model reads pictures of {width} x {height}; only squares are known")
    return int(height)
