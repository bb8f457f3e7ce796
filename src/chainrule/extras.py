"""What is installed only where it is asked for: which extra brings which modules, and what is said where one
is missing. Nothing else in the package knows an extra's name."""

from __future__ import annotations

from importlib.util import find_spec

from chainrule.errors import Sentence, UsageError

EXTRAS: dict[str, tuple[str, ...]] = {
    "sklearn": ("scipy", "sklearn"),
    "plots": ("matplotlib",),
    "parquet": ("pyarrow",),
    "tensorboard": ("tensorboardX",),
}
"""The modules of each extra that users may install; `all` has them all."""
NAMES = {"scipy": "SciPy", "sklearn": "scikit-learn"}
"""How libraries are written whose modules are named otherwise."""


def installed(module: str) -> bool:
    """Tell whether a module can be found, without loading it."""
    return find_spec(module) is not None


def need(module: str, purpose: str, **fields: object) -> None:
    """Raise UsageError where a module is not installed, with the command that installs it.

    purpose: the key of what needs it, the beginning of a sentence, with its fields. To be called before
    any work is begun.
    """
    if not installed(module):
        library, command = NAMES.get(module, module), f"pip install {_wanted(module)}"
        raise UsageError(
            "extras.missing", purpose=Sentence(purpose, **fields), library=library, command=command
        )


def _wanted(module: str) -> str:
    """Name what pip is asked for: the extra with that module, or by itself what the package needs anyway."""
    extra = next((name for name, modules in EXTRAS.items() if module in modules), None)
    return f"'chainrule[{extra}]'" if extra else module
