"""The derivation with its numbers: what is put in gives the result, and results are the trace's."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest
from tex_arrays import sigmoid, softmax, value

from chainrule.documents.document import Code, Formula, Heading, Paragraph, Table
from chainrule.errors import ShapeError, UnknownNameError, UsageError
from chainrule.notation import NOTATIONS
from chainrule.notation.printer import Printer
from chainrule.reading import read_network
from chainrule.sentences import say, speaking
from chainrule.trace import Trace
from chainrule.update import UpdateRule

NETWORKS = [
    "2-3-2",
    "3-4:sigmoid-1:sigmoid",
    "2-2:sigmoid-2:identity",
    "2-3:sigmoid-2:sigmoid-2",
    "testnet",
    "1-1:sigmoid",
]
SYMBOLS = {r"\sigma": sigmoid, "f": sigmoid, "g": sigmoid, "h": softmax}
BOOKS = [(net, book, ("en", "zh")[i % 2]) for i, (net, book) in enumerate(product(NETWORKS, NOTATIONS))]


def trace_of(text, samples=1, **settings):
    net = read_network(text).net.resolved()
    rng = np.random.default_rng(len(text))
    x = rng.standard_normal((samples, net.inputs))
    sizes = net.sizes
    drawn = {f"b{i}": rng.standard_normal(n) for i, n in enumerate(sizes[1:], 1)}
    return Trace(net, x, np.eye(net.outputs)[[0] * samples], drawn, lr=0.25, **settings)


def is_number(step):
    text = re.sub(r"\\begin\{bmatrix\}|\\end\{bmatrix\}|\\\\|\\cdot|[-\d.{}^&\s]", "", step.tex)
    return text == ""


def shown(step):
    return np.array(value(step.tex))


@pytest.mark.parametrize(("text", "book", "lang"), BOOKS)
def test_numbers_put_in_give_the_result(text, book, lang):
    assert numbers_that_give_results(trace_of(text).document(notation=book, lang=lang, digits=17)) >= 8


@pytest.mark.parametrize("book", NOTATIONS)
def test_numbers_of_a_step_are_those_of_its_moment(book):
    rule = UpdateRule("sgd:momentum=0.9", clip_value=0.3, clip_norm=0.2, max_norm=0.5, ema=0.9)
    plain, bounded = (trace_of("2-3-2", update=update) for update in ("sgd", rule))
    counts = [numbers_that_give_results(each.document(book, "en", 17)) for each in (plain, bounded)]
    assert counts[1] - counts[0] >= 8  # norm and scale, gradients as they are clipped, what is remembered


def numbers_that_give_results(document):
    """How many formulas with numbers put in there are; each gives its result."""
    checked = 0
    for formula in document.formulas():
        if len(formula.steps) < 2 or not is_number(formula.steps[-1]):
            continue
        put, result = formula.steps[-2:]
        try:
            found = value(put.tex, SYMBOLS)
        except (AssertionError, ValueError):  # the formula itself: nothing was put in
            letters = re.sub(r"\\(begin|end)\{bmatrix\}|\\[a-zA-Z]+", "", put.tex)
            assert "bmatrix" not in put.tex, put.tex
            assert re.search(r"[a-zA-Z]", letters) or r"\delta" in put.tex, put.tex
            continue
        np.testing.assert_allclose(np.squeeze(found), np.squeeze(shown(result)), rtol=1e-12, atol=1e-15)
        checked += 1
    return checked


@pytest.mark.parametrize("book", NOTATIONS)
@pytest.mark.parametrize("text", NETWORKS)
def test_results_are_those_of_the_trace(text, book):
    trace = trace_of(text)
    notation = NOTATIONS[book]
    printer = Printer(notation, trace.net)
    last = len(trace.net.layers)
    expected = {}
    for p in range(1, last + 1):
        for name in (f"z{p}", f"a{p}", f"delta{p}"):
            sign = notation.error_sign if name.startswith("delta") else 1
            expected[printer.symbol(name)] = sign * trace[name][0]
    found = {}
    for formula in trace.document(notation=book, digits=17).formulas():
        if formula.left in expected and is_number(formula.steps[-1]):
            found[formula.left] = shown(formula.steps[-1])
            if expected[formula.left].size == found[formula.left].size:  # in some books layers print alike
                each = [v for v in expected.values() if v.size == found[formula.left].size]
                assert any(np.allclose(found[formula.left].ravel(), v, rtol=1e-13) for v in each)
    assert len(found) >= 2


@pytest.mark.parametrize("digits", [1, 3, 4, 9])
def test_shown_digits_are_those_of_the_exact_number(digits):
    trace = trace_of("2-3-2")
    exact, short = (list(trace.document(digits=d).formulas()) for d in (17, digits))
    assert [formula.left for formula in exact] == [formula.left for formula in short]
    for one, other in zip(exact, short, strict=True):
        if is_number(one.steps[-1]):
            rounded = np.array([float(f"{x:.{digits}g}") for x in shown(one.steps[-1]).ravel()])
            np.testing.assert_array_equal(shown(other.steps[-1]).ravel(), rounded)
            whole = np.array_equal(rounded, shown(one.steps[-1]).ravel())
            assert (other.steps[-1].relation == "=") == whole


@pytest.mark.parametrize("book", NOTATIONS)
def test_with_and_without_numbers_it_is_one_document(book):
    trace = trace_of("2-3-2")
    with speaking("en"):
        from chainrule.derivation.derive import derive

        plain = [b for b in derive(trace.net, notation=book).blocks if not isinstance(b, Code)]
        worked = trace.document(notation=book).blocks
    lefts = [b.left for b in plain if isinstance(b, Formula)]
    found = iter(b.left for b in worked if isinstance(b, Formula))
    assert all(left in found for left in lefts)
    texts = {b.text for b in worked if isinstance(b, Paragraph)}
    assert {b.text for b in plain if isinstance(b, Paragraph)} <= texts


@pytest.mark.parametrize("samples", [2, 11])
def test_a_batch_has_tables_and_one_update(samples):
    trace = trace_of("testnet", samples)
    with speaking("en"):
        document = trace.document("testnet")
    tables = [b for b in document.blocks if isinstance(b, Table) and b.head[0] == "sample"]
    by_head = {table.head[1]: table for table in tables}
    for name, symbol in (("z1", "$z^{(1)}_{1}$"), ("a1", "$a^{(1)}_{1}$"), ("delta1", r"$\delta^{(1)}_{1}$")):
        table = by_head[symbol]
        own = trace[name] * (samples if name == "delta1" else 1)  # each sample's own error has no 1/m
        expected = [[f"${x:.4g}$" for x in row] for row in own[:8]]
        assert [list(row[1:]) for row in table.rows] == expected
    with speaking("en"):
        said = say("trace.first_samples", shown=8, samples=samples)
    assert (Paragraph(said) in document.blocks) == (samples > 8)
    updates = [f for f in document.formulas() if f.left == "W^{(1)}" and is_number(f.steps[-1])]
    new = next(line.value for line in trace.lines if line.role == "update" and line.name == "W1")
    np.testing.assert_allclose(shown(updates[-1].steps[-1]), new, rtol=1e-3)


def test_large_arrays_are_told_by_shape_and_range():
    trace = trace_of("20-12-3")
    with speaking("en"):
        texts = [b.text for b in trace.document().blocks if isinstance(b, Paragraph)]
    lowest, highest = trace["W1"].min(), trace["W1"].max()
    (said,) = (t for t in texts if "has shape 12 × 20" in t and f"${lowest:.4g}$" in t)
    assert f"${highest:.4g}$" in said
    assert f"${trace['W1'][0, 0]:.4g}$" in said


def test_forward_alone_ends_with_the_forward_pass():
    net = read_network("2-3-2").net
    trace = Trace(net, [0.6, 0.8])
    assert [line.name for line in trace.lines] == ["z1", "a1", "z2", "a2"]
    assert trace.loss is None
    with speaking("en"):
        headings = [b.text for b in trace.document().blocks if isinstance(b, Heading)]
        assert headings[-1] == say("derivation.forward")
    with pytest.raises(UsageError) as caught:
        trace.follow("W1", 0, 0)
    assert caught.value.key == "trace.no_targets"
    with pytest.raises(KeyError):
        trace["delta1"]


@pytest.mark.parametrize("digits", [0, 18, 2.5, True, "4"])
def test_digits_that_make_no_sense(digits):
    with pytest.raises(UsageError) as caught:
        trace_of("2-3-2").document(digits=digits)
    assert caught.value.key == "trace.digits"


def deep() -> list[object]:
    """Lists in lists, more than Python calls functions in functions."""
    found: list[object] = []
    for _ in range(5000):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (([1, 2, 3], [1, 0]), "trace.shape"),
        (([], [1, 0]), "trace.shape"),
        (([1, float("nan")], [1, 0]), "data.not_finite"),
        (([10**400, 1], [1, 0]), "data.beyond"),
        ((["a", "b"], [1, 0]), "data.no_numbers"),
        ((["1", "2"], [1, 0]), "data.no_numbers"),
        (([1, 2j], [1, 0]), "data.no_numbers"),
        ((np.array([1, 2j]), [1, 0]), "data.no_numbers"),
        (([1, None], [1, 0]), "data.missing"),
        (([[1], [1, 2]], [1, 0]), "data.ragged"),
        ((deep(), [1, 0]), "data.ragged"),
        (([1, 2], [[1, 0], [0, 1]]), "trace.samples"),
        (([1, 2], [1, 0], {"W1": [[1, 2]]}), "trace.parameter"),
        (([1, 2], [1, 0], {"b1": ["x"]}), "data.no_numbers"),
        (([1, 2], [1, 0], {"b1": [1, 2, -(10**400)]}), "data.beyond"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, key):
    with pytest.raises(ShapeError) as caught:
        Trace(read_network("2-3-2").net, *arguments)
    assert caught.value.key == key


def test_a_parameter_that_is_none():
    with pytest.raises(UnknownNameError):
        Trace(read_network("2-3-2").net, [1, 2], [1, 0], {"W3": [[1]]})


def test_a_number_of_what_overflows_is_said():
    trace = Trace(read_network("1-1:sigmoid").net, [1e200], [1], {"W1": [[1e200]], "b1": [0]})
    assert r"\infty" in "".join(step.tex for f in trace.document().formulas() for step in f.steps)
