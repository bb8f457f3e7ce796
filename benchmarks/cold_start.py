"""How soon commands answer in a fresh process, beside an interpreter that does nothing.

    python benchmarks/cold_start.py [--runs 15] [--starts 5]

Each round starts every command once, in turn; what is said is the median of the rounds, with their spread.
Then `chainrule train digits` is started with an empty cache folder and no byte code, each time anew; every
start is told by the seconds until its first progress stands on the terminal.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

from training import first_progress

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "chainrule --help": ["-m", "chainrule", "--help"],
    "chainrule check gradients 2-3-2": ["-m", "chainrule", "check", "gradients", "2-3-2"],
    "chainrule emit 2-3-2": ["-m", "chainrule", "emit", "2-3-2"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--starts", type=int, default=5)
    args = parser.parse_args()
    runs = args.runs
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(runs + 1):
        for name, arguments in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
            if number:  # the first round fills the caches of the disk
                seconds[name].append(time.perf_counter() - start)
    for name, times in seconds.items():
        print(f"{name:33} {statistics.median(times):.3f} s ({min(times):.3f} to {max(times):.3f})")
    starts = [first_progress(cold=True) for _ in range(args.starts)]
    each = ", ".join(f"{start:.2f}" for start in starts)
    print(
        f"chainrule train digits, first progress, nothing in any cache: {each} s; slowest {max(starts):.2f} s"
    )


if __name__ == "__main__":
    main()
