"""The doctor: every planted illness is named first, healthy trainings raise nothing, and no training is
changed by being looked at."""

from __future__ import annotations

import json

import numpy as np
import pytest
from doctor_trainings import HEALTHY, PLANTED, clouds, curve, of

import chainrule as cr
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.losses import LOSSES
from chainrule.data import load
from chainrule.doctor import Doctor
from chainrule.doctor.illnesses import ILLNESSES
from chainrule.doctor.patient import Patient
from chainrule.engines.choice import native_runs
from chainrule.errors import TrainingError
from chainrule.sentences import speaking
from chainrule.training.loop import Trainer
from needing import NEEDS_SCIPY

SLOW = {"overfitting: numbers", "labels_shuffled: learned by heart", "inputs_unscaled: grey levels"}
BY_LBFGS = {
    *("beyond_numbers", "never_finite: all samples at once", "labels_shuffled: all samples at once"),
    *("iris, all samples at once", "a curve, exponential units, all samples at once"),
}
"""Trainings that need SciPy."""
SEED = 1
"""Thresholds were chosen on seeds from 101 on."""


def trainer_of(case, engine="numpy"):
    return Trainer(case.net, case.train, case.recipe, validation=case.validation, engine=engine)


def marked(names):
    """The trainings of a table, as parameters."""
    needing = [NEEDS_SCIPY, pytest.mark.heavy]
    slow = {name for name in names if name in SLOW or names is HEALTHY}
    return [
        pytest.param(name, marks=[pytest.mark.long] * (name in slow) + needing * (name in BY_LBFGS))
        for name in names
    ]


def findings_of(case, engine="numpy"):
    """What the doctor finds in a whole training, in order."""
    trainer, doctor = trainer_of(case, engine), Doctor(case.test)
    found = doctor.look(trainer)

    def look(trainer):
        found.extend(doctor.look(trainer))

    try:
        trainer.run(after_steps=look, after_epoch=look)
        if trainer.converged:
            look(trainer)
    except TrainingError as error:
        found += doctor.explain(error, trainer)
    return found


@pytest.mark.parametrize("name", marked(PLANTED))
def test_a_planted_illness_is_named_first(name):
    first, *_ = findings_of(PLANTED[name](SEED))
    assert first.code == name.partition(":")[0]
    spoken = set()
    for language in ("en", "zh"):
        with speaking(language):
            table = first.to_dict()
            assert json.loads(json.dumps(table, allow_nan=False)) == table
            assert "nan" not in str(first)
            spoken.add(str(first))
    assert len(spoken) == 2


@pytest.mark.parametrize("name", marked(HEALTHY))
def test_a_healthy_training_raises_nothing(name):
    assert findings_of(HEALTHY[name](SEED)) == []


def test_every_illness_is_planted():
    planted = {name.partition(":")[0] for name in PLANTED}
    assert planted == {row.name for row in ILLNESSES} | {
        "non_finite",
        "never_finite",
        "overflow",
        "beyond_numbers",
    }


def test_healthy_trainings_are_of_every_kind():
    """What the doctor looks at differs by these: each has a training that must raise nothing."""
    kinds = set()
    for make in HEALTHY.values():
        case = make(SEED)
        net, classes = case.net.resolved(), case.train.info.classes
        kinds.add("numbers" if classes is None else "two classes" if len(classes) == 2 else "classes")
        kinds.add("some hidden layers" if len(net.layers) > 1 else "no hidden layers")
        kinds |= {f"validation: {case.validation is not None}", f"penalties: {bool(net.penalties)}"}
        kinds |= {case.recipe.optimizer.partition(":")[0], net.dtype, net.loss}
        kinds |= {f"norm: {layer.norm}" for layer in net.layers}
        kinds |= {layer.activation for layer in net.layers}
    losses = {row.name for row in LOSSES} - {"mean_squared_error"}  # half of it is there
    assert kinds >= losses | {
        *("numbers", "two classes", "classes", "no hidden layers", "some hidden layers"),
        *("validation: True", "validation: False", "penalties: True", "penalties: False"),
        *("sgd", "adam", "lbfgs", "float32", "float64"),
        *("norm: None", "norm: batch", "norm: layer"),
        *(row.name for row in ACTIVATIONS),
    }


@pytest.mark.parametrize("engine", ["numpy", "native"])
@pytest.mark.parametrize("lr", [0.1, 30.0])
def test_a_training_is_not_changed_by_being_looked_at(engine, lr):
    if engine == "native" and not native_runs():
        pytest.skip("no native engine here")
    net = cr.Network(64, cr.Dense(16, "tanh", dropout=0.2), cr.Dense(10))
    settings = {"epochs": 8, "lr": lr, "distort": "shift", "ema": 0.9, "engine": engine}
    data = load("digits").train
    train, validation = data.take(slice(0, 300)), data.take(slice(300, 400))
    alone, watched = (
        net.fit(train, validation=validation, doctor=doctor, **settings) for doctor in (False, True)
    )
    assert [each["code"] for each in watched.findings] == ([] if lr < 1 else ["loss_rising"])
    assert alone.findings == ()
    assert alone.history == watched.history
    for name, w in alone.parameters.items():
        assert w.tobytes() == watched.parameters[name].tobytes(), name


@pytest.mark.skipif(not native_runs(), reason="no native engine here")
@pytest.mark.parametrize(
    "name", ["never_finite: the logarithm of what is negative", "loss_rising", "saturated"]
)
def test_it_sees_the_same_where_machine_code_trains(name):
    assert findings_of(PLANTED[name](SEED), "native")[0].code == name.partition(":")[0]


@pytest.mark.parametrize("stretch", [2, 64])
def test_the_first_number_that_is_not_finite(stretch, monkeypatch):
    """Gradient descent by hand, whose numbers overflow in the same line of the same step."""
    monkeypatch.setattr("chainrule.doctor.trials.STRETCH", stretch)
    case = of(curve(4, 64), "2-8:relu-1", 4, validation=False, lr=3e3, optimizer="sgd", schedule="constant",
              epochs=100, batch_size=64, dtype="float64", loss="mean_squared_error")  # fmt: skip
    trainer = trainer_of(case)
    x = trainer.scaling(case.train.x, np.float64)
    y = trainer.targets.encode(case.train.y)
    w = {name: value.copy() for name, value in trainer.engine.parameters.items()}
    step, broken = 0, []
    with np.errstate(all="ignore"):
        while not broken:
            step += 1
            largest = max(abs(w["W1"]).max(), abs(w["W2"]).max())
            values = {"z1": x @ w["W1"].T + w["b1"]}
            values["a1"] = np.maximum(values["z1"], 0)
            values["z2"] = values["a1"] @ w["W2"].T + w["b2"]
            values["J"] = np.mean((y - values["z2"]) ** 2)
            values["delta2"] = 2 * (values["z2"] - y) / len(y)
            values["dW2"] = values["delta2"].T @ values["a1"]
            values["delta1"] = (values["delta2"] @ w["W2"]) * (values["z1"] > 0)
            values["dW1"] = values["delta1"].T @ x
            broken = [name for name, value in values.items() if not np.isfinite(value).all()]
            w["W2"] = w["W2"] - 3e3 * values["dW2"]
            w["b2"] = w["b2"] - 3e3 * values["delta2"].sum(axis=0)
            w["W1"] = w["W1"] - 3e3 * values["dW1"]
            w["b1"] = w["b1"] - 3e3 * values["delta1"].sum(axis=0)
    (found,) = [each for each in findings_of(case) if each.code == "non_finite"]
    assert (found.numbers["epoch"], found.numbers["step"]) == (step, 1)
    assert found.numbers["line"].split(" = ")[0] == broken[0]
    assert found.numbers["largest"] == pytest.approx(largest, rel=1e-6)
    assert found.epoch == step - 1


def test_an_error_and_all_that_was_found_before_it_name_one_rate():
    samples = curve(4, 64)
    net = cr.Network(2, cr.Dense(8, "relu"), cr.Dense(1), seed=4, dtype="float64")
    settings = {"lr": 100.0, "optimizer": "sgd", "schedule": "constant", "epochs": 30, "batch_size": 64}
    failures = {}
    for doctor in (True, False):
        with pytest.raises(TrainingError) as failure:
            net.fit(samples, doctor=doctor, **settings)
        failures[doctor] = failure.value
    rising, non_finite = failures[True].__notes__
    assert "has risen" in rising
    assert "not finite" in non_finite
    (rate,) = {note.rpartition("Try --lr ")[2] for note in (rising, non_finite)}
    assert str(failures[True]).endswith("; what the doctor found tells what to try")
    assert str(failures[False]).endswith("; the steps are too large, try a tenth of that rate")
    assert net.fit(samples, **settings | {"lr": float(rate[:-1])}).findings == ()


def moments_of(case, monkeypatch):
    """At which epochs and steps of a whole training the doctor looks, and what it finds."""
    looks, examine = [], Doctor._examine

    def noted(self, patient, stage):
        looks.append((patient.trainer.epoch, patient.trainer.step))
        return examine(self, patient, stage)

    monkeypatch.setattr(Doctor, "_examine", noted)
    return looks, findings_of(case)


def test_a_short_training_that_learns_is_looked_at_once(monkeypatch):
    assert moments_of(HEALTHY["digits, default"](SEED), monkeypatch) == ([(0, 0)], [])


def test_a_short_training_that_learns_nothing_is_looked_at_when_it_ends(monkeypatch):
    case = PLANTED["labels_shuffled"](SEED)
    looks, found = moments_of(case, monkeypatch)
    assert (looks[0], looks[-1]) == ((0, 0), (case.recipe.epochs, 0))
    assert len(looks) <= 6
    assert found


def test_a_long_training_is_looked_at_in_its_later_parts(monkeypatch):
    monkeypatch.setattr("chainrule.doctor.watch.SECONDS_BETWEEN", 0.0)  # ten minutes, for a training of hours
    looks, found = moments_of(HEALTHY["digits, default"](SEED), monkeypatch)
    assert {epoch for epoch, step in looks if step} == set(range(8))
    assert found == []


def test_what_is_measured_of_units():
    case = of(clouds(3), "4-6-5:relu-2", 3)
    trainer = trainer_of(case)
    trainer.engine.parameters["W1"][...] *= 30
    trainer.engine.parameters["b2"][...] = [0, -1e3, 0, -1e3, 0]
    patient = Patient(trainer)
    x = trainer.scaling(patient.samples.x)
    w = trainer.engine.parameters
    a1 = 1 / (1 + np.exp(-(x @ w["W1"].T + w["b1"])))
    assert patient.saturated[0] == pytest.approx((a1 * (1 - a1) < 0.02 * 0.25).mean(), abs=2e-3)
    assert patient.saturated[0] > 0.3
    assert patient.saturated[1] is None
    assert patient.dead[0] is None
    assert patient.dead[1] == pytest.approx(((a1 @ w["W2"].T + w["b2"] <= 0).all(axis=0)).mean())
    assert patient.dead[1] >= 0.4
    shares = np.bincount(patient.samples.y) / len(x)
    assert patient.chance == pytest.approx(-(shares * np.log(shares)).sum())  # the entropy of the classes
