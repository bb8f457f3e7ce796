"""How many threads the libraries that multiply matrices may use: a setting of the whole process, which is
lowered while somebody here needs it and then is again what its owner made it."""

from __future__ import annotations

import os
import sys
import threading
from types import TracebackType
from typing import Any, Self

TRIES = 10
"""How often a number is set that another thread sets at the same time."""


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
        except BaseException:  # an interrupt
            _process.leave(self)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _process.leave(self)


def hold() -> None:
    """Lower the number again where somebody else has changed it inside such a block."""
    if any(library.changed for library in tuple(_process.libraries.values())):
        _process.apply()


class _Library:
    """A loaded library. owners: its number of threads, as everybody else sees it."""

    def __init__(self, controller: Any) -> None:
        self.controller = controller
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

    def _set(self, number: int) -> None:
        # newer versions of threadpoolctl listen to one thread alone, the first, and do nothing for others
        anyone = getattr(self.controller, "clear_controlling_thread", lambda force: None)
        for _ in range(TRIES):
            anyone(force=True)
            self.controller.set_num_threads(number)
            anyone(force=True)
            if self.controller.get_num_threads() == number:
                return


class _Process:
    """Who asks for what in this process, and the libraries while anybody does."""

    def __init__(self) -> None:
        self.lock = threading.RLock()  # a signal's handler may come in between
        self.asked: dict[limited_to, int] = {}  # and in which thread
        self.libraries: dict[str, _Library] = {}
        self._modules = 0  # that were loaded when it was last looked for libraries

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
        """Take up libraries that were loaded since; an import brings them."""
        from threadpoolctl import ThreadpoolController

        if self.libraries and len(sys.modules) == self._modules:
            return
        for controller in ThreadpoolController().select(user_api="blas").lib_controllers:
            if controller.filepath not in self.libraries:
                self.libraries[controller.filepath] = _Library(controller)
        self._modules = len(sys.modules)

    def after_fork(self) -> None:
        """Of what was going on, a child has its one thread alone."""
        self.lock = threading.RLock()
        here = threading.get_ident()
        self.asked = {limit: thread for limit, thread in self.asked.items() if thread == here}
        self.apply()


_process = _Process()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_process.after_fork)
