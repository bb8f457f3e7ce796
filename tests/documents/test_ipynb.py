"""Documents as notebooks: valid, and run from top to bottom."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from sample_documents import SOURCE, everything, small

from chainrule.documents.document import Code, Document, Heading, Note, Paragraph
from chainrule.documents.ipynb import ipynb
from chainrule.documents.markdown import markdown

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("document", [small("en"), small("zh"), everything("en"), Document("en", ())])
def test_a_notebook_is_valid(document):
    nbformat.validate(nbformat.reads(ipynb(document), as_version=4))


@pytest.mark.parametrize("document", [small("zh"), everything("en")])
def test_its_text_is_the_markdown_of_the_document(document):
    cells = json.loads(ipynb(document))["cells"]
    shown = [
        "".join(cell["source"])
        if cell["cell_type"] == "markdown"
        else f"```python\n{''.join(cell['source'])}\n```"
        for cell in cells
        if not cell["metadata"]
    ]
    assert "\n\n".join(shown).replace("````", "```") + "\n" == markdown(document).replace("````", "```")


def test_every_section_and_every_source_has_a_cell():
    blocks = (
        Heading("a", 1),
        Paragraph("b"),
        Code("x = 1\n"),
        Code("y = 2\n", shown=False),
        Note("c"),
        Heading("d"),
    )
    cells = json.loads(ipynb(Document("en", (*blocks, Paragraph("e")))))["cells"]
    assert ["".join(cell["source"]) for cell in cells] == [
        "# a\n\nb",
        "x = 1",
        "y = 2",
        "> Note: c",
        "## d\n\ne",
    ]
    assert [cell["metadata"] for cell in cells[1:3]] == [{}, {"jupyter": {"source_hidden": True}}]
    assert len({cell["id"] for cell in cells}) == 5


@pytest.mark.long
def test_a_notebook_runs():
    from nbclient import NotebookClient

    document = Document("zh", (*small("zh").blocks, Code("print('误差', float(a.sum()))", shown=False)))
    notebook = nbformat.reads(ipynb(document), as_version=4)
    NotebookClient(notebook, timeout=1800, kernel_name="python3").execute()
    (output,) = notebook.cells[-1].outputs
    assert output.text.startswith("误差 0.89")
    assert notebook.cells[-2].source == SOURCE.strip()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_small_document_is_as_it_was(lang, rewrite_snapshots):
    path = SNAPSHOTS / f"small.{lang}.ipynb"
    if rewrite_snapshots:
        path.write_text(ipynb(small(lang)), encoding="utf-8")
    assert ipynb(small(lang)) == path.read_text(encoding="utf-8")
