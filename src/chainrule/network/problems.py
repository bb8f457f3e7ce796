"""The one validator: everything that is wrong with a definition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.norms import NORMS
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.registry import Catalogue, unknown
from chainrule.errors import ChainruleError, UsageError, shown
from chainrule.formula import find_activation
from chainrule.network.given import is_number
from chainrule.network.layer import Dense

if TYPE_CHECKING:
    from chainrule.network.definition import NetworkDefinition

MOST_UNITS = 1_000_000
MOST_LAYERS = 3000
MOST_NAMES = 1000
"""In one table of a definition: far more than there are."""
MOST_PARAMETERS = 500_000_000
MOST_SEED = 2**63 - 1
DTYPES = ("float32", "float64")
_LABEL = re.compile(r"\w[\w -]{0,39}")


def problem(key: str, where: str, found: object, **fields: object) -> UsageError:
    return UsageError(key, where=where, found=shown(found), **fields)


def problems_of(net: NetworkDefinition) -> Iterator[ChainruleError]:
    """Everything that is wrong with a definition, each with where, what was found and what would be right."""
    bad_sizes = list(_bad_whole("inputs", net.inputs, 1, MOST_UNITS))
    yield from bad_sizes
    layers = net.layers if isinstance(net.layers, tuple) else ()
    if not 1 <= len(layers) <= MOST_LAYERS:
        bad_sizes.append(problem("network.layer_count", "layers", len(layers), most=MOST_LAYERS))
        yield bad_sizes[-1]
        layers = ()
    for number, layer in enumerate(layers, 1):
        where = f"layers[{number}]"
        if not isinstance(layer, Dense):
            bad_sizes.append(problem("network.not_a_layer", where, layer))
            yield bad_sizes[-1]
            continue
        bad_units = list(_bad_whole(f"{where}.units", layer.units, 1, MOST_UNITS))
        yield from bad_units
        bad_sizes += bad_units
        last = number == len(layers)
        yield from _bad_activation(layer, f"{where}.activation", last=last)
        yield from _bad_choice(INITIALIZERS, layer.initializer, f"{where}.initializer")
        yield from _bad_dropout(layer.dropout, f"{where}.dropout", last=last)
        yield from _bad_norm(layer, f"{where}.norm", last=last)
        if layer.name is not None and not (isinstance(layer.name, str) and _LABEL.fullmatch(layer.name)):
            yield problem("network.bad_label", f"{where}.name", layer.name)
        yield from _bad_sharing(net, number, layer, f"{where}.shared", sizes_known=not bad_sizes)
    yield from _bad_choice(INITIALIZERS, net.initializer, "initializer")
    yield from _bad_choice(INITIALIZERS, net.bias_initializer, "bias_initializer", optional=False)
    yield from _bad_dropout(net.input_dropout, "input_dropout", last=False)
    yield from _bad_loss(net.loss, getattr(layers[-1], "activation", None) if layers else None, len(layers))
    if not isinstance(net.penalties, Mapping):
        yield problem("network.penalties_not_table", "penalties", net.penalties)
    elif (count := len(net.penalties)) > MOST_NAMES:
        yield problem("network.name_count", "penalties", count, most=MOST_NAMES)
    else:
        for name, value in net.penalties.items():
            if name not in PENALTIES:
                yield unknown("penalty", name, PENALTIES.names())
            elif not is_number(value) or value < 0:
                yield problem("network.bad_coefficient", f"penalties.{name}", value)
    if not (isinstance(net.dtype, str) and net.dtype in DTYPES):
        yield problem("network.bad_dtype", "dtype", net.dtype, names=", ".join(DTYPES))
    yield from _bad_whole("seed", net.seed, 0, MOST_SEED)
    if not bad_sizes and (count := net.parameter_count) > MOST_PARAMETERS:
        yield problem("network.too_large", "layers", count, most=MOST_PARAMETERS)


def _bad_whole(where: str, value: object, least: int, most: int) -> Iterator[ChainruleError]:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        key = "network.missing" if value is None else "network.bad_whole"
        yield problem(key, where, value, least=least, most=most)


def _bad_choice(
    catalogue: Catalogue[Any], text: Any, where: str, *, optional: bool = True
) -> Iterator[ChainruleError]:
    if text is None and optional:
        return
    try:
        catalogue.choose(text)
    except ChainruleError as error:
        yield UsageError("network.at", where=where, message=error)


def _bad_activation(layer: Dense, where: str, *, last: bool) -> Iterator[ChainruleError]:
    text = layer.activation
    if text is None:
        return
    try:
        row, _ = find_activation(text)
        flat = row.flat
    except ChainruleError as error:
        yield UsageError("network.at", where=where, message=error)
        return
    if flat and not last:
        yield problem("network.flat_hidden", where, text)
    elif row.across and not last:
        yield problem("network.across_hidden", where, text)
    elif row.across and layer.units == 1:
        yield problem("network.across_one", where, text)


def _bad_norm(layer: Dense, where: str, *, last: bool) -> Iterator[ChainruleError]:
    bad = list(_bad_choice(NORMS, layer.norm, where))
    yield from bad
    if layer.norm is None:
        return
    if last:
        yield problem("network.output_norm", where, layer.norm)
    elif layer.units == 1 and not bad and NORMS.choose(layer.norm)[0].over == "units":
        yield problem("network.norm_of_one", where, layer.norm)


def _bad_dropout(share: Any, where: str, *, last: bool) -> Iterator[ChainruleError]:
    if share is None:
        return
    if not (is_number(share) and 0 <= share < 1):
        yield problem("network.bad_dropout", where, share)
    elif share and last:
        yield problem("network.output_dropout", where, share)


def _bad_sharing(
    net: NetworkDefinition, number: int, layer: Dense, where: str, *, sizes_known: bool
) -> Iterator[ChainruleError]:
    if layer.shared is None:
        return
    if isinstance(layer.shared, bool) or not isinstance(layer.shared, int) or not 1 <= layer.shared < number:
        yield problem("network.shared_not_earlier", where, layer.shared, number=number)
        return
    other = net.layers[layer.shared - 1]
    if isinstance(other, Dense) and other.shared is not None:
        yield problem("network.shared_not_own", where, layer.shared, owner=other.shared)
    elif sizes_known:
        before = [net.inputs if at == 1 else net.layers[at - 2].units for at in (number, layer.shared)]
        expected, found = (layer.units, before[0]), (other.units, before[1])
        if found != expected:
            yield problem("network.shared_shape", where, found, layer=layer.shared, expected=expected)


def _bad_loss(loss: str | None, output: str | None, last: int) -> Iterator[ChainruleError]:
    """output: the last layer's activation, None where it is left open."""
    if problems := list(_bad_choice(LOSSES, loss, "loss")):
        yield from problems
        return
    try:
        row = None if output is None else find_activation(output)[0]
    except ChainruleError:
        return  # said already
    if row is None:
        return
    fits = LOSSES.choose(row.loss if loss is None else loss)[0].fits
    if fits is None and row.flat:
        yield problem("network.flat_output", f"layers[{last}].activation", output)
    elif fits is not None and row.name not in fits:
        yield problem("network.loss_does_not_fit", "loss", loss, output=output, expected=", ".join(fits))
