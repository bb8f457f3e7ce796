"""A document as a Jupyter notebook: Markdown, and source that runs beside it."""

from __future__ import annotations

import json
from typing import Any

from chainrule.documents.document import Block, Code, Document, Heading
from chainrule.documents.markdown import blocks_markdown
from chainrule.sentences import speaking


def ipynb(document: Document) -> str:
    """The document as the text of an `.ipynb` file, with a cell for each section and for each source."""
    cells: list[dict[str, Any]] = []
    text: list[Block] = []
    with speaking(document.lang) as speech, speech:
        for block in document.blocks:
            if text and isinstance(block, Heading | Code):
                cells.append(_markdown(text))
                text = []
            if isinstance(block, Code):
                cells.append(_code(block))
            else:
                text.append(block)
        if text:
            cells.append(_markdown(text))
    for number, cell in enumerate(cells, 1):
        cell["id"] = f"cell-{number}"
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _markdown(blocks: list[Block]) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": _lines(blocks_markdown(blocks))}


def _code(code: Code) -> dict[str, Any]:
    """A cell that runs; its source is folded away where other forms do not show it."""
    metadata = {} if code.shown else {"jupyter": {"source_hidden": True}}
    source = _lines(code.source.strip("\n"))
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
