"""Emitted files of trained models, alone in a folder with NumPy only: they answer as the model does."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.cli import main
from chainrule.data.dataset import Column, Dataset, Info, Samples
from chainrule.data.samples import as_samples
from chainrule.model import Model
from chainrule.network import NetworkDefinition
from chainrule.program import build
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.sentences import speaking
from chainrule.training.loop import Trainer
from small_samples import classes, numbers, pictures

HOSTILE = ('"""', "'); import os #", "new\nline", "\\", "数 字", "\ud800")


def trained(
    samples: Samples,
    network: str | NetworkDefinition,
    *,
    dtype: str = "float64",
    low: float = 0.0,
    high: float = 1.0,
) -> Model:
    net = parse_shorthand(network) if isinstance(network, str) else network
    net = replace(net, dtype=dtype, seed=1)
    recipe = replace(Recipe(epochs=3, batch_size=8), low=low, high=high)
    return Trainer(net, samples, recipe).run()


def normed(network: str) -> NetworkDefinition:
    """With batch normalisation in its hidden layers."""
    *hidden, last = parse_shorthand(network).layers
    return NetworkDefinition(3, (*(replace(layer, norm="batch") for layer in hidden), last))


def named(samples: Samples, names: tuple[str, ...]) -> Samples:
    """The same samples with other names of classes and columns."""
    columns = (Column(names[0]), Column(names[1], (names[2], names[3])))
    return replace(samples, info=Info(names[4], classes=names[:3], columns=columns, targets=(names[5],)))


def labelled(samples: Samples, values: tuple[object, ...]) -> Samples:
    """The same samples, as they are where their labels have these values."""
    return as_samples((samples.x, np.array(values)[samples.y]))


MODELS = {
    "classes": lambda: trained(classes(), "3-4:tanh-3"),
    "classes in float32": lambda: trained(classes(), "3-4:relu-3", dtype="float32"),
    "two classes, one output": lambda: trained(classes(count=2), "3-4-1:sigmoid", low=0.1, high=0.9),
    "truth values": lambda: trained(labelled(classes(count=2), (False, True)), "3-4-1:sigmoid"),
    "years": lambda: trained(labelled(classes(), (2019, 2020, 2022)), "3-4:tanh-3"),
    "text of numbers": lambda: trained(labelled(classes(), ("1", "2", "30")), "3-4:tanh-3"),
    "targets between 0 and 1": lambda: trained(classes(), "3-4-3:softmax", low=0.1, high=0.9),
    "a number": lambda: trained(numbers(), "3-4:tanh-1"),
    "numbers in float32": lambda: trained(numbers(outputs=2), "3-4:tanh-2", dtype="float32"),
    "numbers as they are": lambda: trained(numbers(), "3-4:tanh-1:softplus"),
    "pictures": lambda: trained(pictures(), "16-5-3"),
    "very many numbers": lambda: trained(classes(), "3-600:tanh-3", dtype="float32"),
    "normalised": lambda: trained(classes(), normed("3-4:tanh-4:relu-3")),
    "very many numbers, normalised": lambda: trained(numbers(), normed("3-600:tanh-1"), dtype="float32"),
    "hostile names": lambda: trained(named(classes(), HOSTILE), "3-4:tanh-3"),
}
SAMPLES = {"numbers": numbers(), "pictures": pictures(), "classes": classes()}


def run_alone(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


ASK = """
import runpy, sys, numpy as np
net = runpy.run_path("net.py")
x = np.load("x.npy")
assert not {name.partition(".")[0] for name in sys.modules} & {"chainrule", "scipy", "safetensors"}
np.save("outputs.npy", net["outputs"](x))
answer = net["predict"](x)
np.save("answer.npy", answer)
print(answer.dtype.kind, net.get("columns"), net.get("targets"))
"""


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_answers_as_it_does_here(kind: str, tmp_path: Path) -> None:
    model = MODELS[kind]()
    model.save(tmp_path / "model.safetensors")
    alone = tmp_path / "alone"
    alone.mkdir()
    assert main(["emit", str(tmp_path / "model.safetensors"), "--out", str(alone / "net.py")]) == 0
    large = kind.startswith("very many numbers")
    assert {path.name for path in alone.iterdir()} == {"net.py", *(["net.npz"] if large else [])}
    samples = next(
        (s for s in SAMPLES.values() if s.x.shape[1] == model.net.inputs and s.x.dtype == np.uint8), None
    )
    x = samples.x if samples else 2 * np.random.default_rng(5).standard_normal((20, 3)) + 1
    np.save(alone / "x.npy", x)
    (alone / "ask.py").write_text(ASK)
    told = run_alone(alone, "ask.py")
    close = 1e-12 if model.net.dtype == "float64" else 1e-6
    expected = model.outputs(x)
    np.testing.assert_allclose(np.load(alone / "outputs.npy"), expected, rtol=close, atol=close)
    answer, predicted = np.load(alone / "answer.npy"), model.predict(x)
    assert answer.shape == predicted.shape
    assert answer.dtype.kind == predicted.dtype.kind == told[0]
    if model.info.classes is None:
        np.testing.assert_allclose(answer, predicted, rtol=10 * close, atol=close)
    else:
        assert answer.tolist() == predicted.tolist()
    shown = run_alone(alone, "net.py")
    assert shown.count("numerically") == len(build(model.net).parameters)
    text = (alone / "net.py").read_text("utf-8")
    assert "initial_parameters" not in text
    if kind != "hostile names":
        assert max(map(len, text.splitlines())) <= 110


@pytest.mark.parametrize("numbers", [None, "digits.npz"])
def test_a_model_gives_its_source_in_python(numbers: str | None, tmp_path: Path) -> None:
    """With its parameters in it however many they are, or beside it."""
    model = MODELS["very many numbers"]()
    source = model.to_python(cr.SGD(momentum=0.9), numbers and tmp_path / numbers)
    assert "initial_state" in source
    assert (len(source) > 50_000) == (numbers is None)
    (tmp_path / "net.py").write_text(source, "utf-8")
    (tmp_path / "ask.py").write_text(ASK)
    np.save(tmp_path / "x.npy", SAMPLES["classes"].x)
    run_alone(tmp_path, "ask.py")
    assert np.load(tmp_path / "answer.npy").tolist() == model.predict(SAMPLES["classes"].x).tolist()


def test_a_network_read_from_a_model_is_its_definition_alone(tmp_path: Path) -> None:
    model = MODELS["classes"]()
    model.save(tmp_path / "m.safetensors")
    net = cr.Network.parse(tmp_path / "m.safetensors")
    assert net.definition == model.net
    assert "initial_parameters" in net.to_python()


def test_columns_and_targets_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = MODELS["hostile names"]()
    model.save(tmp_path / "model.safetensors")
    with speaking("zh"):
        main(["emit", str(tmp_path / "model.safetensors"), "--lang", "zh"])
    text = capsys.readouterr().out
    (tmp_path / "net.py").write_text(text, "utf-8")
    (tmp_path / "show.py").write_text("import runpy; print(ascii(runpy.run_path('net.py')['columns']))")
    expected = [HOSTILE[0], f"{HOSTILE[1]} = {HOSTILE[2]}", f"{HOSTILE[1]} = {HOSTILE[3]}"]
    assert run_alone(tmp_path, "show.py").strip() == ascii(expected)


def test_float32_parameters_are_exact(tmp_path: Path) -> None:
    for kind in ("classes in float32", "very many numbers"):
        model = MODELS[kind]()
        model.save(tmp_path / "model.safetensors")
        main(["emit", str(tmp_path / "model.safetensors"), "--out", str(tmp_path / "net.py")])
        (tmp_path / "show.py").write_text(
            "import runpy, numpy as np\n"
            "net = runpy.run_path('net.py')\n"
            "np.savez('learned.npz', **net['learned'])\n"
        )
        run_alone(tmp_path, "show.py")
        with np.load(tmp_path / "learned.npz") as found:
            assert set(found) == set(model.parameters)
            for name, w in model.parameters.items():
                np.testing.assert_array_equal(found[name], w)


def test_the_files_may_be_moved_and_used_from_elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    MODELS["very many numbers"]().save(tmp_path / "model.safetensors")
    main(["emit", str(tmp_path / "model.safetensors"), "--out", str(tmp_path / "net.py")])
    assert [Path(line.split()[-1]).name for line in capsys.readouterr().err.splitlines()] == [
        "net.npz",
        "net.py",
    ]
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    for name in ("net.py", "net.npz"):
        (tmp_path / name).rename(there / name)
    assert "numerically" in run_alone(here, str(there / "net.py"))


@pytest.mark.parametrize(("out", "said"), [([], "--out net.py"), (["--out", "net.npz"], "--out net.npz")])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_large_model_needs_a_place_for_its_numbers(
    out: list[str], said: str, lang: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    MODELS["very many numbers"]().save("model.safetensors")
    assert main(["emit", "model.safetensors", *out, "--lang", lang]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


def test_a_run_s_folder_and_an_optimizer(tmp_path: Path) -> None:
    """What is emitted can be trained on with any optimizer, from where the model stands."""
    from chainrule.training.plan import Plan
    from chainrule.training.run import Run

    samples = classes()
    plan = Plan("clouds", parse_shorthand("3-4:tanh-3"), Recipe(epochs=2))
    Run.begin(plan, Dataset(samples), [], tmp_path / "run").go()
    out = tmp_path / "net.py"
    assert main(["emit", str(tmp_path / "run"), "--optimizer", "sgd:momentum=0.9", "--out", str(out)]) == 0
    (tmp_path / "train.py").write_text(
        "import runpy, numpy as np\n"
        "net = runpy.run_path('net.py')\n"
        "rng, w = np.random.default_rng(0), dict(net['learned'])\n"
        "x, y = rng.standard_normal((9, 3)), np.eye(3)[rng.integers(3, size=9)]\n"
        "state = net['initial_state'](w)\n"
        "before = net['loss'](x, y, **w)\n"
        "for _ in range(5):\n"
        "    net['step'](w, state, x, y)\n"
        "print(before > net['loss'](x, y, **w))\n"
    )
    assert run_alone(tmp_path, "train.py") == "True\n"
