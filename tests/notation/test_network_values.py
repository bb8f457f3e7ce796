"""Every quantity of a network: its lines against another evaluator, its derivatives against differences."""

from __future__ import annotations

import numpy as np
import pytest
from read_back import values

import network_table
from chainrule.network import NetworkDefinition
from chainrule.program import UPDATE
from chainrule.reading import read_network
from expression_evaluator import evaluate

SMOOTH = read_network("2-3:tanh-4:sigmoid-3:softmax").net
NETWORKS = [SMOOTH, *network_table.covering()[::9]]


@pytest.mark.parametrize("net", NETWORKS, ids=network_table.title)
def test_the_lines_of_the_program_evaluated_by_another(net: NetworkDefinition) -> None:
    found = values(net)
    given = {**found.parameters, **found.scalars}
    for sample in range(found.samples):
        known = {**given, "x": found.x[sample], "y": found.y[sample]}
        for line in found.one.lines:
            if line.role not in UPDATE:
                (known[line.name],) = evaluate([line.expr], known, found.one.sizes)
                np.testing.assert_allclose(
                    found.of_samples[line.name][sample], known[line.name], rtol=1e-12, atol=1e-14
                )
    known = {**given, "x": found.x, "y": found.y}
    for line in found.batch.lines:
        (known[line.name],) = evaluate([line.expr], known, {**found.batch.sizes, "n": found.samples})
        if line.role not in UPDATE:
            np.testing.assert_allclose(found.of_batch[line.name], known[line.name], rtol=1e-12, atol=1e-14)
        else:
            (new, sampled) = found.at_update(line.name, batch=True)[f"new {line.name}"]
            assert not sampled
            np.testing.assert_allclose(new, known[line.name], rtol=1e-12)


@pytest.mark.parametrize("net", NETWORKS, ids=network_table.title)
def test_derivatives_of_the_cost_are_the_program_s_own(net: NetworkDefinition) -> None:
    """The program's lines come from a cost written with the last weighted inputs, these from its meaning."""
    found = values(net)
    for name in found.parameters:
        each, sampled = found[f"∂C/∂{name}"]
        assert sampled
        np.testing.assert_allclose(each, found.of_samples[f"d{name}"], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found[f"∂J/∂{name}"][0], found.of_batch[f"d{name}"], rtol=1e-9, atol=1e-12)
    for number in range(1, len(net.layers) + 1):
        each, _ = found[f"∂C/∂z{number}"]
        np.testing.assert_allclose(each, found.of_samples[f"delta{number}"], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("top", "bottom"),
    [("z2", "W1"), ("z2", "b1"), ("a2", "W2"), ("a3", "z3"), ("a3", "b2"), ("z3", "a1"), ("a2", "z1")],
)
def test_derivatives_by_differences(top: str, bottom: str) -> None:
    net, width = SMOOTH, 1e-6
    found, sampled = values(net)[f"∂{top}/∂{bottom}"]
    assert sampled
    if bottom[0] in "Wb":
        moved = [_of_moved_parameter(net, top, bottom, sign * width) for sign in (1, -1)]
    else:
        moved = [_of_moved_layer(net, top, bottom, sign * width) for sign in (1, -1)]
    np.testing.assert_allclose(found, (moved[0] - moved[1]) / (2 * width), rtol=1e-7, atol=1e-9)


def _of_moved_parameter(net: NetworkDefinition, top: str, name: str, by: float) -> np.ndarray:
    """A quantity with each entry of a parameter moved in turn, as the last axes."""
    base = values(net)
    shape = base.parameters[name].shape
    result = np.empty((*base[top][0].shape, *shape))
    for place in np.ndindex(shape):
        parameters = {key: array.copy() for key, array in base.parameters.items()}
        parameters[name][place] += by
        moved = type(base)(net, base.x, base.y, parameters, scalars={"lr": 0.3})
        result[(..., *place)] = moved[top][0]
    return result


def _of_moved_layer(net: NetworkDefinition, top: str, bottom: str, by: float) -> np.ndarray:
    """The same for a layer's values: what comes after them is computed anew."""
    base = values(net)
    start = base.of_samples[bottom]
    names = [line.name for line in base.one.lines]
    result = np.empty((*base[top][0].shape, start.shape[1]))
    for sample, unit in np.ndindex(start.shape):
        known = {**base.parameters, "x": base.x[sample], "y": base.y[sample]}
        known |= {name: base.of_samples[name][sample] for name in names[: names.index(bottom)]}
        known[bottom] = start[sample].copy()
        known[bottom][unit] += by
        for line in base.one.lines[names.index(bottom) + 1 : names.index(top) + 1]:
            (known[line.name],) = evaluate([line.expr], known, base.one.sizes)
        result[sample, :, unit] = known[top]
    return result


def test_a_quantity_by_itself() -> None:
    found = values(SMOOTH)
    eye = np.broadcast_to(np.eye(4), (3, 4, 4))
    np.testing.assert_array_equal(found["∂z2/∂z2"][0], eye)
    np.testing.assert_array_equal(found["∂z1/∂z2"][0], np.zeros((3, 3, 4)))
    np.testing.assert_array_equal(found["in2"][0][:, 1], found["a1"][0])
    assert found["m"] == (3.0, False)
