"""The search for a learning rate, against gradient descent by hand."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.data.samples import as_samples
from chainrule.errors import TrainingError, UsageError
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.training.loop import Trainer
from chainrule.training.rates import sweep
from needing import NEEDS_SCIPY

RNG = np.random.default_rng(3)
X = RNG.standard_normal((40, 3))
Y = X @ [[1.0], [-2.0], [0.5]] + 0.1 * RNG.standard_normal((40, 1))


def trainer(net="3-1", x=X, y=Y, **settings):
    given = {"optimizer": "sgd", "batch_size": 40, "shuffle": False, **settings}
    definition = parse_shorthand(net)
    samples = as_samples((x, y), outputs=definition.outputs)
    return Trainer(definition, samples, Recipe(**given), engine="numpy")


def test_every_loss_is_that_of_descent_by_hand():
    learner = trainer()
    w, b = (learner.engine.parameters[name].astype(np.float64) for name in ("W1", "b1"))
    before = w.copy()
    found = sweep(learner, 1e-4, 100.0, 60)
    x, y = (X - X.mean(axis=0)) / X.std(axis=0), (Y - Y.mean()) / Y.std()
    losses, mean = [], 0.0
    for number, rate in enumerate(10 ** np.linspace(-4, 2, 60)[: len(found.rates)]):
        error = x @ w.T + b - y
        losses.append(0.5 * np.mean(error**2))
        assert found.rates[number] == pytest.approx(rate)
        mean += 0.1 * (losses[-1] - mean)
        assert found.smoothed[number] == pytest.approx(mean / (1 - 0.9 ** (number + 1)), rel=1e-3)
        w, b = w - rate * error.T @ x / 40, b - rate * error.mean(axis=0)
    assert found.losses == pytest.approx(losses, rel=1e-3)
    assert found.rises
    assert len(found.rates) < 60
    assert found.least == np.argmin(found.smoothed)
    assert found.suggested == pytest.approx(found.rates[found.least] / 10)
    assert found.suggested < 2 / np.linalg.eigvalsh(np.cov(x.T, ddof=0))[-1], "beyond which it diverges"
    assert (learner.engine.parameters["W1"] == before).all(), "the trainer stays as it is"
    assert learner.steps == 0


def test_where_j_does_not_fall():
    assert sweep(trainer(), 1e-9, 1e-8, 20).suggested is None
    found = sweep(trainer(), 1e-3, 1e-1, 100)
    assert not found.rises
    assert found.suggested is not None


def test_what_there_is_no_rate_for():
    with pytest.raises(UsageError, match="rise"):
        sweep(trainer(), 1.0, 0.1, 20)
    with pytest.raises(TrainingError):
        sweep(trainer("3-4:log(x)-1"), 1e-3, 1.0, 20)


@pytest.mark.heavy
@NEEDS_SCIPY
def test_all_samples_at_once_have_no_rate():
    with pytest.raises(UsageError, match="no learning rate"):
        sweep(
            Trainer(parse_shorthand("3-1"), as_samples((X, Y)), Recipe(optimizer="lbfgs").without_steps()),
            0.1,
            1,
            9,
        )
