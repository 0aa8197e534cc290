"""What we use of Pillow, with its traps covered: limits, warnings, errors, modes and profiles."""

import logging
import re
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO

import numpy as np
from PIL import ExifTags, ImageCms
from PIL import Image as PillowImage
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from iconym.errors import (
    EmptyPicture,
    MissingDecoder,
    NotAPicture,
    PictureTooLarge,
    TruncatedPicture,
)

Color = tuple[int, int, int]  # sRGB, each 0..255

# without a handler Python prints what Pillow logs of damaged files
logging.getLogger("PIL").addHandler(logging.NullHandler())

# blocks so large that malloc gives each back to the system; smaller ones stay with their thread
PillowImage.core.set_block_size(2**26)  # type: ignore[attr-defined]

LONGEST_START = 64  # bytes that tell every format
HEIC = re.compile(rb".{4}ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)", re.DOTALL)  # after AVIF's mif1
READERS: tuple[tuple[re.Pattern[bytes], type[ImageFile]], ...] = (
    (re.compile(rb"\xff\xd8\xff"), JpegImageFile),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), PngImageFile),
    (re.compile(rb"GIF8[79]a"), GifImageFile),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), WebPImageFile),
    (re.compile(rb".{4}ftyp(avi[fs]|m[is]f1.{0,40}avi[fs])", re.DOTALL), AvifImageFile),
    (re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL), BmpImageFile),
    (re.compile(rb"II[*+]\0|MM\0[*+]"), TiffImageFile),
)

TURNS = {  # EXIF orientation: what makes it upright
    2: PillowImage.Transpose.FLIP_LEFT_RIGHT,
    3: PillowImage.Transpose.ROTATE_180,
    4: PillowImage.Transpose.FLIP_TOP_BOTTOM,
    5: PillowImage.Transpose.TRANSPOSE,
    6: PillowImage.Transpose.ROTATE_270,
    7: PillowImage.Transpose.TRANSVERSE,
    8: PillowImage.Transpose.ROTATE_90,
}

_DAMAGE = (  # what Pillow raises when data are damaged
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    LookupError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    MemoryError,  # an impossible length in a damaged file
    struct.error,
    zlib.error,
)


def reader_of(start: bytes, name: str) -> type[ImageFile]:
    """Pillow's reader for a file that begins with ``start``, by content alone.

    Calling it reads the header. ``PIL.Image.open`` would do so too, but with a limit on pixels
    that is a setting of the whole process.

    Raises:
        EmptyPicture: ``start`` has no bytes.
        NotAPicture: it begins like none of the formats.
        MissingDecoder: it is HEIC, and the extra that reads it is not installed.
    """
    if not start:
        raise EmptyPicture(f"{name!r} is empty (0 bytes); copy it again")
    for pattern, reader in READERS:
        if pattern.match(start):
            return reader
    if HEIC.match(start):
        return _heif_reader(name)
    raise NotAPicture(
        f"{name!r} is no picture; AVIF, BMP, GIF, HEIC, JPEG, PNG, TIFF, WebP can be read"
    )


@contextmanager
def errors_of_pillow(name: str) -> Iterator[None]:
    """Within it, whatever Pillow raises about picture ``name`` becomes one of our errors.

    Raises:
        PictureTooLarge: for Pillow's own limit, which it keeps inside some formats.
        TruncatedPicture: for everything else.
    """
    try:
        with _silence:
            yield
    except PillowImage.DecompressionBombError as error:
        raise PictureTooLarge(
            f"{name!r} is too large for Pillow ({one_line(error)}); make it smaller"
        ) from error
    except _DAMAGE as error:
        raise TruncatedPicture(
            f"{name!r} ends too early or is damaged ({one_line(error)}); copy it again"
        ) from error


def to_srgb(picture: PillowImage.Image, name: str, background: Color) -> PillowImage.Image:
    """The loaded ``picture`` in mode RGB, seen on ``background``, its color profile applied.

    Raises:
        NotAPicture: for floating-point, 32-bit or Lab samples.
    """
    profile = picture.info.get("icc_profile")
    if picture.mode in ("I", "F", "LAB"):
        raise NotAPicture(
            f"{name!r} holds samples of mode {picture.mode!r}; save it as sRGB with 8 or 16 bits"
        )
    if picture.mode.startswith("I;16"):  # the high byte, as Pillow does with 16 bits a color
        picture = PillowImage.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.has_transparency_data:
        colors = picture.convert("RGBA")
        canvas = PillowImage.new("RGB", picture.size, background)
        canvas.paste(_without_profile(colors.convert("RGB"), profile), mask=colors.getchannel("A"))
        return canvas
    if picture.mode == "P":
        picture = picture.convert("RGB")
    picture = _without_profile(picture, profile)
    return picture if picture.mode == "RGB" else picture.convert("RGB")  # which would copy it


def orientation(picture: ImageFile) -> int:
    """EXIF orientation, 1 to 8; 1 (upright) where there is none or it is damaged."""
    try:
        value = picture.getexif().get(ExifTags.Base.Orientation)
    except _DAMAGE:
        return 1
    return value if isinstance(value, int) and value in TURNS else 1


def taken(picture: ImageFile) -> str:
    """EXIF DateTimeOriginal as ISO 8601; "" where there is none or it is no date."""
    try:
        tags = picture.getexif().get_ifd(ExifTags.IFD.Exif)
        text = str(tags.get(ExifTags.Base.DateTimeOriginal, "")).strip("\0 ")
        return datetime.strptime(text, "%Y:%m:%d %H:%M:%S").isoformat() if text else ""
    except _DAMAGE:
        return ""


def one_line(error: BaseException) -> str:
    """What ``error`` says in one line, its type where it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__


def _heif_reader(name: str) -> type[ImageFile]:
    """Turns the picture upright by itself, and resets the orientation in its EXIF data."""
    try:
        from pillow_heif.as_plugin import HeifImageFile  # an extra; its import registers nothing
    except ImportError as error:
        raise MissingDecoder(
            f"{name!r} is HEIC; pip install 'iconym[heif]', then try again: iconym errors --retry"
        ) from error
    return HeifImageFile


def _without_profile(picture: PillowImage.Image, profile: bytes | None) -> PillowImage.Image:
    if not profile:
        return picture
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if ImageCms.getProfileDescription(source).startswith("sRGB"):
            return picture  # most are, and converting takes ten times as long as decoding
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, source, srgb, outputMode="RGB") or picture
    except (ImageCms.PyCMSError, *_DAMAGE):
        return picture


class _Silence:
    """No warnings from Pillow while any thread is inside: it warns of odd metadata.

    Warning filters belong to the whole process, so threads that each set and restored them would
    restore each other's: the first one in sets them, the last one out restores them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self._inside += 1

    def __exit__(self, *_raised: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._filters.__exit__(None, None, None)


_silence = _Silence()
