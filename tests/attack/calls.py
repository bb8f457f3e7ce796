"""What a process does to files, as the kernel sees it: a log of its system calls, and calls that fail.

Python alone, by `ptrace` through ctypes: neither a compiler nor strace is needed. A seccomp filter lets only
the calls in NUMBERS stop, so a traced run takes hardly longer than another. Threads and children are
followed. Linux on x86-64 and aarch64; `why_not` says what is missing elsewhere.

A `Tracer` watches one folder. Of every call that changed something in it, it keeps an `Event`: which node
(a file or a folder, whatever it is called) got which bytes, which name leads to which node, what was
flushed. `power.py` rebuilds from these what a disk may hold after a power cut. An `Injection` lets the
calls of certain numbers fail, or write less; `faults.py` goes through all of them.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import signal
import stat
import struct
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile

X86 = {
    "open": 2, "openat": 257, "creat": 85, "openat2": 437, "write": 1, "pwrite64": 18, "writev": 20,
    "pwritev": 296, "pwritev2": 328, "ftruncate": 77, "truncate": 76, "fsync": 74, "fdatasync": 75,
    "rename": 82, "renameat": 264, "renameat2": 316, "link": 86, "linkat": 265, "symlink": 88,
    "symlinkat": 266, "unlink": 87, "unlinkat": 263, "mkdir": 83, "mkdirat": 258, "rmdir": 84, "chmod": 90,
    "fchmod": 91, "fchmodat": 268, "fchmodat2": 452, "close": 3, "sendfile": 40, "copy_file_range": 326,
    "sync": 162, "syncfs": 306, "fallocate": 285, "mmap": 9, "io_uring_setup": 425,
}  # fmt: skip
ARM = {
    "openat": 56, "openat2": 437, "write": 64, "pwrite64": 68, "writev": 66, "pwritev": 70, "pwritev2": 287,
    "ftruncate": 46, "truncate": 45, "fsync": 82, "fdatasync": 83, "renameat": 38, "renameat2": 276,
    "linkat": 37, "symlinkat": 36, "unlinkat": 35, "mkdirat": 34, "fchmod": 52, "fchmodat": 53,
    "fchmodat2": 452, "close": 57, "sendfile": 71, "copy_file_range": 285, "sync": 81, "syncfs": 267,
    "fallocate": 47, "mmap": 222, "io_uring_setup": 425,
}  # fmt: skip
NUMBERS = {"x86_64": X86, "aarch64": ARM}.get(platform.machine(), {})
NAMES = {number: name for name, number in NUMBERS.items()}

TRACEME, CONT, SYSCALL, SETOPTIONS, GETREGSET, SETREGSET = 0, 7, 24, 0x4200, 0x4204, 0x4205
PRSTATUS, ARM_SYSTEM_CALL = 1, 0x404
OPTIONS = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x80 | 0x100000
"""Marked stops at calls; fork, vfork, clone, exec, seccomp followed; nothing traced outlives the tracer."""
AT_SECCOMP, AT_CALL, WALL = 7, signal.SIGTRAP | 0x80, 0x40000000
NO_NEW_PRIVILEGES, SECCOMP, FILTER = 38, 22, 2
HERE, REMOVE_FOLDER, EXCHANGE = -100, 0x200, 2
"""AT_FDCWD, AT_REMOVEDIR, RENAME_EXCHANGE."""
UNPREPARED = 99
PATIENCE = 300
"""Seconds until a child is taken to hang and ended, which is judged wrong."""

libc = ctypes.CDLL(None, use_errno=True)
if hasattr(libc, "ptrace"):
    libc.ptrace.restype = ctypes.c_long
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


class IoVec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_void_p))


@dataclass(frozen=True)
class Event:
    """One change of the watched folder.

    what: `make` a node with a name, give it another `name`, `drop` a name, `write` data at a place, `cut`
    to a size, `flush` a node, or `sync` all. folder, node: numbers of nodes, which stay the same whatever
    they are called. instead_of: the folder and the name that are gone with it. call: for reports.
    """

    what: str
    call: str
    node: int = -1
    folder: int = -1
    name: str = ""
    at: int = 0
    data: bytes = b""
    is_folder: bool = False
    instead_of: tuple[int, str] | None = None


@dataclass
class Injection:
    """What happens to calls that write, counted from 1: those from `first` on, so many `times`.

    error: an errno; such a call does nothing and fails. Without one a call that writes writes half.
    """

    first: int
    error: int | None
    times: float = 1
    only: frozenset[str] | None = None
    seen: int = 0
    done: list[str] = field(default_factory=list)

    def meets(self, name: str) -> bool:
        """Whether the call that is about to be made is one of those."""
        if self.only is not None and name not in self.only:
            return False
        self.seen += 1
        return self.first <= self.seen < self.first + self.times


@dataclass
class Call:
    """A system call on its way: what it is asked for, and what was there before."""

    name: str
    arguments: list[int]
    data: bytes = b""
    paths: tuple[Path, ...] = ()
    nodes: tuple[int | None, ...] = ()
    writes: bool = False
    injected: int | None = None
    halved: tuple[int, int] | None = None

    def __str__(self) -> str:
        return " ".join([self.name, *(str(path) for path in self.paths)])


@dataclass(frozen=True)
class Answer:
    """What a process said, and what it exited with; a signal's number, negative, where one killed it."""

    code: int
    out: str
    err: str


def why_not() -> str | None:
    """What keeps this system from tracing; None where nothing does."""
    if sys.platform != "linux" or not NUMBERS:
        return "system calls are read on Linux on x86-64 and aarch64 only"
    try:
        answer = Tracer(Path("/nowhere")).run(lambda: 0)
    except OSError as error:
        return f"ptrace is not permitted here: {error}"
    return None if answer.code == 0 else f"seccomp filters are not permitted here: {answer.err}"


def stand_alone() -> None:
    """Prepare a script of this folder, before it loads NumPy: forks of a process with threads may hang."""
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "CHAINRULE_LANG": "en"}
    sys.path.insert(0, str(Path(__file__).parents[2] / "src"))


def forked(work: Callable[[], int]) -> Answer:
    """What `work` comes to in a child of this process."""
    with TemporaryFile() as out, TemporaryFile() as err:
        process = os.fork()
        if not process:
            _work(work, out.fileno(), err.fileno())
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        return _answer(code, out.fileno(), err.fileno())


def _work(work: Callable[[], int], out: int, err: int) -> None:
    code = UNPREPARED
    try:
        signal.alarm(PATIENCE)
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, closefd=False) for number in (1, 2))
        code = work()
        sys.stdout.flush()
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}".encode())
    finally:
        os._exit(code)


def _answer(code: int, out: int, err: int) -> Answer:
    texts = []
    for number in (out, err):
        os.lseek(number, 0, os.SEEK_SET)
        with open(number, encoding="utf-8", closefd=False) as file:
            texts.append(file.read())
    return Answer(code, *texts)


def _ptrace(request: int, process: int, where: int = 0, what: object = 0) -> None:
    if libc.ptrace(request, process, where, what) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _let_calls_stop() -> None:
    """Install a filter in this process by which the calls in NUMBERS stop for the tracer."""
    numbers = sorted(NUMBERS.values())
    load, equal, leave = 0x20, 0x15, 0x06
    lines = [(load, 0, 0, 0)]
    lines += [(equal, len(numbers) - each, 0, number) for each, number in enumerate(numbers)]
    lines += [(leave, 0, 0, 0x7FFF0000), (leave, 0, 0, 0x7FF00000)]  # to allow, to stop
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    program = Program(len(lines), ctypes.addressof(text))
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(SECCOMP, FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Registers:
    """Of a thread that stands at a call."""

    if platform.machine() == "aarch64":
        COUNT, NUMBER, RESULT, ARGUMENTS = 34, 8, 0, (0, 1, 2, 3, 4, 5)
    else:
        COUNT, NUMBER, RESULT, ARGUMENTS = 27, 15, 10, (14, 13, 12, 7, 9, 8)

    def __init__(self, thread: int) -> None:
        self.thread = thread
        self.values = (ctypes.c_ulonglong * self.COUNT)()
        self._exchange(GETREGSET, PRSTATUS, self.values)

    def _exchange(self, request: int, kind: int, values: ctypes.Array) -> None:
        vector = IoVec(ctypes.addressof(values), ctypes.sizeof(values))
        _ptrace(request, self.thread, kind, ctypes.byref(vector))

    @property
    def name(self) -> str:
        return NAMES[self.values[self.NUMBER]]

    @property
    def arguments(self) -> list[int]:
        return [self.values[place] for place in self.ARGUMENTS]

    @property
    def result(self) -> int:
        return ctypes.c_longlong(self.values[self.RESULT]).value

    def answer(self, result: int) -> None:
        """Let the call have come to that."""
        self.values[self.RESULT] = result & (2**64 - 1)
        self._exchange(SETREGSET, PRSTATUS, self.values)

    def skip(self) -> None:
        """Let no call be made."""
        if platform.machine() == "aarch64":
            self._exchange(SETREGSET, ARM_SYSTEM_CALL, (ctypes.c_int * 1)(-1))
            return
        self.values[self.NUMBER] = 2**64 - 1
        self._exchange(SETREGSET, PRSTATUS, self.values)

    def ask(self, place: int, value: int) -> None:
        """Let an argument be another one."""
        self.values[self.ARGUMENTS[place]] = value
        self._exchange(SETREGSET, PRSTATUS, self.values)


def _end(threads: Iterable[int]) -> None:
    """Kill threads that are being followed, and wait until they are gone."""
    for thread in threads:
        with suppress(OSError):
            os.kill(thread, signal.SIGKILL)
    for thread in threads:
        with suppress(OSError):
            while os.WIFSTOPPED(os.waitpid(thread, WALL)[1]):
                """It stood; the next answer is that it is gone."""


class Tracer:
    """Runs work in a child and keeps what that does to `folder`, which is there already. events: in their
    order. start: the node of each folder and file that was there, by its path."""

    def __init__(self, folder: Path, injection: Injection | None = None) -> None:
        self.folder = Path(os.path.realpath(folder))
        self.injection = injection
        self.events: list[Event] = []
        self._nodes: dict[tuple[int, int], int] = {}
        self._count = 0
        self._calls: dict[int, Call | None] = {}
        self.start: dict[Path, int] = {}
        if self.folder.is_dir():
            for path in [self.folder, *sorted(self.folder.rglob("*"))]:
                self.start[path] = self._node(path)

    def run(self, work: Callable[[], int]) -> Answer:
        """What `work` comes to. Raises OSError where nothing may be traced."""
        with TemporaryFile() as out, TemporaryFile() as err:
            process = os.fork()
            if not process:
                _work(lambda: self._traced(work), out.fileno(), err.fileno())
            code = self._watch(process)
            return _answer(code, out.fileno(), err.fileno())

    @staticmethod
    def _traced(work: Callable[[], int]) -> int:
        _ptrace(TRACEME, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        _let_calls_stop()
        return work()

    def _watch(self, process: int) -> int:
        _, status = os.waitpid(process, WALL)
        if not os.WIFSTOPPED(status):
            raise PermissionError(errno.EPERM, "a child cannot be traced")
        _ptrace(SETOPTIONS, process, 0, OPTIONS)
        _ptrace(CONT, process)
        threads, code = {process}, UNPREPARED
        try:
            while threads:
                thread, status = os.waitpid(-1, WALL)
                if not os.WIFSTOPPED(status):
                    threads.discard(thread)
                    self._calls.pop(thread, None)
                    code = os.waitstatus_to_exitcode(status) if thread == process else code
                    continue
                known = thread in threads
                threads.add(thread)
                with suppress(ProcessLookupError):  # killed while it stood
                    self._go_on(thread, os.WSTOPSIG(status), status >> 16, known)
        except BaseException:  # nobody would ever let them go on
            _end(threads)
            raise
        return code

    def _go_on(self, thread: int, number: int, event: int, known: bool) -> None:
        if event == AT_SECCOMP:
            call = self._enter(thread)
            self._calls[thread] = call
            _ptrace(SYSCALL if call else CONT, thread)
        elif number == AT_CALL:
            call = self._calls.pop(thread, None)
            if call:
                self._leave(thread, call)
            _ptrace(CONT, thread)
        elif event or not known:  # a new thread or child begins, or its parent went on
            _ptrace(CONT, thread)
        else:
            _ptrace(CONT, thread, 0, number)

    # What a call is asked for

    def _enter(self, thread: int) -> Call | None:
        """The call that a thread is about to make, where it concerns the folder."""
        registers = Registers(thread)
        call = Call(registers.name, registers.arguments)
        self._read(thread, call)
        if not any(path.is_relative_to(self.folder) for path in call.paths):
            return None
        call.nodes = tuple(self._known(path) for path in call.paths)
        if call.writes and self.injection and self.injection.meets(call.name):
            self._inject(registers, call)
        return call

    def _read(self, thread: int, call: Call) -> None:
        """Find out which paths it is about, which bytes, and whether it changes anything."""
        name, (one, two, three, four, *_) = call.name, call.arguments
        path = lambda folder, text: self._path(thread, folder, text)  # noqa: E731
        file = lambda descriptor: self._file(thread, descriptor)  # noqa: E731
        call.writes = True
        if name in ("open", "creat", "openat", "openat2"):
            if name == "openat2":
                flags = struct.unpack("Q", self._memory(thread, three, 8))[0]
            else:
                flags = {"open": two, "creat": os.O_CREAT | os.O_WRONLY | os.O_TRUNC}.get(name, three)
            place = path(one, two) if name.startswith("openat") else path(HERE, one)
            call.paths, call.arguments = (place,), [flags]
            call.writes = bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))
        elif name in ("write", "pwrite64"):
            call.paths = (file(one),)
            if call.paths[0].is_relative_to(self.folder):
                call.data = self._memory(thread, two, three)
        elif name in ("writev", "pwritev", "pwritev2"):
            call.paths = (file(one),)
            if call.paths[0].is_relative_to(self.folder):
                each = struct.iter_unpack("QQ", self._memory(thread, two, 16 * three))
                call.data = b"".join(self._memory(thread, base, length) for base, length in each)
        elif name in ("ftruncate", "fsync", "fdatasync", "fchmod", "sendfile", "fallocate", "syncfs"):
            call.paths = (file(one),)
        elif name == "copy_file_range":
            call.paths = (file(three),)
        elif name == "close":
            call.paths = (file(one),)
            call.writes = self._flags(thread, one) & (os.O_WRONLY | os.O_RDWR) != 0
        elif name in ("truncate", "unlink", "mkdir", "rmdir", "chmod"):
            call.paths = (path(HERE, one),)
        elif name in ("unlinkat", "mkdirat", "fchmodat", "fchmodat2"):
            call.paths = (path(one, two),)
        elif name in ("rename", "link"):
            call.paths = (path(HERE, one), path(HERE, two))
        elif name in ("renameat", "renameat2", "linkat"):
            call.paths = (path(one, two), path(three, four))
        elif name == "symlink":
            call.paths = (path(HERE, two),)
        elif name == "symlinkat":
            call.paths = (path(two, three),)
        elif name == "mmap":
            shared, writable = four & 0x3 == 0x1, three & 0x2
            call.paths = (file(call.arguments[4]),) if shared and writable else ()
        elif name == "sync":
            call.paths = (self.folder,)

    def _path(self, thread: int, folder: int, text: int) -> Path:
        """The path, without links but in its last part, that a folder's descriptor and a text name."""
        said = os.fsdecode(self._text(thread, text))
        folder = ctypes.c_int(folder).value
        base = f"/proc/{thread}/cwd" if folder == HERE else f"/proc/{thread}/fd/{folder}"
        with suppress(OSError):
            said = os.path.join(os.readlink(base), said)
        head, tail = os.path.split(said.rstrip("/"))
        return Path(os.path.realpath(head.replace("/proc/self", f"/proc/{thread}")), tail)

    def _file(self, thread: int, descriptor: int) -> Path:
        """What a descriptor leads to, under the name that it had last."""
        with suppress(OSError):
            found = os.readlink(f"/proc/{thread}/fd/{ctypes.c_int(descriptor).value}")
            return Path(found.removesuffix(" (deleted)"))
        return Path("/")

    def _told(self, thread: int, descriptor: int, what: str, base: int) -> int:
        with suppress(OSError):
            for line in (
                Path(f"/proc/{thread}/fdinfo/{ctypes.c_int(descriptor).value}").read_text().splitlines()
            ):
                if line.startswith(f"{what}:"):
                    return int(line.split()[1], base)
        return 0

    def _flags(self, thread: int, descriptor: int) -> int:
        return self._told(thread, descriptor, "flags", 8)

    def _memory(self, thread: int, place: int, length: int) -> bytes:
        with open(f"/proc/{thread}/mem", "rb", buffering=0) as memory:
            memory.seek(place)
            return memory.read(length)

    def _text(self, thread: int, place: int) -> bytes:
        found = b""
        while b"\0" not in found:  # no further than a page, as the next one may not be there
            found += self._memory(thread, place + len(found), 4096 - (place + len(found)) % 4096)
        return found.partition(b"\0")[0]

    def _inject(self, registers: Registers, call: Call) -> None:
        error = self.injection.error
        if error is None:
            length = call.arguments[2]
            if call.name in ("write", "pwrite64") and length > 1:
                registers.ask(2, length // 2)
                call.halved = (2, length)
                self.injection.done.append(f"half of {call}")
            return
        if call.name != "close":  # which gives the descriptor back whatever it says
            registers.skip()
        call.injected = error
        self.injection.done.append(f"{errno.errorcode[error]} {call}")

    # What it came to

    def _leave(self, thread: int, call: Call) -> None:
        registers = Registers(thread)
        if call.halved:
            registers.ask(*call.halved)
        if call.injected is not None:
            registers.answer(-call.injected)
        elif registers.result >= 0:
            self._keep(thread, call, registers.result)

    def _keep(self, thread: int, call: Call, result: int) -> None:
        """Keep the events that a call which succeeded amounts to."""
        name, path = call.name, call.paths[0]
        if name in ("open", "creat", "openat", "openat2"):
            self._opened(thread, call, result)
        elif name in ("write", "pwrite64", "writev", "pwritev", "pwritev2", "sendfile", "copy_file_range"):
            self._written(thread, call, result)
        elif name in ("truncate", "ftruncate"):
            node = call.nodes[0] if name == "truncate" else self._of(thread, call.arguments[0])
            self._add("cut", call, node=node, at=call.arguments[1])
        elif name in ("fsync", "fdatasync"):
            self._add("flush", call, node=self._of(thread, call.arguments[0]))
        elif name in ("sync", "syncfs"):
            self._add("sync", call)
        elif name in ("mkdir", "mkdirat"):
            node = self._node(path, new=True)
            self._add(
                "make", call, node=node, folder=self._known(path.parent), name=path.name, is_folder=True
            )
        elif name in ("unlink", "unlinkat", "rmdir"):
            self._add("drop", call, folder=self._known(path.parent), name=path.name)
        elif name in ("rename", "renameat", "renameat2"):
            self._renamed(call)
        elif name in ("link", "linkat"):
            other = call.paths[1]
            self._add("name", call, node=self._node(other), folder=self._known(other.parent), name=other.name)
        elif name not in ("close", "chmod", "fchmod", "fchmodat", "fchmodat2"):
            raise NotImplementedError(f"the log does not know what {call} does to a folder")

    def _opened(self, thread: int, call: Call, descriptor: int) -> None:
        flags, path = call.arguments[0], call.paths[0]
        found = os.stat(f"/proc/{thread}/fd/{descriptor}")
        unnamed = getattr(os, "O_TMPFILE", 0)
        if unnamed and flags & unnamed == unnamed:
            self._add("make", call, node=self._number(found, new=True))
        elif flags & os.O_CREAT and call.nodes[0] is None and stat.S_ISREG(found.st_mode):
            node = self._number(found, new=True)
            self._add("make", call, node=node, folder=self._known(path.parent), name=path.name)
        elif flags & os.O_TRUNC:
            self._add("cut", call, node=self._number(found))

    def _written(self, thread: int, call: Call, result: int) -> None:
        place = call.arguments[2 if call.name == "copy_file_range" else 0]
        if call.name in ("pwrite64", "pwritev", "pwritev2"):
            at = call.arguments[3]
        else:
            at = self._told(thread, place, "pos", 10) - result
        data = call.data[:result]
        if call.name in ("sendfile", "copy_file_range"):
            if call.name == "copy_file_range" and call.arguments[3]:
                raise NotImplementedError(f"the log does not know where {call} writes")
            with open(f"/proc/{thread}/fd/{ctypes.c_int(place).value}", "rb") as file:
                file.seek(at)
                data = file.read(result)
        self._add("write", call, node=self._of(thread, place), at=at, data=data)

    def _renamed(self, call: Call) -> None:
        source, target = call.paths
        if call.name == "renameat2" and call.arguments[4] & EXCHANGE:
            raise NotImplementedError("the log does not know names that are exchanged")
        if os.path.lexists(source):  # two names of one file, of which both stay
            return
        gone = self._known(source.parent), source.name
        folder = self._known(target.parent)
        self._add("name", call, node=call.nodes[0], folder=folder, name=target.name, instead_of=gone)

    def _add(self, what: str, call: Call, **more: object) -> None:
        if any(more.get(key, 0) is None for key in ("node", "folder")):
            raise NotImplementedError(f"the log does not know what {call} is about")
        self.events.append(Event(what, str(call), **more))

    def _known(self, path: Path) -> int | None:
        try:
            found = path.lstat()
        except OSError:
            return None
        return self._nodes.get((found.st_dev, found.st_ino))

    def _node(self, path: Path, *, new: bool = False) -> int:
        return self._number(path.lstat(), new=new)

    def _of(self, thread: int, descriptor: int) -> int:
        return self._number(os.stat(f"/proc/{thread}/fd/{ctypes.c_int(descriptor).value}"))

    def _number(self, found: os.stat_result, *, new: bool = False) -> int:
        """The number of a node; a new one where the system uses that of a node again that is gone."""
        key = found.st_dev, found.st_ino
        if new or key not in self._nodes:
            self._nodes[key] = self._count
            self._count += 1
        return self._nodes[key]
