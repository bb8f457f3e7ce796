"""Servers that lie, drip and break off: a row each, all on this machine.

`python tests/attack/server.py --minutes 1` downloads from each of them until the time is over, and prints how
each ended.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import random
import re
import socket
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chainrule.data.fetch import Published, fetch
from chainrule.errors import DataError

CONTENT = random.Random(0).randbytes(30_000) + b"chain rule " * 3_000
PACKED = gzip.compress(CONTENT)
FILE = Published("some.gz", len(CONTENT), hashlib.md5(CONTENT).hexdigest(), "content")
LONGEST = 1 << 24
"""Bytes after which a server that never ends does end, so that a client that never ends is seen to."""


class OverError(Exception):
    """The server is being shut down."""


class Peer:
    """A client, as a behaviour sees it. asked: its request, from which `start` and `path` are read."""

    def __init__(self, connection: socket.socket, over: threading.Event) -> None:
        self._connection = connection
        self._over = over
        self.asked = b""

    def listen(self) -> None:
        """Read the request."""
        while b"\r\n\r\n" not in self.asked and (came := self._connection.recv(4096)):
            self.asked += came

    @property
    def start(self) -> int:
        """The first byte that is asked for."""
        found = re.search(rb"\r\nRange: bytes=(\d+)-", self.asked)
        return int(found[1]) if found else 0

    @property
    def path(self) -> str:
        return self.asked.split(b" ")[1].decode()

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._connection.sendall(piece)

    def answer(self, *fields: str, status: str = "200 OK", body: bytes = b"") -> None:
        head = "\r\n".join([f"HTTP/1.1 {status}", *fields, "", ""])
        self.send(head.encode("latin-1") + body)

    def pause(self, seconds: float) -> None:
        if self._over.wait(seconds):
            raise OverError

    def drip(self, content: bytes, every: float = 0.03) -> None:
        """A byte now and then, and again from the beginning."""
        while True:
            for byte in content:
                self.send(bytes([byte]))
                self.pause(every)

    def flood(self, content: bytes) -> None:
        for _ in range(0, LONGEST, len(content)):
            self.send(content)

    def reset(self) -> None:
        """Break off without a goodbye."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


Act = Callable[[Peer], None]


@dataclass(frozen=True)
class Row:
    """A behaviour. says: words of the English sentence about it; none: the right file comes.

    waits: only the time-out ends it. scheme: https where the client is to begin with a handshake.
    """

    name: str
    what: str
    act: Act
    says: str = ""
    waits: bool = False
    scheme: str = "http"


LENGTH = f"Content-Length: {len(PACKED)}"
CHUNKED = "Transfer-Encoding: chunked"
NOT_HTTP, BESIDE, HUNG_UP = "not send valid HTTP", "too much beside", "hung up"
SLOW, NO_ANSWER, OTHER = "bytes a second", "no answer came in time", "its MD5 is not"


def chunk(content: bytes, extension: bytes = b"") -> bytes:
    return b"%x%s\r\n%s\r\n" % (len(content), extension, content)


def heads(*fields: str, status: str = "200 OK", body: bytes = PACKED) -> Act:
    """Answers with these fields and a body."""
    return lambda peer: peer.answer(*fields, status=status, body=body)


def chunks(*pieces: bytes) -> Act:
    """Answers in chunks, as they are given."""
    return lambda peer: peer.answer(CHUNKED, body=b"".join(pieces))


def raw(*pieces: bytes) -> Act:
    """Sends just this."""
    return lambda peer: peer.send(*pieces)


def types(value: str) -> Act:
    """Gives the file a type, which says nothing of its bytes and need not be understood."""
    return heads(LENGTH, f"Content-Type: {value}")


def moves(location: str) -> Act:
    """Redirects."""
    return heads("Content-Length: 0", f"Location: {location}", status="302 Found", body=b"")


def moves_on(peer: Peer) -> None:
    moves(f"/{random.randrange(10**9)}")(peer)


def moves_slowly(peer: Peer) -> None:
    peer.pause(0.15)
    moves_on(peer)


def moves_to_the_file(peer: Peer) -> None:
    (serves if peer.path.startswith("/there") else moves("../there/some.gz?a=b%20c d"))(peer)


def serves(peer: Peer) -> None:
    """As it should be, with ranges."""
    rest = PACKED[peer.start :]
    if not peer.start:
        peer.answer(LENGTH, body=rest)
    elif not rest:
        peer.answer(status="416 Range Not Satisfiable")
    else:
        span = f"Content-Range: bytes {peer.start}-{len(PACKED) - 1}/{len(PACKED)}"
        peer.answer(f"Content-Length: {len(rest)}", span, status="206 Partial Content", body=rest)


def serves_a_third(peer: Peer) -> None:
    rest = PACKED[peer.start :][: len(PACKED) // 3 + 1]
    fields = [f"Content-Length: {len(PACKED) - peer.start}"]
    if peer.start:
        fields.append(f"Content-Range: bytes {peer.start}-{len(PACKED) - 1}/{len(PACKED)}")
    peer.answer(*fields, status="206 Partial" if peer.start else "200 OK", body=rest)


def serves_half_and_then_all(peer: Peer) -> None:
    peer.answer(LENGTH, body=PACKED if peer.start else PACKED[:10_000])


def serves_half_and_then_another(peer: Peer) -> None:
    if not peer.start:
        return peer.answer(LENGTH, body=PACKED[:10_000])
    span = f"Content-Range: bytes {peer.start - 1}-{len(PACKED) - 1}/{len(PACKED)}"
    return peer.answer(span, status="206 Partial", body=PACKED[peer.start - 1 :])


def serves_most_and_then_drips(peer: Peer) -> None:
    peer.answer(LENGTH, body=PACKED[:-2_000])
    peer.drip(PACKED[-2_000:])


def serves_half_and_says_nothing_more(peer: Peer) -> None:
    peer.answer(LENGTH, body=PACKED[:10_000])
    peer.pause(10_000)


def serves_half_and_resets(peer: Peer) -> None:
    peer.answer(LENGTH, body=PACKED[:10_000])
    peer.reset()


def drips(head: bytes, content: bytes = b"a") -> Act:
    def act(peer: Peer) -> None:
        peer.send(head)
        peer.drip(content)

    return act


def floods(head: bytes, content: bytes) -> Act:
    def act(peer: Peer) -> None:
        peer.send(head)
        peer.flood(content)

    return act


def says_that_it_goes_on(peer: Peer) -> None:
    while True:
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        peer.pause(0.05)


OK = b"HTTP/1.1 200 OK\r\n"
IN_CHUNKS = OK + CHUNKED.encode() + b"\r\n\r\n"
BEHAVIOURS = (
    # what never ends
    Row("silence", "takes the connection and says nothing", lambda peer: peer.pause(10_000), NO_ANSWER, True),
    Row("status drips", "a status line, byte by byte", drips(b"HTTP/1.1 200 "), NO_ANSWER, True),
    Row("header drips", "a header, byte by byte", drips(OK + b"X-A: "), NO_ANSWER, True),
    Row("headers drip", "ever more headers", drips(OK, b"A: b\r\n"), NO_ANSWER, True),
    Row("100 drips", "100 Continue, again and again", says_that_it_goes_on, NO_ANSWER, True),
    Row("slow moves", "redirections, each after a while", moves_slowly, NO_ANSWER, True),
    Row("handshake drips", "TLS, byte by byte", drips(b"\x16\x03\x03\x40\x00\x02"), NO_ANSWER, True, "https"),
    Row(
        "no handshake",
        "takes a TLS connection in silence",
        lambda p: p.pause(10_000),
        NO_ANSWER,
        True,
        "https",
    ),
    Row(
        "body drips", "the file, byte by byte", drips(OK + LENGTH.encode() + b"\r\n\r\n", PACKED), SLOW, True
    ),
    Row("tail drips", "most of the file, the rest byte by byte", serves_most_and_then_drips, SLOW, True),
    Row("body stops", "half the file, and no more", serves_half_and_says_nothing_more, SLOW, True),
    Row("extension drips", "a chunk's extension, byte by byte", drips(IN_CHUNKS + b"1;x="), SLOW, True),
    Row("size drips", "a chunk's size, byte by byte", drips(IN_CHUNKS, b"0"), SLOW, True),
    Row(
        "trailer drips",
        "the file, and a trailer byte by byte",
        drips(IN_CHUNKS + chunk(PACKED) + b"0\r\nX: "),
        SLOW,
        True,
    ),
    Row("endless", "a body without end", floods(OK + b"\r\n", b"x" * 65536), "sends more than"),
    Row("100 flood", "100 Continue without end", floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), BESIDE),
    Row("header flood", "a header without end", floods(OK + b"A: ", b"x" * 4096), BESIDE),
    Row("status flood", "a status line without end", floods(b"HTTP/1.1 200 ", b"x" * 4096), BESIDE),
    Row("chunk flood", "chunks of a byte", floods(IN_CHUNKS, chunk(b"x", b";" + b"y" * 500)), BESIDE),
    Row("trailer flood", "a trailer without end", floods(IN_CHUNKS + b"0\r\n", b"A: b\r\n"), BESIDE),
    Row("moves on", "redirections without end", moves_on, "redirects more than"),
    # heads
    Row(
        "100,000 headers", "as it says", raw(OK, b"".join(b"A%d: b\r\n" % i for i in range(100_000))), BESIDE
    ),
    Row("long header", "a header of a megabyte", raw(OK, b"A: " + b"x" * 1_000_000 + b"\r\n\r\n"), BESIDE),
    Row("no HTTP", "random bytes", raw(random.Random(1).randbytes(1000) + b"\r\n\r\n"), NOT_HTTP),
    Row("no head", "the file without any head", raw(PACKED), "HTTP"),
    Row(
        "escape",
        "a status line that sets a terminal's title",
        raw(b"\x1b]0;PWNED\x07\x1b[31m\x9b2J evil\r\n\r\n"),
        NOT_HTTP,
    ),
    Row("long status", "a bad status line of 60 kB", raw(b"HTTP " + b"x" * 60_000 + b"\r\n\r\n"), NOT_HTTP),
    Row("HTTP/2", "another version", raw(b"HTTP/2 200 OK\r\n\r\n" + PACKED), NOT_HTTP),
    Row("status 99", "a status of two digits", raw(b"HTTP/1.1 99 OK\r\n\r\n" + PACKED), NOT_HTTP),
    Row("status ²", "a status that only looks like a number", raw(b"HTTP/1.1 20\xb2 OK\r\n\r\n"), NOT_HTTP),
    Row("no colon", "a header without a colon", heads("hello"), NOT_HTTP),
    Row("folded", "a header that goes on in the next line", heads("A: b", "  c"), NOT_HTTP),
    Row("NUL", "a NUL in the name of a header", heads("A\0: b"), NOT_HTTP),
    Row("odd bytes", "headers that are not ASCII", heads("X-\xfc: b"), NOT_HTTP),
    Row("odd values", "bytes that are not ASCII in a header's value", heads("X-A: \xb2\xff\x1b[31m", LENGTH)),
    Row("two boundaries", "parameters that no order fits", types("multipart/x; boundary*0=a; boundary*=b")),
    Row(
        "long boundary", "a parameter's number of 5000 digits", types(f"multipart/x; boundary*{'9' * 5000}=b")
    ),
    Row(
        "odd charset", "a parameter in an encoding of Python's", types("multipart/x; boundary*=idna'x'%2e%2e")
    ),
    Row("escapes", "an encoding that warns", types("multipart/x; boundary*=unicode_escape'x'\\q")),
    Row("semicolons", "a parameter that is costly to split", types('multipart/x; a="' + ";" * 60_000)),
    Row("hangs up", "closes at once", lambda peer: None, HUNG_UP),
    Row("resets", "breaks off at once", Peer.reset, "connection"),
    Row("half a head", "closes within the head", raw(OK + b"A: b"), HUNG_UP),
    # lengths
    Row("too long", "a length that never comes", heads("Content-Length: 99999999999"), "broke"),
    Row("5000 digits", "a length of 5000 digits", heads("Content-Length: " + "9" * 5000), NOT_HTTP),
    Row("negative", "a length below zero", heads("Content-Length: -5"), NOT_HTTP),
    Row("length ²", "a length that only looks like a number", heads("Content-Length: \xb2"), NOT_HTTP),
    Row("plus", "a length with a sign", heads(f"Content-Length: +{len(PACKED)}"), NOT_HTTP),
    Row("list", "two lengths in one header", heads(f"{LENGTH}, {len(PACKED)}"), NOT_HTTP),
    Row("two lengths", "two lengths that differ", heads(LENGTH, "Content-Length: 10"), NOT_HTTP),
    Row("same length", "the same length twice", heads(LENGTH, LENGTH)),
    Row("short", "a length below the file's", heads("Content-Length: 10"), OTHER),
    Row("length 0", "no body", heads("Content-Length: 0"), OTHER),
    Row("no length", "the file until the connection closes", heads()),
    # chunks
    Row(
        "chunks",
        "the file in chunks",
        chunks(chunk(PACKED[:9], b";a=b"), chunk(PACKED[9:]), b"0\r\nA: b\r\n\r\n"),
    ),
    Row("chunk -5", "a chunk's size below zero", chunks(b"-5\r\n", PACKED), NOT_HTTP),
    Row("chunk 0x", "a chunk's size as in Python", chunks(b"0x10\r\n", PACKED), NOT_HTTP),
    Row("chunk 1_0", "a chunk's size with an underscore", chunks(b"1_0\r\n", PACKED), NOT_HTTP),
    Row("chunk ²", "a chunk's size that is no ASCII", chunks(b"\xb2\r\n", PACKED), NOT_HTTP),
    Row("no chunk", "no size of a chunk", chunks(b"\r\n", PACKED), NOT_HTTP),
    Row("huge chunk", "a chunk's size of 400 digits", chunks(b"f" * 400 + b"\r\n", PACKED), NOT_HTTP),
    Row("lying chunk", "a chunk's size above what comes", chunks(b"fffffffff\r\n", PACKED), HUNG_UP),
    Row("open chunk", "a chunk without its end", chunks(b"10\r\n", PACKED), "HTTP"),
    Row("cut chunks", "chunks without the last one", chunks(chunk(PACKED)), HUNG_UP),
    Row("both", "chunks and a length", heads(CHUNKED, LENGTH, body=chunk(PACKED) + b"0\r\n\r\n"), NOT_HTTP),
    Row("twice chunked", "an encoding nobody asked for", heads("Transfer-Encoding: gzip, chunked"), NOT_HTTP),
    # redirections
    Row("moves to file", "to a file of this machine", moves("file:///etc/passwd"), "not an https"),
    Row("moves to http", "to another machine in plain", moves("http://192.0.2.1/x"), "not an https"),
    Row("moves to ftp", "to ftp", moves("ftp://127.0.0.1/x"), "not an https"),
    Row("moves to [", "to a bracket that nobody closes", moves("http://[::1"), "not an address"),
    Row("moves to user", "to a machine behind a name", moves("http://127.0.0.1@192.0.2.1/"), "not an https"),
    Row("moves with user", "with a password", moves("http://a:b@127.0.0.1/x"), "not an address"),
    Row("moves to ÿ", "to a path that is not ASCII", moves("http://127.0.0.1:1/\xff"), "connection failed"),
    Row("moves to port", "to a port that is none", moves("http://127.0.0.1:99999999/"), "not an address"),
    Row("moves to port a", "to a port of letters", moves("http://127.0.0.1:abc/"), "not an address"),
    Row("moves to dots", "to a name that no machine has", moves("https://a..b/x"), "not an address"),
    Row("moves to escape", "with control characters", moves("gopher://\x1b[31m\x07"), "not an"),
    Row("moves far", "to 60,000 characters", moves("gopher://" + "x" * 60_000), "not an https"),
    Row("moves to nowhere", "without a place", heads(status="302 Found", body=b""), "status 302"),
    Row("moves to the file", "to the right place", moves_to_the_file),
    # what was not asked for
    Row("status 204", "no content", heads(status="204 No Content", body=b""), "status 204"),
    Row("status 101", "another protocol", heads(status="101 Switching Protocols"), "status 101"),
    Row("status 500", "an error with a body", heads(LENGTH, status="500 \x1b[31mno"), "status 500"),
    Row("status 416", "no such range", heads(status="416 x", body=b""), "status 416"),
    Row("other 206", "another piece", heads("Content-Range: bytes 5-9/10", status="206 x"), "another piece"),
    Row("bare 206", "a piece that does not say which", heads(status="206 x"), "another piece"),
    Row(
        "multipart 206",
        "pieces in an envelope",
        heads("Content-Type: multipart/byteranges; boundary=q", status="206 x"),
        "another piece",
    ),
    Row("other half", "half, and then from a byte before", serves_half_and_then_another, "another piece"),
    # bodies
    Row("bomb", "gzip that unpacks to 20 MB", heads(body=gzip.compress(bytes(20_000_000))), OTHER),
    Row("encoded", "gzip in gzip", heads("Content-Encoding: gzip", body=gzip.compress(PACKED)), OTHER),
    Row("trailing", "something behind the file", heads(body=PACKED + b"JUNK"), OTHER),
    Row(
        "two members",
        "the file in two streams",
        heads(body=gzip.compress(CONTENT[:100]) + gzip.compress(CONTENT[100:])),
        OTHER,
    ),
    Row("cut", "a part that says it is all", heads("Content-Length: 9", body=PACKED[:9]), OTHER),
    Row("resets in the middle", "half, and breaks off", serves_half_and_resets, "connection"),
    Row("in thirds", "breaks twice and goes on", serves_a_third),
    Row("again", "half, and then all of it", serves_half_and_then_all),
)


class Server:
    """A server on this machine that behaves in one way, inside a with block."""

    def __init__(self, act: Act, scheme: str = "http") -> None:
        self._act = act
        self._scheme = scheme
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> str:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=50)
        self._start(self._take)
        return f"{self._scheme}://127.0.0.1:{self._socket.getsockname()[1]}/"

    def __exit__(self, *args: object) -> None:
        self._over.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(60)

    def _start(self, run: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=run, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _take(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        peer = Peer(connection, self._over)
        with connection, suppress(OSError, OverError):
            connection.settimeout(60)
            if self._scheme == "http":
                peer.listen()
            self._act(peer)


@dataclass
class Ending:
    """How downloads from one server ended."""

    said: str = ""
    rounds: int = 0
    longest: float = 0.0
    faults: int = 0


def ended(row: Row, timeout: float) -> str:
    """Download from a server alone, then with a good one behind it; what was said. Raises what is a fault."""
    with tempfile.TemporaryDirectory() as place, Server(row.act, row.scheme) as bad, Server(serves) as good:
        said = "the right file"
        try:
            (path,) = fetch([FILE], Path(place) / "a", mirrors=[bad], timeout=timeout)
            assert gzip.decompress(path.read_bytes()) == CONTENT
        except DataError as error:
            said = str(error).partition(f"{bad}: ")[2]
        (path,) = fetch([FILE], Path(place) / "b", mirrors=[bad, good], timeout=timeout)
        assert gzip.decompress(path.read_bytes()) == CONTENT
    return said


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=1.0)
    asked.add_argument("--timeout", type=float, default=2.0, help="seconds, of each download")
    given = asked.parse_args()
    end = time.monotonic() + 60 * given.minutes
    endings = {row.name: Ending() for row in BEHAVIOURS}

    def once(row: Row) -> None:
        ending, begun = endings[row.name], time.monotonic()
        try:
            ending.said = ended(row, given.timeout)
        except Exception as fault:
            ending.said, ending.faults = repr(fault), ending.faults + 1
        ending.rounds += 1
        ending.longest = max(ending.longest, time.monotonic() - begun)

    with ThreadPoolExecutor(8) as pool:
        while not endings[BEHAVIOURS[0].name].rounds or time.monotonic() < end:
            list(pool.map(once, BEHAVIOURS))
    for row in BEHAVIOURS:
        ending = endings[row.name]
        line = f"{row.name:20} {ending.rounds:3} times  longest {ending.longest:5.1f} s  {ending.said}"
        sys.stdout.write("".join(each if each.isprintable() else ascii(each) for each in line) + "\n")
    faults = sum(ending.faults for ending in endings.values())
    sys.stdout.write(
        f"{len(BEHAVIOURS)} behaviours, {sum(e.rounds for e in endings.values())} rounds, {faults} faults\n"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
