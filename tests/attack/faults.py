"""Disks that fail: each call by which a training writes fails in turn, and the training is judged.

    python tests/attack/faults.py --every             # each call of each training, by each kind of fault
    python tests/attack/faults.py --calls 100         # so many of them, at random
    python tests/attack/faults.py --minutes 10        # for so long
    python tests/attack/faults.py --only numpy/begin/57/EIO    # one again

EIO, ENOSPC    that one call does nothing, and says that the disk is broken or full
full           that call and all after it find the disk full
half           that call writes half of what it should, as the system may
halves         that call and all after it
EINTR          that call is interrupted by a signal before it does anything

The training has to say so in one sentence, or not to need the call: it exits with 0 or 1, and with 0 all that
it should have written is there. Then `train --resume`, which nothing disturbs, has to end with the bits of a
training that nothing disturbed, and no file may lie there that is not there then.
"""

from __future__ import annotations

import argparse
import errno
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from calls import Answer, Injection, stand_alone, why_not

if __name__ == "__main__":
    stand_alone()

from trained import Outcome, Training, differences, is_clean, outcome, trainings

FOR_EVER = float("inf")
WRITES = frozenset({"write", "pwrite64"})
INTERRUPTED = frozenset({"open", "openat", "openat2", "write", "pwrite64", "writev", "fsync", "fdatasync"})
KINDS = {
    "EIO": (errno.EIO, 1, None),
    "ENOSPC": (errno.ENOSPC, 1, None),
    "full": (errno.ENOSPC, FOR_EVER, None),
    "half": (None, 1, WRITES),
    "halves": (None, FOR_EVER, WRITES),
    "EINTR": (errno.EINTR, 1, INTERRUPTED),
}
"""The error (None: less is written), how often, and of which calls (None: of all that write)."""


@dataclass(frozen=True)
class Fault:
    """A training whose call of some number fails."""

    label: str
    training: Training
    kind: str
    number: int

    def judge(self, place: Path) -> tuple[str, list[str]]:
        """What is wrong with how it goes, empty where nothing is; and the calls that failed."""
        error, times, only = KINDS[self.kind]
        injection = Injection(self.number, error, times, only)
        _, answer = self.training.traced(place, injection=injection)
        return self._judged(place, answer), injection.done

    def _judged(self, place: Path, answer: Answer) -> str:
        if wrong := is_clean(answer, 0, 1):
            return wrong
        if answer.code == 0:
            # what could not be removed may lie there until the run is taken up
            found = Outcome(outcome(place).files, self.training.whole.names)
            if wrong := differences(found, self.training.whole):
                return f"it exits with 0, but {wrong}; it said: {answer.err}"
        elif self.kind in ("half", "halves", "EINTR"):
            return f"it gave up: {answer.err}"
        if wrong := self.training.ends(place):
            return f"taken up afterwards: {wrong}; before, it said: {answer.err}"
        return ""


def faults(place: Path, kinds: Sequence[str]) -> list[Fault]:
    """Of each training, each call that writes."""
    found = []
    for training in trainings(place):
        counted: dict[frozenset[str] | None, int] = {}
        for kind in kinds:
            if (only := KINDS[kind][2]) not in counted:
                counting = Injection(0, None, 0, only)
                training.traced(place / "counted", injection=counting)
                shutil.rmtree(place / "counted")
                counted[only] = counting.seen
            numbers = range(1, counted[only] + 1)
            found += [Fault(f"{training.name}/{number}/{kind}", training, kind, number) for number in numbers]
    return found


def main() -> int:
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("--every", action="store_true", help="all of them")
    reader.add_argument("--calls", type=int, help="how many, at random")
    reader.add_argument("--minutes", type=float, default=FOR_EVER, help="for how long at most")
    reader.add_argument("--seed", type=int, default=0, help="of the choice")
    reader.add_argument("--kinds", nargs="+", choices=KINDS, default=[*KINDS])
    reader.add_argument("--only", help="the one of that name")
    given = reader.parse_args()
    if reason := why_not():
        raise SystemExit(reason)
    done, wrong, failed = 0, [], 0
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        until = time.monotonic() + 60 * given.minutes
        every = faults(place, given.kinds)
        count = len(every) if given.every else min(given.calls or len(every), len(every))
        chosen = random.Random(given.seed).sample(every, count)
        if given.only:
            chosen = [fault for fault in every if fault.label == given.only]
        with suppress(KeyboardInterrupt):  # which ends it, and what was found is told
            for fault in chosen:
                if time.monotonic() > until:
                    break
                folder = place / "faulty"
                problem, calls = fault.judge(folder)
                shutil.rmtree(folder, ignore_errors=True)
                done, failed = done + 1, failed + bool(calls)
                if problem:
                    wrong.append(f"{fault.label}, {calls[:1]}: {problem.strip()}")
    sys.stdout.write(
        f"{done} of {len(every)} faults, {failed} of them met a call: {len(wrong)} judged wrong\n"
    )
    sys.stdout.write("".join(line + "\n" for line in wrong))
    return 1 if wrong or not failed else 0


if __name__ == "__main__":
    sys.exit(main())
