"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import sys

import pytest

from chainrule import folders
from chainrule.errors import RefusedFileError, TrainingError
from chainrule.files import read_regular, write_atomically
from chainrule.folders import Folder


@pytest.mark.skipif(sys.platform == "win32", reason="a link takes rights on Windows")
def test_a_link_stays_one_and_its_target_is_written(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    write_atomically(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
def test_what_is_no_regular_file_is_written_to_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_atomically(pipe, "through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]
    assert pipe.is_fifo()


def test_reading_takes_memory_for_what_a_file_has_and_not_for_what_it_may_have(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    assert read_regular(tmp_path / "file", 1 << 60) == b"content"
    assert read_regular(tmp_path / "file", 7) == b"content"
    with pytest.raises(RefusedFileError):
        read_regular(tmp_path / "file", 6)


def test_a_folder_is_no_place_for_content(tmp_path):
    with pytest.raises(TrainingError) as caught:
        write_atomically(tmp_path, "text")
    assert caught.value.key == "training.cannot_write"


def test_a_second_name_that_cannot_be_given_leaves_nothing_behind(tmp_path, monkeypatch):
    folder, replace, left = Folder(tmp_path), os.replace, [1]
    mark = folder.write_new("source", b"new")
    folder.write("path", b"old")

    def full(*arguments, **settings):
        if left:
            left.pop()
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(*arguments, **settings)

    monkeypatch.setattr(os, "replace", full)
    folder.put(folder, mark, "source", "path", b"new")
    assert (tmp_path / "path").read_bytes() == b"new"
    assert {each.name for each in tmp_path.iterdir()} == {"source", "path"}


class Failing(io.FileIO):
    """A file that is closed, and then told that the disk was full."""

    def close(self) -> None:
        if not self.closed:
            super().close()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_could_not_be_closed_was_not_appended(tmp_path, monkeypatch):
    """A disk may say no as late as that; whoever is told so writes it again."""
    (tmp_path / "log").write_bytes(b"one\n")
    kinds = iter([Failing])
    monkeypatch.setattr(
        folders, "open", lambda file, mode, **more: next(kinds, io.FileIO)(file, mode), raising=False
    )
    folder = Folder(tmp_path)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        folder.append("log", b"two\n")
    assert (tmp_path / "log").read_bytes() == b"one\n"
    folder.append("log", b"two\n")
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"
