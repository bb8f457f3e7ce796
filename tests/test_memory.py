"""Memory: what there is, and what is said where something takes more."""

from __future__ import annotations

import gc
from dataclasses import replace

import numpy as np
import pytest

from chainrule import Dense, Network, memory
from chainrule.data import DATASETS, Info, load, load_for
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.errors import ChainruleError, OutOfMemoryError, TrainingError
from chainrule.model import Model
from chainrule.recipe import Recipe
from chainrule.sentences import speaking
from chainrule.training.plan import Plan
from chainrule.training.run import Run

GB = 10**9


@pytest.fixture
def there(monkeypatch):
    """Says how many bytes are left."""

    def say(count):
        monkeypatch.setattr(memory, "available", lambda: count)

    return say


# What there is.


@pytest.fixture
def linux(monkeypatch, tmp_path):
    """A machine with 8 GB, of which 6 and 1 of swap are left, as Linux tells it; more files may be told."""
    for name in ("PROCESS", "GROUPS"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(memory, name, tmp_path / name)
    monkeypatch.setattr(memory, "SYSTEM", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_own_limits", lambda: iter(()))

    def tell(**files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    tell(meminfo="MemTotal: 8000000 kB\nMemFree: 1 kB\nMemAvailable:   6000000 kB\nSwapFree: 1000000 kB\n")
    return tell


def test_what_the_machine_has(linux):
    assert memory.available() == 7_000_000 * 1024


def test_what_a_container_may_have(linux):
    linux(
        PROCESS__cgroup="0::/a/b\n",
        GROUPS__a__memory_dot_max=f"{4 * GB}\n",
        GROUPS__a__memory_dot_current=f"{3 * GB}\n",
        GROUPS__a__memory_dot_stat=f"anon 1\ninactive_file {GB}\n",
        GROUPS__a__b__memory_dot_max="max\n",
        GROUPS__a__b__memory_dot_current="5\n",
    )
    assert memory.available() == 2 * GB  # of files that may leave the memory, 1 GB


def test_what_a_container_of_the_first_version_may_have(linux):
    linux(
        PROCESS__cgroup="9:cpu,cpuacct:/x\n4:memory:/x/y\n0::/\n",
        GROUPS__memory__memory_dot_limit_in_bytes=f"{3 * GB}",
        GROUPS__memory__memory_dot_usage_in_bytes=f"{GB}",
        GROUPS__memory__memory_dot_stat="inactive_file 7\ntotal_inactive_file 500\n",
    )
    assert memory.available() == 2 * GB + 500


def test_a_group_beyond_its_limit_has_nothing(linux):
    linux(
        PROCESS__cgroup="0::/\n",
        GROUPS__memory_dot_max="5",
        GROUPS__memory_dot_current="9",
        GROUPS__memory_dot_stat="inactive_file 0\n",
    )
    assert memory.available() == 0


def test_what_cannot_be_read_is_no_limit(linux):
    linux(PROCESS__cgroup="0::/../..\n\n1\n", GROUPS__memory_dot_max="junk", meminfo="")
    there = memory.available()
    assert there is None or there > 0


def test_its_own_limit_counts_what_it_has():
    resource = pytest.importorskip("resource")
    if resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY or not memory.PROCESS.exists():
        pytest.skip("this process has a limit already, or the system does not tell what it has")
    assert not [*memory._own_limits()]
    before = resource.getrlimit(resource.RLIMIT_AS)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 44, before[1]))
        (left,) = memory._own_limits()
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert 0 < left < 1 << 44


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 kB"), (1500, "1.5 kB"), (2_345_678, "2.35 MB"), (4 * GB, "4 GB"), (5e15, "5e+03 TB")],
)
def test_sizes_are_read_by_people(count, text):
    assert memory.size(count) == text


# What is said.


def works(net):
    x, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    return {
        "fit": lambda: net.fit((x, y), epochs=1),
        "check": net.check_gradients,
        "trace": lambda: net.trace(x, np.eye(2)[y]),
    }


@pytest.mark.parametrize("work", ["fit", "check", "trace"])
def test_what_takes_more_than_there_is_is_not_begun(there, work):
    there(500)
    net = Network(3, 10, 2)
    with speaking("en"), pytest.raises(OutOfMemoryError) as caught:
        works(net)[work]()
    assert caught.value.exit_code == 1
    assert isinstance(caught.value, TrainingError)
    with speaking("en"):
        assert "500" not in str(caught.value)
        assert " and only 0.5 kB is available" in str(caught.value)
    there(None)
    works(net)[work]()
    there(GB)
    works(net)[work]()


@pytest.mark.parametrize("work", ["fit", "check", "trace"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_memory_that_runs_out_in_the_middle_is_told(monkeypatch, work, lang):
    def run_out(*args, **more):
        raise MemoryError

    monkeypatch.setattr(NumpyEngine, "_make", run_out)
    monkeypatch.setattr("chainrule.check.network_values.evaluate", run_out)
    with pytest.raises(OutOfMemoryError) as caught:
        works(Network(3, 10, 2))[work]()
    assert isinstance(caught.value.__cause__, MemoryError)
    with speaking(lang):
        assert "kB" in str(caught.value)


def test_nothing_of_what_ran_out_is_held(monkeypatch):
    """The frames of a MemoryError held what there would be to say it with."""

    class Large:
        gone = False

        def __del__(self):
            Large.gone = True

    def takes():
        large = Large()
        raise MemoryError(str(large)[:0])

    with pytest.raises(OutOfMemoryError), memory.told():
        takes()
    gc.collect()
    assert Large.gone


class OwnError(MemoryError):
    """What a caller's own code raises."""


def raises_its_own(*given):
    raise OwnError("mine")


@pytest.mark.parametrize("error", [OwnError("mine"), MemoryError("mine"), MemoryError()])
@pytest.mark.parametrize("work", ["fit", "fit, no doctor", "check"])
def test_what_a_callers_function_raises_passes_as_it_is(work, error):
    def progress(*given):
        raise error

    net, (x, y) = Network(3, 10, 2), (np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2)
    works = {
        "fit": lambda: net.fit((x, y), epochs=1, progress=progress),
        "fit, no doctor": lambda: net.fit((x, y), epochs=1, progress=progress, doctor=False),
        "check": lambda: net.check_gradients(progress=progress),
    }
    with pytest.raises(MemoryError) as caught:
        works[work]()
    assert caught.value is error
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", ["progress", "warn"])
def test_so_does_that_of_a_download(monkeypatch, name):
    def loaded(request):
        getattr(request, name)()

    monkeypatch.setitem(DATASETS, "iris", replace(DATASETS["iris"], load=loaded))
    with pytest.raises(OwnError, match="mine"):
        load("iris", **{name: raises_its_own})
    info = Info("other", ("a", "b"))
    with pytest.raises(OwnError, match="mine"):
        load_for(info, "iris", **{name: raises_its_own})


def test_so_does_that_of_a_warning(tmp_path, monkeypatch):
    plan = Plan("iris", Network(4, 3, 3).definition, Recipe(1), engine="numpy")
    run = Run.begin(plan, load("iris"), [], tmp_path / "run")
    monkeypatch.setattr(Run, "_moved", lambda run, warn: run.trainer.epoch and warn("moved"))
    with pytest.raises(OwnError, match="mine"):
        run.go(warn=raises_its_own)


def test_other_errors_pass():
    with pytest.raises(KeyError), memory.told():
        raise KeyError
    with pytest.raises(ChainruleError), memory.told(3), memory.told():
        raise OutOfMemoryError("memory.used_up")


@pytest.mark.parametrize("method", ["predict", "probabilities", "outputs", "evaluate"])
def test_a_model_says_it_too(monkeypatch, method):
    x, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    model = Network(3, 10, 2).fit((x, y), epochs=1)

    def run_out(*args):
        raise MemoryError

    monkeypatch.setattr(NumpyEngine, "outputs", run_out)
    monkeypatch.setattr(NumpyEngine, "outputs_and_loss", run_out)
    with pytest.raises(OutOfMemoryError):
        getattr(model, method)((x, y) if method == "evaluate" else x)
    assert isinstance(model, Model)


def test_many_outputs_need_no_square_of_zeros():
    """An identity of 50,000 rows would be 20 GB."""
    net = Network(1, Dense(50_000))
    labels = np.array([49_999, 0])
    from chainrule.check.gradients.samples import samples

    _, y = samples(net.definition.resolved(), np.ones((2, 1)), labels, 0)
    assert y.shape == (2, 50_000)
    assert (y.argmax(axis=1) == labels).all()
    assert y.sum() == 2
