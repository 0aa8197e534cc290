import os
import resource
import tempfile
import threading
import warnings
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

import nasty
from iconym.errors import (
    BadPicture,
    MissingPicture,
    NotAPicture,
    PictureTooLarge,
    TruncatedPicture,
    Usage,
)
from iconym.pictures import decode_picture, picture_files, read_picture, scan_pictures

NOBODY = 65534
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")


@contextmanager
def as_nobody():
    """As a user without rights; root may read everything."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def public_folder():
    """A folder that every user may enter, unlike those below ``tmp_path``."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return nasty.write_corpus(tmp_path_factory.mktemp("corpus"))


def decode(data, **options):
    return decode_picture(data, "picture", **options)


def left_and_right(picture):
    """The colors in the middle of the left and of the right half."""
    height, width = picture.image.shape[:2]
    row = picture.image[height // 2]
    return row[width // 4].tolist(), row[width * 3 // 4].tolist()


def close(color, expected):
    return np.abs(np.subtract(color, expected)).max() <= 8


# --- odd pictures are read


@pytest.mark.parametrize("name", nasty.ODD)
def test_every_odd_picture_is_read_as_rgb_of_its_size(name, corpus):
    path = next(path for path in corpus.good if path.name == name)
    picture = read_picture(path)
    assert picture.image.dtype == np.uint8
    assert picture.image.shape == (picture.height, picture.width, 3)
    assert sorted(picture.image.shape[:2]) in ([20, 30], [1, 1])


@pytest.mark.parametrize("format", FORMATS)
def test_colors_survive_every_format(format):
    left, right = left_and_right(decode(nasty.encoded(nasty.two_colors(), format)))
    assert close(left, nasty.ORANGE) and close(right, nasty.BLUE)


def test_bytes_and_file_give_the_same_picture(corpus):
    path = corpus.good[0]
    assert (read_picture(path).image == decode(path.read_bytes()).image).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_every_exif_orientation_comes_out_upright(format, orientation):
    upright = np.zeros((16, 32, 3), np.uint8)
    upright[:8, :16] = 255  # white at the top left, where it must be seen again
    lay_down = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a),
        7: lambda a: np.rot90(a.swapaxes(0, 1), 2),
        8: lambda a: np.rot90(a, -1),
    }
    stored = PillowImage.fromarray(np.ascontiguousarray(lay_down[orientation](upright)))
    picture = decode(nasty.encoded(stored, format, exif=nasty.exif(orientation)))
    assert (picture.width, picture.height) == (32, 16)
    assert np.abs(picture.image.astype(int) - upright).max() <= 5


def test_taken_is_the_exif_date_in_iso_8601():
    data = nasty.encoded(nasty.two_colors(), "JPEG", exif=nasty.exif(1, "2019:07:21 18:05:09"))
    assert decode(data).taken == "2019-07-21T18:05:09"


@pytest.mark.parametrize("taken", ["", "0000:00:00 00:00:00", "yesterday"])
def test_taken_is_empty_without_a_true_date(taken):
    data = nasty.encoded(nasty.two_colors(), "JPEG", exif=nasty.exif(1, taken))
    assert decode(data).taken == ""


@pytest.mark.parametrize(("value", "grey"), [(0, 0), (0x00FF, 0), (0x8000, 128), (0xFFFF, 255)])
def test_16_bit_grey_is_scaled_not_clipped(value, grey):
    assert (decode(nasty.grey16(value)).image == grey).all()


def test_16_bit_color_is_scaled_not_clipped():
    picture = decode(nasty.rgb16(0xFFFF, 0x8000, 0x00FF))
    assert (picture.image == (255, 128, 0)).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_shows_the_background(mode):
    data = nasty.half_clear(mode)
    assert left_and_right(decode(data)) == ([0, 0, 0], [255, 255, 255])
    assert left_and_right(decode(data, background=(9, 8, 7))) == ([0, 0, 0], [9, 8, 7])


def test_half_transparent_black_on_white_is_middle_grey():
    data = nasty.encoded(PillowImage.new("RGBA", (4, 4), (0, 0, 0, 128)), "PNG")
    assert (decode(data).image == 127).all()


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_read(format):
    left, right = left_and_right(decode(nasty.animation(format)))
    assert close(left, nasty.ORANGE) and close(right, nasty.ORANGE)


def test_cmyk_and_ycck_are_not_inverted():
    cmyk = nasty.encoded(PillowImage.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG")
    assert close(decode(cmyk).image[8, 8], (255, 0, 0))
    assert close(decode(nasty.ycck(200)).image[8, 8], (200, 200, 200))


def test_an_embedded_profile_is_converted_to_srgb():
    red = PillowImage.new("RGB", (16, 16), (255, 0, 0))
    data = nasty.encoded(red, "PNG", icc_profile=nasty.swapping_profile())
    assert close(decode(data).image[8, 8], (0, 255, 0))


def test_a_profile_leaves_transparency_alone():
    clear_red = PillowImage.new("RGBA", (16, 16), (255, 0, 0, 255))
    clear_red.paste((255, 0, 0, 0), (8, 0, 16, 16))
    data = nasty.encoded(clear_red, "PNG", icc_profile=nasty.swapping_profile())
    left, right = left_and_right(decode(data))
    assert close(left, (0, 255, 0)) and right == [255, 255, 255]


def test_a_profile_of_another_kind_of_picture_is_ignored():
    grey = PillowImage.new("L", (16, 16), 100)
    data = nasty.encoded(grey, "PNG", icc_profile=nasty.swapping_profile())
    assert (decode(data).image == 100).all()


# --- only as much is decoded as is needed


def photo(width, height):
    return nasty.encoded(nasty.two_colors().resize((width, height)), "JPEG")


@pytest.mark.parametrize(
    ("at_least", "shape"),
    [(None, (300, 400, 3)), (300, (300, 400, 3)), (150, (150, 200, 3)), (30, (38, 50, 3))],
)
def test_a_jpeg_is_decoded_no_larger_than_needed(at_least, shape):
    picture = decode(photo(400, 300), at_least=at_least)
    assert picture.image.shape == shape
    assert (picture.width, picture.height) == (400, 300)


@pytest.mark.parametrize(
    ("at_least", "shape"), [(150, (300, 400, 3)), (75, (150, 200, 3)), (50, (100, 134, 3))]
)
def test_what_is_no_jpeg_is_averaged_down_to_no_less_than_twice_the_need(at_least, shape):
    data = nasty.encoded(nasty.two_colors().resize((400, 300)), "PNG")
    picture = decode(data, at_least=at_least)
    assert picture.image.shape == shape
    assert (picture.width, picture.height) == (400, 300)
    assert left_and_right(picture) == (list(nasty.ORANGE), list(nasty.BLUE))


def test_a_small_picture_is_never_enlarged():
    assert decode(photo(40, 30), at_least=500).image.shape == (30, 40, 3)


def test_a_picture_shrunk_while_it_is_read_looks_as_if_it_were_decoded_whole():
    colors = np.random.default_rng(0).integers(0, 256, (25, 32, 3), np.uint8)
    large = PillowImage.fromarray(colors).resize((800, 600), PillowImage.Resampling.BICUBIC)
    file = BytesIO()
    large.save(file, "JPEG", quality=85)
    shrunk, whole = (
        PillowImage.fromarray(decode(file.getvalue(), at_least=side).image).resize((100, 100))
        for side in (100, None)
    )
    error = np.square(np.subtract(shrunk, whole, dtype=float)).mean()
    assert 10 * np.log10(255**2 / error) > 45  # decibels


def test_at_least_must_be_a_pixel():
    with pytest.raises(ValueError, match="at_least is 0"):
        decode(photo(40, 30), at_least=0)


# --- bad pictures are refused, each in its own way


def test_every_bad_file_has_its_own_error_in_one_line_with_its_name(corpus):
    for path, error in corpus.bad.items():
        with pytest.raises(error) as caught:
            read_picture(path)
        assert type(caught.value) is error
        assert repr(str(path)) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_missing_pictures_are_told_apart(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "dangling.jpg").symlink_to("nowhere")
    (tmp_path / "circle.jpg").symlink_to("circle.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    reasons = {
        "absent.jpg": "is not there",
        "folder.jpg": "is a folder",
        "dangling.jpg": "is a link to nothing",
        "circle.jpg": "cannot be opened",
        "pipe.jpg": "is a pipe",
        "folder.jpg/in/it.jpg": "is not there",
    }
    for name, reason in reasons.items():
        with pytest.raises(MissingPicture, match=reason):
            read_picture(tmp_path / name)


def test_a_picture_without_the_right_to_read_says_so(public_folder):
    path = public_folder / "secret.png"
    path.write_bytes(nasty.encoded(nasty.two_colors(), "PNG"))
    path.chmod(0)
    with as_nobody(), pytest.raises(MissingPicture, match="must not be read"):
        read_picture(path)


def test_the_name_stays_in_one_line():
    with pytest.raises(NotAPicture, match=r"'two\\nlines\.png' is no picture"):
        decode_picture(b"text", "two\nlines.png")


def test_numbers_that_are_no_colors_are_refused():
    data = nasty.encoded(PillowImage.new("F", (4, 4), 0.5), "TIFF")
    with pytest.raises(NotAPicture, match="mode 'F'"):
        decode(data)


def test_the_limit_counts_pixels_and_is_still_allowed():
    data = nasty.encoded(PillowImage.new("RGB", (10, 10)), "PNG")
    assert decode(data, max_pixels=100).image.shape == (10, 10, 3)
    with pytest.raises(PictureTooLarge, match="10x10"):
        decode(data, max_pixels=99)


def test_900_megapixels_are_refused_from_the_header_with_memory_flat():
    side = 30_000
    whole = nasty.png(side, side, 1, 0, b"\0" * (side // 8 + 1) * side)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(PictureTooLarge, match=r"900\.0 megapixels, the limit is 179\.0"):
        decode(whole)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000  # KiB


def test_no_limit_of_pillow_shows(monkeypatch):
    monkeypatch.setattr(PillowImage, "MAX_IMAGE_PIXELS", 100)  # it warns above, fails above 200
    for format in FORMATS:
        data = nasty.encoded(PillowImage.new("RGB", (12, 12)), format)
        assert decode(data).image.shape == (12, 12, 3)
        large = nasty.encoded(PillowImage.new("RGB", (60, 60)), format)
        with pytest.raises(PictureTooLarge):
            decode(large, max_pixels=3599)


def test_pillows_warnings_are_silenced_in_all_threads_and_given_back(corpus):
    odd = next(path for path in corpus.good if path.name == "no exif.jpg").read_bytes()
    before, failures = list(warnings.filters), []

    def decode_many():
        try:
            for _ in range(50):
                decode(odd)
        except (BadPicture, UserWarning) as error:
            failures.append(error)

    threads = [threading.Thread(target=decode_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert list(warnings.filters) == before


def rich_file(format):
    """A small file with everything that has a parser of its own."""
    options = {} if format in ("GIF", "BMP") else {"exif": nasty.exif(6, "2019:07:21 18:05:09")}
    if options:
        options["icc_profile"] = nasty.swapping_profile()
    return nasty.encoded(nasty.two_colors(), format, **options)


RICH = {format: rich_file(format) for format in FORMATS}


@given(st.sampled_from(FORMATS), st.data())
@settings(max_examples=500, deadline=None, derandomize=True)
def test_damage_anywhere_raises_only_bad_picture(format, draw):
    data = bytearray(RICH[format])
    places = st.integers(0, len(data) - 1)
    flips = draw.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8))
    for place, value in flips:
        data[place] = value
    try:
        decode(bytes(data[: draw.draw(st.integers(0, len(data)))]), max_pixels=1_000_000)
    except BadPicture as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("format", FORMATS)
def test_half_a_file_of_any_format_is_truncated(format):
    with pytest.raises(TruncatedPicture):
        decode(RICH[format][: len(RICH[format]) // 2])


# --- picture files of a folder


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def listed(folder):
    return [path.relative_to(folder).as_posix() for path in picture_files(folder)]


def test_pictures_are_found_by_suffix_and_sorted(tmp_path):
    make(tmp_path, "b.JPG", "a.png", "c/d.avif", "notes.txt", "jpg", "c/x.jpg.part")
    assert listed(tmp_path) == ["a.png", "b.JPG", "c/d.avif"]


def test_hidden_files_and_folders_are_left_out(tmp_path):
    make(tmp_path, "a.png", ".b.png", ".iconym/c.png", "d/.e/f.png")
    assert listed(tmp_path) == ["a.png"]


def test_a_folder_named_like_a_picture_is_entered(tmp_path):
    make(tmp_path, "x.jpg/a.png")
    assert listed(tmp_path) == ["x.jpg/a.png"]


def test_links_in_a_circle_end(tmp_path):
    make(tmp_path, "a/x.png")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to("self")
    assert listed(tmp_path) == ["a/x.png"]


def test_a_linked_folder_is_entered_but_its_real_place_goes_first(tmp_path):
    make(tmp_path, "far/x.png", "near/z/y.png")
    (tmp_path / "near" / "a").symlink_to(tmp_path / "far")
    (tmp_path / "near" / "b").symlink_to(tmp_path / "near" / "z")
    assert listed(tmp_path / "near") == ["a/x.png", "z/y.png"]


def test_a_link_to_nothing_is_listed_so_that_it_can_be_reported(tmp_path):
    (tmp_path / "gone.jpg").symlink_to("nowhere")
    assert listed(tmp_path) == ["gone.jpg"]


def test_a_folder_without_the_right_to_read_is_listed_and_reading_it_says_why(public_folder):
    make(public_folder, "a.png", "secret/b.png")
    (public_folder / "secret").chmod(0)
    with as_nobody():
        assert listed(public_folder) == ["a.png", "secret"]
        with pytest.raises(MissingPicture, match="must not be read"):
            read_picture(public_folder / "secret")
    (public_folder / "secret").chmod(0o755)


@pytest.mark.parametrize("seconds", [10_413_792_000, -(2**31), 0])
def test_a_file_of_any_time_has_one_that_a_catalog_can_hold(tmp_path, seconds):
    (tmp_path / "a.png").touch()
    os.utime(tmp_path / "a.png", (seconds, seconds))
    (found,) = scan_pictures(tmp_path)
    assert 0 < abs(found.modified) < 2**63


def test_an_empty_folder_has_no_pictures(tmp_path):
    assert picture_files(tmp_path) == []


def test_three_wrong_folders_have_three_messages(public_folder):
    make(public_folder, "a.png", "secret/b.png")
    (public_folder / "secret").chmod(0)
    wrong = {"none": "no folder", "a.png": "is no folder", "secret": "cannot be read"}
    with as_nobody():
        for name, message in wrong.items():
            with pytest.raises(Usage, match=message):
                picture_files(public_folder / name)
    (public_folder / "secret").chmod(0o755)
