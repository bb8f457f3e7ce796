"""What is refused is not left open, and the streams of a host are given back."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path

import pytest

from chainrule.cli import main
from chainrule.cli.streams import lent_streams
from chainrule.errors import RefusedFileError
from chainrule.files import open_regular, read_regular

OPEN = Path("/proc/self/fd")
posix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such files")


@pytest.fixture
def made(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path)
    return {
        "folder": tmp_path,
        "link": tmp_path / "link",
        "pipe": tmp_path / "pipe",
        "device": Path("/dev/zero"),
        "terminal": Path("/dev/tty"),
        "nothing": tmp_path / "none",
        "larger": tmp_path / "file",
    }


@posix
@pytest.mark.skipif(not OPEN.is_dir(), reason="this system does not tell what is open")
@pytest.mark.parametrize("name", ["folder", "link", "pipe", "device", "terminal", "nothing", "larger"])
def test_what_is_refused_is_closed(name, made):
    before = sorted(os.listdir(OPEN))
    kept = []  # an error that is kept keeps nothing open
    for _ in range(10):
        with pytest.raises(OSError) as caught:  # noqa: PT011 - which one is tested elsewhere
            read_regular(made[name], 4)
        kept.append(caught.value)
        if name != "larger":
            with pytest.raises(OSError) as caught:  # noqa: PT011
                open_regular(made[name])
            kept.append(caught.value)
    assert sorted(os.listdir(OPEN)) == before
    if name in ("pipe", "device", "larger"):
        assert all(isinstance(error, RefusedFileError) for error in kept)


class Strict:
    """Streams of a host, one of which it has closed."""

    def __init__(self, monkeypatch) -> None:
        self.out = io.TextIOWrapper(io.BytesIO(), "ascii", errors="strict", write_through=True)
        self.err = io.TextIOWrapper(io.BytesIO(), "ascii", errors="backslashreplace", write_through=True)
        monkeypatch.setattr(sys, "stdout", self.out)
        monkeypatch.setattr(sys, "stderr", self.err)

    @property
    def state(self) -> tuple[object, ...]:
        return sys.stdout is self.out, self.out.errors, sys.stderr is self.err, self.err.errors


HOSTS = True, "strict", True, "backslashreplace"


@pytest.mark.parametrize("arguments", [["list"], ["no such"], ["list", "--lang", "none"], ["--lang", "zh"]])
def test_a_command_gives_the_streams_of_its_host_back(arguments, monkeypatch):
    strict = Strict(monkeypatch)
    main(arguments)
    assert strict.state == HOSTS


def test_what_a_stream_cannot_show_does_not_end_a_command(monkeypatch):
    strict = Strict(monkeypatch)
    assert main(["list", "--lang", "zh"]) == 0
    assert b"?" in strict.out.buffer.getvalue()


def test_a_stream_that_is_closed_is_closed_afterwards(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["list"]) == 0
    assert sys.stdout is None


def test_commands_in_threads_give_back_what_the_first_one_found(monkeypatch):
    strict = Strict(monkeypatch)
    first, second = lent_streams(), lent_streams()
    first.__enter__()
    thread = threading.Thread(target=second.__enter__)
    thread.start()
    thread.join()
    first.__exit__(None, None, None)
    assert strict.out.errors == "replace"
    second.__exit__(None, None, None)
    assert strict.state == HOSTS
