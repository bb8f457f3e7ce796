"""Who takes part. A new engine here takes part by itself; a new peer is a row.

Names: `objects`, `engine:NAME` for each engine here and for `auto`, `engine:native:HOW` for the native one
(with one thread; with all threads, whether or not they pay; undivided), the peers, and `product:LIBRARY` for
what the largest matrix products of a library reach.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle

import numpy as np

from chainrule.bench import peers
from chainrule.bench.machine import AVX512, kernels
from chainrule.bench.work import RATE, Prepared, UnsuitedError, Work
from chainrule.data.dataset import Info, Samples, Scaling
from chainrule.engines import ENGINES
from chainrule.nodes import Network
from chainrule.recipe import Recipe
from chainrule.training.loop import Trainer

LONGEST = 1.0
"""Seconds after which a call ends before its steps are done: beside busy processes one may last for long."""
MOST_CONNECTIONS = 1_000_000
"""More would take gigabytes as objects."""


@dataclass(frozen=True)
class Contender:
    """prepare: gets everything in place. module: must be installed. environment: of the process.

    instructions: instruction sets that the processor must have. The table itself is the same on every
    machine, as results are read elsewhere than where they were measured. threads: of its process; None: those
    of the work.
    """

    prepare: Callable[[Work], Prepared]
    module: str = "numpy"
    environment: Mapping[str, str] = field(default_factory=dict)
    instructions: frozenset[str] = frozenset()
    threads: int | None = None


def engine(
    name: str, work: Work, *, threads: int | None = None, every: bool = False, parts: int | None = None
) -> Prepared:
    """An engine here, in the training loop that users have.

    threads: at most so many. every: all threads of the work, for which a step is cut even where the engine
    finds that not worth it. parts: into how many a step is cut.
    """
    x, y = work.data()
    info = Info("bench", classes=tuple(map(str, range(work.classes))), scaling=Scaling.fixed())
    recipe = Recipe(10**9, work.batch, work.optimizer, lr=RATE, schedule="constant", validation=0)
    trainer = Trainer(work.net, Samples(x, y, info), recipe, engine=name, threads=threads)
    if every:
        parts = max(trainer.parts, work.threads)
    if parts is not None:
        trainer.engine.parts = parts

    most, trainer.engine.most_at_once = trainer.engine.most_at_once, 1  # the first call is exact

    def run(steps: int) -> float:
        before = trainer.steps
        late = time.perf_counter() + LONGEST if before else math.inf

        def stop() -> bool:
            done = trainer.steps - before
            return done >= steps or (done > 0 and time.perf_counter() > late)

        trainer.run(stop=stop)
        trainer.engine.most_at_once = most
        return trainer.steps - before

    about = _native if trainer.engine.name == "native" else _numpy
    return Prepared(run, f"{trainer.engine.name}, {about()}", lambda: dict(trainer.engine.parameters))


def _native() -> str:
    import llvmlite

    from chainrule.engines.native.compile import this_machine

    return f"vectors of {32 * this_machine().lanes} bits, llvmlite {llvmlite.__version__}"


def _numpy() -> str:
    return f"NumPy {np.__version__} ({kernels()})"


def objects(work: Work) -> Prepared:
    """The network of objects; it makes a step after every sample, and `run` counts samples."""
    if work.net.parameter_count > MOST_CONNECTIONS:
        raise UnsuitedError(f"{work.net.parameter_count:,} > {MOST_CONNECTIONS:,}")
    x, y = work.data()
    few = slice(100)
    targets = np.eye(work.classes)[y[few]] if work.net.outputs > 1 else y[few, None]
    samples = cycle(list(zip(x[few].tolist(), targets.tolist(), strict=True)))
    network = Network.of(work.net)

    def run(count: int) -> float:
        for _ in range(count):
            network.train_one_sample(*next(samples), RATE)
        return count / work.batch

    return Prepared(run, "chainrule.nodes")


def numpy_products(work: Work) -> Prepared:
    a, b = peers.square_matrices()
    out = np.empty_like(a)

    def run(count: int) -> float:
        for _ in range(count):
            np.matmul(a, b, out=out)
        return count

    return Prepared(run, _numpy())


OBJECTS = "objects"
OWN = {f"engine:{name}": Contender(partial(engine, name)) for name in ENGINES}
NUMPY = "engine:numpy"
ONE, EVERY, WHOLE = "engine:native:1", "engine:native:all", "engine:native:whole"
NATIVE = {
    ONE: Contender(partial(engine, "native", threads=1), threads=1),
    EVERY: Contender(partial(engine, "native", every=True)),
    WHOLE: Contender(partial(engine, "native", threads=1, parts=1), threads=1),
}
"""The native engine on one thread; on all threads of the work; on one thread, a step not cut into parts."""
PEERS = {
    "scikit-learn": Contender(peers.scikit_learn, "sklearn"),
    "pytorch": Contender(peers.pytorch, "torch"),
    "pytorch-compiled": Contender(peers.pytorch_compiled, "torch"),
    "jax": Contender(peers.jax_scan, "jax"),
}
PRODUCTS = {
    "product:numpy": Contender(numpy_products),
    "product:pytorch": Contender(peers.pytorch_products, "torch"),
    "product:jax": Contender(peers.jax_products, "jax"),
    # on some processors that have AVX-512, OpenBLAS chooses other kernels
    "product:numpy-avx512": Contender(
        numpy_products, environment={"OPENBLAS_CORETYPE": "SkylakeX"}, instructions=AVX512
    ),
}
AUTO = "engine:auto"
CONTENDERS = {
    OBJECTS: Contender(objects),
    AUTO: Contender(partial(engine, "auto")),
    **OWN,
    **NATIVE,
    **PEERS,
    **PRODUCTS,
}
