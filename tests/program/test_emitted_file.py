"""Emitted files alone in a folder, with NumPy only: the numbers are the engine's; the text is as reviewed."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest

from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.network import Dense, NetworkDefinition
from chainrule.network.meaning import initial_parameters
from chainrule.program import Program, build
from chainrule.render.python_file import python_file
from chainrule.sentences import speaking
from chainrule.update import UpdateRule
from network_table import SHAPES, batch, covering, network, parameters, table, title

HERE = Path(__file__).parent
CLOSE = {"rtol": 1e-12, "atol": 1e-14}


def run_alone(folder: Path, *arguments: str) -> str:
    """The output of an isolated Python that turns every warning into an error."""
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def assert_same_numbers(
    networks: Iterable[NetworkDefinition], folder: Path, rules: Sequence[UpdateRule] = (UpdateRule(),)
) -> None:
    """The networks take the rules in turn."""
    programs: dict[str, Program] = {}
    for number, net in enumerate(networks):
        name, rule = f"net{number:04}", rules[number % len(rules)]
        programs[name] = build(net, rule, targets_sum_to_one=False)
        (folder / f"{name}.py").write_text(python_file(programs[name], rule.optimizer), "utf-8")
        x, y = batch(net)
        np.savez(folder / f"{name}.npz", x=x, y=y, **parameters(net))
    run_alone(folder, str(HERE / "emitted_driver.py"), str(folder))
    for name, program in programs.items():
        net = program.net
        (x, y), values = batch(net), parameters(net)
        engine = NumpyEngine(program, values)
        J, gradients = engine.gradients(x, y)
        expected = {"J": J, "output": engine.outputs(x)}
        expected |= {f"d{key}": g for key, g in gradients.items()}
        expected |= {f"initial {key}": w for key, w in initial_parameters(net).items()}
        for t in range(1, 4):
            given = {"lr": 0.1, "t": t}
            engine.step(x, y, *(given[scalar] for scalar in program.scalars))
        stepped = {**engine.parameters, **engine.states}
        expected |= {f"stepped {key}": array for key, array in stepped.items()}
        with np.load(folder / f"{name}.out.npz") as found:
            assert set(found) == set(expected)
            for key, value in expected.items():
                np.testing.assert_allclose(found[key], value, **CLOSE, err_msg=f"{title(net)}: {key}")


def test_every_activation_with_every_loss(tmp_path: Path) -> None:
    assert_same_numbers(covering(), tmp_path)


def test_every_optimizer(tmp_path: Path) -> None:
    """As it is, and with all that may stand around it; the bounds are met."""
    around = {"clip_value": 0.1, "clip_norm": 0.2, "max_norm": 0.5, "ema": 0.9}
    texts = [*OPTIMIZERS.names(), "sgd:momentum=0.9", "adamw:decay=0.3"]
    rules = [UpdateRule(text, **more) for text in texts for more in ({}, around)]
    assert_same_numbers(covering()[:: len(covering()) // len(rules)], tmp_path, rules)


def test_normalised_layers(tmp_path: Path) -> None:
    """With optimizers that do not divide by a gradient's size, which may be rounding alone."""
    nets = [
        dataclasses.replace(net, layers=(*(dataclasses.replace(layer, norm=norm) for layer in hidden), last))
        for first, norm in enumerate(("layer", "batch:momentum=0.75"))
        for net in covering()[first::11]
        for *hidden, last in [net.layers]
    ]
    rules = [UpdateRule(), UpdateRule("nesterov", clip_norm=0.2, ema=0.9)]
    assert_same_numbers(nets, tmp_path, rules)


def test_a_deep_network_with_penalties(tmp_path: Path) -> None:
    """The penalty is a sum of hundreds of terms; nothing on the way may nest that deeply."""
    layers = (*[Dense(2, "tanh")] * 400, Dense(2, "identity"))
    assert_same_numbers([NetworkDefinition(2, layers, penalties={"l1": 1e-3, "l2": 1e-2})], tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_the_whole_table(shape: str, tmp_path: Path) -> None:
    assert_same_numbers(table(shape), tmp_path)


def test_initial_parameters_of_every_kind(tmp_path: Path) -> None:
    """Initializers with settings, of layers and of biases: bit for bit the package's own."""
    kinds = ["normal:std=0.5", "uniform:low=-0.2,high=0.3", "scaled_normal", "glorot", "he", "zeros"]
    net = NetworkDefinition(
        3,
        tuple(Dense(4, "tanh", initializer=kind) for kind in kinds),
        bias_initializer="constant:value=0.1",
        seed=7,
    )
    (tmp_path / "net.py").write_text(python_file(build(net)), "utf-8")
    (tmp_path / "show.py").write_text(
        "import runpy, numpy\n"
        "for seed in ((), (3,)):\n"
        "    for w in runpy.run_path('net.py')['initial_parameters'](*seed).values():\n"
        "        print(*map(float.hex, w.ravel().tolist()))\n"
    )
    shown = run_alone(tmp_path, "show.py").splitlines()
    expected = [
        " ".join(map(float.hex, w.ravel().tolist()))
        for seed in (7, 3)
        for w in initial_parameters(net, seed).values()
    ]
    assert shown == expected


REVIEWED = {
    "classes_2_3_2": (NetworkDefinition(2, (Dense(3), Dense(2)), loss="cross_entropy"), "sgd"),
    "deep_with_penalties": (
        network("shared", 1, "gelu", "identity", "huber", {"l1": 0.01, "l2": 0.1}),
        "sgd:momentum=0.9",
    ),
    "named_layers_in_chinese": (
        NetworkDefinition(
            4,
            (Dense(3, "x * sigmoid(1.702 * x)", name="gate"), Dense(1, "sigmoid", name="answer")),
            initializer="normal:std=0.5",
        ),
        "sgd",
    ),
    "normalised_over_samples": (
        NetworkDefinition(2, (Dense(3, "tanh", norm="batch", dropout=0.2), Dense(2))),
        "adam",
    ),
}


@pytest.mark.parametrize("name", REVIEWED)
def test_the_text_is_as_reviewed(name: str, rewrite_snapshots: bool) -> None:
    net, optimizer = REVIEWED[name]
    with speaking("zh" if "chinese" in name else "en"):
        text = python_file(build(net, optimizer), optimizer)
    text = re.sub(r"chainrule \d+(\.\w+)+", "chainrule VERSION", text)
    snapshot = HERE / "snapshots" / f"{name}.py"
    if rewrite_snapshots:
        snapshot.write_text(text, "utf-8")
    assert text == snapshot.read_text("utf-8"), "where the new text is better: pytest --rewrite-snapshots"
    assert max(map(len, text.splitlines())) <= 110
    assert not any(line != line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("name", REVIEWED)
def test_the_demonstration_shows_right_gradients_and_a_falling_loss(name: str, tmp_path: Path) -> None:
    net, optimizer = REVIEWED[name]
    with speaking("en"):
        (tmp_path / "net.py").write_text(python_file(build(net, optimizer), optimizer), "utf-8")
    shown = run_alone(tmp_path, "net.py")
    pairs = re.findall(r"d\w+\[.*\] = (\S+), numerically (\S+)", shown)
    assert len(pairs) == len(build(net).parameters)
    for derived, numeric in pairs:
        assert float(derived) == pytest.approx(float(numeric), abs=2e-8)
    losses = [float(J) for J in re.findall(r"J = (\S+)", shown)]
    assert len(losses) == 5
    assert losses[-1] < losses[0]
