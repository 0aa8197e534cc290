"""What is promised of HEIC: read by an extra, by content, upright, and counted without it."""

import io
import sys

import pytest
from PIL import Image as PillowImage

import nasty
from colors import color_space
from iconym.collection import create_collection
from iconym.errors import PictureTooLarge, TruncatedPicture
from iconym.indexing import index_folder
from iconym.pictures import decode_picture

heif = pytest.importorskip("pillow_heif", reason="the extra heif is not installed")


def heic(picture=None, **options):
    data = io.BytesIO()
    heif.from_pillow(picture or nasty.two_colors()).save(data, quality=90, **options)
    return data.getvalue()


def left_and_right(picture):
    height, width = picture.image.shape[:2]
    row = picture.image[height // 2].astype(int)
    return row[width // 4], row[width * 3 // 4]


def close(color, expected):
    return abs(color - expected).max() <= 16


def test_a_photo_is_read_in_its_colors_and_size():
    picture = decode_picture(heic(), "photo")
    left, right = left_and_right(picture)
    assert (picture.width, picture.height) == (nasty.WIDTH, nasty.HEIGHT)
    assert close(left, nasty.ORANGE)
    assert close(right, nasty.BLUE)


def test_a_photo_on_its_side_is_turned_upright_once():
    exif = nasty.exif(orientation=6, taken="2024:05:01 10:20:30").tobytes()
    picture = decode_picture(heic(exif=exif), "photo")
    assert (picture.width, picture.height) == (nasty.HEIGHT, nasty.WIDTH)
    assert picture.image.shape == (nasty.WIDTH, nasty.HEIGHT, 3)
    assert close(picture.image[nasty.WIDTH // 4, nasty.HEIGHT // 2].astype(int), nasty.ORANGE)
    assert picture.taken == "2024-05-01T10:20:30"


def test_a_photo_that_is_too_large_is_refused_from_its_header(monkeypatch):
    def decoded(self):
        raise AssertionError("its pixels were asked for")

    monkeypatch.setattr("pillow_heif.as_plugin.HeifImageFile.load", decoded)
    with pytest.raises(PictureTooLarge, match="30x20"):
        decode_picture(heic(), "photo", max_pixels=599)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_a_photo_that_ends_too_early_is_truncated(share):
    noise = PillowImage.effect_noise((64, 64), 90).convert("RGB")
    data = heic(noise)
    with pytest.raises(TruncatedPicture):
        decode_picture(data[: int(share * len(data))], "photo")


def test_its_content_tells_it_whatever_its_name_and_all_of_its_names_are_looked_at(tmp_path):
    for name in ("a.heic", "b.HEIF", "c.jpg", "d.hif"):
        (tmp_path / name).write_bytes(heic() + name.encode())
    assert index_folder(create_collection(tmp_path), color_space()).added == 4


def test_without_the_extra_it_is_counted_with_the_way_to_get_it(tmp_path, monkeypatch):
    (tmp_path / "a.heic").write_bytes(heic())
    monkeypatch.setitem(sys.modules, "pillow_heif.as_plugin", None)
    collection, space = create_collection(tmp_path), color_space()
    outcome = index_folder(collection, space)
    assert str(outcome) == "1 failed: 1 HEIC without its extra"
    assert "is HEIC; pip install 'iconym[heif]'" in outcome.failed[0].reason
    monkeypatch.undo()
    assert index_folder(collection, space).known == {"HEIC without its extra": 1}
    assert index_folder(collection, space, retry=True).added == 1
