"""Others exchange what lies in the cache of machine code while it is read, again and again.

`python tests/attack/cache.py --minutes 1` counts the reads and what was accepted. As root it lets the
attackers be another user; else files of this user's own, behind links and with other modes, are planted.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

NAME = f"{7:064x}.o"
NOBODY = 65534
ATTACKERS = 2


@dataclass
class Count:
    """What became of so many reads. foreign: those in which code came that the user did not write there."""

    reads: int = 0
    own: int = 0
    foreign: int = 0


@dataclass(frozen=True)
class Scene:
    """What is exchanged: the name `what`, in a folder of mode `mode`. folder: whether the folders are judged,
    too, or only the file."""

    what: str
    mode: int
    folder: bool = True


SCENES = {
    "a file in an open folder": Scene(f"base/chainrule/native/{NAME}", 0o777),
    "a file, were its folder trusted": Scene(f"base/chainrule/native/{NAME}", 0o777, folder=False),
    "the folder": Scene("base/chainrule/native", 0o777),
    "the cache": Scene("base/chainrule", 0o777),
    "the cache in a sticky folder": Scene("base/chainrule", 0o1777),
    "a folder above": Scene("base", 0o777),
}
if hasattr(os, "getuid") and os.getuid() == 0:  # a link of one's own is followed there
    SCENES["a folder above in a sticky one"] = Scene("base", 0o1777)


def exchange(what: Path, mine: Path, theirs: Path) -> None:
    """What an attacker does until it is ended: `what` is now this, now that.

    mine: a folder of the attacker's; theirs: what the user has elsewhere, with other code in it.
    """
    fresh = mine / f"fresh-{os.getpid()}"
    # another user's folder can be renamed, but not moved
    kept, trash = (what.with_name(f"{name}-{os.getpid()}") for name in ("kept", "trash"))

    def copied() -> None:
        shutil.copytree(theirs, fresh) if theirs.is_dir() else shutil.copyfile(theirs, fresh)

    def opened() -> None:
        copied()
        fresh.chmod(0o777 if fresh.is_dir() else 0o666)

    def cleared() -> None:
        for path in (fresh, trash):
            with suppress(FileNotFoundError):
                path.unlink() if path.is_symlink() or path.is_file() else shutil.rmtree(path)

    ways = [
        lambda: fresh.symlink_to(theirs),
        lambda: fresh.hardlink_to(theirs),
        copied if os.getuid() == NOBODY else opened,
        opened,
    ]
    sticky = what.parent.stat().st_mode & stat.S_ISVTX  # where only what one put there can be exchanged
    for turn in itertools.count():
        if sticky:
            fresh.symlink_to(mine if turn % 2 else theirs)
            with suppress(OSError):
                fresh.rename(what)
            cleared()
            continue
        for act in (
            ways[turn % len(ways)],
            lambda: what.rename(kept),
            lambda: fresh.rename(what),
            lambda: what.rename(trash),
            lambda: kept.rename(what),
            cleared,
        ):
            with suppress(OSError, shutil.Error):
                act()


@contextmanager
def staged(scene: Scene) -> Iterator[tuple[Path, bytes]]:
    """The place of a scene with attackers at work, and the user's own code."""
    with tempfile.TemporaryDirectory() as text:
        place = Path(text)
        place.chmod(0o711)
        native = place / "base" / "chainrule" / "native"
        native.mkdir(mode=0o700, parents=True)
        for folder in (native, native.parent, native.parent.parent):
            folder.chmod(0o700 if folder is native else 0o711)
        own = filled(native, b"own")
        trap = place / "unpacked" / "base" / "chainrule" / "native"
        trap.mkdir(parents=True)
        filled(trap, b"other")
        for path in (trap, *trap.parents[:3], trap / NAME):  # the attackers may read it
            path.chmod(0o644 if path.is_file() else 0o755)
        mine = place / "mine"
        mine.mkdir()
        mine.chmod(0o777)
        target = place / scene.what
        target.parent.chmod(scene.mode)
        if scene.mode & stat.S_ISVTX:
            target.rename(place / "elsewhere")
        script, trapped = Path(__file__).resolve(), place / "unpacked" / scene.what
        command = [sys.executable, script, "--exchange", target, mine, trapped]
        attackers = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(ATTACKERS)]
        try:
            while ATTACKERS and not (any(mine.iterdir()) and os.path.lexists(target)):
                time.sleep(0.001)  # until they are at work
            yield place, own
        finally:
            for attacker in attackers:
                attacker.kill()
                attacker.wait()


def filled(folder: Path, code: bytes) -> bytes:
    """Put code under the name that is read, with its digest as the program writes it."""
    from chainrule.engines.native import compile as compiling

    code *= 1000
    path = folder / NAME
    path.write_bytes(compiling._digest(NAME, code) + code)
    path.chmod(0o600)
    return code


def race(scene: Scene, goes_on: Callable[[int], bool]) -> Count:
    """Read as long as `goes_on` says so of the number of reads."""
    from chainrule.engines.native import compile as compiling
    from chainrule.engines.native import kept

    count = Count()
    with staged(scene) as (place, own):
        while goes_on(count.reads):
            count.reads += 1
            if scene.folder:
                folder = kept.own_folder(place / "base", "chainrule", "native")
                code = folder and compiling._read(folder, NAME)
            else:
                code = read_by_name(place / "base" / "chainrule" / "native")
            count.own += code == own
            count.foreign += code not in (None, own)
    return count


def read_by_name(native: Path) -> bytes | None:
    """Read from a folder that is not judged, so that the judgement of the file stands alone."""
    from chainrule.engines.native import compile as compiling
    from chainrule.engines.native import kept
    from chainrule.folders import Folder

    return compiling._read(kept.OwnFolder(Folder(native)), NAME)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=1.0)
    asked.add_argument("--exchange", nargs=3, type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.exchange:
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        exchange(*given.exchange)
    foreign = 0
    for name, scene in SCENES.items():
        end = time.monotonic() + 60 * given.minutes / len(SCENES)
        count = race(scene, lambda reads, end=end: time.monotonic() < end)
        foreign += count.foreign
        sys.stdout.write(f"{name:32} {count.reads:8,} reads  {count.own:8,} own  {count.foreign:3} foreign\n")
    return 1 if foreign else 0


if __name__ == "__main__":
    sys.exit(main())
