"""A folder as people have them: odd pictures that must be read, bad ones that must be refused."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import ExifTags, ImageCms
from PIL import Image as PillowImage

from iconym.errors import (
    BadPicture,
    EmptyPicture,
    MissingPicture,
    NotAPicture,
    PictureTooLarge,
    TruncatedPicture,
)

ORANGE, BLUE = (240, 120, 20), (20, 60, 200)
WIDTH, HEIGHT = 30, 20  # pixels of every odd picture but the smallest


@dataclass(frozen=True)
class Corpus:
    """What ``write_corpus`` put into a folder."""

    good: tuple[Path, ...]
    bad: dict[Path, type[BadPicture]]


def write_corpus(folder: Path) -> Corpus:
    """Fill ``folder``; all files in it have a picture's suffix and all names differ."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in ODD.items():
        (folder / name).write_bytes(make())
    for name, (data, _) in BAD.items():
        (folder / name).write_bytes(data)
    (folder / "dangling.jpg").symlink_to(folder / "nowhere.jpg")
    (folder / "a folder.jpg").mkdir()
    bad = {folder / name: error for name, (_, error) in BAD.items()}
    bad[folder / "dangling.jpg"] = MissingPicture
    return Corpus(tuple(folder / name for name in ODD), bad)


def two_colors() -> PillowImage.Image:
    """30x20 pixels, the left half orange, the right half blue."""
    picture = PillowImage.new("RGB", (WIDTH, HEIGHT), ORANGE)
    picture.paste(BLUE, (WIDTH // 2, 0, WIDTH, HEIGHT))
    return picture


def encoded(picture: PillowImage.Image, format: str, **options: object) -> bytes:
    """The bytes of a file of this picture."""
    stream = BytesIO()
    picture.save(stream, format, **options)
    return stream.getvalue()


def exif(orientation: int = 1, taken: str = "") -> PillowImage.Exif:
    """EXIF data with these two entries."""
    data = PillowImage.Exif()
    data[ExifTags.Base.Orientation] = orientation
    if taken:
        data.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    return data


def png(width: int, height: int, bits: int, color_type: int, rows: bytes) -> bytes:
    """A PNG written by hand, for what Pillow does not write; ``rows`` each begin with a 0."""
    header = struct.pack(">IIBBBBB", width, height, bits, color_type, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def grey16(value: int) -> bytes:
    """A 30x20 PNG of 16-bit grey, all of one value."""
    row = b"\0" + struct.pack(">H", value) * WIDTH
    return png(WIDTH, HEIGHT, 16, 0, row * HEIGHT)


def rgb16(red: int, green: int, blue: int) -> bytes:
    """A 30x20 PNG of 16 bits a color, all of one color."""
    row = b"\0" + struct.pack(">HHH", red, green, blue) * WIDTH
    return png(WIDTH, HEIGHT, 16, 2, row * HEIGHT)


def swapping_profile() -> bytes:
    """A color profile in which red and green have traded places."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"?").replace(b"gXYZ", b"rXYZ").replace(b"?", b"gXYZ")
    return swapped.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def ycck(grey: int) -> bytes:
    """A JPEG in YCCK, as print shops make them, all of one grey."""
    cmyk = PillowImage.new("CMYK", (WIDTH, HEIGHT), (grey, 127, 127, 0))
    data = encoded(cmyk, "JPEG", quality=100)
    transform = data.index(b"Adobe") + 11  # 0: the planes are CMYK, 2: they are YCCK
    return data[:transform] + b"\2" + data[transform + 1 :]


def half_clear(mode: str, **options: object) -> bytes:
    """A PNG in RGBA, LA or P: the left half black, the right half fully transparent."""
    picture = PillowImage.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 255))
    picture.paste((0, 0, 0, 0), (WIDTH // 2, 0, WIDTH, HEIGHT))
    if mode == "P":
        indices = np.zeros((HEIGHT, WIDTH), np.uint8)
        indices[:, WIDTH // 2 :] = 1
        palette = PillowImage.fromarray(indices).convert("P")
        palette.putpalette([0, 0, 0, 255, 0, 0])
        return encoded(palette, "PNG", transparency=1)
    return encoded(picture.convert(mode), "PNG", **options)


def animation(format: str) -> bytes:
    """Two frames, the first orange, the second blue."""
    first, second = (PillowImage.new("RGB", (WIDTH, HEIGHT), color) for color in (ORANGE, BLUE))
    return encoded(first, format, save_all=True, append_images=[second], duration=100)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def _photo(format: str, **options: object) -> Callable[[], bytes]:
    return lambda: encoded(two_colors(), format, **options)


def _in_mode(mode: str, format: str, **options: object) -> Callable[[], bytes]:
    return lambda: encoded(two_colors().convert(mode), format, **options)


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _noise(format: str) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    return encoded(PillowImage.fromarray(noise), format)


ODD: dict[str, Callable[[], bytes]] = {
    "plain.jpg": _photo("JPEG"),
    "plain.png": _photo("PNG"),
    "plain.gif": _photo("GIF"),
    "plain.webp": _photo("WEBP"),
    "plain.bmp": _photo("BMP"),
    "plain.tif": _photo("TIFF"),
    "plain.avif": _photo("AVIF"),
    "lzw.tiff": _photo("TIFF", compression="tiff_lzw"),
    "progressive.JPEG": _photo("JPEG", progressive=True),
    "many.mpo": _photo("MPO", save_all=True, append_images=[two_colors()]),
    "a png.jpg": _photo("PNG"),
    "two\nlines.png": _photo("PNG"),
    "party \N{PARTY POPPER}.png": _photo("PNG"),
    "on its side.jpg": _photo("JPEG", exif=exif(orientation=6)),
    "no profile.jpg": _photo("JPEG", icc_profile=b"broken"),
    "no exif.jpg": _photo("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01"),
    "cmyk.jpg": _in_mode("CMYK", "JPEG"),
    "ycbcr.tif": _in_mode("YCbCr", "TIFF"),
    "ycck.jpg": lambda: ycck(200),
    "grey.jpg": _in_mode("L", "JPEG"),
    "one bit.png": _in_mode("1", "PNG"),
    "palette.png": _in_mode("P", "PNG"),
    "rgba.png": lambda: half_clear("RGBA"),
    "la.png": lambda: half_clear("LA"),
    "clear palette.png": lambda: half_clear("P"),
    "grey16.png": lambda: grey16(0x8000),
    "rgb16.png": lambda: rgb16(0x8000, 0, 0),
    "animation.gif": lambda: animation("GIF"),
    "animation.webp": lambda: animation("WEBP"),
    "animation.png": lambda: animation("PNG"),
    "smallest.png": lambda: encoded(PillowImage.new("RGB", (1, 1)), "PNG"),
}

BAD: dict[str, tuple[bytes, type[BadPicture]]] = {
    "empty.jpg": (b"", EmptyPicture),
    "text.jpg": (b"Dear aunt, here is my picture.", NotAPicture),
    "page.png": (b"<!DOCTYPE html><html><body>404</body></html>", NotAPicture),
    "drawing.png": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', NotAPicture),
    "BMW.bmp": (b"BMW is no bitmap, though it begins like one", NotAPicture),
    "half.jpg": (_half(_noise("JPEG")), TruncatedPicture),
    "half.png": (_half(_noise("PNG")), TruncatedPicture),
    "header only.gif": (b"GIF89a", TruncatedPicture),
    "huge.png": (png(30_000, 30_000, 8, 0, b"\0" * 100), PictureTooLarge),
}
