"""What `pytest -m quick` runs: something of every room, in little more than a minute, for every save.

A file that is named here is quick as a whole, apart from what is marked `long` or `heavy` in it. In any other
file a test is quick that is marked so itself.
"""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

HERE = Path(__file__).parent
EVERY = ("test_*.py",)
QUICK: dict[str, tuple[str, ...]] = {
    ".": EVERY,
    "api": EVERY,
    "attack": (),
    "bench": ("test_cells.py", "test_work.py"),
    "calculus": EVERY,
    "catalog": EVERY,
    "check": ("test_gradient_check.py",),
    "check_formula": ("test_explanation.py", "test_norms.py"),
    "check_function": ("test_planted.py",),
    "cli": ("test_catalogues.py", "test_help.py", "test_layout.py", "test_loss.py", "test_main.py"),
    "data": ("test_data_sentences.py", "test_idx.py", "test_npy.py", "test_parts_and_scaling.py"),
    "derivation": ("test_elementary.py", "test_snapshots.py"),
    "docs": EVERY,
    "doctor": EVERY,
    "documents": ("test_forms.py", "test_html.py", "test_markdown.py", "test_terminal.py"),
    "engines": ("test_masks.py", "test_numpy_engine.py"),
    "host": ("test_language.py",),
    "model": ("test_beyond.py", "test_model.py"),
    "network": EVERY,
    "nodes": EVERY,
    "notation": ("test_symbols.py",),
    "oracles": ("test_mpmath.py",),
    "pictures": EVERY,
    "program": EVERY,
    "reading": EVERY,
    "render": EVERY,
    "trace": ("test_exact_numbers.py", "test_neuron.py", "test_printed_numbers.py", "test_steps.py"),
    "training": ("test_batches.py", "test_recipe.py", "test_smoothing.py", "test_targets.py"),
}
"""The files of each folder."""


def listed(path: Path) -> bool:
    """Whether all of a file is quick."""
    folder = path.parent.relative_to(HERE).as_posix()
    return any(fnmatch(path.name, pattern) for pattern in QUICK.get(folder, ()))


def some_marked(path: Path) -> bool:
    """Whether a file marks tests of its own as quick."""
    return "pytest.mark.quick" in path.read_text(encoding="utf-8")
