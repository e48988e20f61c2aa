"""What do an image's first bytes say: of which type it is, how wide and how high?"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# JPEG's frame headers, which hold the size: C0 to CF without the tables DHT, JPG and DAC.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# JPEG's marks that stand alone: TEM and the restarts.
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
# The header of a bitmap of OS/2, whose sizes are shorter.
_CORE_HEADER = 12


@dataclass(frozen=True, slots=True)
class Image:
    """An image's type as a MIME type, and its size in pixels."""

    content_type: str
    width: int
    height: int


def image_of(content: bytes) -> Image | None:
    """What the header of a PNG, JPEG, GIF or BMP says; None if it is none of them, or cut off."""
    for signature, content_type, read in _FORMATS:
        if content.startswith(signature):
            try:
                width, height = read(content)
            except (struct.error, IndexError):
                return None
            return Image(content_type, width, height)
    return None


def _png(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _gif(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", content, 6)
    return width, height


def _bmp(content: bytes) -> tuple[int, int]:
    (header,) = struct.unpack_from("<I", content, 14)
    width, height = struct.unpack_from("<HH" if header == _CORE_HEADER else "<ii", content, 18)
    # Rows that are stored from the top down have a negative height.
    return width, abs(height)


def _jpeg(content: bytes) -> tuple[int, int]:
    """Walk over the segments up to the frame header."""
    place = 2
    while True:
        if content[place] != 0xFF:
            raise IndexError(place)
        mark = content[place + 1]
        if mark in _FRAMES:
            height, width = struct.unpack_from(">HH", content, place + 5)
            return width, height
        if mark == 0xFF:
            # A filling byte.
            place += 1
        elif mark in _ALONE:
            place += 2
        else:
            (length,) = struct.unpack_from(">H", content, place + 2)
            place += 2 + length


_FORMATS: tuple[tuple[bytes, str, Callable[[bytes], tuple[int, int]]], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png", _png),
    (b"\xff\xd8\xff", "image/jpeg", _jpeg),
    (b"GIF87a", "image/gif", _gif),
    (b"GIF89a", "image/gif", _gif),
    (b"BM", "image/bmp", _bmp),
)
