"""Networks from text: the shorthand, a preset's name, a TOML file, a saved model."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.errors import (
    ChainruleError,
    DefinitionError,
    Nearest,
    Sentence,
    UnknownNameError,
    UsageError,
    listed,
    reason,
    shown,
)
from chainrule.files import path_text, read_regular
from chainrule.network import Dense, NetworkDefinition
from chainrule.network.problems import MOST_LAYERS, problem
from chainrule.presets import PRESETS, Preset
from chainrule.recipe import Recipe

if TYPE_CHECKING:
    from chainrule.model import Model

MOST_BYTES = 1 << 20
"""Of a TOML file: far more than any definition needs."""
_DEEP = re.compile(rb"""(\.[ \t]*["'\w-]+[ \t]*){8}""")
"""Tables inside tables, by a name with many dots."""
_SIZE = re.compile(r"[ \t\r\n]*[0-9]{1,18}[ \t\r\n]*")
"""A size in the shorthand: ASCII digits, and blanks that `int` takes too."""
_LONGEST = 1 << 20
"""Characters of a shorthand: MOST_LAYERS take no more, unless each is a long formula."""


@dataclass(frozen=True)
class Reading:
    """What a text stands for: a network, and the preset or saved model that it comes from."""

    net: NetworkDefinition
    preset: Preset | None = None
    model: Model | None = None

    @property
    def recipe(self) -> Recipe:
        """The preset's, or the usual one."""
        return self.preset.recipe if self.preset else Recipe()


def read_network(text: str | os.PathLike[str]) -> Reading:
    """The network that `text` stands for: `784-300-10`, a preset, the path of a TOML file, of a saved model
    or of a run's folder.

    Raises DefinitionError, UsageError, ModelFileError; UnknownNameError for what is none of these.
    """
    text = path_text(text, "784-300-10")
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
    names = PRESETS.names()
    raise UnknownNameError(
        "reading.unknown", found=shown(text), hint=Nearest(text, names), names=listed(names)
    )


def parse_shorthand(text: str) -> NetworkDefinition:
    """Sizes joined by hyphens, each but the first with an activation after a colon where one is wanted.

    A hyphen inside parentheses belongs to a formula. Raises DefinitionError.
    """
    if len(text) > _LONGEST:
        raise UsageError("reading.long_shorthand", text=shown(text), most=_LONGEST)
    first, *rest = _split(text)
    if len(rest) > MOST_LAYERS:
        raise DefinitionError([problem("network.layer_count", "layers", len(rest), most=MOST_LAYERS)])
    parts = [part.partition(":") for part in rest]
    units: list[Any] = []  # None for what is no number
    problems: list[ChainruleError] = []
    places: dict[str, str | None] = {}
    for number, size in enumerate([first, *(size for size, _, _ in parts)]):
        right = _SIZE.fullmatch(size)
        if not right:
            found = shown(size)
            problems.append(UsageError("reading.bad_size", text=shown(text), place=number + 1, found=found))
        units.append(int(size) if right else None)
        places[f"layers[{number}].units" if number else "inputs"] = f"sizes[{number + 1}]" if right else None
    if not rest:
        problems.append(UsageError("reading.no_layers", text=shown(text)))
        places["layers"] = None
    activations = [_unwrapped(activation.strip()) if colon else None for _, colon, activation in parts]
    layers = [Dense(*layer) for layer in zip(units[1:], activations, strict=True)]
    return NetworkDefinition.checked({"inputs": units[0], "layers": layers}, problems, places)


def _split(text: str) -> list[str]:
    """At hyphens outside parentheses."""
    cuts, depth = [-1], 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "-" and depth <= 0:
            cuts.append(place)
    return [text[cut + 1 : end] for cut, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]


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
        content = read_regular(path, MOST_BYTES)
    except OSError as error:
        raise UsageError("reading.no_file", path=path, reason=reason(error)) from error
    return toml_network(content, path)


def toml_network(content: bytes, path: Path) -> NetworkDefinition:
    """The network of a TOML file's content. path: where it lies, for messages. Raises UsageError,
    DefinitionError."""
    if _DEEP.search(content):  # which would take time that grows with the square of the depth
        raise UsageError("reading.too_deep", path=path)
    try:
        table = tomllib.loads(content.decode())
    except RecursionError as error:
        raise UsageError("reading.nested", path=path) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError("reading.no_utf8", path=path, line=line) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError("reading.bad_toml", path=path, place=_place(error)) from error
    except ValueError as error:  # from a number of thousands of digits
        raise UsageError("reading.long_number", path=path) from error
    return NetworkDefinition.from_dict(table)


def _place(error: tomllib.TOMLDecodeError) -> Sentence:
    """Where a parser stopped, from the end of what it says in English."""
    found = re.search(r"\(at line (\d+), column (\d+)\)\Z", str(error))
    if found is None:
        return Sentence("reading.at_end")
    return Sentence("reading.at", line=int(found[1]), column=int(found[2]))


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
