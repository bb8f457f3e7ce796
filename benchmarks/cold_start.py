"""How soon commands answer in a fresh process, beside an interpreter that does nothing.

    python benchmarks/cold_start.py [--runs 15]

Each round starts every command once, in turn; what is said is the median of the rounds, with their spread.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "chainrule --help": ["-m", "chainrule", "--help"],
    "chainrule check gradients 2-3-2": ["-m", "chainrule", "check", "gradients", "2-3-2"],
    "chainrule emit 2-3-2": ["-m", "chainrule", "emit", "2-3-2"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(runs + 1):
        for name, arguments in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
            if number:  # the first round fills the caches of the disk
                seconds[name].append(time.perf_counter() - start)
    for name, times in seconds.items():
        print(f"{name:33} {statistics.median(times):.3f} s ({min(times):.3f} to {max(times):.3f})")


if __name__ == "__main__":
    main()
