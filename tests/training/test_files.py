"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from chainrule.errors import TrainingError
from chainrule.files import put, write_atomically


def test_a_link_stays_one_and_its_target_is_written(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    write_atomically(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_what_is_no_regular_file_is_written_to_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_atomically(pipe, "through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]
    assert pipe.is_fifo()


def test_a_folder_is_no_place_for_content(tmp_path):
    with pytest.raises(TrainingError) as caught:
        write_atomically(tmp_path, "text")
    assert caught.value.key == "training.cannot_write"


def test_a_second_name_that_cannot_be_given_leaves_nothing_behind(tmp_path, monkeypatch):
    source, path = tmp_path / "source", tmp_path / "path"
    source.write_bytes(b"new")
    path.write_bytes(b"old")
    replace = Path.replace

    def full(self, target):
        if self.name.endswith(".link"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)
    put(source, path)
    assert path.read_bytes() == b"new"
    assert {each.name for each in tmp_path.iterdir()} == {"source", "path"}
