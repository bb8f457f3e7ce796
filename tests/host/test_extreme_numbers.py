"""Numbers at the ends of their range, in every place where a host gives some.

Each call ends well or says what is wrong with them, and NumPy warns of nothing (warnings are errors here).
"""

from __future__ import annotations

import numpy as np
import pytest
from host_state import unchanged

import chainrule as cr
from chainrule.sentences import speaking

VALUES = {
    "1e300": 1e300,
    "1e308": 1e308,
    "-1e308": -1e308,
    "largest": float(np.finfo(np.float64).max),
    "largest float32": float(np.finfo(np.float32).max),
    "beyond float32": 1e39,
    "1e-300": 1e-300,
    "1e-310": 1e-310,
    "5e-324": 5e-324,
    "below float32": 1e-46,
}
N = 40
DRAWN = np.random.default_rng(0)
X, Y = DRAWN.normal(size=(N, 3)), np.arange(N) % 2
T = X @ [1.0, 2.0, 3.0]
KINDS = {
    "one": lambda value: np.where(np.arange(N) == 7, value, X[:, 1]),
    "all": lambda value: np.full(N, value),
    "both signs": lambda value: np.where(np.arange(N) % 2, value, -value),
    "a share": lambda value: np.clip(X[:, 1], -1, 1) * value,
}
REASONS = {
    *("training.beyond", "training.too_close", "training.too_far_apart", "training.never_finite"),
    *("model.beyond", "data.levels"),
}
NETS = {"float32": cr.Network(3, 4, 2), "float64": cr.Network(3, 4, 2, dtype="float64")}
NUMBERS = cr.Network(3, 4, 1)
SETTINGS = {"epochs": 2, "engine": "numpy"}


@pytest.fixture(scope="module")
def models():
    found = {dtype: net.fit((X, Y), **SETTINGS) for dtype, net in NETS.items()}
    return {**found, "numbers": NUMBERS.fit((X, T), **SETTINGS)}


def with_column(column):
    return np.column_stack([X[:, 0], column, X[:, 2]])


def fit(dtype):
    def act(models, column):
        model = NETS[dtype].fit((with_column(column), Y), **SETTINGS)
        return [*model.parameters.values(), model.scaling.factor, model.outputs(with_column(column))]

    return act


def predict(dtype):
    return lambda models, column: [models[dtype].outputs(with_column(column))]


def evaluate(models, column):
    return [models["float32"].evaluate((with_column(column), Y)).loss]


def targets(models, column):
    model = NUMBERS.fit((X, column), **SETTINGS)
    found = model.evaluate((X, column))
    return [model.predict(X), found.mean_absolute_error, 0.0 if found.r2 is None else found.r2]


def other_targets(models, column):
    return [models["numbers"].evaluate((X, column)).mean_absolute_error]


def weights(models, column):
    model = NETS["float32"].fit((X, Y), sample_weight=np.abs(column), **SETTINGS)
    return [*model.parameters.values()]


def pictures(models, column):
    levels = np.zeros((N, 8, 8))
    levels[:, 3, 3] = column
    return [*cr.Network(64, 2).fit((levels, Y), **SETTINGS).parameters.values()]


ACTS = {
    "fit": fit("float32"),
    "fit in float64": fit("float64"),
    "predict": predict("float32"),
    "predict in float64": predict("float64"),
    "evaluate": evaluate,
    "targets": targets,
    "other targets": other_targets,
    "weights": weights,
    "pictures": pictures,
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("host", ["warn", pytest.param("raise", marks=pytest.mark.long)])
def test_each_ends_well_or_says_what_is_wrong(host, kind, act, models):
    raised = {}
    with np.errstate(all="ignore"):
        columns = {name: KINDS[kind](value) for name, value in VALUES.items()}
    with unchanged(), np.errstate(over=host, invalid=host, divide=host):
        for name, column in columns.items():
            try:
                results = ACTS[act](models, column)
                assert all(np.isfinite(each).all() for each in results), name
            except cr.ChainruleError as error:
                raised[name] = error.key
    assert set(raised.values()) <= REASONS, raised
    tiny = {name for name, value in VALUES.items() if abs(value) < 1}
    assert {raised[name] for name in tiny & raised.keys()} <= {"training.too_close"}, raised
    assert not {"1e-300", "below float32"} & raised.keys(), raised


@pytest.mark.parametrize("value", ["1e-310", "5e-324"])
def test_a_column_of_tiny_numbers_is_refused_by_name(value):
    """No finite number divides them by their deviation."""
    column = np.where(Y == 1, float(value), 0.0)
    with speaking("en"), pytest.raises(cr.ChainruleError, match=r"input 1 .* multiply the column by 1e300"):
        cr.Network(1, 2).fit((column[:, None], Y), epochs=2, engine="numpy", lr=0.5)


def test_the_place_of_a_number_is_named():
    x = X.copy()
    x[:, 1] = np.where(np.arange(N) % 2, 1e308, -1.7e308)
    x[2:, 1] = -1.7e308
    with speaking("en"), pytest.raises(cr.ChainruleError) as caught:
        NETS["float64"].fit((x, Y), **SETTINGS)
    assert caught.value.key == "training.beyond"
    assert str(caught.value) == (
        "input 2 is 1e+308 in sample 2 of arrays: too large for float64, or too far from the other values; "
        "give it in another unit"
    )


def test_a_target_that_an_output_of_its_own_range_cannot_have():
    with speaking("en"), pytest.raises(cr.ChainruleError, match=r"target y is 1e\+300 in sample 1"):
        cr.Network.parse("3-1:relu").fit((X, np.full(N, 1e300)), **SETTINGS)


@pytest.mark.parametrize("cell", ["1e300", "1e308", "-1e308", "1e19", "5e-324", "1e-310"])
@pytest.mark.parametrize("column", ["feature", "target", "some targets"])
def test_cells_of_a_table(cell, column, tmp_path):
    rows = []
    for i in range(60):
        feature = cell if column == "feature" and i == 7 else f"{DRAWN.normal():.3f}"
        target = (
            cell if column != "feature" and (i == 7 or (column == "some targets" and i % 2)) else str(i % 2)
        )
        rows.append(f"{feature},{DRAWN.normal():.3f},{target}")
    path = tmp_path / "t.csv"
    path.write_text("a,b,t\n" + "\n".join(rows) + "\n")
    with unchanged():
        data = cr.datasets.load(path)
        net = cr.Network(2, 3, len(data.info.classes or "1"))
        if column == "some targets" and cell in ("5e-324", "1e-310"):
            with speaking("en"), pytest.raises(cr.ChainruleError, match=r"target t .* by too little"):
                net.fit(data, **SETTINGS)
            return
        model = net.fit(data, **SETTINGS)
        assert model.evaluate(data.train).samples == len(data.train)
