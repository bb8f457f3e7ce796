"""Which vector instructions the contenders of a race run: whether all of them heed CHAINRULE_WITHOUT.

    CHAINRULE_WITHOUT=avx512 python benchmarks/instructions.py [--network 784-300-10] [--batch 64] [NAME ...]

Linux on x86-64 with `perf`. Each contender works by itself for a while; where it stands is sampled, and the
first byte of each instruction says whether it is encoded as AVX-512 is (EVEX) or as AVX and AVX2 are (VEX).
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from chainrule.bench.contenders import AUTO, CONTENDERS, NUMPY, ONE, PEERS, PRODUCTS
from chainrule.bench.machine import instructions
from chainrule.bench.race import Skipped, _Process
from chainrule.bench.work import Work
from chainrule.sentences import choose_language

ENCODINGS = {0x62: "EVEX", 0xC4: "VEX", 0xC5: "VEX"}
"""By the first byte of an instruction in 64-bit code."""
SAMPLE = re.compile(r"\s*([0-9a-f]+)\s+(.*?)\s+\((.*)\)")
"""Address, function, library."""


def sampled(process: _Process, seconds: float) -> list[tuple[int, str]]:
    """Sample addresses at which a contender's process is found, and the functions there."""
    number = process.process.pid
    with tempfile.TemporaryDirectory() as folder:
        record = ["perf", "record", "-q", "-e", "cpu-clock:u", "-F", "999", "-p", f"{number}"]
        recording = subprocess.Popen([*record, "-o", f"{folder}/data"], stderr=subprocess.DEVNULL)
        process.ask(seconds)
        recording.send_signal(signal.SIGINT)
        recording.wait()
        script = ["perf", "script", "-i", f"{folder}/data", "-F", "ip,sym,dso"]
        told = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    found = filter(None, map(SAMPLE.match, told.splitlines()))
    return [(int(each[1], 16), each[2]) for each in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", default=[AUTO, ONE, NUMPY, *PEERS, *PRODUCTS])
    parser.add_argument("--network", default="784-300-10")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=2.0, help="of sampling, for each")
    args = parser.parse_args()
    work = Work(args.network, args.batch)
    for name in args.names:
        if CONTENDERS[name].instructions - instructions():
            continue
        with _Process(name, work, True) as process:
            ready = process.answer()
            if isinstance(ready, Skipped):
                print(f"{name}: {ready}")
                continue
            process.ask(0.2)
            kinds: Counter[str] = Counter()
            wide: Counter[str] = Counter()
            samples = sampled(process, args.seconds)
            with Path(f"/proc/{process.process.pid}/mem").open("rb", buffering=0) as memory:
                for address, function in samples:
                    try:
                        first = os.pread(memory.fileno(), 1, address)[0]
                    except (OSError, OverflowError, IndexError):  # in the kernel, or gone
                        continue
                    kind = ENCODINGS.get(first, "others")
                    kinds[kind] += 1
                    wide[function] += kind == "EVEX"
        shares = ", ".join(f"{kind} {100 * n / kinds.total():.0f} %" for kind, n in kinds.most_common())
        most = ", ".join(f"{function} ({n})" for function, n in wide.most_common(3) if n)
        print(f"{name} ({ready['about']}): {shares}{'; EVEX in ' + most if most else ''}", flush=True)


if __name__ == "__main__":
    choose_language("en")
    main()
