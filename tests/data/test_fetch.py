"""Downloads, from servers on this machine that behave and misbehave."""

from __future__ import annotations

import gzip
import hashlib
import os
import random
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from io import FileIO
from pathlib import Path
from typing import IO

import pytest
from idx_files import small_set
from refusal import refused

from chainrule.data import load, web
from chainrule.data.fetch import CHUNK, Published, fetch
from chainrule.data.mnist import FILES, MIRRORS, PUBLISHED
from chainrule.errors import DataError
from chainrule.sentences import LANGUAGES, say, speaking

CONTENT = random.Random(0).randbytes(200_000)
PACKED = gzip.compress(CONTENT, 1)
FILE = Published("some.gz", len(CONTENT), hashlib.md5(CONTENT).hexdigest(), "content")
AS_FILE = Published("some.gz", len(CONTENT), hashlib.md5(PACKED).hexdigest(), "file")

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.seen.append((self.path, self.headers.get("Range")))
        self.close_connection = True
        self.server.behaviour(self)

    def answer(self, status: int, body: bytes = b"", length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    @property
    def start(self) -> int:
        """The first byte asked for."""
        return int((self.headers.get("Range") or "bytes=0-")[6:-1])

    def log_message(self, *args: object) -> None:
        pass


class Clock:
    """Seconds that pass when a test says so. begun: whether somebody waits for a body."""

    def __init__(self) -> None:
        self.now = 0.0
        self.begun = threading.Event()

    def monotonic(self) -> float:
        return self.now


class Server(ThreadingHTTPServer):
    behaviour: Behaviour
    seen: list[tuple[str, str | None]]
    over: threading.Event
    clock: Clock

    def handle_error(self, *args: object) -> None:
        """A client that hangs up is part of the tests."""


def serving(content: bytes = PACKED, ranges: bool = True, at_most: int | None = None) -> Behaviour:
    """Serves `content`; with `at_most`, every connection breaks after so many bytes."""

    def behaviour(handler: Handler) -> None:
        start = handler.start if ranges else 0
        if start >= len(content):
            return handler.answer(416)
        rest = content[start:]
        body = rest if at_most is None else rest[:at_most]
        if not start:
            return handler.answer(200, body, len(rest))
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return handler.answer(206, body, len(rest), Content_Range=span)

    return behaviour


Start = Callable[[Behaviour], tuple[Server, str]]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts servers; each gives itself and its address as a mirror. All go by one clock."""
    monkeypatch.setenv("no_proxy", "*")
    clock, over = Clock(), threading.Event()
    monkeypatch.setattr(web, "time", clock)

    class Pace(web._Pace):
        def __init__(self, seconds: float) -> None:
            super().__init__(seconds)
            clock.begun.set()

    monkeypatch.setattr(web, "_Pace", Pace)
    running = []

    def start(behaviour: Behaviour) -> tuple[Server, str]:
        server = Server(("127.0.0.1", 0), Handler)
        server.behaviour, server.seen, server.clock, server.over = behaviour, [], clock, over
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return server, f"http://127.0.0.1:{server.server_port}/"

    yield start
    over.set()
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def part_of(folder: Path) -> Path:
    (part,) = folder.glob("*.part")
    return part


@pytest.mark.parametrize("file", [FILE, AS_FILE], ids=["MD5 of the content", "MD5 of the file"])
def test_a_download_and_then_the_cache(start: Start, tmp_path: Path, file: Published) -> None:
    server, address = start(serving())
    told: list[tuple[str, int, int | None]] = []
    folder = tmp_path / "not" / "yet" / "there"
    (path,) = fetch([file], folder, mirrors=[address], progress=lambda *args: told.append(args))
    assert path == folder / "some.gz"
    assert path.read_bytes() == PACKED
    assert told[-1] == ("some.gz", len(PACKED), len(PACKED))
    assert [received for _, received, _ in told] == sorted(received for _, received, _ in told)
    assert fetch([file], folder, mirrors=[address]) == [path]
    assert fetch([file], folder, mirrors=[address], offline=True) == [path]
    assert server.seen == [("/some.gz", None)]


def test_a_broken_download_goes_on_where_it_broke(start: Start, tmp_path: Path) -> None:
    size = len(PACKED) // 3 + 1
    server, address = start(serving(at_most=size))
    (path,) = fetch([FILE], tmp_path, mirrors=[address])
    assert path.read_bytes() == PACKED
    assert [asked for _, asked in server.seen] == [None, f"bytes={size}-", f"bytes={2 * size}-"]
    assert not list(tmp_path.glob("*.part"))


def test_a_later_call_goes_on_too(start: Start, tmp_path: Path) -> None:
    server, address = start(serving(at_most=len(PACKED) // 5))
    with refused("data.no_mirror", name="some.gz", folder=tmp_path):
        fetch([FILE], tmp_path, mirrors=[address])
    assert len(server.seen) == 3
    had = part_of(tmp_path).stat().st_size
    assert not (tmp_path / "some.gz").exists()
    server.behaviour = serving()
    (path,) = fetch([FILE], tmp_path, mirrors=[address])
    assert server.seen[3:] == [("/some.gz", f"bytes={had}-")]
    assert path.read_bytes() == PACKED


def test_a_server_without_ranges_starts_again(start: Start, tmp_path: Path) -> None:
    server, address = start(serving(at_most=1000))
    with refused("data.no_mirror"):
        fetch([FILE], tmp_path, mirrors=[address])
    server.behaviour = serving(ranges=False)
    assert fetch([FILE], tmp_path, mirrors=[address])[0].read_bytes() == PACKED


def test_a_part_that_is_whole_already(start: Start, tmp_path: Path) -> None:
    server, address = start(serving(at_most=1000))
    with refused("data.no_mirror"):
        fetch([FILE], tmp_path, mirrors=[address])
    part_of(tmp_path).write_bytes(PACKED)
    server.behaviour = serving()
    assert fetch([FILE], tmp_path, mirrors=[address])[0].read_bytes() == PACKED
    assert server.seen[-1] == ("/some.gz", f"bytes={len(PACKED)}-")


@pytest.mark.parametrize("wrong", [b"x" * 1000, b"x" * (len(PACKED) + 5)], ids=["short", "long"])
def test_a_part_that_is_wrong_is_thrown_away(start: Start, tmp_path: Path, wrong: bytes) -> None:
    server, address = start(serving(at_most=1000))
    with refused("data.no_mirror"):
        fetch([FILE], tmp_path, mirrors=[address])
    part_of(tmp_path).write_bytes(wrong)
    server.behaviour = serving()
    assert fetch([FILE], tmp_path, mirrors=[address])[0].read_bytes() == PACKED


def send_another_piece(handler: Handler) -> None:
    handler.answer(206, PACKED[5:], Content_Range=f"bytes 5-{len(PACKED) - 1}/{len(PACKED)}")


def drip(handler: Handler) -> None:
    """Ten bytes in a minute, far below a thousand a second."""
    clock = handler.server.clock
    clock.begun.clear()
    handler.send_response(200)
    handler.end_headers()
    clock.begun.wait(PATIENCE)
    clock.now += 60  # once: the clock is the other servers' too
    handler.wfile.write(PACKED[:10])
    handler.wfile.flush()
    handler.rfile.read(1)  # until the other end has had enough


def say_nothing(handler: Handler) -> None:
    handler.server.over.wait(PATIENCE)


PATIENCE = 600.0
"""Seconds in which nothing should hang."""
MISBEHAVIOURS: dict[str, tuple[Behaviour, str]] = {
    "damage": (serving(PACKED[:5000] + b"?" + PACKED[5001:]), "its MD5 is not"),
    "another file": (serving(gzip.compress(CONTENT[::-1])), "its MD5 is not"),
    "no gzip": (serving(b"<html>Log in here</html>"), "its MD5 is not"),
    "two streams": (serving(PACKED + PACKED[:100]), "its MD5 is not"),
    "bomb": (serving(gzip.compress(bytes(10_000_000))), "its MD5 is not"),
    "too long": (serving(PACKED + bytes(2 * CHUNK)), "sends more than"),
    "not there": (lambda handler: handler.answer(404), "status 404"),
    "broken": (lambda handler: handler.answer(500, b"sorry"), "status 500"),
    "cut short": (serving(at_most=0), "after 0 of"),
    "another piece": (send_another_piece, "another piece"),
    "no answer": (say_nothing, "connection failed"),
    "no HTTP": (lambda handler: handler.wfile.write(b"hello\r\n"), "connection failed"),
    "no HTTP at all": (lambda handler: handler.wfile.write(b"hello\r\n"), "not send valid HTTP"),
    "no word": (lambda handler: None, "hung up"),
    "many headers": (lambda handler: handler.answer(200, X=("x" * 70_000)), "too much beside"),
    "in a circle": (lambda handler: handler.answer(302, Location=handler.path), "redirects more than"),
    "bad address": (lambda handler: handler.answer(302, Location="http://[::1"), "is not an address"),
    "slow": (drip, "bytes a second"),
    "redirection": (
        lambda handler: handler.answer(302, Location="http://example.org/some.gz"),
        "http://example.org/some.gz is not an https address",
    ),
}


def impatient_with(address: str, patch: pytest.MonkeyPatch) -> None:
    """Wait for this mirror only, which never answers, as short as can be."""
    room = import_module("chainrule.data.fetch")
    ask = room.asked
    patch.setattr(
        room, "asked", lambda url, had, timeout: ask(url, had, 0.1 if url.startswith(address) else timeout)
    )


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_the_next_mirror_serves_where_one_fails(
    start: Start, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour, reason = MISBEHAVIOURS[name]
    _, bad_address = start(behaviour)
    if name == "no answer":
        impatient_with(bad_address, monkeypatch)
    with pytest.raises(DataError) as caught, speaking("en"):
        fetch([FILE], tmp_path, mirrors=[bad_address])
    assert caught.value.key == "data.no_mirror"
    with speaking("en"):
        assert reason in str(caught.value)
    assert bad_address in str(caught.value)
    assert not (tmp_path / "some.gz").exists()

    good, good_address = start(serving())
    (path,) = fetch([FILE], tmp_path, mirrors=[bad_address, good_address])
    assert path.read_bytes() == PACKED
    assert len(good.seen) == 1
    assert {entry.name for entry in tmp_path.iterdir()} <= {"some.gz", ".lock"}


def test_a_redirection_may_lead_to_another_place(start: Start, tmp_path: Path) -> None:
    _, there = start(serving())
    _, address = start(lambda handler: handler.answer(307, Location=f"{there}a%20b c?d=e f"))
    assert fetch([FILE], tmp_path, mirrors=[address])[0].read_bytes() == PACKED


@pytest.mark.parametrize("place", ["http://127.0.0.1:7/x", "//127.0.0.1/x", "HTTP://localhost/x", "ftp://a/"])
def test_https_leads_to_https_only(place: str) -> None:
    """A server elsewhere does not make this machine ask its own services."""
    address = web._address("https://example.org/a/b")
    if place.startswith("//"):
        assert web._moved(address, place).scheme == "https"
        return
    with pytest.raises(web.MirrorError) as caught, speaking("en"):
        web._moved(address, place)
    with speaking("en"):
        assert "is not an https address" in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="only POSIX systems have such modes")
def test_no_folder_is_made_that_others_can_change(start: Start, tmp_path: Path) -> None:
    """Machine code lies beside data, and is not kept where others can write."""
    _, address = start(serving())
    before = os.umask(0o002)
    try:
        fetch([FILE], tmp_path / "cache" / "chainrule" / "mnist", mirrors=[address])
    finally:
        os.umask(before)
    made = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert len(made) == 3
    assert {path.stat().st_mode & 0o777 for path in made} == {0o755}


@pytest.mark.parametrize("planted", ["link", "second name", "pipe"])
def test_a_part_that_leads_elsewhere_changes_nothing_there(
    start: Start, tmp_path: Path, planted: str
) -> None:
    _, address = start(serving(at_most=1000))
    with refused("data.no_mirror"):
        fetch([FILE], tmp_path, mirrors=[address])
    _, better = start(serving())
    victim = tmp_path / "thesis"
    part = part_of(tmp_path)
    victim.write_bytes(PACKED[:500])
    part.unlink()
    plant(planted, part, victim)
    with refused("data.no_mirror"):
        fetch([FILE], tmp_path, mirrors=[address])
    assert part.lstat().st_size == 3000
    part.unlink()
    plant(planted, part, victim)
    assert fetch([FILE], tmp_path, mirrors=[better])[0].read_bytes() == PACKED
    assert victim.read_bytes() == PACKED[:500]
    assert {path.name for path in tmp_path.iterdir()} == {"thesis", "some.gz", ".lock"}


@pytest.mark.parametrize(
    ("planted", "why"),
    [
        ("link", "it is a link, which is not followed here"),
        ("second name", "it is a link, which is not followed here"),
        ("pipe", "it is a pipe, not a regular file"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="only POSIX systems have this lock")
def test_a_lock_that_leads_elsewhere_is_refused(tmp_path: Path, planted: str, why: str) -> None:
    victim = tmp_path / "thesis"
    victim.write_text("mine")
    plant(planted, tmp_path / ".lock", victim)
    with refused("data.unwritable", path=str(tmp_path / ".lock"), because=why):
        fetch([FILE], tmp_path, mirrors=["https://nowhere.invalid/"])
    assert victim.read_text() == "mine"


def plant(what: str, path: Path, victim: Path) -> None:
    """Put something at `path` that leads to `victim`, or a pipe."""
    try:
        if what == "link":
            path.symlink_to(victim)
        elif what == "second name":
            path.hardlink_to(victim)
        else:
            os.mkfifo(path)
    except (OSError, AttributeError):
        pytest.skip(f"this system makes no {what}")


def test_reasons_come_in_chinese_too(start: Start, tmp_path: Path) -> None:
    _, address = start(lambda handler: handler.answer(404))
    with speaking("zh"), pytest.raises(DataError, match="服务器返回状态 404"):
        fetch([FILE], tmp_path, mirrors=[address])


def test_a_port_where_nobody_listens(start: Start, tmp_path: Path) -> None:
    server, address = start(serving())
    server.server_close()
    with refused("data.no_mirror"):
        fetch([FILE], tmp_path, mirrors=[address])


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def unknown(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setenv("no_proxy", "*")
    for language in LANGUAGES:
        with speaking(language):
            with pytest.raises(DataError) as caught:
                fetch([FILE], tmp_path, mirrors=["https://nowhere.invalid/"])
            assert caught.value.key == "data.no_mirror"
            assert say("data.no_host") in str(caught.value)


@pytest.mark.parametrize("address", ["http://example.org/", "ftp://127.0.0.1/", "file:///etc/"])
def test_only_https_leaves_this_machine(tmp_path: Path, address: str) -> None:
    with speaking("en"), pytest.raises(DataError, match="is not an https address"):
        fetch([FILE], tmp_path, mirrors=[address])


def test_offline_downloads_nothing(start: Start, tmp_path: Path) -> None:
    server, address = start(serving())
    with refused("data.offline", names="some.gz", folder=tmp_path, address=address):
        fetch([FILE], tmp_path, mirrors=[address], offline=True)
    assert server.seen == []


def test_a_folder_that_cannot_be_written(start: Start, tmp_path: Path) -> None:
    _, address = start(serving())
    (tmp_path / "file").write_text("not a folder")
    with refused("data.unwritable", path=tmp_path / "file" / "below"):
        fetch([FILE], tmp_path / "file" / "below", mirrors=[address])


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, address = start(serving())
    room = import_module("chainrule.data.fetch")
    open_file = room._opened

    def on_a_full_disk(path: Path, how: int) -> IO[bytes]:
        if path.suffix != ".part":
            return open_file(path, how)
        full = FileIO("/dev/full", "wb")
        full.truncate = lambda size: size
        return full

    with monkeypatch.context() as patch:
        patch.setattr(room, "_opened", on_a_full_disk)
        with refused("data.unwritable", path=tmp_path, because="the disk is full"):
            fetch([FILE], tmp_path, mirrors=[address])
    assert not (tmp_path / "some.gz").exists()
    assert fetch([FILE], tmp_path, mirrors=[address])[0].read_bytes() == PACKED


def test_an_interrupt_leaves_no_file_that_looks_whole(start: Start, tmp_path: Path) -> None:
    _, address = start(serving())

    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch([FILE], tmp_path, mirrors=[address], progress=interrupt)
    assert not (tmp_path / "some.gz").exists()
    assert fetch([FILE], tmp_path, mirrors=[address])[0].read_bytes() == PACKED


def test_two_at_once_download_once(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = import_module("chainrule.data.fetch")
    alone, came, all_there = room._alone, [], threading.Event()

    def enter(folder: Path, *more: object) -> object:
        came.append(folder)
        if len(came) == 4:
            all_there.set()
        return alone(folder, *more)

    def behaviour(handler: Handler) -> None:
        all_there.wait(PATIENCE)
        serving()(handler)

    monkeypatch.setattr(room, "_alone", enter)
    server, address = start(behaviour)
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(fetch, [FILE], tmp_path, mirrors=[address]) for _ in range(4)]
        paths = {call.result()[0] for call in calls}
    assert paths == {tmp_path / "some.gz"}
    assert paths.pop().read_bytes() == PACKED
    if os.name == "posix":
        assert len(server.seen) == 1


def test_the_file_appears_whole_or_not_at_all(start: Start, tmp_path: Path) -> None:
    """Whoever looks while it comes finds either nothing under its name, or all of it."""
    path, sizes = tmp_path / "some.gz", set()
    _, address = start(serving())
    fetch([FILE], tmp_path, mirrors=[address], progress=lambda *args: sizes.add(path.exists()))
    assert sizes == {False}
    assert path.stat().st_size == len(PACKED)


def test_mnist_comes_from_the_second_mirror(start: Start, tmp_path: Path, monkeypatch) -> None:
    contents = dict(zip((f"/{file}.gz" for file in FILES), small_set(), strict=True))
    published = [
        Published(path[1:], len(content), hashlib.md5(content).hexdigest(), "content")
        for path, content in contents.items()
    ]
    gone, first = start(lambda handler: handler.answer(404))
    server, second = start(lambda handler: serving(gzip.compress(contents[handler.path]))(handler))
    monkeypatch.setitem(PUBLISHED, "mnist", published)
    monkeypatch.setitem(MIRRORS, "mnist", (first, second))
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told: list[str] = []
    for _ in range(2):
        data = load("mnist", progress=lambda name, *sizes: told.append(name))
        assert data.train.x.tobytes() == contents[f"/{FILES[0]}.gz"][16:]
    assert (len(gone.seen), len(server.seen)) == (4, 4)
    assert list(dict.fromkeys(told)) == [f"{file}.gz" for file in FILES]
