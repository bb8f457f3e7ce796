"""Every server of the table is either given up with one clean sentence, or gives the right file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import unicodedata
from importlib import import_module
from pathlib import Path

import pytest
from server import BEHAVIOURS, FILE, NO_ANSWER, PACKED, Row, Server, serves

from chainrule.data.fetch import fetch
from chainrule.errors import DownloadError
from chainrule.sentences import LANGUAGES, speaking

WATCH = 120.0
"""Seconds after which a download hangs that should be over in one or two."""
SOON = 0.3
"""The time-out, in seconds, where only that ends a download; elsewhere it is far away."""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


def watched(folder: Path, *mirrors: str) -> bytes | DownloadError:
    """What a download comes to, which is not waited for without end."""
    came: list[bytes | BaseException] = []

    def download() -> None:
        try:
            came.append(fetch([FILE], folder, mirrors=mirrors, timeout=WATCH)[0].read_bytes())
        except BaseException as error:
            came.append(error)

    thread = threading.Thread(target=download, daemon=True)
    thread.start()
    thread.join(WATCH / 2)
    assert came, "it hangs"
    if isinstance(came[0], BaseException) and not isinstance(came[0], DownloadError):
        raise came[0]
    return came[0]


def controls(text: str) -> set[str]:
    """The characters by which a text could do something to a terminal."""
    return {each for each in text if unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp")}


@pytest.mark.parametrize("row", BEHAVIOURS, ids=lambda row: row.name)
def test_a_server_is_given_up_or_gives_the_right_file(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = import_module("chainrule.data.fetch")
    with Server(row.act, row.scheme) as bad, Server(serves) as good:
        if row.waits:
            ask = room.asked
            monkeypatch.setattr(
                room,
                "asked",
                lambda url, had, timeout: ask(url, had, SOON if url.startswith(bad) else timeout),
            )
        alone = watched(tmp_path / "alone", bad)
        left = {path.name for path in (tmp_path / "alone").iterdir()}
        assert {name for name in left if not name.endswith((".part", ".lock"))} <= {FILE.name}
        if row.says:
            assert isinstance(alone, DownloadError)
            assert FILE.name not in left
            for language in LANGUAGES:
                with speaking(language):
                    _, first = str(alone).split("\n")
                    assert not controls(first)
                    assert len(first) < 300
            with speaking("en"):
                known = (row.says, NO_ANSWER) if row.waits else (row.says,)  # on a busy machine
                assert any(words in str(alone) for words in known)
        else:
            assert alone == PACKED
        assert watched(tmp_path / "behind", bad, good) == PACKED
        assert {path.name for path in (tmp_path / "behind").iterdir()} <= {FILE.name, ".lock"}


def test_the_names_of_the_table_differ() -> None:
    assert len({row.name for row in BEHAVIOURS}) == len(BEHAVIOURS)


@pytest.mark.quick
def test_an_address_that_nobody_may_ask_is_refused_at_once(tmp_path: Path) -> None:
    with speaking("en"), pytest.raises(DownloadError, match=r"http://\[::1some.gz is not an address"):
        fetch([FILE], tmp_path, mirrors=["http://[::1"])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
@pytest.mark.parametrize("name", ["silence", "headers drip", "body stops", "no handshake"])
def test_an_interrupt_ends_a_download_that_waits(name: str, tmp_path: Path) -> None:
    """Its time-out is hours away, so nothing else can end it."""
    (row,) = (row for row in BEHAVIOURS if row.name == name)
    begun = threading.Event()

    def act(peer: object) -> None:
        begun.set()
        row.act(peer)

    program = (
        "import hashlib, pathlib, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored by what runs behind
        "from chainrule.data.fetch import Published, fetch\n"
        "try:\n"
        "    fetch([Published('some.gz', 63000, '0' * 32, 'content')], pathlib.Path(sys.argv[1]),"
        " mirrors=[sys.argv[2]], timeout=1e5)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )
    with (
        Server(act, row.scheme) as address,
        subprocess.Popen(
            [sys.executable, "-c", program, tmp_path / "there", address],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "no_proxy": "*"},
        ) as process,
    ):
        try:
            assert begun.wait(WATCH)
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=WATCH)
        finally:
            process.kill()
    assert said == "interrupted\n"
