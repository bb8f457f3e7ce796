"""TeX that is read to a tree, and written again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.errors import FormulaError
from chainrule.expr import leaf
from chainrule.primitives import PRIMITIVES
from chainrule.render.tex import tex
from chainrule.render.tex_layout import (
    ARGUMENTS,
    DEEPEST,
    ENVIRONMENTS,
    LOOKS,
    SPACES,
    WORDS,
    Command,
    Environment,
    Fenced,
    Row,
    Scripts,
    Space,
    Symbol,
    Word,
    changed,
    kinds,
    parse,
    write,
)

S = Symbol
A, B, X = S("a"), S("b"), S("x")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", Row(())),
        ("a", A),
        ("{{a}}", A),
        ("a b", Row((A, B))),
        ("{a b} x", Row((Row((A, B)), X))),
        (r"\delta^{(2)}_j", Scripts(S(r"\delta"), S("j"), Row((S("("), S("2"), S(")"))))),
        (r"\delta_j^{(2)}", Scripts(S(r"\delta"), S("j"), Row((S("("), S("2"), S(")"))))),
        ("x_12", Row((Scripts(X, S("1"), None), S("2")))),
        ("12.5x", Row((S("12.5"), X))),
        ("1 2", Row((S("1"), S("2")))),
        ("2.", Row((S("2"), S(".")))),
        (r"f'", Scripts(S("f"), None, S(r"\prime"))),
        (r"f''^2", Scripts(S("f"), None, Row((S(r"\prime"), S(r"\prime"), S("2"))))),
        ("(a)^T", Row((S("("), A, Scripts(S(")"), None, S("T"))))),
        (r"\frac12", Command(r"\frac", (S("1"), S("2")))),
        (r"\frac{a b}x", Command(r"\frac", (Row((A, B)), X))),
        (r"e^\frac{a}{b}", Scripts(S("e"), None, Command(r"\frac", (A, B)))),
        (r"\underbrace{a}_{b}", Scripts(Command(r"\underbrace", (A,)), B, None)),
        (r"\left.a\right|_b", Scripts(Fenced(".", A, "|"), B, None)),
        (r"\left\{a b\right\}", Fenced(r"\{", Row((A, B)), r"\}")),
        (r"\bigl(a\bigr)", Row((S("("), A, S(")")))),
        (r"a\,b\quad x", Row((A, Space(r"\,"), B, Space(r"\quad"), X))),
        (r"\text{if } a", Row((Word(r"\text", "if "), A))),
        (r"\mathrm{a\_b}_x", Scripts(Word(r"\mathrm", "a_b"), X, None)),
        (r"\text{若 50\%}", Word(r"\text", "若 50%")),
        (
            r"\begin{cases} a & b \\ x \end{cases}",
            Environment("cases", ((A, B), (X,))),
        ),
        (r"\begin{bmatrix} a \\ \end{bmatrix}", Environment("bmatrix", ((A,),))),
        (r"\begin{bmatrix} a \cr b \end{bmatrix}", Environment("bmatrix", ((A,), (B,)))),
        (r"\begin{aligned} & a \\ b & \end{aligned}", Environment("aligned", ((Row(()), A), (B, Row(()))))),
    ],
)
def test_a_formula_has_its_tree(text, tree):
    assert parse(text) == tree
    assert parse(write(tree)) == tree


@pytest.mark.parametrize(
    ("text", "position", "key"),
    [
        (r"a \fra{b}{x}", 2, "tex.misspelt_command"),
        (r"a + \xyzzy", 4, "tex.unknown_command"),
        ("\\", 0, "tex.unknown_command"),
        (r"\begin{array} a \end{array}", 0, "tex.unknown_environment"),
        ("a $ b", 2, "tex.not_a_symbol"),
        ("偏置", 0, "tex.not_a_symbol"),
        (r"\text{a{b}}", 7, "tex.not_in_text"),
        (r"\frac{a}", 0, "tex.no_argument"),
        (r"b\sqrt[3]{a}", 1, "tex.no_argument"),
        (r"\text a", 0, "tex.no_argument"),
        (r"\left a \right)", 0, "tex.no_delimiter"),
        ("^2", 0, "tex.script_of_nothing"),
        ("a^b^x", 3, "tex.second_script"),
        ("a_b'_x", 4, "tex.second_script"),
        ("a'^b'", 4, "tex.second_script"),
        ("b{a", 1, "tex.not_closed"),
        (r"b\left(a", 1, "tex.not_closed"),
        (r"\left(a}", 0, "tex.not_closed"),
        (r"\text{a", 5, "tex.not_closed"),
        (r"\begin{cases} a \end{matrix}", 0, "tex.not_closed"),
        (r"\begin{cases} a \\", 0, "tex.not_closed"),
        ("a}", 1, "tex.closes_nothing"),
        (r"a\right)", 1, "tex.closes_nothing"),
        ("a & b", 2, "tex.outside"),
        (r"{a \\ b}", 3, "tex.outside"),
        ("{" * 100, DEEPEST, "tex.too_deep"),
        (r"\sqrt" * 100, DEEPEST * 5, "tex.too_deep"),
        (r"\left(" * 10_000, DEEPEST * 6, "tex.too_deep"),
        ("a^" * 100, 3, "tex.second_script"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_position(text, position, key):
    with pytest.raises(FormulaError) as refused:
        parse(text)
    assert (refused.value.key, refused.value.position) == (key, position)
    assert f"at character {position + 1} " in str(refused.value)


def test_the_nearest_command_is_named():
    with pytest.raises(FormulaError, match=r"did you mean \\sigma\?"):
        parse(r"\sigmma(z)")


PIECES = st.sampled_from(
    [
        *LOOKS,
        *SPACES,
        *ARGUMENTS,
        "a",
        "T",
        "1",
        "2.5",
        " ",
        "{",
        "}",
        "{",
        "}",
        "_",
        "^",
        "'",
        "&",
        r"\\",
        "é",
    ]
    + [r"\left(", r"\right)", r"\left.", r"\right|", *(f"{word}{{a\\_ b}}" for word in WORDS)]
    + [rf"\{side}{{{name}}}" for name in ENVIRONMENTS for side in ("begin", "end")]
)


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_text_is_read_or_refused_and_what_is_read_can_be_written(text):
    try:
        tree = parse(text)
    except FormulaError as error:
        refused = error
    else:
        assert parse(write(tree)) == tree
        assert write(parse(write(tree))) == write(tree)
        return
    assert 0 <= refused.position <= len(text)
    assert str(refused)


@pytest.mark.parametrize("command", [*LOOKS, *SPACES])
def test_every_symbol_is_read_between_others(command):
    tree = parse(f"a {command} b")
    assert [write(item) for item in tree.items] == ["a", command, "b"]
    assert parse(write(tree)) == tree


@pytest.mark.parametrize("name", [*PRIMITIVES])
def test_every_form_of_a_primitive_is_read(name):
    tree = parse(PRIMITIVES[name].tex.format("a", "b", "x"))
    assert parse(write(tree)) == tree


@pytest.mark.parametrize("row", [*ACTIVATIONS], ids=lambda row: row.name)
def test_every_activation_is_read(row):
    printed = tex(row.apply(leaf("z", ["n", "k"]), "k"))
    assert parse(write(parse(printed))) == parse(printed)


def test_every_part_can_be_changed():
    def primed(part):
        return Symbol(part.text.upper()) if isinstance(part, Symbol) else part

    text = r"a_b^c \frac{a b}{c} \left(a\right) \begin{cases} a & b \\ c \end{cases} \, \text{abc}"
    expected = r"A_B^C \frac{A B}{C} \left(A\right) \begin{cases} A & B \\ C \end{cases} \, \text{abc}"
    assert changed(parse(text), primed) == parse(expected)
    assert changed(parse(text), lambda part: part) == parse(text)


def test_a_sign_is_binary_only_behind_what_it_joins():
    row = parse(r"- a - b = - x \cdot (- a) , - \ln - b")
    signs = [kind for item, kind in zip(row.items, kinds(row.items), strict=True) if item == S("-")]
    assert signs == ["ordinary", "binary", "ordinary", "ordinary", "ordinary", "ordinary"]
