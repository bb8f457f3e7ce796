"""A contender's process: `python -m chainrule.bench.child NAME`, spoken with in lines of JSON.

It reads the Work and answers when it is prepared; then it reads numbers of seconds and answers each with the
`[seconds, steps, seconds of processors]` of a turn. Where it cannot do the work, it answers
`{"skipped": KEY, "detail": ...}`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from chainrule.bench.contenders import CONTENDERS
from chainrule.bench.work import CHECKED, UnsuitedError, Work, distance
from chainrule.errors import ChainruleError

CALL = 0.1
"""Seconds that a single call is to take: long enough for what a call costs not to count."""


def main() -> None:
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer

    def answer(value: Any) -> None:
        channel.write(json.dumps(value) + "\n")
        channel.flush()

    work = Work(**json.loads(sys.stdin.readline()))
    try:
        prepared = CONTENDERS[sys.argv[1]].prepare(work)
        ready: dict[str, Any] = {"about": prepared.about}
        steps = 1
        if prepared.parameters:
            steps = min(CHECKED, work.steps)
            ready["checked"] = prepared.run(steps)
            ready["moved"] = distance(prepared.parameters(), work.parameters())
        answer(ready)
        calibrated = False
        for line in sys.stdin:
            if not calibrated:  # in the first turn, as until then others prepare on the same cores
                steps, calibrated = _calibrated(prepared.run, steps, prepared.most or sys.maxsize), True
            done, begun, used = 0.0, time.perf_counter(), time.process_time()
            while not done or time.perf_counter() - begun < float(line):
                done += prepared.run(steps)
            answer([time.perf_counter() - begun, done, time.process_time() - used])
    except UnsuitedError as error:
        answer({"skipped": "unsuited", "detail": str(error)})
    except ChainruleError as error:
        answer({"skipped": "refused", "detail": str(error)})
    except Exception as error:
        answer({"skipped": "failed", "detail": f"{type(error).__name__}: {error}".split("\n")[0][:200]})


def _calibrated(run: Callable[[int], float], steps: int, most: int) -> int:
    """How many steps a call takes, from a first guess on."""
    while True:
        run(steps)  # which may compile
        begun = time.perf_counter()
        run(steps)
        wanted = min(round(steps * CALL / (time.perf_counter() - begun)), most)
        if (wanted < 2 * steps and wanted < most) or steps == most:
            return steps
        steps = min(wanted, 20 * steps)  # a short call says little about a long one


if __name__ == "__main__":
    main()
