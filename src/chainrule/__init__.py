"""chainrule: derive, compute, check and train neural networks from one definition.

Importing it loads nothing else: each name is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule import data as datasets
    from chainrule.api import SGD, Network, check_formula
    from chainrule.check.function import check_function
    from chainrule.errors import ChainruleError
    from chainrule.model import Model, load
    from chainrule.network import Dense, NetworkDefinition

__version__ = "0.1.0"
__all__ = [
    "SGD",
    "ChainruleError",
    "Dense",
    "Model",
    "Network",
    "NetworkDefinition",
    "check_formula",
    "check_function",
    "datasets",
    "load",
]

_HOMES = {
    "SGD": "chainrule.api",
    "ChainruleError": "chainrule.errors",
    "Dense": "chainrule.network",
    "Model": "chainrule.model",
    "Network": "chainrule.api",
    "NetworkDefinition": "chainrule.network",
    "check_formula": "chainrule.api",
    "check_function": "chainrule.check.function",
    "load": "chainrule.model",
}


def __getattr__(name: str) -> Any:
    if name == "datasets":
        return import_module("chainrule.data")
    if name not in _HOMES:
        from chainrule.catalog.registry import unknown
        from chainrule.errors import UnknownAttributeError

        raise unknown("attribute", name, __all__, error=UnknownAttributeError)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
