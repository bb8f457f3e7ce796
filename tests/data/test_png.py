"""PNG files that lack pixels: they are damaged, wherever their data end."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from refusal import refused

from chainrule.data.images import read_grey
from chainrule.data.png import has_all_pixels
from chainrule.errors import DataError

MARK = b"\x89PNG\r\n\x1a\n"
KINDS = {(0, 1): "1", (0, 8): "L", (0, 16): "I;16", (2, 8): "RGB", (3, 8): "P", (4, 8): "LA", (6, 8): "RGBA"}
"""Of colour, with the bits of each, and what Pillow calls them."""


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(
    width: int, height: int, kind: tuple[int, int], rows: bytes, interlaced: int = 0, parts: int = 1
) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, kind[1], kind[0], 0, 0, interlaced)
    packed = zlib.compress(rows)
    step = -(-len(packed) // parts)
    pixels = b"".join(chunk(b"IDAT", packed[at : at + step]) for at in range(0, len(packed), step))
    palette = chunk(b"PLTE", bytes(768)) if kind[0] == 3 else b""
    return MARK + chunk(b"IHDR", head) + palette + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (7, 3), (3, 7), (9, 9), (16, 2)])
def test_the_length_is_what_pillow_writes_and_no_byte_less(
    kind: tuple[int, int], size: tuple[int, int]
) -> None:
    stream = io.BytesIO()
    Image.new(KINDS[kind], size).save(stream, "PNG")
    content = stream.getvalue()
    assert has_all_pixels(content)
    at = content.index(b"IDAT")
    rows = zlib.decompress(content[at + 4 : at + 4 + int.from_bytes(content[at - 4 : at], "big")])
    kind = (kind[0], content[24])  # the bits that Pillow finds enough
    for parts in (1, 3):
        assert has_all_pixels(png(*size, kind, rows, parts=parts))
        assert has_all_pixels(png(*size, kind, rows + b"more", parts=parts))
        assert not has_all_pixels(png(*size, kind, rows[:-1], parts=parts))
        assert not has_all_pixels(png(*size, kind, b"", parts=parts))


@pytest.mark.parametrize("kind", [(0, 1), (0, 8), (2, 8), (0, 16), (6, 16)])
@pytest.mark.parametrize("size", [(1, 1), (2, 5), (5, 2), (8, 8), (9, 17)])
def test_passes_are_counted_pixel_by_pixel(kind: tuple[int, int], size: tuple[int, int]) -> None:
    matrix = np.tile(
        np.array(
            [
                [1, 6, 4, 6, 2, 6, 4, 6],
                [7] * 8,
                [5, 6] * 4,
                [7] * 8,
                [3, 6, 4, 6, 3, 6, 4, 6],
                [7] * 8,
                [5, 6] * 4,
                [7] * 8,
            ]
        ),
        (3, 3),
    )[: size[1], : size[0]]  # which pass each pixel is in, as the specification draws it
    bits = kind[1] * {0: 1, 2: 3, 6: 4}[kind[0]]
    lengths = [
        sum(1 + -(-int(count) * bits // 8) for count in (matrix == number).sum(axis=1) if count)
        for number in range(1, 8)
    ]
    rows = bytes(sum(lengths))
    assert has_all_pixels(png(*size, kind, rows, interlaced=1))
    assert not has_all_pixels(png(*size, kind, rows[:-1], interlaced=1))


def test_a_picture_that_lacks_pixels_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    rows = b"\0\xff\xff\xff\xff" * 4
    path.write_bytes(png(4, 4, (0, 8), rows))
    assert read_grey(path).min() == 255
    for lacking in (rows[:-1], rows[:5], b""):
        path.write_bytes(png(4, 4, (0, 8), lacking))
        with refused("data.picture_damaged", path=path):
            read_grey(path)
    path.write_bytes(png(10_000, 4_000, (0, 8), rows))  # of which nothing is made
    with refused("data.picture_damaged", path=path):
        read_grey(path)


def test_what_is_no_picture_is_told_without_another_word(tmp_path: Path) -> None:
    whole, path = png(3, 3, (2, 8), bytes(30)), tmp_path / "picture.png"
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with contextlib.suppress(DataError):
            read_grey(path)
