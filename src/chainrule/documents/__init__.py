"""Documents: headings, sentences, formulas, tables and source, in five forms.

`render` gives the text of a file in one of them. Each form is a function in a module of its own name; what it
needs is loaded when it is first used.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import PurePath

from chainrule.catalog.registry import unknown
from chainrule.documents.document import Document

SUFFIXES = {"terminal": ".txt", "markdown": ".md", "latex": ".tex", "html": ".html", "ipynb": ".ipynb"}
"""The forms, and how the name of a file in each ends."""


def render(document: Document, form: str) -> str:
    """The document in a form. Raises UnknownNameError."""
    if form not in SUFFIXES:
        raise unknown("format", form, list(SUFFIXES))
    write: Callable[[Document], str] = getattr(import_module(f"{__name__}.{form}"), form)
    return write(document)


def form_of(path: str | None) -> str:
    """The form that a file's name ends in; `terminal` where it is none of them."""
    suffix = PurePath(path or "").suffix.lower()
    return next((form for form, end in SUFFIXES.items() if end == suffix), "terminal")
