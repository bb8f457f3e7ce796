"""A hundred steps of networks with batch normalisation beside PyTorch's layers and optimizers, and what both
predict then."""

from __future__ import annotations

import numpy as np
import pytest
from test_torch_optimizers import STEPS, THEIRS

from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.network import Dense, NetworkDefinition
from chainrule.program import build
from network_table import batch, parameters

NET = NetworkDefinition(
    3,
    (
        Dense(5, "tanh", norm="batch"),
        Dense(4, "relu", norm="batch:momentum=0.8,eps=0.001"),
        Dense(3, "softmax"),
    ),
)


@pytest.mark.heavy
@pytest.mark.parametrize("ours", THEIRS)
def test_a_hundred_steps(ours: str) -> None:
    """The biases before a normalisation stay: their gradient is 0, which PyTorch computes as rounding, and an
    optimizer that divides by its size would make steps of it."""
    torch = pytest.importorskip("torch")
    name, settings = THEIRS[ours]
    values = parameters(NET)
    engine = NumpyEngine(build(NET, ours, targets_sum_to_one=False), values)
    parts: list[tuple[str, object]] = []
    for number, (layer, fan_in) in enumerate(zip(NET.layers, NET.sizes, strict=False), 1):
        parts.append((f"W{number}", torch.nn.Linear(fan_in, layer.units, dtype=torch.float64)))
        if layer.norm:
            eps, momentum = (0.001, 0.2) if "eps" in layer.norm else (1e-5, 0.1)
            parts.append(
                (f"gamma{number}", torch.nn.BatchNorm1d(layer.units, eps, momentum, dtype=torch.float64))
            )
            parts.append(("", torch.nn.Tanh() if layer.activation == "tanh" else torch.nn.ReLU()))
    theirs = {}
    for first, part in parts:
        names = {"W": ("W", "b"), "g": ("gamma", "beta")}.get(first[:1], ())
        theirs |= {f"{each}{first[-1]}": w for each, w in zip(names, part.parameters(), strict=False)}
        if first[:1] == "g":
            theirs |= {f"mean_z{first[-1]}": part.running_mean, f"variance_z{first[-1]}": part.running_var}
    with torch.no_grad():
        for key, w in theirs.items():
            w.copy_(torch.from_numpy(values[key]))
    model = torch.nn.Sequential(*(part for _, part in parts))
    weights = [w for key, w in theirs.items() if key[0] == "W"]
    others = [theirs[key] for key in ("gamma1", "beta1", "gamma2", "beta2", "b3")]
    free = {"weight_decay": 0.0} if name == "AdamW" else {}
    optimizer = getattr(torch.optim, name)([{"params": weights}, {"params": others, **free}], **settings)
    rate, (x, y), rng = OPTIMIZERS.choose(ours)[0].rate, batch(NET, 40), np.random.default_rng(1)
    for step in range(1, STEPS + 1):
        picked = rng.choice(len(x), 8 if step % 3 else 5)
        given = {"lr": rate, "t": float(step)}
        engine.step(x[picked], y[picked], *(given[scalar] for scalar in engine.program.scalars))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        logs = torch.log_softmax(model(torch.from_numpy(x[picked])), 1)
        (-(torch.from_numpy(y[picked]) * logs).sum() / len(picked)).backward()
        optimizer.step()
    for key, w in theirs.items():
        found, expected = engine.parameters[key], w.detach().numpy()
        assert np.linalg.norm(found - expected) <= 1e-10 * np.linalg.norm(expected), key
        assert key in ("b1", "b2") or np.linalg.norm(expected - values[key]) > 1e-4 * np.linalg.norm(expected)
    model.eval()
    expected = torch.softmax(model(torch.from_numpy(x)), 1).detach().numpy()
    assert np.linalg.norm(engine.outputs(x) - expected) <= 1e-10 * np.linalg.norm(expected)
