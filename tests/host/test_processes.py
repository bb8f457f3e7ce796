"""Processes that a host starts, its event loop and its kernel: the same bits, and the host as it was."""

from __future__ import annotations

import asyncio
import importlib.util
import multiprocessing
import os
import sys
import textwrap
import threading
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from host_state import unchanged
from operations import NET, SETTINGS, X, Y, bits

ENGINES = ("numpy", "native")
HERE = Path(__file__).parent
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture(scope="module", autouse=True)
def _own_cache(own_cache):
    """What is compiled here lies in a cache of its own."""


@pytest.fixture(params=ENGINES)
def engine(request):
    if request.param == "native":
        pytest.importorskip("llvmlite")
    return request.param


def learned(engine: str) -> str:
    return bits(NET.fit((X, Y), engine=engine, threads=2, **SETTINGS))


@pytest.mark.long
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_pool_of_processes(method, engine, monkeypatch):
    alone = learned(engine)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), *sys.path]))
    with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
        assert list(pool.map(learned, [engine] * 4)) == [alone] * 4


@pytest.mark.long
@pytest.mark.skipif(not importlib.util.find_spec("joblib"), reason="joblib is not installed")
def test_joblib_s_loky(engine, monkeypatch):
    joblib = pytest.importorskip("joblib")
    alone = learned(engine)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), *sys.path]))
    found = joblib.Parallel(2, backend="loky")(joblib.delayed(learned)(engine) for _ in range(4))
    joblib.externals.loky.get_reusable_executor().shutdown(wait=True)
    assert found == [alone] * 4


def test_asyncio_to_thread(engine):
    alone = learned(engine)

    async def several() -> list[str]:
        return await asyncio.gather(*(asyncio.to_thread(learned, engine) for _ in range(4)))

    with unchanged():
        assert asyncio.run(several()) == [alone] * 4


def test_a_fit_in_a_thread_goes_on_when_the_main_thread_is_interrupted(engine):
    """Ctrl-C is the main thread's, as Python has it; who waits there is interrupted, and the fit is not."""
    alone, found = learned(engine), []
    with unchanged():
        thread = threading.Thread(target=lambda: found.append(learned(engine)))
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            raise KeyboardInterrupt
        thread.join()
    assert found == [alone]


def test_the_command_line_in_a_thread(tmp_path, monkeypatch):
    """Signals can be handled in the main thread alone; a training in another one goes without."""
    from chainrule.cli import main

    monkeypatch.chdir(tmp_path)
    codes: list[int] = []
    arguments = ["train", "xor", "2-2-2", "--epochs", "2", "--engine", "numpy"]
    thread = threading.Thread(target=lambda: codes.append(main(arguments)))
    thread.start()
    thread.join()
    assert codes == [0]


@pytest.mark.skipif(os.name != "posix", reason="this system has no umask")
def test_files_have_the_mode_that_the_host_s_umask_leaves(tmp_path, monkeypatch):
    """The mask is the whole process's: it is never set, not even for a moment."""
    model = NET.fit((X, Y), engine="numpy", **SETTINGS)
    path = tmp_path / "m.safetensors"
    before = os.umask(0o027)
    try:
        monkeypatch.setattr(os, "umask", lambda mask: pytest.fail("the umask was set"))
        model.save(path)
    finally:
        monkeypatch.undo()
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640


KERNEL = """
import sys, threading
sys.path[:0] = {paths!r}
from host_state import HostState
from operations import NET, SETTINGS, X, Y, bits
right = bits(NET.fit((X, Y), engine={engine!r}, **SETTINGS))
before = HostState.now()
"""
LONG_FIT = """
def begun(state):
    print("begun", flush=True)
NET.fit((X, Y), engine={engine!r}, epochs=10**6, batch_size=8, seed=5, progress=begun)
"""
AFTER = """
found = before.differences(HostState.now())
found = [each for each in found if not each.startswith(("descriptors", "threads", "hooks"))]  # IPython's own
print("the same:", bits(NET.fit((X, Y), engine={engine!r}, **SETTINGS)) == right, found)
"""


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning", "ignore::ResourceWarning")
def test_a_kernel_whose_fit_is_interrupted(engine):
    manager = pytest.importorskip("jupyter_client.manager")
    pytest.importorskip("ipykernel")
    kernel, client = manager.start_new_kernel(kernel_name="python3")
    fields = {"paths": [str(HERE), *sys.path], "engine": engine}
    try:

        def ask(text: str, interrupt: bool = False) -> tuple[str, list[str]]:
            """What a cell prints, and the names of its errors."""
            asked = client.execute(textwrap.dedent(text.format(**fields)))
            printed, errors = "", []
            while True:
                said = client.get_iopub_msg(timeout=120)
                if said["parent_header"].get("msg_id") != asked:
                    continue
                content = said["content"]
                printed += content.get("text", "") if said["msg_type"] == "stream" else ""
                errors += [content["ename"]] if said["msg_type"] == "error" else []
                if interrupt and "begun" in printed:
                    kernel.interrupt_kernel()
                    interrupt = False
                if said["msg_type"] == "status" and content["execution_state"] == "idle":
                    return printed, errors

        assert ask(KERNEL) == ("", [])
        for _ in range(2):
            assert ask(LONG_FIT, interrupt=True)[1] == ["KeyboardInterrupt"]
            assert ask(AFTER) == ("the same: True []\n", [])
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
        kernel.cleanup_resources()
