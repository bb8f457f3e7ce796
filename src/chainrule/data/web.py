"""One file from one address over HTTP, from servers of which nothing is believed.

Every wait has an end and every part of an answer a bound; what is not valid HTTP is this server's failure.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import socket
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from chainrule.errors import Sentence, reason
from chainrule.sentences import Said

LOOPBACK = ("127.0.0.1", "::1", "localhost")
CHUNK = 1 << 16
SLOWEST = 1_000  # bytes of the file a second, over each stretch of the time-out's length
BESIDE = 1 << 16  # bytes that may come beside the file, and as many again as have come of it
REDIRECTIONS = 10
MOVED = (301, 302, 303, 307, 308)
PORTS = {"http": 80, "https": 443}


class MirrorError(Said, Exception):
    """One attempt at one mirror failed; its text is a sentence for the summary."""

    def __init__(self, key: str, /, **fields: object) -> None:
        super().__init__(key)
        self.sentence = Sentence(key, **fields)

    def __str__(self) -> str:
        return str(self.sentence)


@contextmanager
def asked(url: str, had: int, timeout: float) -> Iterator[Answer]:
    """The answer to a request for what comes after the first `had` bytes; redirections are followed.

    timeout: seconds for all that comes before the body, and then for each stretch in which the body must
    bring SLOWEST bytes a second. The environment's proxies are used. Raises MirrorError.
    """
    deadline = _Deadline(timeout)
    address = _address(url)
    for _ in range(REDIRECTIONS + 1):
        proxy = _proxy(address)
        with closing(_connection(address, proxy, deadline)) as connection:
            wire = _Wire(connection, deadline)
            wire.send(_request(address, proxy, had))
            head = _head(wire)
            if head.status not in MOVED or not head.has("location"):
                pace = wire.patience = _Pace(timeout)
                yield Answer(head, wire, pace)
                return
            address = _moved(address, head.one("location"))
    raise MirrorError("data.redirections", most=REDIRECTIONS)


def excerpt(text: str, most: int = 80) -> str:
    """What a server sent, as messages show it: visible ASCII, and not too long."""
    shown = text[: most + 1].encode("unicode_escape").decode("ascii")
    return shown if len(shown) <= most else shown[: most - 3] + "..."


# addresses


@dataclass(frozen=True)
class _Address:
    scheme: str
    host: str
    port: int
    target: str
    """Path and query."""

    @property
    def place(self) -> str:
        """Host and port, as requests write them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def _address(url: str, *, secure: bool = False) -> _Address:
    """An address to ask: https, or, unless it must be `secure`, http to this machine itself."""
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise MirrorError("data.address", address=excerpt(url)) from None
    if parts.scheme != "https" and (secure or parts.scheme != "http" or host not in LOOPBACK):
        raise MirrorError("data.https_only", address=excerpt(url))
    if not _is_host(host) or "@" in parts.netloc:
        raise MirrorError("data.address", address=excerpt(url))
    target = urllib.parse.quote(parts.path or "/", safe="/%!$&'()*+,;=:@~-._")
    if parts.query:
        target += "?" + urllib.parse.quote(parts.query, safe="/%!$&'()*+,;=:@~-._?")
    return _Address(parts.scheme, host, PORTS[parts.scheme] if port is None else port, target)


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            return bool(ipaddress.IPv6Address(host))
        except ValueError:
            return False
    label = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
    return len(host) < 254 and re.fullmatch(rf"{label}(\.{label})*", host) is not None


def _moved(address: _Address, location: str) -> _Address:
    """Where a redirection leads; never from https to anything else."""
    try:
        url = urllib.parse.urljoin(f"{address.scheme}://{address.place}{address.target}", location)
    except ValueError:
        raise MirrorError("data.address", address=excerpt(location)) from None
    return _address(url, secure=address.scheme == "https")


# patience


class _Deadline:
    """A moment by which all must be done."""

    def __init__(self, seconds: float) -> None:
        self._moment = time.monotonic() + seconds

    def left(self) -> float:
        """The seconds that are left. Raises MirrorError where there are none."""
        left = self._moment - time.monotonic()
        return left if left > 0 else self.over()

    def over(self) -> float:
        raise MirrorError("data.connection", reason=Sentence("system.etimedout"))


class _Pace:
    """How fast a file must come: each stretch of so many seconds brings SLOWEST bytes a second."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun = time.monotonic()
        self._brought = 0

    def bring(self, size: int) -> None:
        self._brought += size

    def left(self) -> float:
        """The seconds that are left of this stretch, or of the next one. Raises MirrorError."""
        left = self._begun + self._seconds - time.monotonic()
        return left if left > 0 else self.over()

    def over(self) -> float:
        """Judge the stretch that is over, and begin another one."""
        now = time.monotonic()
        rate = self._brought / max(self._seconds, now - self._begun)
        if rate < SLOWEST:
            raise MirrorError("data.slow", rate=round(rate))
        self._begun, self._brought = now, 0
        return self._seconds


class _Wire:
    """A connection from which bytes are taken by lines and by pieces."""

    def __init__(self, connection: socket.socket, patience: _Deadline | _Pace) -> None:
        self.patience = patience
        self._connection = connection
        self._here = bytearray()
        self._beside = BESIDE

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come that was not taken yet."""
        return not self._here

    def send(self, request: bytes) -> None:
        with _mirrors_fault():
            self._connection.settimeout(self.patience.left())
            self._connection.sendall(request)

    def line(self) -> str:
        """The next line, without its end; it counts as beside the file."""
        searched = 0
        while (end := self._here.find(b"\n", searched)) < 0 and len(self._here) <= self._beside:
            searched = len(self._here)
            if not self._more():
                raise MirrorError("data.connection", reason=Sentence("data.hung_up"))
        size = len(self._here) if end < 0 else end + 1
        self._beside -= size
        if self._beside < 0:
            raise MirrorError("data.beside")
        line = self._here[:size].decode("latin-1")
        del self._here[:size]
        return line.removesuffix("\n").removesuffix("\r")

    def piece(self, most: int) -> bytes:
        """The next bytes of the file; none where the connection is at its end."""
        if not self._here:
            self._more()
        piece = bytes(self._here[:most])
        del self._here[:most]
        self._beside += len(piece)
        return piece

    def _more(self) -> bool:
        while True:
            self._connection.settimeout(self.patience.left())
            try:
                with _mirrors_fault(but=TimeoutError):
                    came = self._connection.recv(CHUNK)
            except TimeoutError:
                self.patience.over()
            else:
                self._here += came
                return bool(came)


# answers


@dataclass(frozen=True)
class _Head:
    status: int
    fields: dict[str, list[str]] = field(default_factory=dict)
    """All values of each field, whose name is in small letters."""

    def has(self, name: str) -> bool:
        return name in self.fields

    def one(self, name: str) -> str:
        """The value of a field; values that differ are no HTTP, and an absent one is empty."""
        values = self.fields.get(name, [""])
        if len({*values}) > 1:
            raise _invalid(f"{name}: {', '.join(values[:2])}")
        return values[0]


def _invalid(found: str) -> MirrorError:
    return MirrorError("data.connection", reason=Sentence("data.not_http", found=excerpt(found)))


def _head(wire: _Wire) -> _Head:
    """What stands before a body, past the answers that only say that another one will come."""
    while True:
        line = wire.line()
        found = re.fullmatch(r"HTTP/1\.[0-9] ([1-9][0-9]{2})( .*)?", line, re.DOTALL)
        if not found:
            raise _invalid(line)
        head = _Head(int(found[1]))
        while line := wire.line():
            name, colon, value = line.partition(":")
            if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
                raise _invalid(line)
            head.fields.setdefault(name.lower(), []).append(value.strip(" \t"))
        if head.status == 101 or head.status >= 200:
            return head


class Answer:
    """What a server answers, of which the head is here.

    start: of the body within the file, where the server says so; length: bytes of the body, likewise.
    """

    def __init__(self, head: _Head, wire: _Wire, pace: _Pace) -> None:
        self.status = head.status
        self.start = _first(head.one("content-range"))
        self.length = _length(head)
        self._chunked = head.has("transfer-encoding")
        if self._chunked and (head.one("transfer-encoding").lower() != "chunked" or self.length is not None):
            raise _invalid(f"transfer-encoding: {head.one('transfer-encoding')}")
        self._wire, self._pace = wire, pace

    @property
    def body(self) -> Iterator[bytes]:
        """Pieces of at most CHUNK bytes. Raises MirrorError; the end of a connection is an end like any."""
        if not self._chunked:
            yield from self._pieces(self.length)
            return
        while size := _chunk_size(self._wire.line()):
            yield from self._pieces(size)
            if end := self._wire.line():
                raise _invalid(end)
        while self._wire.line():
            """What comes after the last chunk says nothing of the file."""

    def _pieces(self, size: int | None) -> Iterator[bytes]:
        """The next `size` bytes, or all that come until the connection ends."""
        while size is None or size > 0:
            piece = self._wire.piece(CHUNK if size is None else min(CHUNK, size))
            if not piece:
                return
            self._pace.bring(len(piece))
            size = None if size is None else size - len(piece)
            yield piece


def _length(head: _Head) -> int | None:
    if not head.has("content-length"):
        return None
    text = head.one("content-length")
    if not re.fullmatch("[0-9]{1,15}", text):
        raise _invalid(f"content-length: {text}")
    return int(text)


def _first(content_range: str) -> int | None:
    found = re.fullmatch(r"bytes ([0-9]{1,15})-[0-9]{1,15}/([0-9]{1,15}|\*)", content_range)
    return int(found[1]) if found else None


def _chunk_size(line: str) -> int:
    found = re.fullmatch("0*([0-9A-Fa-f]{1,12})[ \t]*(;.*)?", line, re.DOTALL)
    if not found:
        raise _invalid(line)
    return int(found[1], 16)


# connections


def _request(address: _Address, proxy: _Proxy | None, had: int) -> bytes:
    if address.scheme == "https":
        proxy = None  # it has handed on the connection, and reads nothing of what passes
    target = f"http://{address.place}{address.target}" if proxy else address.target
    lines = [
        f"GET {target} HTTP/1.1",
        f"Host: {address.place}",
        "Accept-Encoding: identity",
        "User-Agent: chainrule",
        "Connection: close",
        *([f"Range: bytes={had}-"] if had else []),
        *(proxy.permission if proxy else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


@dataclass(frozen=True)
class _Proxy:
    host: str
    port: int
    permission: tuple[str, ...]
    """The line of a request that says who asks, where the environment says it."""


def _proxy(address: _Address) -> _Proxy | None:
    """The proxy that the environment, or the system's settings, name for an address."""
    from urllib.request import getproxies, proxy_bypass

    named = getproxies().get(address.scheme)
    if not named or proxy_bypass(address.place):
        return None
    try:
        parts = urllib.parse.urlsplit(named if "://" in named else f"//{named}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not _is_host(host):  # it may hold a password, so it is not shown
        raise MirrorError("data.proxy", variable=f"{address.scheme}_proxy")
    permission: tuple[str, ...] = ()
    if parts.username and parts.password:
        who = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password)}"
        permission = (f"Proxy-Authorization: Basic {base64.b64encode(who.encode()).decode()}",)
    return _Proxy(host, PORTS[address.scheme] if port is None else port, permission)


def _connection(address: _Address, proxy: _Proxy | None, deadline: _Deadline) -> socket.socket:
    """A connection to ask by: through the proxy where there is one, encrypted where the address says so."""
    near = (proxy.host, proxy.port) if proxy else (address.host, address.port)
    connection = _connected(*near, deadline)
    if address.scheme != "https":
        return connection
    try:
        if proxy:
            _tunnel(connection, address, proxy, deadline)
        return _encrypted(connection, address.host, deadline)
    except BaseException:
        connection.close()
        raise


def _connected(host: str, port: int, deadline: _Deadline) -> socket.socket:
    """A connection to the first of a host's addresses that takes one; each has its share of the time."""
    with _mirrors_fault():
        found = _looked_up(host, port, deadline)
        for tried, (family, kind, protocol, _, place) in enumerate(found):
            connection = socket.socket(family, kind, protocol)
            try:
                connection.settimeout(deadline.left() / (len(found) - tried))
                connection.connect(place)
                return connection
            except OSError:
                connection.close()
                if tried == len(found) - 1:
                    raise
            except BaseException:
                connection.close()
                raise
    raise MirrorError("data.no_host")


def _looked_up(host: str, port: int, deadline: _Deadline) -> list[Any]:
    """A host's addresses. The system cannot be interrupted while it looks, so another thread asks it."""
    answers: SimpleQueue[list[Any] | OSError] = SimpleQueue()

    def look_up() -> None:
        try:
            answers.put([*socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except OSError as error:
            answers.put(error)

    Thread(target=look_up, daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.left())
    except Empty:
        deadline.over()
        raise
    if isinstance(answer, OSError):
        raise answer
    return answer


def _tunnel(connection: socket.socket, address: _Address, proxy: _Proxy, deadline: _Deadline) -> None:
    """Ask a proxy to hand on what is sent."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    place = f"{host}:{address.port}"
    wire = _Wire(connection, deadline)
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}", *proxy.permission, "", ""]
    wire.send("\r\n".join(lines).encode("ascii"))
    head = _head(wire)
    if not 200 <= head.status < 300:
        raise MirrorError("data.proxy_status", status=head.status)
    if not wire.is_empty:
        raise _invalid("CONNECT")


def _encrypted(connection: socket.socket, host: str, deadline: _Deadline) -> socket.socket:
    import ssl

    with _mirrors_fault():
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        connection.settimeout(deadline.left())  # of the whole handshake
        return context.wrap_socket(connection, server_hostname=host)


@contextmanager
def _mirrors_fault(but: type[OSError] | tuple[()] = ()) -> Iterator[None]:
    """What the network refuses, as a sentence about the mirror."""
    try:
        yield
    except but:
        raise
    except socket.gaierror as error:
        raise MirrorError("data.no_host") from error
    except OSError as error:
        raise MirrorError("data.connection", reason=reason(error)) from error
