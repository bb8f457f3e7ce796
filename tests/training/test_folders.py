"""Folders held by a descriptor, what is written in them, and when their names are on the disk."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import nullcontext

import pytest

from chainrule import folders
from chainrule.data.dataset import Dataset
from chainrule.errors import RefusedFileError
from chainrule.folders import Folder, Mark
from chainrule.model import LAST
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.training.checkpoints import BEST, MANIFEST, PLACE, Checkpoints
from chainrule.training.folder import PLAN
from chainrule.training.plan import Plan
from chainrule.training.run import Run
from small_samples import classes

pytestmark = [
    pytest.mark.usefixtures("undrawn"),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions and links"),
]
DATA = Dataset(classes(40))
PLAN_ = Plan("clouds", parse_shorthand("3-3"), Recipe(epochs=6, batch_size=12))


@pytest.fixture(params=["by descriptor", "by looking"])
def folder(request, monkeypatch, tmp_path):
    """As on systems whose calls take a folder's descriptor, and as on others."""
    if request.param == "by looking":
        monkeypatch.setattr(folders, "BY_DESCRIPTOR", False)
        monkeypatch.setattr(folders, "NOFOLLOW", 0)
    return Folder(tmp_path)


def test_lines_are_added_to_a_file_and_not_under_its_other_names(folder, tmp_path):
    folder.append("lines", b"one\n")
    os.link(tmp_path / "lines", tmp_path / "other")
    folder.append("lines", b"two\n")
    folder.append("lines", b"three\n")
    assert (tmp_path / "lines").read_bytes() == b"one\ntwo\nthree\n"
    assert (tmp_path / "other").read_bytes() == b"one\n"
    assert folder.names() == ["lines", "other"]


@pytest.mark.parametrize("to", ["file", "folder", "nothing"])
def test_a_link_is_replaced_or_refused_and_never_followed(folder, tmp_path, to):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"precious")
    (outside / "folder").mkdir()
    (tmp_path / "link").symlink_to(outside / to)
    for what in (
        lambda: folder.append("link", b"x"),
        lambda: folder.read("link", 100),
        lambda: folder.open("link", os.O_RDWR | os.O_CREAT),
    ):
        with pytest.raises(RefusedFileError) as caught:
            what()
        assert caught.value.sentence.key == "system.link"
    with pytest.raises(OSError, match=r"link|directory"):
        folder.inside("link")
    with pytest.raises(FileExistsError):
        folder.create("link")
    assert (tmp_path / "link").is_symlink()
    folder.write("link", b"new")
    assert not (tmp_path / "link").is_symlink()
    assert sorted(each.name for each in outside.iterdir()) == ["file", "folder"]
    assert (outside / "file").read_bytes() == b"precious"


def test_a_folder_that_became_a_link_is_not_gone_into(folder, tmp_path):
    inner = folder.make("inner")
    (tmp_path / "outside").mkdir()
    os.rename(tmp_path / "inner", tmp_path / "elsewhere")
    (tmp_path / "inner").symlink_to("outside")
    try:
        inner.write("file", b"x")
    except RefusedFileError:
        pass  # where it is not held
    else:
        assert (tmp_path / "elsewhere/file").read_bytes() == b"x"
    assert not any((tmp_path / "outside").iterdir())


def test_a_name_is_shared_only_with_the_file_that_was_meant(folder, tmp_path):
    mark = folder.write_new("source", b"new")
    folder.put(folder, mark, "source", "second", b"new")
    assert os.path.samefile(tmp_path / "source", tmp_path / "second")
    (tmp_path / "source").unlink()
    (tmp_path / "precious").write_bytes(b"precious")
    os.link(tmp_path / "precious", tmp_path / "source")
    folder.put(folder, mark, "source", "second", b"new")
    assert (tmp_path / "second").read_bytes() == b"new"
    assert (tmp_path / "precious").stat().st_nlink == 2
    assert folder.names() == ["precious", "second", "source"]


@pytest.mark.parametrize(
    ("number", "raised"), [(errno.EIO, True), (errno.ENOSPC, True), (errno.EINVAL, False)]
)
def test_a_name_that_a_disk_lost_is_told_and_a_disk_without_such_flushes_is_not(
    folder, tmp_path, monkeypatch, number, raised
):
    fsync = os.fsync

    def broken(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", broken)
    for name, write in (
        ("file", lambda: folder.write("file", b"x")),
        ("inside", lambda: folder.inside_or_made("inside")),
        ("new", lambda: folders.make_folder(tmp_path / "new")),
    ):
        with pytest.raises(OSError, match=os.strerror(number)) if raised else nullcontext():
            write()
        assert (tmp_path / name).exists()


def test_rights_are_what_the_mask_leaves_and_the_mask_is_not_touched(tmp_path, monkeypatch):
    """As it belongs to all threads of the host program."""
    before = os.umask(0o077)
    try:
        monkeypatch.setattr(os, "umask", lambda mask: pytest.fail("the mask was changed"))
        Run.begin(PLAN_, DATA, [], tmp_path / "a/run").go(checkpoint_every=0)
    finally:
        monkeypatch.undo()
        os.umask(before)
    modes = {
        (stat.S_ISDIR(each.lstat().st_mode), stat.S_IMODE(each.lstat().st_mode))
        for each in (tmp_path / "a").rglob("*")
    }
    assert modes == {(True, 0o700), (False, 0o600)}


@pytest.mark.parametrize("name", ["deep/er/run", "made", None])
def test_the_names_of_new_folders_are_on_the_disk_before_a_run_says_that_it_exists(
    tmp_path, monkeypatch, name
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "made").mkdir()
    flushed, fsync, write_plan = set(), os.fsync, Run._write_plan

    def flush(descriptor):
        flushed.add(Mark.of(os.fstat(descriptor))[:2])
        fsync(descriptor)

    def told(self, *arguments):
        held = self.folder.resolve()
        while held != tmp_path:
            held = held.parent
            assert Mark.of(held.stat())[:2] in flushed, held
        return write_plan(self, *arguments)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(Run, "_write_plan", told)
    run = Run.begin(PLAN_, DATA, [], name)
    assert run.folder.relative_to(".").as_posix() == (name or f"runs/{DATA.info.name}-1")


def test_only_checkpoints_that_a_run_wrote_are_removed(tmp_path):
    run = Run.begin(PLAN_, DATA, [], tmp_path / "run")
    run.go(stop=lambda: run.trainer.steps >= 8, checkpoint_every=0)
    place = tmp_path / "run" / PLACE
    old = next(path for path in place.iterdir() if path.name != "step-8")
    foreign = {
        f"{old.name}/notes.txt": "mine",  # beside files of the run
        "step-1/thesis": "mine",
        f"step-2/{LAST}": "mine",  # with no digests
        f"step-18/{BEST}": "mine",  # where the last one will be wanted
        ".step-9/keep": "mine",
        f".step-18/{LAST}": "mine",
        ".step-18/keep": "mine",
        "step-x/thesis": "mine",
        f"step-3/{MANIFEST}": f"{'0' * 64}  {LAST}\n",
        f"step-3/{LAST}": "mine",
    }
    for name, content in foreign.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(content)
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file() and path.parent != place}
    Run.take_up(tmp_path / "run", PLAN_, DATA, [], lambda problem: None).go(checkpoint_every=0)
    for name, content in foreign.items():
        assert (place / name).read_text() == content, name
    lost = {path.parent.name for path in before if not path.exists()}
    assert lost == {"step-8"}  # the one before the one before
    assert sorted(path.name for path in (place / "step-18-2").iterdir()) == sorted((LAST, BEST, MANIFEST))
    found, problems = Checkpoints(tmp_path / "run").read()
    assert found.notes["counters"]["epoch"] == 6
    assert problems == []
    assert (tmp_path / "run" / LAST).read_bytes() == (place / "step-18-2" / LAST).read_bytes()
    assert (tmp_path / "run" / PLAN).exists()


def test_reading_takes_memory_for_what_a_file_has_and_not_for_what_it_may_have(folder, tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    assert folder.read("file", 1 << 60) == b"content"
    assert folder.read("file", 7) == b"content"
    with pytest.raises(RefusedFileError):
        folder.read("file", 6)


def test_of_a_file_that_grows_meanwhile_all_is_read_or_nothing(tmp_path, monkeypatch):
    """As of those of a system's own, which say that they are empty."""
    (tmp_path / "file").write_bytes(b"x" * 200_000)
    small = os.stat_result((stat.S_IFREG | 0o600, 1, 1, 1, 0, 0, 10, 0, 0, 0))
    with (tmp_path / "file").open("rb") as file:
        monkeypatch.setattr(os, "fstat", lambda descriptor: small)
        assert folders.read_opened(file, 200_000) == b"x" * 200_000
        file.seek(0)
        with pytest.raises(RefusedFileError):
            folders.read_opened(file, 199_999)
