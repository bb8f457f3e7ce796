"""How an input becomes another one: bytes, words, tables, and files whose digests are made right.

A mutator takes an input and a generator, and gives another input; the same generator gives the same one. What
it cannot take apart, it changes byte by byte.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any

Mutator = Callable[[bytes, random.Random], bytes]

MOST = 1 << 16
"""Bytes of an input: more would only be slower."""
NUMBERS = (
    0,
    1,
    2,
    7,
    8,
    127,
    128,
    255,
    256,
    32767,
    65535,
    65536,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63 - 1,
    2**64 - 1,
)
JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3, 0.5, -0.0, 1e-320, 1e308, -1e308, float("nan"), float("inf")),
    *(2**31, 2**63, -(2**63), 10**18, 10**19, 10**400, "", "0", "x", "a b", "²", "\x1b[31m", "\n", "é" * 300),
    *("\ud800", "\0", "../..", "/", "relu", "softmax", "None", "0123456789" * 600),
    *([], [[]], {}, [0], [1, 2], {"a": 1}),
)  # fmt: skip
"""What nobody expects in a table."""
LINE_ENDS = (
    b"\n",
    b"\r\n",
    b"\r",
    b"\x1f",
    b"\x0b",
    b"\xe2\x80\xa8",
    b"\xc2\x85",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xc2",
)


def some_bytes(data: bytes, rng: random.Random) -> bytes:
    """A few bytes are changed, taken out, put in or doubled, wherever they stand."""
    found = bytearray(data[:MOST])
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at, end = sorted(rng.randrange(len(found) + 1) for _ in range(2))
        end = min(end, at + rng.choice((1, 2, 4, 8, 64)))
        match rng.randrange(8):
            case 0 if at < len(found):
                found[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(found):
                found[at] = rng.randrange(256)
            case 2:
                del found[at:end]
            case 3:
                found[at:at] = found[at:end] * rng.choice((1, 1, 2, 20))
            case 4:
                found[at:at] = rng.choice(LINE_ENDS)
            case 5:
                width, order = rng.choice((1, 2, 4, 8)), rng.choice(("little", "big"))
                number = rng.choice(NUMBERS) % (1 << 8 * width)
                found[at : at + width] = number.to_bytes(width, order)
            case 6:
                del found[at:]
            case _:
                found[at:at] = rng.randbytes(rng.randrange(1, 5))
    return bytes(found[:MOST])


def words(known: str, *more: str) -> Mutator:
    """Words of text are exchanged for others of it, for known ones, and for more that hold spaces."""
    own = [each.encode("utf-8", "surrogateescape") for each in (*known.split(), *more)]

    def mutate(data: bytes, rng: random.Random) -> bytes:
        if rng.random() < 0.25:
            return some_bytes(data, rng)
        parts = re.findall(rb"\w+|\s+|[^\w\s]", data[:MOST]) or [b""]
        for _ in range(rng.choice((1, 1, 2, 3, 6))):
            at = rng.randrange(len(parts) + 1)
            match rng.randrange(6):
                case 0:
                    parts[at : at + 1] = [rng.choice(own)]
                case 1:
                    parts[at:at] = [rng.choice(own)]
                case 2:
                    del parts[at : at + rng.choice((1, 1, 3))]
                case 3:
                    parts[at : at + 1] = [str(_number(rng)).encode()]
                case 4:
                    end = min(len(parts), at + rng.choice((1, 3, 9)))
                    parts[at:at] = parts[at:end] * rng.choice((1, 1, 1, 50))
                case _ if parts:
                    parts[at : at + 1] = [rng.choice(parts)]
        return b"".join(parts)[:MOST]

    return mutate


def _number(rng: random.Random) -> object:
    usual = rng.randrange(-3, 12)
    if rng.random() < 0.02:
        return "9" * 5000
    return rng.choice((usual, usual, rng.choice(NUMBERS), rng.random(), "1e308", "1e-320", "-0", ".5e-9"))


def changed(value: Any, rng: random.Random, depth: int = 0) -> Any:
    """A JSON value with something else somewhere in it."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        table, key = dict(value), rng.choice(list(value))
        match rng.randrange(12):
            case 0:
                del table[key]
            case 1:
                table[str(rng.choice(("", "x", key + "2", "\x1b", "constructor")))] = table[key]
            case 2:
                table[key] = rng.choice(list(value.values()))
            case _:
                table[key] = changed(table[key], rng, depth + 1)
        return table
    if isinstance(value, list) and value and rng.random() < 0.8:
        row, at = list(value), rng.randrange(len(value))
        match rng.randrange(8):
            case 0:
                del row[at]
            case 1:
                row[at:at] = [row[at]] * rng.choice((1, 2, 300))
            case 2:
                row[at] = rng.choice(row)
            case _:
                row[at] = changed(row[at], rng, depth + 1)
        return row
    if isinstance(value, bool | None) or rng.random() < 0.5:
        return nested(rng) if rng.random() < 0.03 else rng.choice(JUNK)
    if isinstance(value, int):
        return rng.choice((value + 1, value - 1, -value, 2 * value, value % 3 + 0.5, f"{value:x}", [value]))
    if isinstance(value, float):
        return rng.choice(
            (-value, value * 1e300, value * 1e-300, int(value) if abs(value) < 1e300 else 0, [value])
        )
    if isinstance(value, str):
        return words("relu", "0", " ", "\x1b]0;x\x07", ":", "=", "1e400")(
            value.encode(errors="replace"), rng
        ).decode(errors="replace")
    return rng.choice(JUNK)


def nested(rng: random.Random) -> Any:
    """A list in a list in a list; what is deeper than that is written as text."""
    value: Any = []
    for _ in range(rng.choice((5, 60, 400))):
        value = [value]
    return value


def json_text(data: bytes, rng: random.Random) -> bytes:
    """A JSON text, or lines of them, in which a value is another one."""
    lines = data[:MOST].split(b"\n") if data.count(b"\n{") > 0 else [data[:MOST]]
    at = rng.randrange(len(lines))
    try:
        value = json.loads(lines[at])
    except (ValueError, RecursionError):
        return some_bytes(data, rng)
    match rng.randrange(20):
        case 0:
            return some_bytes(data, rng)
        case 1:
            lines[at] = b"[" * 30000
        case 2:
            lines[at] = lines[at].replace(b":", b":" + b"9" * 5000 + b"e", 1)
        case 3:
            lines[at:at] = [lines[at]] * 3
        case _:
            lines[at] = dumped(changed(value, rng))
    return b"\n".join(lines)


def dumped(value: Any) -> bytes:
    """JSON; a number that is too long to be written becomes a large one."""
    try:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return b"1" * 4301


def several(*mutators: Mutator) -> Mutator:
    """The parts of a container; each has its own mutator, which changes it, or it is gone."""

    def mutate(data: bytes, rng: random.Random) -> bytes:
        parts = unpacked(data)
        if not parts:
            return some_bytes(data, rng)
        at = rng.randrange(min(len(parts), len(mutators)))
        parts[at] = b"" if rng.random() < 0.02 else mutators[at](parts[at], rng)
        return packed(parts)

    return mutate


def packed(parts: Sequence[bytes]) -> bytes:
    """Several parts as one input, each after its length."""
    return b"".join(len(part).to_bytes(4, "little") + part for part in parts)


def unpacked(data: bytes) -> list[bytes]:
    """The parts of one input; whatever the bytes are, they are some parts."""
    parts = []
    while len(data) >= 4:
        size = int.from_bytes(data[:4], "little")
        parts.append(data[4 : 4 + size])
        data = data[4 + size :]
    return parts


# Model files, whose digest is made right.

NO_DIGEST = b"0" * 64
DTYPES = (
    "BOOL",
    "U8",
    "I8",
    "I16",
    "U16",
    "F16",
    "BF16",
    "I32",
    "U32",
    "F32",
    "F64",
    "I64",
    "U64",
    "F8_E4M3",
    "C64",
    "",
)
FLOATS = (float("nan"), float("inf"), -1e308, 1e308, 5e-324, -0.0, 0.0)


def model_file(data: bytes, rng: random.Random) -> bytes:
    """A model file in which a tensor, its type, its shape or a value of the table is another one."""
    try:
        head, table, body = taken_apart(data)
        names = [name for name in head if name != "__metadata__"]
        name = rng.choice(names)
        match rng.randrange(12):
            case 0:
                head[name]["dtype"] = rng.choice(DTYPES)
            case 1:
                head[name]["shape"] = rng.choice(
                    ([], [0], [1], head[name]["shape"][::-1], [*head[name]["shape"], 1], [2**31, 2**31], [-1])
                )
            case 2:
                head[name]["data_offsets"] = [
                    n + rng.choice((-8, 0, 8, 2**40)) for n in head[name]["data_offsets"]
                ]
            case 3:
                head[rng.choice((f"{name}2", "parameter.W9", "input.", "extra.x", "x", "parameter", ""))] = (
                    head.pop(name)
                )
            case 4:
                del head[name]
            case 5 | 6:
                at = 8 * rng.randrange(max(1, len(body) // 8))
                body = body[:at] + struct.pack("<d", rng.choice(FLOATS)) + body[at + 8 :]
            case 7:
                head = changed(head, rng)
            case _:
                table = changed(table, rng)
        return put_together(head, table, body)
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError):
        return with_digest(some_bytes(data, rng))


def taken_apart(data: bytes) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """The header of a model file, the table in its metadata, and the tensors' bytes."""
    end = 8 + int.from_bytes(data[:8], "little")
    head = json.loads(data[8:end])
    return head, json.loads(head["__metadata__"]["chainrule"]), data[end:]


def put_together(head: dict[str, Any], table: Any, body: bytes) -> bytes:
    """A model file of these parts."""
    if isinstance(table, dict):
        table = {
            "sha256": NO_DIGEST.decode(),
            **{name: value for name, value in table.items() if name != "sha256"},
        }
    meta = {"__metadata__": {"chainrule": json.dumps(table)}}
    rest = {name: value for name, value in head.items() if name != "__metadata__"}
    text = json.dumps({**meta, **rest}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return with_digest(len(text).to_bytes(8, "little") + text + body)


def with_digest(data: bytes) -> bytes:
    """A model file whose digest is that of its content."""
    found = re.match(rb'\{"__metadata__":\{"chainrule":"\{\\"sha256\\": \\"([0-9a-f]{64})\\"', data[8:])
    if not found:
        return data
    start, end = (8 + at for at in found.span(1))
    empty = data[:start] + NO_DIGEST + data[end:]
    return data[:start] + hashlib.sha256(empty).hexdigest().encode() + data[end:]


# Archives, arrays and pictures, whose checksums are made right.


def npy(data: bytes, rng: random.Random) -> bytes:
    """An NPY file with another header, or with other numbers."""
    found = re.match(rb"\x93NUMPY(.)(.)(..)([^\n]*\n)", data, re.DOTALL)
    if not found or rng.random() < 0.3:
        return some_bytes(data, rng)
    text = words(
        *(
            "'<f8'",
            "'|O'",
            "'>i2'",
            "'|V0'",
            "'<U1000000'",
            "'|b1'",
            "'<m8[s]'",
            "'<c16'",
            "'|S0'",
            "[('a','<f8')]",
            "True",
        ),
        *(
            "False",
            "(",
            ")",
            ",",
            "-1",
            "4294967296",
            "18446744073709551616",
            "None",
            "()",
            "{",
            "}",
            "1L",
            "'descr'",
        ),
    )(found[4].rstrip(), rng)
    text = text[:60000] + b" " * (-(10 + min(len(text), 60000) + 1) % 64) + b"\n"
    return b"\x93NUMPY" + found[1] + found[2] + len(text).to_bytes(2, "little") + text + data[found.end() :]


def npz(data: bytes, rng: random.Random) -> bytes:
    """An archive of arrays, one of which is another one or has another name."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [[info.filename, archive.read(info)] for info in archive.infolist()]
        at = rng.randrange(len(members))
    except Exception:  # whatever a damaged archive raises
        return some_bytes(data, rng)
    match rng.randrange(10):
        case 0:
            return some_bytes(data, rng)
        case 1:
            members[at][0] = rng.choice(
                ("x.npy", "X.npy", "y.npy", "x_test.npy", "../x.npy", "x", "\x1b.npy", "classes.npy")
            )
        case 2:
            members.append(rng.choice(members))
        case 3:
            del members[at]
        case _:
            members[at][1] = npy(members[at][1], rng)
    return zipped(members, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))


def zipped(members: Sequence[Sequence[Any]], method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive of (name, content)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(_unwarned(archive, name), content)
    return out.getvalue()


def _unwarned(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """A second member of a name is meant here."""
    archive.NameToInfo.pop(name, None)
    return zipfile.ZipInfo(name)


def zipped_idx(data: bytes, rng: random.Random) -> bytes:
    """An IDX file with another header or other bytes; sometimes it is, or is no longer, compressed."""
    try:
        plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError, zlib.error):
        return some_bytes(data, rng)
    match rng.randrange(8):
        case 0:
            return some_bytes(data, rng)
        case 1:
            kind = rng.choice((8, 9, 0xB, 0xC, 0xD, 0xE, 0, 255))
            plain = plain[:2] + bytes([kind, rng.choice((0, 1, 3, 8, 9, 255))]) + plain[4:]
        case 2 | 3:
            at = 4 + 4 * rng.randrange(4)
            plain = (
                plain[:at]
                + struct.pack(">I", rng.choice((0, 1, 2, 4, 5, 65536, 2**31, 2**32 - 1)))
                + plain[at + 4 :]
            )
        case _:
            plain = some_bytes(plain, rng)
    if rng.random() < 0.3:
        return gzip.compress(plain, 1, mtime=0) + rng.choice(
            (b"", b"", b"\x1f\x8b", b"x", gzip.compress(b"x", mtime=0))
        )
    return plain


def picture(data: bytes, rng: random.Random) -> bytes:
    """A PNG with another chunk and right checksums; a JPEG with other bytes."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or rng.random() < 0.1:
        return some_bytes(data, rng)
    chunks = []
    at = 8
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        chunks.append([kind, data[at + 8 : at + 8 + size]])
        at += 12 + size
    if not chunks:
        return some_bytes(data, rng)
    place = rng.randrange(len(chunks))
    kind, content = chunks[place]
    match rng.randrange(8):
        case 0:
            chunks[place:place] = [chunks[place]]
        case 1:
            del chunks[place]
        case 2:
            new = rng.choice(
                (
                    b"tRNS",
                    b"PLTE",
                    b"gAMA",
                    b"eXIf",
                    b"iCCP",
                    b"acTL",
                    b"fcTL",
                    b"fdAT",
                    b"tEXt",
                    b"zTXt",
                    b"iTXt",
                    b"pHYs",
                    b"sBIT",
                )
            )
            chunks[place:place] = [[new, rng.randbytes(rng.choice((0, 1, 2, 6, 26, 768)))]]
        case 3 if kind == b"IHDR" or chunks[0][0] == b"IHDR":
            head = bytearray(chunks[0][1].ljust(13, b"\0"))
            side = rng.choice((0, 1, 2, 3, 9, 28, 64, 401, 2000, 20000, 2**31 - 1, 2**32 - 1))
            field = rng.randrange(7)
            if field < 2:
                head[4 * field : 4 * field + 4] = struct.pack(">I", side)
            else:
                head[6 + field] = rng.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
            chunks[0][1] = bytes(head)
        case 4 if kind == b"IDAT":
            unpacker = zlib.decompressobj()
            try:
                chunks[place][1] = zlib.compress(some_bytes(unpacker.decompress(content, MOST), rng), 1)
            except zlib.error:
                chunks[place][1] = some_bytes(content, rng)
        case _:
            chunks[place][1] = some_bytes(content, rng)
    return data[:8] + b"".join(map(png_chunk, chunks))


def png_chunk(chunk: Sequence[bytes]) -> bytes:
    """A chunk of a PNG with its length and its checksum."""
    kind, content = chunk
    return struct.pack(">I4s", len(content), kind) + content + struct.pack(">I", zlib.crc32(kind + content))
