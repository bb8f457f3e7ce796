"""A function in a user's file, and the arguments that it is to be called with."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import re
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from chainrule.check.function.call import Function, failure
from chainrule.check.function.values import as_numbers
from chainrule.data.npy import MAX_BYTES
from chainrule.data.npz import DAMAGE
from chainrule.errors import Nearest, UsageError, listed, reason, shortened
from chainrule.files import open_regular
from chainrule.folders import refuse_special
from chainrule.json_input import json_file, json_value
from chainrule.randomness import generator

INPUTS = "inputs"
"""The function, or dictionary, of a file that gives the arguments where none is named."""
_SHAPE = re.compile(r"\s*(\w+)\s*=\s*(\d+(?:\s*,\s*\d+)*)\s*(?::\s*(\d+)\s*)?")


class FileFunction(NamedTuple):
    """A function of a file; gradient: the second one of a pair. module: all that the file defines."""

    function: Function
    gradient: Function | None
    module: ModuleType


def load_function(target: str) -> FileFunction:
    """The function, or the two functions, that `FILE.py:NAME` or `FILE.py:LOSS,GRADIENT` stands for.

    The file is run, as an import would run it. Raises UsageError, also for what the file itself raises.
    """
    path, colon, names = target.rpartition(":")
    wanted = [name.strip() for name in names.split(",")]
    if not colon or not path or len(wanted) > 2 or not all(wanted):
        raise UsageError("check_function.target", found=repr(target))
    file = Path(path)
    if not file.exists():
        raise UsageError("check_function.no_file", path=path)
    try:
        refuse_special(file.stat(), file)
    except OSError as error:
        raise UsageError("data.unreadable", path=path, reason=reason(error)) from error
    module = _run(file)
    found = [_named(module, name, file) for name in wanted]
    return FileFunction(found[0], found[1] if len(found) > 1 else None, module)


def _run(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file.resolve())
    if spec is None or spec.loader is None:
        raise UsageError("check_function.no_python", path=str(file))
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(file.resolve().parent))  # for the modules beside it
    sys.modules[spec.name] = module
    try:
        with contextlib.redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise failure(error) from error
    return module


def _named(module: ModuleType, name: str, file: Path) -> Function:
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            known = [each for each in dir(value) if each[0] != "_" and not _is_module(value, each)]
            fields = {"hint": Nearest(name, known), "names": listed(known)}
            raise UsageError("check_function.no_function", name=name, file=file.name, **fields)
        value = getattr(value, part)
    if not callable(value):
        raise UsageError("check_function.not_callable", found=type(value).__name__)
    return value  # type: ignore[no-any-return]  # what is callable is a function here


def _is_module(value: Any, name: str) -> bool:
    return isinstance(getattr(value, name), ModuleType)


def arguments_for(
    found: FileFunction, params: str | None, shapes: str | None, inputs: str | None, seed: int
) -> dict[str, Any]:
    """The arguments by name: from `params`, a JSON or NPZ file; drawn in `shapes`, "W=3,4; y=5:3"; from the
    file's function `inputs`; else, where the function has no default, the file's own variables of that name.

    Raises UsageError for what cannot be read, and for arguments that are nowhere.
    """
    signature = inspect.signature(found.function)
    names = list(signature.parameters)
    values = {
        **_inputs(found.module, inputs, names),
        **(_read(params) if params else {}),
        **(_drawn(shapes, seed) if shapes else {}),
    }
    if unknown := [name for name in values if name not in names]:
        raise UsageError("check_function.unknown_parameter", name=unknown[0], names=listed(names))
    around = vars(found.module)
    needed = [
        name
        for name, parameter in signature.parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    if lacking := [name for name in needed if name not in values and name not in around]:
        raise UsageError("check_function.no_value", names=listed(lacking))
    return {name: around[name] for name in needed if name not in values} | values


def _inputs(module: ModuleType, name: str | None, names: list[str]) -> dict[str, Any]:
    """What the file's own function for it gives: arguments by name, or in their order."""
    given = vars(module).get(name or INPUTS)
    if given is None:
        if name:
            raise UsageError("check_function.no_inputs", name=name)
        return {}
    if callable(given):
        try:
            with contextlib.redirect_stdout(sys.stderr):
                given = given()
        except Exception as error:
            raise failure(error) from error
    if isinstance(given, Mapping) and set(given) <= set(names):
        return dict(given)
    values = given if isinstance(given, tuple) else (given,)
    return dict(zip(names, values, strict=False))


def _read(params: str) -> dict[str, Any]:
    """Arguments of a JSON or NPZ file, or of JSON itself."""
    try:
        if params.lstrip().startswith("{"):
            return dict(_arrays(json_value(params)))
        if Path(params).suffix == ".npz":
            return _read_npz(params)
        return dict(_arrays(json_file(params)))
    except FileNotFoundError as error:
        raise UsageError("check_function.no_file", path=params) from error
    except OSError as error:
        raise UsageError("data.unreadable", path=params, reason=reason(error)) from error
    except UsageError as error:
        fields = {"path": shortened(params, 60), "reason": error}
        raise UsageError("check_function.params_json", **fields) from error
    except (*DAMAGE, TypeError, MemoryError) as error:
        raise UsageError("check_function.params", path=shortened(params, 60)) from error


def _read_npz(path: str) -> dict[str, Any]:
    """Arrays alone: a pickled object could run. No more is unpacked than data may have."""
    with open_regular(path) as file:
        with zipfile.ZipFile(file) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
                raise ValueError(path)
        file.seek(0)
        with np.load(file, allow_pickle=False) as held:
            return dict(held)


def _arrays(value: Any) -> Any:
    """What JSON holds, with lists of numbers as arrays."""
    if isinstance(value, dict):
        return {key: _arrays(each) for key, each in value.items()}
    numbers = as_numbers(value) if isinstance(value, list) else None
    if numbers is not None:
        return numbers
    return [_arrays(each) for each in value] if isinstance(value, list) else value


def _drawn(shapes: str, seed: int) -> dict[str, Any]:
    """Arrays of the shapes asked for: standard normal, or whole numbers below what follows a colon."""
    values: dict[str, Any] = {}
    for part in filter(str.strip, shapes.split(";")):
        read = _SHAPE.fullmatch(part)
        if read is None:
            raise UsageError("check_function.shapes", found=repr(part.strip()))
        name, dims, below = read.groups()
        shape = tuple(map(int, dims.split(",")))
        rng = generator(seed, f"check argument {name}")
        values[name] = rng.integers(int(below), size=shape) if below else rng.standard_normal(shape)
    return values
