"""Downloads through the proxies that the environment names."""

from __future__ import annotations

import base64
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from refusal import refused

from chainrule.data.fetch import Published, fetch
from chainrule.errors import DataError
from chainrule.sentences import speaking

CONTENT = b"some content " * 1000
FILE = Published("some.gz", len(CONTENT), "f3f4d5d6", "file")
Act = Callable[[socket.socket, bytes], None]


@pytest.fixture(autouse=True)
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name}_proxy".upper(), raising=False)


@pytest.fixture
def file() -> Published:
    import hashlib

    return Published("some.gz", len(CONTENT), hashlib.md5(CONTENT).hexdigest(), "file")


def request_of(connection: socket.socket) -> bytes:
    asked = b""
    while b"\r\n\r\n" not in asked and (came := connection.recv(4096)):
        asked += came
    return asked


@contextmanager
def running(act: Act) -> Iterator[tuple[int, list[bytes]]]:
    """A server's port, and the requests that it got."""
    seen: list[bytes] = []
    threads = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(60)
            seen.append(request_of(connection))
            act(connection, seen[-1])

    def take() -> None:
        with suppress(OSError):
            while True:
                threads.append(threading.Thread(target=serve, args=(listening.accept()[0],)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threads.append(threading.Thread(target=take))
        threads[0].start()
        yield listening.getsockname()[1], seen
        listening.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join(60)


def gives_the_file(connection: socket.socket, asked: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(CONTENT) + CONTENT)


def test_a_proxy_is_asked_for_the_whole_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: Published
) -> None:
    with running(gives_the_file) as (port, seen):
        monkeypatch.setenv("http_proxy", f"http://me:p%40ss@127.0.0.1:{port}")
        (path,) = fetch([file], tmp_path, mirrors=["http://localhost:7/a/"])
    assert path.read_bytes() == CONTENT
    lines = seen[0].decode().split("\r\n")
    assert lines[0] == "GET http://localhost:7/a/some.gz HTTP/1.1"
    assert "Host: localhost:7" in lines
    assert f"Proxy-Authorization: Basic {base64.b64encode(b'me:p@ss').decode()}" in lines


def test_what_needs_no_proxy_goes_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: Published
) -> None:
    with running(gives_the_file) as (port, seen):
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:7")
        monkeypatch.setenv("no_proxy", "example.org,127.0.0.1")
        fetch([file], tmp_path, mirrors=[f"http://127.0.0.1:{port}/"])
    assert seen[0].startswith(b"GET /some.gz HTTP/1.1\r\n")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key with its certificate for localhost, signed by itself."""
    if not shutil.which("openssl"):
        pytest.skip("this machine has no openssl")
    path = tmp_path / "localhost.pem"
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", "key.pem", "-out", "localhost.pem"),
        ],
        cwd=tmp_path,
        capture_output=True,
    )
    if made.returncode:
        pytest.skip("this machine's openssl makes no such certificate")
    path.write_bytes(path.read_bytes() + (tmp_path / "key.pem").read_bytes())
    return path


def encrypted(certificate: Path, asked_inside: list[bytes]) -> Act:
    """Lets a connection through, and plays the server behind it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def act(connection: socket.socket, asked: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
        with context.wrap_socket(connection, server_side=True) as inside:
            asked_inside.append(request_of(inside))
            gives_the_file(inside, asked_inside[-1])

    return act


@pytest.mark.parametrize("trusted", [True, False])
def test_https_goes_through_a_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: Published, certificate: Path, trusted: bool
) -> None:
    inside: list[bytes] = []
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with running(encrypted(certificate, inside)) as (port, seen):
        monkeypatch.setenv("https_proxy", f"127.0.0.1:{port}")
        if trusted:
            (path,) = fetch([file], tmp_path / "a", mirrors=["https://localhost:7/a/"])
            assert path.read_bytes() == CONTENT
            assert inside[0].startswith(b"GET /a/some.gz HTTP/1.1\r\nHost: localhost:7\r\n")
        else:
            with speaking("en"), pytest.raises(DataError, match=r"connection failed .*certificate"):
                fetch([file], tmp_path / "a", mirrors=["https://localhost:7/a/"])
            assert inside == []
    assert seen[0].startswith(b"CONNECT localhost:7 HTTP/1.1\r\nHost: localhost:7\r\n")


def test_a_proxy_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(connection: socket.socket, asked: bytes) -> None:
        connection.sendall(b"HTTP/1.1 407 \x1b[31mWho are you?\r\n\r\n")

    with running(refuse) as (port, _):
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        with speaking("en"), pytest.raises(DataError, match="the proxy answered with status 407"):
            fetch([FILE], tmp_path, mirrors=["https://localhost:7/"])


@pytest.mark.parametrize("named", ["http://me:secret@[::1", "http://me:secret@host:99999999", "http://"])
def test_a_proxy_that_is_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("https_proxy", named)
    with speaking("en"), pytest.raises(DataError, match="the proxy that https_proxy names") as caught:
        fetch([FILE], tmp_path, mirrors=["https://localhost:7/"])
    assert "secret" not in str(caught.value)


def test_an_address_that_is_none_before_any_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:7")
    with refused("data.no_mirror"):
        fetch([FILE], tmp_path, mirrors=["http://example.org/"])
