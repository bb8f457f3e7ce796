"""Ctrl-C in the middle of a fit: a real signal, which the system gives to a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.name != "posix", reason="this system sends no signals to a process"),
]
PROGRAM = """
import gc, sys, threading
import numpy as np
from host_state import HostState
from operations import NET, PICTURES, SETTINGS, X, Y, bits, squares
import chainrule as cr

engine, what = sys.argv[1:]
LONG = {**SETTINGS, "epochs": 10**6, "engine": engine}

def tell(state=None):
    sys.stdout.write("begun\\n")  # at once, with the end of its line
    sys.stdout.flush()

def fit(): NET.fit((X, Y), progress=tell, threads=2, **LONG)
def distorted():
    net = cr.Network(64, cr.Dense(4, "relu"), cr.Dense(3, "softmax"))
    net.fit((PICTURES, Y), distort="rotate shift", input_noise=0.1, progress=tell, **LONG)
def evaluate():
    model = NET.fit((X, Y), engine=engine, **SETTINGS)
    tell()
    while True:
        model.evaluate((X, Y))
        model.predict(X)
def check_gradients():
    tell()
    while True:
        NET.check_gradients(most=20)
def check_function():
    tell()
    while True:
        cr.check_function(squares, np.arange(3.0))
def derive():
    tell()
    while True:
        NET.derive(notation="han", lang="zh").markdown()

def learned():
    return bits(NET.fit((X, Y), engine=engine, threads=2, **SETTINGS))

def beside():
    # it learns in another thread, and the main thread, which waits, is the one that is interrupted
    stop, found = threading.Event(), []
    def learn():
        while not stop.is_set():
            found.append(learned())
    thread = threading.Thread(target=learn)
    thread.start()
    try:
        fit()
    finally:
        stop.set()
        thread.join()
        assert set(found) <= {right}, "the other thread learned something else"

act = {"fit": fit, "distorted": distorted, "evaluate": evaluate, "check_gradients": check_gradients,
       "check_function": check_function, "derive": derive, "beside": beside}[what]
right = learned()
NET.check_gradients(most=20), cr.check_function(squares, np.arange(3.0)), NET.derive().markdown()
before = HostState.now()
for _ in range(3):
    try:
        act()
        print("it ended by itself", flush=True)
    except KeyboardInterrupt:
        pass
    gc.collect()
    found = before.differences(HostState.now())
    print("after", learned() == right, found, flush=True)
"""
"""It says when it is in the middle, and what is different after each interrupt."""


BOTH = ("fit", "beside", "distorted")
ROWS = [*((what, engine) for what in BOTH for engine in ("numpy", "native"))]
ROWS += [(what, "numpy") for what in ("evaluate", "check_gradients", "check_function", "derive")]


@pytest.mark.parametrize(("what", "engine"), ROWS)
def test_the_host_is_as_before_and_learns_the_same(what, engine, tmp_path):
    if engine == "native":
        pytest.importorskip("llvmlite")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}
    command = [sys.executable, "-c", PROGRAM, engine, what]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        try:
            assert child.stdout
            assert child.stderr
            for _ in range(3):
                lines = iter(child.stdout.readline, "")
                assert next((line for line in lines if line == "begun\n"), None), child.stderr.read()
                child.send_signal(signal.SIGINT)
                said = next((line for line in lines if line != "begun\n"), None)
                assert said == "after True []\n", said or child.stderr.read()
        finally:
            child.kill()
