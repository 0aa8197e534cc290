"""Picture files to upright sRGB arrays: limits first, one typed error for each way to be bad.

Nothing is decoded before the format and the number of pixels are known from the header.
"""

import os
import stat
from contextlib import nullcontext
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from pathlib import Path
from threading import Lock

import numpy as np
from PIL.ImageFile import ImageFile

from iconym.errors import MissingPicture, PictureTooLarge
from iconym.nouns import Image
from iconym.pictures.pillow import (
    LONGEST_START,
    TURNS,
    Color,
    errors_of_pillow,
    one_line,
    orientation,
    reader_of,
    taken,
    to_srgb,
)
from iconym.pictures.walk import SUFFIXES, picture_files, scan_pictures, some_picture_files

__all__ = [
    "SUFFIXES",
    "DecodedPicture",
    "decode_picture",
    "picture_files",
    "read_picture",
    "scan_pictures",
    "some_picture_files",
]

MAX_PIXELS = 179_000_000  # where Pillow refuses by default, rounded up
LARGE = 2**24  # pixels above which one picture is decoded at a time, however many threads
WHITE = (255, 255, 255)
PIECE = 2**24  # bytes given to a decoder at once; a whole JPEG is 2 % faster than 64 KiB pieces

_one_at_a_time = Lock()


@dataclass(frozen=True)
class DecodedPicture:
    """A picture ready for an encoder, and what its header tells a catalog."""

    image: Image
    width: int  # pixels of the file itself, upright; ``image`` may have fewer
    height: int
    taken: str  # EXIF DateTimeOriginal as ISO 8601, the camera's local time; "" if it has none


def read_picture(
    path: Path,
    *,
    at_least: int | None = None,
    max_pixels: int = MAX_PIXELS,
    background: Color = WHITE,
) -> DecodedPicture:
    """The picture in a file: sRGB, upright, 8 bits a color; of an animation its first frame.

    The format is found from the content, not from the name: AVIF, BMP, GIF, HEIC (by the extra
    ``heif``), JPEG (of MPO the first picture), PNG, TIFF (first page) or WebP. Of 16 bits the
    high 8 are kept; an embedded color profile is applied if it is sound.

    Args:
        path: the file.
        at_least: the short side, pixels, that the caller needs. A JPEG is then decoded at 1/2,
            1/4 or 1/8 of its size where that leaves enough, and any picture averaged down
            where that leaves twice as much; nothing is ever enlarged.
        max_pixels: the most pixels that are decoded. Above ``2 * PIL.Image.MAX_IMAGE_PIXELS``
            Pillow still refuses some TIFF and WebP files.
        background: what is seen through transparent parts.

    Raises:
        MissingPicture: no such file, a link to nothing, a folder, no right to read.
        EmptyPicture: zero bytes.
        NotAPicture: none of the formats above, or samples that are no colors.
        TruncatedPicture: the data end too early or are damaged.
        PictureTooLarge: more than ``max_pixels``, seen before anything is decoded.
        MissingDecoder: HEIC without its extra.
    """
    with _open(path) as stream:
        return _decode(stream, str(path), at_least, max_pixels, background)


def decode_picture(
    data: bytes,
    name: str,
    *,
    at_least: int | None = None,
    max_pixels: int = MAX_PIXELS,
    background: Color = WHITE,
) -> DecodedPicture:
    """The picture in the bytes of a file, as ``read_picture``; ``name`` stands in messages."""
    return _decode(BytesIO(data), name, at_least, max_pixels, background)


def _open(path: Path) -> BufferedReader:
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            return open(path, "rb")
        why = "is a pipe, socket or device"
        if stat.S_ISDIR(mode):
            os.scandir(path).close()  # fails where one must not
            why = "is a folder"
    except FileNotFoundError:
        why = "is a link to nothing" if path.is_symlink() else "is not there; check the path"
    except PermissionError:
        why = "must not be read; ask its owner for the right"
    except (OSError, ValueError) as error:
        why = f"cannot be opened ({one_line(error)})"
    raise MissingPicture(f"{str(path)!r} {why}")


def _decode(
    stream: BufferedReader | BytesIO,
    name: str,
    at_least: int | None,
    max_pixels: int,
    background: Color,
) -> DecodedPicture:
    if at_least is not None and at_least < 1:
        raise ValueError(f"at_least is {at_least}; it is a number of pixels, at least 1")
    with errors_of_pillow(name):
        reader = reader_of(stream.read(LONGEST_START), name)
        stream.seek(0)
        picture = reader(stream, name)
        width, height = picture.size
        if width * height > max_pixels:
            raise PictureTooLarge(
                f"{name!r} is {width}x{height} = {width * height / 1e6:.1f} megapixels, the limit "
                f"is {max_pixels / 1e6:.1f}; make it smaller"
            )
        if at_least is not None:
            picture.draft(None, (at_least, at_least))
        is_large = picture.size[0] * picture.size[1] > LARGE
        with _one_at_a_time if is_large else nullcontext():
            image, turned = _upright(picture, name, at_least, background)
        if turned >= 5:  # these lie on their side
            width, height = height, width
        return DecodedPicture(image, width, height, taken(picture))


def _upright(
    picture: ImageFile, name: str, at_least: int | None, background: Color
) -> tuple[Image, int]:
    """The pixels, and the orientation that they had."""
    picture.decodermaxblock = PIECE
    picture.load()
    upright, turned = to_srgb(picture, name, background), orientation(picture)
    surplus = min(upright.size) // (2 * at_least) if at_least else 1
    if surplus > 1:  # twice is enough for a good resize, and an array takes much memory
        upright = upright.reduce(surplus)
    if turned in TURNS:
        upright = upright.transpose(TURNS[turned])
    return np.array(upright), turned
