"""The package as a whole: what importing it loads, which room may import which, and its sentences."""

from __future__ import annotations

import ast
import importlib
import re
import string
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import chainrule
from chainrule.errors import ChainruleError, DefinitionError, FormulaError, RefusedFileError, UsageError
from chainrule.sentences import CATALOGUE, say, speaking

ROOT = Path(chainrule.__file__).parent
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}

# Importing.

LOADED = (
    "; import sys; print(*{name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names))"
)


def _third_party(code: str) -> set[str]:
    """What a fresh interpreter has loaded after the code, apart from the standard library."""
    run = subprocess.run([sys.executable, "-c", code + LOADED], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.fixture(scope="module")
def at_start() -> set[str]:
    return _third_party("pass")


def test_importing_the_package_loads_no_other(at_start):
    assert _third_party("import chainrule") - at_start == {"chainrule"}


def test_importing_the_package_loads_no_server_and_no_network():
    code = (
        "import chainrule, sys; print(*{'http.server', 'urllib.request', 'ssl', 'socket'} & {*sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


@pytest.mark.parametrize(
    "use",
    [
        "import chainrule; chainrule.NetworkDefinition; chainrule.Dense; chainrule.ChainruleError",
        "from chainrule.reading import read_network; from chainrule.program import build; "
        "build(read_network('2-3-2').net)",
        "import chainrule.check.gradients",
        "import chainrule.render.python_file",
    ],
)
def test_what_derives_and_checks_needs_numpy_at_most(use, at_start):
    assert _third_party(use) - at_start <= {"chainrule", "numpy"}


def test_every_public_name_is_there():
    for name in chainrule.__all__:
        assert getattr(chainrule, name) is not None
    assert {*chainrule.__all__} <= {*dir(chainrule)}
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = chainrule.no_such_name


# Rooms: imports go downward only.

BELOW = {
    "printable": set(),
    "lazily": set(),
    "sentences": {"printable"},
    "errors": {"sentences"},
    "memory": {"errors"},
    "randomness": set(),
    "expr": set(),
    "primitives": {"expr"},
    "reverse": {"expr", "primitives"},
    "simplify": {"expr"},
    "catalog": {"expr", "primitives", "reverse", "simplify", "sentences", "errors", "lazily"},
    "formula": {"expr", "primitives", "reverse", "simplify", "errors", "catalog"},
    "network": {"expr", "primitives", "errors", "catalog", "formula", "randomness"},
    "update": {"expr", "primitives", "catalog"},
    "program": {"expr", "reverse", "simplify", "network", "update"},
}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports name the package"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", BELOW)
def test_a_lower_room_imports_only_what_is_below_it(room):
    for name, path in SOURCES.items():
        if name.partition(".")[0] == room:
            rooms = {i.split(".")[1] for i in _imports(path) if i.startswith("chainrule.")}
            assert rooms - {room} <= BELOW[room], name


def test_what_prints_loads_no_array_library():
    for name, path in SOURCES.items():
        if name.partition(".")[0] in (
            "render",
            "expr",
            "primitives",
            "reverse",
            "simplify",
            "formula",
            "program",
        ):
            assert not {i for i in _imports(path) if i.partition(".")[0] in ("numpy", "scipy")}, name


def test_nothing_is_unpickled_and_no_text_of_a_user_is_executed():
    executed = {}
    for name, path in SOURCES.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not {"pickle", "marshal", "shelve", "dill", "joblib"} & {
            i.partition(".")[0] for i in _imports(path)
        }
        calls = {
            node.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        if found := calls & {"eval", "exec", "__import__"}:
            executed[name] = found
    assert executed == {"engines.numpy_engine": {"exec"}}  # source printed from checked expressions


# Sentences.


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def _around_fields(template: str) -> str:
    return "".join(text for text, _, _, _ in string.Formatter().parse(template))


SAYING = {"say", "Sentence", "_problem"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
CHINESE_PUNCTUATION = re.compile(r"[，。：；（）、「」“”]")


def _differences(english: str, chinese: str) -> Iterator[str]:
    """What is wrong with a sentence and its twin."""
    if not (english.strip() and chinese.strip()):
        yield "one of them is empty"
    if _fields(english) != _fields(chinese):
        yield f"fields {_fields(english) ^ _fields(chinese)} stand in one of them only"
    if CHINESE.search(english) or CHINESE_PUNCTUATION.search(english):
        yield "Chinese in the English one"
    words = re.search("[A-Za-z]{3}", _around_fields(english))  # not so in a formula
    if words and not (CHINESE.search(chinese) or CHINESE_PUNCTUATION.search(chinese)):
        yield "no Chinese in the Chinese one"
    if re.search(r"[\u4e00-\u9fff][,;:?!]", chinese):
        yield "no Chinese punctuation after Chinese text"


def test_every_sentence_is_the_same_in_both_languages():
    wrong = {key: found for key, pair in CATALOGUE.items() if (found := [*_differences(*pair)])}
    assert wrong == {}


@pytest.mark.parametrize(
    ("english", "chinese", "found"),
    [
        ("a loss", "损失", []),
        ("{name} = 1", "{name} = 1", []),
        (" ", "损失", ["one of them is empty"]),
        ("the loss {J}", "损失 {L}", ["fields"]),
        ("损失", "损失", ["Chinese in the English one"]),
        ("a loss，", "损失", ["Chinese in the English one"]),
        ("a loss", "a loss", ["no Chinese in the Chinese one"]),
        ("a loss, it is", "损失, 它", ["no Chinese punctuation"]),
    ],
)
def test_differences_between_the_languages_are_found(english, chinese, found):
    differences = [*_differences(english, chinese)]
    assert len(differences) == len(found)
    assert all(map(str.startswith, differences, found))


def test_no_key_is_given_twice():
    modules = [importlib.import_module(f"chainrule.{n}") for n in SOURCES if n.startswith("sentences.")]
    keys = Counter(key for module in modules for key in module.SENTENCES)
    assert keys == dict.fromkeys(CATALOGUE, 1)


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _nodes() -> Iterator[ast.AST]:
    for name, path in SOURCES.items():
        if not name.startswith("sentences"):
            yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def test_every_key_has_its_sentence():
    said = {
        node.args[0].value
        for node in _nodes()
        if isinstance(node, ast.Call) and (_called(node) in SAYING or _called(node).endswith("Error"))
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    keys = {text for text in said if isinstance(text, str) and re.fullmatch(r"[a-z_]+(\.[a-z_0-9]+)+", text)}
    assert len(keys) > 50
    assert keys - CATALOGUE.keys() == set()


def test_every_kind_of_name_has_its_word():
    kinds = {
        node.args[0].value
        for node in _nodes()
        if isinstance(node, ast.Call) and _called(node) in ("unknown", "Catalogue")
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    assert {"activation", "setting", "key"} <= kinds
    assert {f"catalog.kind.{kind}" for kind in kinds} <= CATALOGUE.keys()


def test_every_sentence_is_said_somewhere():
    nodes = list(_nodes())
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    texts |= {key for text in texts for key in re.findall(r"# (source\.\w+)", text)}  # of helpers
    patterns = {
        "".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else r"\w+" for p in node.values)
        for node in nodes
        if isinstance(node, ast.JoinedStr)
    }
    built = [re.compile(pattern) for pattern in patterns if re.match(r"[a-z_]+\\\.", pattern)]
    assert [k for k in CATALOGUE if k not in texts and not any(p.fullmatch(k) for p in built)] == []


def test_a_sentence_is_said_in_the_language_of_the_moment(monkeypatch):
    for variable in ("CHAINRULE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    assert say("catalog.none") == "none"
    monkeypatch.setenv("CHAINRULE_LANG", "zh_CN.UTF-8")
    assert say("catalog.none") == "无"
    with speaking("en"):
        assert say("catalog.none") == "none"
        with speaking(None):
            assert say("catalog.none") == "none"
    assert say("catalog.none") == "无"


# Errors.


def test_an_error_speaks_the_language_in_which_it_is_read():
    error = FormulaError("formula.not_operand", position=3, found="*")
    with speaking("en"):
        assert str(error) == "at character 4 a number, a name or a parenthesis is expected, not '*'"
    with speaking("zh"):
        assert str(error) == "第 4 个字符处应为数、名称或括号，而不是 '*'"


def test_every_error_is_a_chainrule_error_with_an_exit_code():
    errors = [c for c in vars(importlib.import_module("chainrule.errors")).values() if isinstance(c, type)]
    for error in (c for c in errors if issubclass(c, Exception) and c is not RefusedFileError):
        assert issubclass(error, ChainruleError)
        assert error.exit_code in (1, 2)
        assert error.__doc__


def test_several_problems_are_listed_one_a_line():
    problems = [
        UsageError("network.at", where="loss", message="a"),
        UsageError("network.at", where="seed", message="b"),
    ]
    with speaking("en"):
        assert (
            str(DefinitionError(problems))
            == "the network definition has 2 problems:\n  - loss: a\n  - seed: b"
        )
        assert str(DefinitionError(problems[:1])) == "loss: a"
