"""How many threads the libraries that multiply matrices may use: a setting of the whole process, which is
lowered while somebody here needs it and then is again what its owner made it.

OpenBLAS as NumPy brings it, and BLIS, have one number for the process. MKL, and OpenBLAS where it was built
with OpenMP, have one for each thread: there a block holds for the thread that enters it and must leave it.
Who reads the number inside a block finds the lowered one. So a host's own `threadpool_limits` that begins
inside and ends after it gives back a lowered number; one that ends inside or begins before is respected.
"""

from __future__ import annotations

import os
import sys
import threading
from types import TracebackType
from typing import Any, Self


class limited_to:  # noqa: N801 - it is used like a function
    """Let these libraries use at most so many threads inside a with block, in all threads of the process.

    Blocks may overlap in any way and in any threads: the lowest of their numbers holds, and the last one that
    ends gives back what was there before the first. Where somebody else sets the number meanwhile, theirs is
    what is given back; until then `hold` lowers it again.

    `with limited_to(1) as limit, limit:` leaves it twice, so that an interrupt while it is being left does
    not keep it.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def __enter__(self) -> Self:
        try:
            _process.ask(self)
            _thread.asks.ask(self)
        except BaseException:  # an interrupt
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        _process.leave(self)
        _thread.asks.leave(self)


def hold() -> None:
    """Lower the number again where somebody else has changed it inside such a block."""
    for asks in (_process, _thread.asks):
        for library in tuple(asks.libraries.values()):
            if library.changed:
                asks.apply()
                break


class _Library:
    """A loaded library. owners: its number of threads, as everybody else sees it."""

    def __init__(self, controller: Any) -> None:
        self.controller = controller
        # newer versions of threadpoolctl listen to one thread alone, the first that asks, whoever it is
        self._set = getattr(controller, "_real_set_num_threads", controller.set_num_threads)
        self.owners: int = controller.get_num_threads()
        self.ours = {self.owners}  # what it may stand at without anybody else's doing

    @property
    def changed(self) -> bool:
        """Whether somebody else has set the number."""
        return self.controller.get_num_threads() not in self.ours

    def allow(self, most: int | None) -> None:
        """Let it use at most so many threads; None: as many as it had."""
        now = self.controller.get_num_threads()
        if now not in self.ours:
            self.owners = now
        wanted = self.owners if most is None else min(most, self.owners)
        if wanted != now:
            self.ours = {now, wanted}  # an interrupt may come before or after the change
            self._set(wanted)
        self.ours = {wanted}


class _Asks:
    """Who asks for what, and the libraries while anybody does: those with a number for each thread, or the
    others."""

    def __init__(self, for_each_thread: bool) -> None:
        self._for_each_thread = for_each_thread
        self.lock = threading.RLock()  # a signal's handler may come in between
        self.asked: dict[limited_to, int] = {}  # and in which thread
        self.libraries: dict[str, _Library] = {}

    def ask(self, limit: limited_to) -> None:
        self.asked[limit] = threading.get_ident()
        self.apply()

    def leave(self, limit: limited_to) -> None:
        self.asked.pop(limit, None)
        self.apply()

    def apply(self) -> None:
        """Bring the libraries to what is asked for now. Done again, it makes good what an interrupt left."""
        with self.lock:
            asked = [limit.threads for limit in tuple(self.asked)]
            if asked:
                self._find()
            for path, library in tuple(self.libraries.items()):
                library.allow(min(asked) if asked else None)
                if not asked:
                    del self.libraries[path]

    def _find(self) -> None:
        """Take up libraries that were loaded since."""
        for controller in _loaded.controllers():
            path = controller.filepath
            if path not in self.libraries and _is_for_each_thread(controller) == self._for_each_thread:
                self.libraries[path] = _Library(controller)

    def after_fork(self) -> None:
        """Of what was going on, a child has its one thread alone."""
        self.lock = threading.RLock()
        here = threading.get_ident()
        self.asked = {limit: thread for limit, thread in self.asked.items() if thread == here}
        self.apply()


class _Thread(threading.local):
    """What this thread asks of the libraries that have a number for each."""

    def __init__(self) -> None:
        self.asks = _Asks(for_each_thread=True)


class _Loaded:
    """The libraries that are loaded. They are looked for again where something was imported since, as that
    is what brings one."""

    def __init__(self) -> None:
        self._found: tuple[int, list[Any]] = 0, []

    def controllers(self) -> list[Any]:
        from threadpoolctl import ThreadpoolController

        modules = len(sys.modules)
        if modules != self._found[0]:
            self._found = modules, ThreadpoolController().select(user_api="blas").lib_controllers
        return self._found[1]


def _is_for_each_thread(controller: Any) -> bool:
    return bool(controller.internal_api == "mkl" or getattr(controller, "threading_layer", "") == "openmp")


_loaded, _process, _thread = _Loaded(), _Asks(for_each_thread=False), _Thread()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_process.after_fork)
