"""A hundred steps of every optimizer that PyTorch has too, gradients and all, beside PyTorch's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from by_hand import loss

from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.program import build
from chainrule.update import UpdateRule
from network_table import batch, network, parameters

STEPS = 100
NET = network("three", 3, "tanh", "softmax", "cross_entropy", penalties={"l2": 0.01})
THEIRS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {}),
    "sgd:momentum=0.9": ("SGD", {"momentum": 0.9}),
    "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "adagrad": ("Adagrad", {}),
    "rmsprop": ("RMSprop", {"alpha": 0.9}),
    "rmsprop:beta=0.99": ("RMSprop", {}),
    "adam": ("Adam", {}),
    "adam:beta1=0.8,beta2=0.95,epsilon=0.001": ("Adam", {"betas": (0.8, 0.95), "eps": 0.001}),
    "adamw": ("AdamW", {}),
    "adamw:decay=0.3": ("AdamW", {"weight_decay": 0.3}),
}


@pytest.mark.heavy
@pytest.mark.parametrize("clip_value", [None, 0.02])
@pytest.mark.parametrize("ours", THEIRS)
def test_a_hundred_steps(ours: str, clip_value: float | None) -> None:
    """The rate changes with every step."""
    torch = pytest.importorskip("torch")
    name, settings = THEIRS[ours]
    values = parameters(NET)
    engine = NumpyEngine(build(NET, UpdateRule(ours, clip_value), targets_sum_to_one=False), values)
    theirs = {key: torch.tensor(w, requires_grad=True) for key, w in values.items()}
    weights, biases = ([w for key, w in theirs.items() if key[0] == kind] for kind in "Wb")
    free = {"weight_decay": 0.0} if "weight_decay" in settings or name == "AdamW" else {}
    optimizer = getattr(torch.optim, name)([{"params": weights}, {"params": biases, **free}], **settings)
    top = OPTIMIZERS.choose(ours)[0].rate
    (x, y), rng = batch(NET, 40), np.random.default_rng(1)
    for step in range(1, STEPS + 1):
        rate, picked = top * (1.2 - step / STEPS), rng.choice(len(x), 8)
        given = {"lr": rate, "t": float(step)}
        engine.step(x[picked], y[picked], *(given[scalar] for scalar in engine.program.scalars))
        optimizer.zero_grad()
        loss(NET, torch, torch.from_numpy(x[picked]), torch.from_numpy(y[picked]), theirs).backward()
        if clip_value is not None:
            torch.nn.utils.clip_grad_value_(theirs.values(), clip_value)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
    for key, w in theirs.items():
        found, expected = engine.parameters[key], w.detach().numpy()
        assert np.linalg.norm(found - expected) <= 1e-10 * np.linalg.norm(expected), key
        assert np.linalg.norm(expected - values[key]) > 1e-4 * np.linalg.norm(expected)  # something moved
