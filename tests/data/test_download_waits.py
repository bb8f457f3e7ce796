"""A download that another process is busy with: the second one says that it waits, and not for ever."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import IO

import pytest
from refusal import refused

from chainrule.cli.train import warn as warn_on_stderr
from chainrule.data.fetch import GLANCE, PATIENCE, Published, fetch
from chainrule.errors import ChainruleError, DownloadError
from chainrule.sentences import speaking

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="only POSIX systems have this lock")
FILE = Published("some.gz", 10, "0" * 32, "content")
NOWHERE = ["http://nowhere.invalid/"]
TIMEOUT = 7.0


class Clock:
    """Seconds that pass only while a download sleeps. meanwhile: what then happens elsewhere."""

    def __init__(self) -> None:
        self.now = 0.0
        self.meanwhile: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.meanwhile()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(import_module("chainrule.data.fetch"), "time", clock)
    return clock


@pytest.fixture
def held(tmp_path: Path) -> Iterator[IO[bytes]]:
    """The lock of the folder, which another has."""
    import fcntl

    with (tmp_path / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


def test_a_process_that_gets_nowhere_is_not_waited_for(clock: Clock, held: IO[bytes], tmp_path: Path) -> None:
    told: list[ChainruleError] = []
    with refused("data.busy", DownloadError, folder=tmp_path, seconds=PATIENCE * TIMEOUT):
        fetch([FILE], tmp_path, mirrors=NOWHERE, timeout=TIMEOUT, warn=told.append)
    assert [each.key for each in told] == ["data.waits"]
    assert PATIENCE * TIMEOUT <= clock.now <= PATIENCE * TIMEOUT + 2 * GLANCE
    with refused("data.busy"):
        fetch([FILE], tmp_path, mirrors=NOWHERE, timeout=TIMEOUT)


def test_a_process_that_gets_on_is_waited_for(clock: Clock, held: IO[bytes], tmp_path: Path) -> None:
    """Far longer than one that does not; then it has brought the file."""
    part = tmp_path / "some.gz.0.part"
    since = [0.0]

    def meanwhile() -> None:
        if clock.now - since[0] > 0.9 * PATIENCE * TIMEOUT:
            since[0] = clock.now
            with part.open("ab") as file:
                file.write(b"x")
            if part.stat().st_size == 20:
                part.rename(tmp_path / "some.gz")
                held.close()

    clock.meanwhile = meanwhile
    assert fetch([FILE], tmp_path, mirrors=NOWHERE, timeout=TIMEOUT) == [tmp_path / "some.gz"]
    assert clock.now > 15 * PATIENCE * TIMEOUT


def test_a_process_that_stops_getting_on_is_given_up(clock: Clock, held: IO[bytes], tmp_path: Path) -> None:
    def meanwhile() -> None:
        if clock.now < 500:
            (tmp_path / "some.gz.0.part").write_bytes(b"x" * int(clock.now))

    clock.meanwhile = meanwhile
    with refused("data.busy"):
        fetch([FILE], tmp_path, mirrors=NOWHERE, timeout=TIMEOUT)
    assert 500 + PATIENCE * TIMEOUT - 2 < clock.now < 500 + PATIENCE * TIMEOUT + 2


@pytest.mark.parametrize(
    ("language", "words"), [("en", "another process is downloading into"), ("zh", "另一个进程正在向")]
)
def test_the_command_line_says_that_it_waits(
    clock: Clock, held: IO[bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str], language, words
) -> None:
    with speaking(language), pytest.raises(DownloadError):
        fetch([FILE], tmp_path, mirrors=NOWHERE, timeout=TIMEOUT, warn=warn_on_stderr)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count(words) == 1
    assert err.count("\n") == 1


def test_a_named_set_is_waited_for_with_a_word(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the command line down to the lock."""
    import fcntl

    from chainrule.cli import main

    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    from chainrule.files import cache_folder

    folder = cache_folder() / "mnist"
    folder.mkdir(parents=True)
    with (folder / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert main(["train", "mnist", "--out", str(tmp_path / "run")]) == 1
    err = capsys.readouterr().err
    assert "warning: another process is downloading" in err
    assert "error: another process holds" in err
    assert os.listdir(folder) == [".lock"]


def test_a_disk_without_locks_downloads_without(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def unsupported(*args: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with refused("data.no_mirror"):
        fetch([FILE], tmp_path, mirrors=NOWHERE, timeout=TIMEOUT)
