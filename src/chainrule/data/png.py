"""Whether a PNG file has all of its pixels: decoders take those that are missing for black, and say nothing.

Source: W3C, "Portable Network Graphics (PNG) Specification", sections 8 and 11.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

MARK = b"\x89PNG\r\n\x1a\n"
"""The first bytes of such a file."""
HEADER = struct.Struct(">II5B")
"""Width, height, bits, kind of colour, two that are always 0, interlaced or not."""
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
WHOLE = ((0, 0, 1, 1),)
INTERLACED = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""Where the passes begin, and how far apart their pixels are, to the right and downward."""
PART = 1 << 20


def has_all_pixels(content: bytes) -> bool:
    """Whether what is packed in a PNG file is as long as its header says. Raises struct.error, zlib.error
    and LookupError for what is no such file."""
    width, height, bits, kind, *_, interlaced = HEADER.unpack_from(content, len(MARK) + 8)
    missing: int = sum(
        (1 + -(-across * bits * CHANNELS[kind] // 8)) * down  # each row has a byte of its own
        for left, top, right, below in (INTERLACED if interlaced else WHOLE)
        if (across := -(-(width - left) // right)) > 0 and (down := -(-(height - top) // below)) > 0
    )
    unpacker = zlib.decompressobj()
    for part in _packed(content):
        while missing > 0 and (found := unpacker.decompress(part, PART)):
            missing -= len(found)
            part = unpacker.unconsumed_tail
    return missing <= 0


def _packed(content: bytes) -> Iterator[bytes]:
    """The parts of the pixels, as they are packed: chunks that follow one another."""
    at, begun = len(MARK), False
    while at + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        if kind == b"IDAT":
            begun = True
            yield content[at + 8 : at + 8 + size]
        elif begun:
            return
        at += 12 + size
