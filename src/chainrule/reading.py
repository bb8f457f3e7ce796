"""Networks from text: the shorthand, a preset's name, a TOML file, a saved model."""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.errors import ChainruleError, DefinitionError, Sentence, UnknownNameError, UsageError, reason
from chainrule.network import Dense, NetworkDefinition
from chainrule.presets import PRESETS, Preset

if TYPE_CHECKING:
    from chainrule.model import Model

MOST_BYTES = 1 << 20
"""Of a TOML file: far more than any definition needs."""
_DEEP = re.compile(rb"""(\.[ \t]*["'\w-]+[ \t]*){8}""")
"""Tables inside tables, by a name with many dots."""


@dataclass(frozen=True)
class Reading:
    """What a text stands for: a network, and the preset or saved model that it comes from."""

    net: NetworkDefinition
    preset: Preset | None = None
    model: Model | None = None


def read_network(text: str) -> Reading:
    """The network that `text` stands for: `784-300-10`, a preset, the path of a TOML file, of a saved model
    or of a run's folder.

    Raises DefinitionError, UsageError, ModelFileError; UnknownNameError for what is none of these.
    """
    if text in PRESETS:
        return Reading(PRESETS[text].net, PRESETS[text])
    place = os.path.expanduser(text)
    if re.match(r"\s*[\d-]", text) and not os.path.isfile(place):
        return Reading(parse_shorthand(text))
    path = Path(place)
    if path.suffix == ".toml":
        return Reading(read_toml(path))
    if path.suffix == ".safetensors" or os.path.exists(place) or len(path.parts) > 1:
        from chainrule.model import load

        model = load(path)
        return Reading(model.net, model=model)
    near = difflib.get_close_matches(text.lower(), PRESETS.names(), 1, 0.5)
    hint = Sentence("catalog.near", name=near[0]) if near else ""
    names = ", ".join(PRESETS.names())
    raise UnknownNameError("reading.unknown", found=repr(_short(text)), hint=hint, names=names)


def parse_shorthand(text: str) -> NetworkDefinition:
    """Sizes joined by hyphens, each but the first with an activation after a colon where one is wanted.

    A hyphen inside parentheses belongs to a formula. Raises DefinitionError, UsageError.
    """
    first, *rest = _split(text)
    sizes, layers = [first], []
    problems: list[ChainruleError] = []
    for part in rest:
        units, colon, activation = part.partition(":")
        sizes.append(units)
        layers.append(activation.strip() if colon else None)
    numbers = []
    for place, size in enumerate(sizes, 1):
        if not re.fullmatch(r"\s*[0-9]{1,18}\s*", size):
            found = _short(size)
            problems.append(UsageError("reading.bad_size", text=_short(text), place=place, found=found))
        else:
            numbers.append(int(size))
    if not rest:
        problems.append(UsageError("reading.no_layers", text=_short(text)))
    if problems:
        raise DefinitionError(problems)
    return NetworkDefinition(
        numbers[0], tuple(Dense(n, _unwrapped(a)) for n, a in zip(numbers[1:], layers, strict=True))
    )


def _split(text: str) -> list[str]:
    """At hyphens outside parentheses."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "-" and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _unwrapped(activation: str | None) -> str | None:
    """A formula that stands in parentheses as a whole loses them."""
    if activation and activation[0] == "(" and activation[-1] == ")":
        depth = 0
        for place, character in enumerate(activation):
            depth += (character == "(") - (character == ")")
            if depth == 0 and place < len(activation) - 1:
                return activation
        return activation[1:-1].strip()
    return activation


def read_toml(path: Path) -> NetworkDefinition:
    """The network of a TOML file. Raises UsageError where it cannot be read, DefinitionError."""
    try:
        if path.exists() and not path.is_file():
            raise UsageError("reading.no_regular_file", path=path)
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError("reading.no_file", path=path, reason=reason(error)) from error
    if len(content) > MOST_BYTES:
        raise UsageError("reading.file_too_large", path=path, limit=MOST_BYTES)
    if _DEEP.search(content):  # which would take time that grows with the square of the depth
        raise UsageError("reading.too_deep", path=path)
    try:
        table = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise UsageError("reading.bad_toml", path=path, reason=error) from error
    return network_from_table(table)


def network_from_table(table: Mapping[str, Any]) -> NetworkDefinition:
    """A network of a table that gives `sizes`, and `activations` where wanted, in place of `inputs`; with
    `layers`, tables of what is special about each layer. Raises DefinitionError."""
    table = dict(table)
    sizes, activations = table.pop("sizes", None), table.pop("activations", None)
    given_layers = table.get("layers")
    if sizes is None and activations is None:
        return NetworkDefinition.from_dict(table)
    problems: list[ChainruleError] = []
    if not isinstance(sizes, list) or len(sizes) < 2:
        problems.append(UsageError("reading.bad_sizes", found=_short(repr(sizes))))
    if "inputs" in table:
        problems.append(UsageError("reading.said_twice", one="inputs", other="sizes"))
    count = len(sizes) - 1 if isinstance(sizes, list) else 0
    for name, given in (("activations", activations), ("layers", given_layers)):
        if given is not None and not (isinstance(given, list) and len(given) == count):
            found = len(given) if isinstance(given, list) else _short(repr(given))
            problems.append(UsageError("reading.one_per_layer", name=name, count=count, found=found))
    for number, layer in enumerate(given_layers if isinstance(given_layers, list) else [], 1):
        for key, name, there in (("units", "sizes", sizes), ("activation", "activations", activations)):
            if there is not None and isinstance(layer, Mapping) and key in layer:
                problems.append(UsageError("reading.said_twice", one=f"layers[{number}].{key}", other=name))
    if problems:
        raise DefinitionError(problems)
    layers = given_layers or [{} for _ in range(count)]
    if not all(isinstance(layer, Mapping) for layer in layers):
        return NetworkDefinition.from_dict({"inputs": sizes[0], **table})  # which says what is wrong
    chosen = activations or [None] * count
    rows = [
        {"units": units, **({"activation": name} if name is not None else {}), **layer}
        for units, name, layer in zip(sizes[1:], chosen, layers, strict=True)
    ]
    return NetworkDefinition.from_dict({**table, "inputs": sizes[0], "layers": rows})


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def write_toml(net: NetworkDefinition) -> str:
    """The TOML file that `read_toml` makes the same network of."""
    table = net.to_dict()
    layers, penalties = table.pop("layers"), table.pop("penalties")
    parts = [_toml_lines(table)]
    parts += [_toml_table("[[layers]]", layer) for layer in layers]
    return "\n".join([*parts, *([_toml_table("[penalties]", penalties)] if penalties else [])])


def _toml_table(head: str, table: Mapping[str, Any]) -> str:
    return head + "\n" + _toml_lines(table)


def _toml_lines(table: Mapping[str, Any]) -> str:
    # printable text and finite numbers are written alike in JSON and in TOML
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in table.items())
