"""The log of system calls has what a process did, and a call that is to fail fails."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest
from calls import Injection, Tracer, forked, why_not

pytestmark = [
    pytest.mark.skipif(bool(why_not()), reason=str(why_not())),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def _traced(folder, work, **more):
    """What a function comes to in a folder, and the log."""

    def inside():
        os.chdir(folder)
        work()
        return 0

    tracer = Tracer(folder, **more)
    answer = tracer.run(inside)
    assert (answer.code, answer.err) == (0, "")
    return tracer, answer


def _short(tracer):
    """The events without what is for reports."""
    return [
        (each.what, each.node, each.folder, each.name, each.at, each.data, each.instead_of)
        for each in tracer.events
    ]


@pytest.mark.quick
def test_names_bytes_and_flushes_are_in_the_log(tmp_path):
    (tmp_path / "old").write_bytes(b"before")

    def work():
        os.mkdir("a")
        with open("a/x", "wb", buffering=0) as file:
            file.write(b"hello")
            file.seek(1)
            file.write(b"i")
            os.pwrite(file.fileno(), b"!", 9)
            os.fsync(file.fileno())
            file.truncate(3)
        os.link("a/x", "a/y")
        os.rename("a/x", "b")
        os.replace("b", "old")
        os.unlink("old")
        with open("a/y", "ab", buffering=0) as file:
            file.write(b"end")
        open("a/y", "wb").close()

    top, old, a, x = range(4)
    assert _short(_traced(tmp_path, work)[0]) == [
        ("make", a, top, "a", 0, b"", None),
        ("make", x, a, "x", 0, b"", None),
        ("write", x, -1, "", 0, b"hello", None),
        ("write", x, -1, "", 1, b"i", None),
        ("write", x, -1, "", 9, b"!", None),
        ("flush", x, -1, "", 0, b"", None),
        ("cut", x, -1, "", 3, b"", None),
        ("name", x, a, "y", 0, b"", None),
        ("name", x, top, "b", 0, b"", (a, "x")),
        ("name", x, top, "old", 0, b"", (top, "b")),
        ("drop", -1, top, "old", 0, b"", None),
        ("write", x, -1, "", 3, b"end", None),
        ("cut", x, -1, "", 0, b"", None),
    ]
    assert old == 1


def test_folders_by_descriptor_are_resolved(tmp_path):
    def work():
        os.mkdir("a")
        a = os.open("a", os.O_RDONLY)
        os.mkdir("sub", dir_fd=a)
        os.rename("a", "moved")
        file = os.open("x", os.O_CREAT | os.O_WRONLY, dir_fd=a)
        os.unlink("x", dir_fd=a)
        os.writev(file, [b"12", b"34"])
        os.rename("sub", "dir", src_dir_fd=a, dst_dir_fd=a)
        os.rmdir("dir", dir_fd=a)
        os.fsync(a)

    top, a, sub, x = range(4)
    assert _short(_traced(tmp_path, work)[0]) == [
        ("make", a, top, "a", 0, b"", None),
        ("make", sub, a, "sub", 0, b"", None),
        ("name", a, top, "moved", 0, b"", (top, "a")),
        ("make", x, a, "x", 0, b"", None),
        ("drop", -1, a, "x", 0, b"", None),
        ("write", x, -1, "", 0, b"1234", None),
        ("name", sub, a, "dir", 0, b"", (a, "sub")),
        ("drop", -1, a, "dir", 0, b"", None),
        ("flush", a, -1, "", 0, b"", None),
    ]


def test_two_names_of_one_file_are_not_replaced(tmp_path):
    def work():
        Path("a").write_bytes(b"")
        os.link("a", "b")
        os.rename("a", "b")  # to which POSIX says: nothing

    assert [each.what for each in _traced(tmp_path, work)[0].events] == ["make", "name"]


def test_threads_and_children_are_followed(tmp_path):
    def work():
        thread = threading.Thread(target=lambda: Path("thread").write_bytes(b"1"))
        thread.start()
        thread.join()
        child = os.fork()
        if not child:
            Path("child").write_bytes(b"2")
            os._exit(0)
        os.waitpid(child, 0)
        os.posix_spawn("/bin/sh", ["sh", "-c", "printf 3 > program"], os.environ)
        os.wait()

    events = _traced(tmp_path, work)[0].events
    assert [each.name for each in events if each.what == "make"] == ["thread", "child", "program"]
    assert [each.data for each in events if each.what == "write"] == [b"1", b"2", b"3"]


def test_what_is_elsewhere_is_not_in_the_log(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "in-not"
    inside.mkdir()
    outside.mkdir()
    assert _traced(inside, lambda: (outside / "x").write_bytes(b"1"))[0].events == []


def test_what_the_log_cannot_follow_is_refused(tmp_path, monkeypatch):
    begun, fork = [], os.fork

    def forked():
        process = fork()
        begun.append(process)
        return process

    monkeypatch.setattr(os, "fork", forked)

    def work():
        os.posix_fallocate(os.open("x", os.O_CREAT | os.O_WRONLY), 0, 9)

    with pytest.raises(NotImplementedError, match="fallocate"):
        _traced(tmp_path, work)
    assert begun
    for process in begun:  # nobody stands still for ever
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize(
    ("number", "call"),
    [
        (1, lambda: os.mkdir("a")),
        (2, lambda: os.open("b", os.O_CREAT | os.O_WRONLY)),
        (3, lambda: os.write(9, b"1")),
        (4, lambda: os.fsync(9)),
        (5, lambda: os.rename("b", "c")),
        (6, lambda: os.unlink("c")),
    ],
)
def test_the_call_of_a_number_fails_and_does_nothing(tmp_path, error, number, call):
    def work():
        calls = [
            lambda: os.mkdir("a"),
            lambda: os.dup2(os.open("b", os.O_CREAT | os.O_WRONLY), 9, inheritable=False),
            lambda: os.write(9, b"1"),
            lambda: os.fsync(9),
            lambda: os.rename("b", "c"),
            lambda: os.unlink("c"),
        ]
        for each in calls[: number - 1]:
            each()
        before = sorted(os.listdir())
        with pytest.raises(OSError, match=os.strerror(error)) as caught:
            call()
        assert caught.value.errno == error
        assert sorted(os.listdir()) == before

    injection = Injection(number, error)
    _traced(tmp_path, work, injection=injection)
    assert len(injection.done) == 1


def test_half_is_written_and_told(tmp_path):
    def work():
        with open("a", "wb", buffering=0) as file:
            assert [file.write(b"12345678"), file.write(b"12345678")] == [4, 8]

    injection = Injection(1, None, only=frozenset({"write"}))
    tracer, _ = _traced(tmp_path, work, injection=injection)
    assert [each.data for each in tracer.events if each.what == "write"] == [b"1234", b"12345678"]
    assert (tmp_path / "a").read_bytes() == b"123412345678"


def test_a_call_that_was_interrupted_is_made_again(tmp_path):
    injection = Injection(1, errno.EINTR)
    _traced(tmp_path, lambda: Path("a").write_bytes(b"1"), injection=injection)
    assert (tmp_path / "a").read_bytes() == b"1"
    assert injection.done[0].startswith("EINTR openat")


def test_a_child_answers_with_its_code_and_what_it_said():
    def work():
        os.write(1, b"out")
        os.write(2, b"err")
        return 7

    answer = forked(work)
    assert (answer.code, answer.out, answer.err) == (7, "out", "err")
