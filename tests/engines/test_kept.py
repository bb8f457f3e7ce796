"""Machine code that somebody else may have put into the cache is never run."""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chainrule import folders
from chainrule.engines.native import compile as compiling
from chainrule.engines.native import kept

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps others out of a user's folders itself"),
]
ASKED, PLANTED = 7, 13
NOBODY = 65534
Place = Callable[[Path, Path], None]


def source(number: int) -> str:
    """Code that tells its number."""
    return f"define void @steps(ptr %x) {{\nentry:\n  store i64 {number}, ptr %x\n  ret void\n}}\n"


def told() -> int:
    """The number of the code that runs where `source(ASKED)` is asked for."""
    function = compiling.compiled(source(ASKED))
    number = ctypes.c_int64()
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(ctypes.cast(function, ctypes.c_void_p).value)
    call(ctypes.addressof(number))
    return number.value


def name() -> str:
    return compiling._name(source(ASKED))


def planted() -> bytes:
    """A whole file, with a right digest, of other code under the name of what is asked for."""
    code = compiling._compile(source(PLANTED))
    return compiling._digest(name(), code) + code


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder `native` of an empty cache."""
    base = tmp_path / "cache"
    base.mkdir(0o700)
    monkeypatch.setattr(compiling, "cache_folder", lambda: base / "chainrule")
    native = base / "chainrule" / "native"
    native.mkdir(0o700, parents=True)
    for folder in (native, native.parent):
        folder.chmod(0o700)
    return native


def given_away(path: Path) -> None:
    """Let a file be another user's."""
    if os.getuid():
        pytest.skip("only root can give a file away")
    os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def of_mode(mode: int) -> Place:
    def place(path: Path, aside: Path) -> None:
        path.write_bytes(planted())
        path.chmod(mode)

    return place


def link(path: Path, aside: Path) -> None:
    of_mode(0o600)(aside, aside)
    path.symlink_to(aside)


def second_name(path: Path, aside: Path) -> None:
    of_mode(0o600)(aside, aside)
    path.hardlink_to(aside)


def of_another(path: Path, aside: Path) -> None:
    of_mode(0o600)(path, aside)
    given_away(path)


def link_to_anothers(path: Path, aside: Path) -> None:
    of_mode(0o644)(aside, aside)
    given_away(aside)
    path.symlink_to(aside)


def pipe(path: Path, aside: Path) -> None:
    os.mkfifo(path, 0o600)


def folder(path: Path, aside: Path) -> None:
    path.mkdir()


def device(path: Path, aside: Path) -> None:
    try:
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 5))  # endless zeros
    except OSError:
        pytest.skip("no device can be made here")


def link_to_device(path: Path, aside: Path) -> None:
    path.symlink_to("/dev/zero")


def truncated(path: Path, aside: Path) -> None:
    path.write_bytes(planted()[:-1])


def flipped(path: Path, aside: Path) -> None:
    content = bytearray(planted())
    content[-1] ^= 1
    path.write_bytes(content)


def huge(path: Path, aside: Path) -> None:
    """Five gigabytes, which take no room."""
    path.write_bytes(planted())
    try:
        os.truncate(path, 5 << 30)
    except OSError:
        pytest.skip("no such file can be made here")


def under_another_name(path: Path, aside: Path) -> None:
    """Whole code of this user's, from another file of the same folder."""
    code = compiling._compile(source(PLANTED))
    path.write_bytes(compiling._digest(compiling._name(source(PLANTED)), code) + code)


FILES: dict[str, Place] = {
    "link": link,
    "link to another's": link_to_anothers,
    "second name": second_name,
    "mode 666": of_mode(0o666),
    "mode 620": of_mode(0o620),
    "mode 602": of_mode(0o602),
    "another's": of_another,
    "pipe": pipe,
    "folder": folder,
    "device": device,
    "link to a device": link_to_device,
    "truncated": truncated,
    "flipped": flipped,
    "huge": huge,
    "under another name": under_another_name,
}


@pytest.mark.quick
@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_not_this_users_own_is_made_anew(cache: Path, tmp_path: Path, kind: str) -> None:
    aside, path = tmp_path / "aside", cache / name()
    FILES[kind](path, aside)
    before = aside.read_bytes() if aside.exists() else None
    assert told() == ASKED
    assert (aside.read_bytes() if aside.exists() else None) == before
    if kind != "folder":  # which no file can replace
        found = path.lstat()
        assert stat.S_ISREG(found.st_mode)
        assert stat.S_IMODE(found.st_mode) == 0o600
        assert (found.st_uid, found.st_nlink) == (os.getuid(), 1)
    assert [path.name for path in cache.iterdir()] == [name()]
    assert told() == ASKED


def test_own_code_is_run_as_it_lies_there(cache: Path) -> None:
    """The other tests see planted code run, if it does."""
    of_mode(0o600)(cache / name(), cache)
    assert told() == PLANTED
    (cache / name()).chmod(0o444)
    assert told() == PLANTED


def moded(depth: int, mode: int) -> Place:
    return lambda native, aside: (native, *native.parents)[depth].chmod(mode)


def anothers(depth: int) -> Place:
    return lambda native, aside: given_away((native, *native.parents)[depth])


def linked(depth: int) -> Place:
    """A link to the same folder, which lies elsewhere."""

    def place(native: Path, aside: Path) -> None:
        folder = (native, *native.parents)[depth]
        folder.rename(aside)
        folder.symlink_to(aside)

    return place


FOLDERS: dict[str, Place] = {
    "linked": linked(0),
    "mode 777": moded(0, 0o777),
    "mode 775": moded(0, 0o775),
    "mode 702": moded(0, 0o702),
    "mode 1777": moded(0, 0o1777),
    "another's": anothers(0),
    "its folder linked": linked(1),
    "its folder of mode 777": moded(1, 0o777),
    "its folder of mode 775": moded(1, 0o775),
    "its folder of mode 1777": moded(1, 0o1777),
    "its folder another's": anothers(1),
    "two above of mode 777": moded(2, 0o777),
    "two above of mode 770": moded(2, 0o770),
    "two above another's": anothers(2),
    "three above of mode 777": moded(3, 0o777),
}
"""What makes a folder one that others can change, or exchange."""


@pytest.mark.parametrize("kind", FOLDERS)
@pytest.mark.parametrize("file", ["own", "none", *FILES])
def test_a_folder_that_others_can_change_is_no_cache(
    cache: Path, tmp_path: Path, kind: str, file: str
) -> None:
    path, aside = cache / name(), tmp_path / "aside"
    if file != "none":
        {"own": of_mode(0o600), **FILES}[file](path, aside)
    before = path.lstat() if file != "none" else None
    try:
        FOLDERS[kind](cache, tmp_path / "elsewhere")
        assert told() == ASKED
        after = path.lstat() if file != "none" else None
        assert before == after
        assert len(os.listdir(cache)) == (file != "none")
    finally:
        tmp_path.chmod(0o700)


def as_it_is(native: Path, aside: Path) -> None:
    pass


def absent(native: Path, aside: Path) -> None:
    for path in native.iterdir():
        path.unlink()
    native.rmdir()
    native.parent.rmdir()
    native.parent.parent.rmdir()


def unwritable(native: Path, aside: Path) -> None:
    native.chmod(0o500)


def a_file(native: Path, aside: Path) -> None:
    for path in native.iterdir():
        path.unlink()
    native.rmdir()
    native.write_bytes(b"no folder")


def by_a_link_of_ones_own(native: Path, aside: Path) -> None:
    linked(2)(native, aside)


def by_a_relative_link(native: Path, aside: Path) -> None:
    base = native.parent.parent
    base.rename(aside)
    base.symlink_to(Path("..") / base.parent.name / aside.name)


def in_a_sticky_folder(native: Path, aside: Path) -> None:
    native.parent.parent.chmod(0o1777)


def not_listed(native: Path, aside: Path) -> None:
    """A folder on the way that may be passed through and not read."""
    native.parent.parent.chmod(0o711)


SOUND: dict[str, Place] = {
    "as it is": as_it_is,
    "a link of one's own above": by_a_link_of_ones_own,
    "a relative link above": by_a_relative_link,
    "in a sticky folder": in_a_sticky_folder,
    "only passed through": not_listed,
    "unwritable": unwritable,
}


@pytest.mark.parametrize("kind", SOUND)
def test_a_folder_of_ones_own_is_a_cache(cache: Path, tmp_path: Path, kind: str) -> None:
    of_mode(0o600)(cache / name(), cache)
    SOUND[kind](cache, tmp_path / "elsewhere")
    assert told() == PLANTED


@pytest.mark.parametrize("place", [absent, a_file, unwritable], ids=lambda place: place.__name__)
def test_without_a_folder_code_is_compiled(cache: Path, tmp_path: Path, place: Place) -> None:
    place(cache, tmp_path)
    assert [told(), told()] == [ASKED, ASKED]
    if place is absent:
        assert stat.S_IMODE(cache.stat().st_mode) == stat.S_IMODE(cache.parent.stat().st_mode) == 0o700
        assert os.listdir(cache) == [name()]
    if place is a_file:
        assert cache.read_bytes() == b"no folder"


def test_anothers_link_above_is_not_followed(cache: Path, tmp_path: Path) -> None:
    """It leads to a folder of this user's, such as one that was unpacked somewhere."""
    of_mode(0o600)(cache / name(), cache)
    base = cache.parent.parent
    base.rename(tmp_path / "unpacked")
    base.symlink_to(tmp_path / "unpacked")
    assert told() == PLANTED
    given_away(base)
    assert told() == ASKED


def test_links_in_a_circle_are_no_cache(cache: Path, tmp_path: Path) -> None:
    base = cache.parent.parent
    base.rename(tmp_path / "elsewhere")
    base.symlink_to(base.name)
    assert told() == ASKED


def test_of_another_user_there_is_no_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_mode(0o600)(cache / name(), cache)
    own = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: own + 1)
    assert told() == ASKED
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    assert told() == ASKED
    assert os.listdir(cache) == [name()]


def test_what_is_forgotten_is_old_and_ones_own(cache: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    names = [f"{number:064x}.o" for number in range(4)]
    (cache / names[0]).write_text("old")
    unfinished = cache / f".{names[3]}.{'0' * 16}.part"
    unfinished.write_text("of a process that was killed")
    (cache / names[1]).symlink_to(victim)
    (cache / names[2]).mkdir()
    (cache / "notes.txt").write_text("old, and of another name")
    for path in (cache / names[0], cache / "notes.txt", victim, cache / names[2], unfinished):
        os.utime(path, (0, 0))
    os.utime(cache / names[1], (0, 0), follow_symlinks=False)
    assert told() == ASKED
    assert {path.name for path in cache.iterdir()} == {names[1], names[2], "notes.txt", name()}
    assert victim.read_text() == "mine"


def test_nothing_stays_of_code_that_cannot_be_written(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert told() == ASKED
    assert os.listdir(cache) == []


def test_folders_are_closed_again(cache: Path, tmp_path: Path) -> None:
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("this system does not list open files")
    told()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        told()
        assert kept.own_folder(tmp_path / "cache" / "chainrule" / "native" / name(), "a") is None
        moded(1, 0o777)(cache, tmp_path)
        told()
        moded(1, 0o700)(cache, tmp_path)
    assert len(os.listdir("/proc/self/fd")) == before


def test_where_folders_have_no_descriptors_names_do(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where others are kept out by the system."""
    monkeypatch.setattr(kept, "_BY_DESCRIPTOR", False)
    monkeypatch.setattr(folders, "BY_DESCRIPTOR", False)
    monkeypatch.setattr(folders, "NOFOLLOW", 0)
    assert told() == ASKED
    (cache / name()).write_bytes(planted())
    assert told() == PLANTED
    old = cache / f"{0:064x}.o"
    old.write_text("old")
    os.utime(old, (0, 0))
    (cache / name()).unlink()
    assert told() == ASKED
    assert os.listdir(cache) == [name()]
