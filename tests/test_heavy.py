"""What may be skipped for want of a large library is marked `heavy`, and nothing else needs one."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LARGE = {"torch", "jax", "keras", "onnxruntime", "pyarrow", "scikit-learn", "scipy", "matplotlib"}
"""Packages of more than 50 MB, or that bring such."""
MODULES = {"sklearn", *LARGE}
FILES = [path for path in sorted(HERE.rglob("test_*.py")) if path != Path(__file__)]


def asks(code: ast.AST) -> bool:
    """Tell whether code is skipped for want of a large library."""
    for node in ast.walk(code):
        match node:
            case ast.Call(func=ast.Attribute(attr="importorskip"), args=[ast.Constant(value=module), *_]):
                if module.partition(".")[0] in MODULES:
                    return True
            case ast.Name(id="NEEDS_SCIPY"):
                return True
    return False


def unmarked(source: str) -> Iterator[str]:
    """Yield the tests of a file that ask for a large library and are not marked so."""
    tree = ast.parse(source)
    whole = any(
        "pytestmark = " in ast.unparse(node) and "mark.heavy" in ast.unparse(node) for node in tree.body
    )
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            own = node.name.startswith("test_") and "mark.heavy" not in ast.unparse(node)
        else:
            own = isinstance(node, ast.Assign | ast.Expr)
        if own and not whole and asks(node):
            yield ast.unparse(node).splitlines()[0]


def imported(source: str) -> Iterator[str]:
    """Yield the large libraries that a file cannot be loaded without."""
    for node in ast.parse(source).body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (name for name in names if name.partition(".")[0] in MODULES)


def test_what_asks_for_a_large_library_is_marked() -> None:
    found = {str(path.relative_to(HERE)): [*unmarked(path.read_text(encoding="utf-8"))] for path in FILES}
    assert {path: tests for path, tests in found.items() if tests} == {}


def test_no_file_needs_one_to_be_loaded() -> None:
    found = {str(path): [*imported(path.read_text(encoding="utf-8"))] for path in HERE.rglob("*.py")}
    assert {path: names for path, names in found.items() if names} == {}


def test_a_mark_that_is_missing_is_found() -> None:
    asking = 'x = pytest.importorskip("sklearn.metrics")\n'
    test = f"def test_it():\n    {asking}"
    assert [*unmarked(asking)] == [asking.strip().replace('"', "'")]
    assert [*unmarked(test)] == ["def test_it():"]
    assert [*unmarked(f"pytestmark = pytest.mark.heavy\n{test}")] == []
    assert [*unmarked(f"@pytest.mark.heavy\n{test}")] == []
    assert [*imported("import scipy.special\nfrom torch import nn\n")] == ["scipy.special", "torch"]


def test_the_extra_of_the_tests_has_none() -> None:
    light = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]
    assert LARGE & {re.split(r"[\[<>=]", each)[0] for each in light} == set()
