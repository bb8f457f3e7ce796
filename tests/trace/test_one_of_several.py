"""One sample of several, the mean over all of them, penalties, and what is too long to be written out."""

from __future__ import annotations

import re

import numpy as np
import pytest
from tex_arrays import sigmoid, softmax, value

from chainrule.derivation.derive import derive
from chainrule.derivation.node import readable
from chainrule.documents.document import Heading, Note, Paragraph, Table
from chainrule.errors import UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.notation import NOTATIONS
from chainrule.presets import PRESETS
from chainrule.sentences import say, speaking
from chainrule.trace import Trace

SYMBOLS = {r"\sigma": sigmoid, "f": sigmoid, "g": sigmoid, "h": softmax}
EXAMPLE = PRESETS["testnet"].examples["batch"]


@pytest.fixture(scope="module")
def batch():
    return Trace(PRESETS["testnet"].net, EXAMPLE.x, EXAMPLE.y, EXAMPLE.parameters, lr=EXAMPLE.lr)


def alone(number):
    """The trace of one of the samples by itself."""
    x, y = EXAMPLE.x[number - 1], EXAMPLE.y[number - 1]
    return Trace(PRESETS["testnet"].net, x, y, EXAMPLE.parameters, lr=EXAMPLE.lr)


def wide(**settings):
    rng = np.random.default_rng(3)
    net = NetworkDefinition(30, (Dense(20, "tanh"), Dense(12, "sigmoid"), Dense(3, "softmax")), **settings)
    return Trace(net, rng.standard_normal(30), [0, 1, 0], {"b1": rng.standard_normal(20)})


def formulas(document, left):
    return [formula for formula in document.formulas() if formula.left == left]


def last_number(formula):
    return value(formula.steps[-1].tex)


# One sample.


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_sample_is_followed_as_if_it_were_alone(batch, number):
    for one, own in (
        (batch.follow("W1", 0, 1, sample=number), alone(number).follow("W1", 0, 1)),
        (batch.neuron("a1[2]", sample=number), alone(number).neuron("a1[2]")),
    ):
        blocks = [block for block in one.blocks if not isinstance(block, Note)]
        assert tuple(blocks[: len(own.blocks)]) == own.blocks
        with speaking("en"):
            note = say("trace.of_sample", sample=number, samples=3)
        assert one.blocks[1] == Note(note)
    assert batch.picture(sample=number) == alone(number).picture()


def test_without_a_number_it_is_the_first(batch):
    assert batch.follow("b1", 1) == batch.follow("b1", 1, sample=1)
    assert batch.neuron("a2[0]") == batch.neuron("a2[0]", sample=1)
    assert batch.picture() == batch.picture(sample=1)


@pytest.mark.parametrize("sample", [0, 4, -1, 1.5, "2"])
def test_a_sample_that_is_none(batch, sample):
    for show in (batch.document, lambda **how: batch.follow("b1", 0, **how), batch.picture):
        with pytest.raises(UsageError) as caught:
            show(sample=sample)
        assert caught.value.key == "trace.no_such_sample"


@pytest.mark.parametrize("book", NOTATIONS)
def test_a_document_puts_in_the_numbers_of_one_sample_and_the_gradients_of_all(batch, book):
    document = batch.document(book, sample=2, digits=15)
    tables = [block for block in document.blocks if isinstance(block, Table)]
    assert len(tables) == 3  # symbols, inputs, targets
    arrays = []
    for formula in document.formulas():
        if "bmatrix" in formula.steps[-1].tex:
            arrays.append(last_number(formula))
    new = {line.name: line.value for line in batch.lines if line.role == "update"}
    expected = [alone(2)["z1"][0], alone(2)["a1"][0], batch["dW1"], batch["dW2"], new["W1"], new["b2"]]
    for array in expected:
        flat = np.ravel(array)
        assert any(
            np.size(found) == flat.size and np.allclose(np.ravel(found), flat, 1e-13) for found in arrays
        )


# The mean over all of them.


@pytest.mark.parametrize("book", NOTATIONS)
@pytest.mark.parametrize("sample", [None, 3])
def test_gradients_of_a_batch_are_added_up_sample_by_sample(batch, book, sample):
    """What is put in: the samples' gradients, their number, and the penalty."""
    checked = 0
    for formula in batch.document(book, sample=sample, digits=17).formulas():
        *_, put, result = (None, None, *formula.steps)
        if put and put.tex.startswith(r"\frac{1}{3} "):
            np.testing.assert_allclose(value(put.tex), value(result.tex), rtol=1e-12)
            assert put.tex.count("bmatrix") == (6 if np.shape(value(put.tex))[1] == 1 else 8)
            checked += 1
    assert checked == 4


@pytest.mark.parametrize("book", NOTATIONS)
def test_a_weight_is_followed_to_the_mean_and_its_step(batch, book):
    *_, gradient, step = batch.follow("W1", 2, 1, notation=book, sample=2, digits=17).formulas()
    assert value(gradient.steps[-1].tex) == pytest.approx(batch["dW1"][2, 1], rel=1e-14)
    assert value(gradient.steps[-2].tex) == pytest.approx(batch["dW1"][2, 1], rel=1e-14)
    (new,) = (line.value for line in batch.lines if line.role == "update" and line.name == "W1")
    assert value(step.steps[-1].tex) == pytest.approx(new[2, 1], rel=1e-15)
    assert value(step.steps[-2].tex) == pytest.approx(new[2, 1], rel=1e-15)


def test_of_many_samples_the_first_and_last_are_added():
    rng = np.random.default_rng(0)
    trace = Trace(NetworkDefinition(2, (Dense(2, "softmax"),)), rng.standard_normal((20, 2)), [[1, 0]] * 20)
    *_, gradient, _ = trace.follow("W1", 0, 1).formulas()
    assert re.fullmatch(
        r"\\frac\{[-\d.() ]+( \+ [-\d.() ]+) \+ \\cdots( \+ [-\d.()]+){2}\}\{20\}", gradient.steps[-2].tex
    )


# Penalties.


@pytest.mark.parametrize("book", NOTATIONS)
def test_the_step_of_one_sample_has_the_penalty_in_it(book):
    """Whatever shows a step shows the program's."""
    trace = alone(1)
    new = {line.name: line.value for line in trace.lines if line.role == "update"}
    for places in ((0, 1), (2, 0)):
        document = trace.follow("W1", *places, notation=book, digits=16, lang="en")
        found = [last_number(formula) for formula in document.formulas()]
        assert any(
            np.shape(number) == () and np.isclose(number, new["W1"][places], 1e-14) for number in found
        )
    with speaking("en"):
        words = {f"_{name}": NOTATIONS[book].word(name) for name in NOTATIONS[book].words}
        said = say("derivation.update.penalty", **words)
    assert Paragraph(said) in document.blocks
    assert Paragraph(said) in derive(trace.net, notation=book, lang="en").blocks
    plain = NetworkDefinition(2, (Dense(2, "sigmoid"),))
    assert Paragraph(said) not in derive(plain, notation=book, lang="en").blocks


# What is too long.


@pytest.mark.parametrize("book", NOTATIONS)
def test_long_sums_show_their_first_and_last_terms_and_the_whole_result(book):
    trace = wide()
    document = trace.follow("W1", 1, 4, notation=book, digits=6)
    z, *_ = document.formulas()
    put, result = z.steps[-2:]
    terms = put.tex.split(" + ")
    assert terms[2] == r"\cdots"
    shown = [f"{trace['W1'][1, j]:.6g} {trace['x'][0, j]:.6g}" for j in (0, 1, 29)]
    assert [re.sub(r"[()]|\\cdot ", "", term) for term in (*terms[:2], terms[3])] == shown
    assert terms[4] == f"{trace['b1'][1]:.6g}" or terms[4] == f"({trace['b1'][1]:.6g})"
    assert result.tex == f"{trace['z1'][0, 1]:.6g}"
    assert not any(isinstance(block, Heading) and "batch" in block.text for block in document.blocks)


def test_large_arrays_show_their_corners():
    trace = wide()
    (given, *_) = formulas(trace.document(digits=4), "w^{2}")
    rows = given.steps[0].tex.removeprefix(r"\begin{bmatrix} ").removesuffix(r" \end{bmatrix}").split(r" \\ ")
    cells = [row.split(" & ") for row in rows]
    assert cells[2] == [r"\vdots"] * 5
    assert [row[2] for row in cells] == [r"\cdots", r"\cdots", r"\vdots", r"\cdots", r"\cdots"]
    places = (0, 1, None, -2, -1)
    for row, i in zip(cells, places, strict=True):
        for cell, j in zip(row, places, strict=True):
            assert i is None or j is None or cell == f"{trace['W1'][i, j]:.4g}"


def test_what_is_put_into_wide_layers_is_the_whole_formula():
    """Every kind of step that small networks have."""
    small = Trace(NetworkDefinition(3, (Dense(4, "tanh"), Dense(2, "softmax"))), [1, 2, 3], [1, 0])
    large = Trace(NetworkDefinition(30, (Dense(40, "tanh"), Dense(20, "softmax"))), [1] * 30, np.eye(20)[0])
    steps = [[len(formula.steps) for formula in trace.document().formulas()] for trace in (small, large)]
    assert steps[0] == steps[1]


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "1"),
        (300, "300"),
        (9_999_999, "9999999"),
        (10_000_000, r"$\approx 1.0 \cdot 10^{7}$"),
        (28 * 10**43, r"$\approx 2.8 \cdot 10^{44}$"),
        (300**3000, r"$\approx 2.3 \cdot 10^{7431}$"),
    ],
    ids=range(6),
)
def test_paths_beyond_counting_are_told_roughly(count, said):
    assert readable(count) == said
