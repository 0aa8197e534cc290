"""Picture files to upright sRGB arrays: limits first, one typed error for each way to be bad.

Nothing is decoded before the format and the number of pixels are known from the header.
"""

import os
import stat
from collections import deque
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from pathlib import Path

import numpy as np

from iconym.errors import MissingPicture, NothingToDo, PictureTooLarge, Usage
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

MAX_PIXELS = 179_000_000  # where Pillow refuses by default, rounded up
WHITE = (255, 255, 255)
PIECE = 2**24  # bytes given to a decoder at once; a whole JPEG is 2 % faster than 64 KiB pieces
SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .mpo .png .apng .gif .webp .bmp .dib .tif .tiff .avif".split()
)


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

    The format is found from the content, not from the name: AVIF, BMP, GIF, JPEG (of MPO the
    first picture), PNG, TIFF (first page) or WebP. Of 16 bits the high 8 are kept; an embedded
    color profile is applied if it is sound.

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


def picture_files(folder: Path) -> list[Path]:
    """All files below ``folder`` whose suffix is a picture's, sorted by path; maybe none.

    Hidden files and folders (".iconym") are left out. Linked folders are entered after the real
    ones, and no folder twice, so circles end. A link to nothing is listed, and so is a folder
    that cannot be read: ``read_picture`` then says what is wrong with it.

    Raises:
        Usage: if there is no such folder, it is a file, or it must not be read.
    """
    _check_folder(folder)
    found: list[Path] = []
    entered: set[tuple[int, int]] = set()
    waiting = deque([folder])
    while waiting:
        directory = waiting.popleft()
        try:
            entries = _entries(directory, entered)
        except OSError:
            found.append(directory)
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.appendleft(Path(entry))
            elif os.path.isdir(entry):
                waiting.append(Path(entry))
            elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:
                found.append(Path(entry))
    return sorted(found)


def some_picture_files(folder: Path) -> list[Path]:
    """As ``picture_files``, but at least one.

    Raises:
        Usage: as ``picture_files``.
        NothingToDo: if there is none.
    """
    found = picture_files(folder)
    if not any(folder.iterdir()):
        raise NothingToDo(f"{str(folder)!r} is empty; put pictures into it")
    if not found:
        raise NothingToDo(f"{str(folder)!r} holds no picture file; check the path")
    return found


def _check_folder(folder: Path) -> None:
    try:
        os.scandir(folder).close()
    except FileNotFoundError as error:
        raise Usage(f"no folder {str(folder)!r}; check the path") from error
    except NotADirectoryError as error:
        raise Usage(f"{str(folder)!r} is no folder; give the folder it lies in") from error
    except OSError as error:
        raise Usage(f"{str(folder)!r} cannot be read: {one_line(error)}") from error


def _entries(directory: Path, entered: set[tuple[int, int]]) -> list[os.DirEntry[str]]:
    """What is in a folder, without hidden things; nothing if it was entered before."""
    status = directory.stat()
    if (status.st_dev, status.st_ino) in entered:
        return []
    entered.add((status.st_dev, status.st_ino))
    with os.scandir(directory) as entries:
        return sorted((e for e in entries if e.name[0] != "."), key=lambda entry: entry.name)


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
        picture.decodermaxblock = PIECE
        picture.load()
        upright, turned = to_srgb(picture, name, background), orientation(picture)
        surplus = min(upright.size) // (2 * at_least) if at_least else 1
        if surplus > 1:  # twice is enough for a good resize, and an array takes much memory
            upright = upright.reduce(surplus)
        if turned in TURNS:
            upright = upright.transpose(TURNS[turned])
        if turned >= 5:  # these lie on their side
            width, height = height, width
        return DecodedPicture(np.array(upright), width, height, taken(picture))
