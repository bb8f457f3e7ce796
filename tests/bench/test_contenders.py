"""All contenders do the same work: their parameters after some steps are those of a training by hand."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from training_by_hand import trained

from chainrule.bench.contenders import CONTENDERS, NATIVE, OBJECTS, OWN, PEERS, PRODUCTS, engine
from chainrule.bench.work import CHECKED, RATE, UnsuitedError, Work
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engines import ENGINES

WORKS = [
    Work("9-7-4", 8),
    Work("9-7:relu-4", 1, "sgd:momentum=0.9"),
    Work("9-7:tanh-1", 64),
    Work("5-3-2", 10, "adam"),
    Work("5-3:relu-1", 32, "adam"),
]


def by_hand(work, steps):
    x, y = work.data()
    batches = next(work.orders())[: steps * work.batch].reshape(steps, work.batch)
    activation = work.net.layers[0].activation
    return trained(work.parameters(), x, y, batches, activation, work.optimizer, RATE)


def contender(name, work):
    module = CONTENDERS[name].module
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    if name in OWN and work.optimizer.partition(":")[0] not in OPTIMIZERS:
        pytest.skip(f"there is no {work.optimizer}")
    return CONTENDERS[name].prepare(work)


def close(found, expected, atol=2e-6):
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=2e-4, atol=atol, err_msg=name)


HEAVY = [
    pytest.param(name, marks=() if CONTENDERS[name].module == "numpy" else pytest.mark.heavy)
    for name in ["pytorch", "pytorch-compiled", "jax", *PRODUCTS]
]


@pytest.mark.parametrize("work", WORKS, ids=str)
@pytest.mark.parametrize("name", [*OWN, *HEAVY[:3]])
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
def test_the_same_batches_lead_to_the_same_parameters(name, work):
    prepared = contender(name, work)
    assert prepared.run(CHECKED) == CHECKED
    close(prepared.parameters(), by_hand(work, CHECKED))


@pytest.mark.heavy
@pytest.mark.parametrize("optimizer", ["sgd", "sgd:momentum=0.9", "adam"])
@pytest.mark.parametrize("network", ["9-7-4", "9-7:relu-1"])
def test_scikit_learn_does_the_same_with_all_samples_in_one_batch(network, optimizer):
    work = Work(network, 20_000, optimizer)
    prepared = contender("scikit-learn", work)
    for _ in range(3):
        assert prepared.run(1) == 1
    x, y = work.data()
    everything = [np.arange(work.samples)] * 3
    activation = work.net.layers[0].activation
    expected = trained(work.parameters(), x, y, everything, activation, optimizer, RATE)
    # scikit-learn's Adam is the shorter form of Kingma & Ba 2015, section 2, in which epsilon counts for more
    close(prepared.parameters(), expected, atol=1e-3 if optimizer == "adam" else 2e-6)


@pytest.mark.heavy
@pytest.mark.parametrize("network", ["9-7-2", "9-7:relu-5:tanh-2"])
def test_scikit_learn_counts_steps_where_it_cannot_be_compared(network):
    if "tanh" in network:
        with pytest.raises(UnsuitedError, match=r"relu \+ tanh"):
            contender("scikit-learn", Work(network))
    else:
        prepared = contender("scikit-learn", Work(network, 10))
        assert prepared.parameters is None
        assert prepared.run(7) == 7


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("work", "part"),
    [
        (Work("4-3:silu-2"), "silu"),
        (Work("4-3:x * x-2"), "x * x"),
        (Work("nielsen"), "sigmoid"),
        (Work("testnet"), "l2"),
        (Work("2-3-2", optimizer="sgd:other=1"), "sgd:other=1"),
        (Work("2-3-2", optimizer="rmsprop"), "rmsprop"),
    ],
)
def test_what_peers_do_not_have_is_named(work, part):
    with pytest.raises(UnsuitedError) as refused:
        contender("scikit-learn", work)
    assert part in str(refused.value)


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("of_layer", "part"), [('norm = "batch"', "norm batch"), ("dropout = 0.5", "dropout 0.5")]
)
def test_nor_do_they_train_without_it(of_layer, part, tmp_path):
    (tmp_path / "net.toml").write_text(f"sizes = [4, 3, 2]\nlayers = [{{ {of_layer} }}, {{}}]\n", "utf-8")
    with pytest.raises(UnsuitedError, match=part):
        contender("scikit-learn", Work(str(tmp_path / "net.toml")))


def test_objects_count_samples_and_learn():
    prepared = CONTENDERS[OBJECTS].prepare(Work("3-4-2", 10))
    assert prepared.run(5) == 0.5
    with pytest.raises(UnsuitedError, match="1,192,510 > 1,000,000"):
        CONTENDERS[OBJECTS].prepare(Work("784-1500-10"))


def test_every_engine_takes_part():
    assert {f"engine:{name}" for name in [*ENGINES, "auto"]} <= CONTENDERS.keys()
    assert CONTENDERS.keys() >= {OBJECTS, *PEERS, *PRODUCTS}


@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize(
    "work", [Work("9-7-4", 8, threads=2), Work("2-2-1", 1, "adam", 2), Work("64-32:relu-10", 10, "adam", 2)]
)
def test_the_native_engine_takes_part_in_every_way(name, work):
    prepared = contender(name, work)
    assert prepared.run(CHECKED) == CHECKED
    close(prepared.parameters(), by_hand(work, CHECKED))


def test_a_long_call_ends_before_its_steps_are_done(monkeypatch):
    monkeypatch.setattr("chainrule.bench.contenders.LONGEST", 0.0)
    prepared = engine("numpy", Work("2-3-2"))
    assert prepared.run(CHECKED) == CHECKED
    assert 0 < prepared.run(10**9) < 10**9


@pytest.mark.parametrize("name", HEAVY[3:])
def test_products_are_counted(name):
    prepared = contender(name, Work("2-2-1"))
    assert prepared.run(1) == 1
    assert prepared.parameters is None
