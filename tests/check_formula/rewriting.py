"""Right formulas written in other ways, by rules of algebra that are drawn at random. They are read and
written by Python's own grammar."""

from __future__ import annotations

import ast
import random


def rewritten(formula: str, rng: random.Random, steps: int = 3) -> str:
    """The formula after some random rewritings, each of which leaves its value as it is."""
    tree = ast.parse(formula, mode="eval")
    for _ in range(steps):
        places = [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
        inside = {
            id(each) for node in places if isinstance(node, ast.Call) for each in [node.func, *node.args[1:]]
        }
        exponents = {
            id(node.right) for node in places if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)
        }
        chosen = rng.choice([node for node in places if id(node) not in inside | exponents])
        tree = ast.parse(ast.unparse(_Replaced(chosen, _other_form(chosen, rng)).visit(tree)), mode="eval")
    return ast.unparse(tree)


class _Replaced(ast.NodeTransformer):
    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def _other_form(node: ast.expr, rng: random.Random) -> ast.expr:
    text = ast.unparse(node)
    forms = [
        f"({text}) * 1",
        f"-(-({text}))",
        f"(({text}) + ({text})) / 2",
        f"2 * ({text}) - ({text})",
        f"({text}).T.T",
    ]
    if isinstance(node, ast.BinOp):
        left, right = f"({ast.unparse(node.left)})", f"({ast.unparse(node.right)})"
        match node.op:
            case ast.Add():
                forms = [f"{right} + {left}", f"{left} - (-{right})", f"-(-{left} - {right})"]
            case ast.Sub():
                forms = [f"-({right} - {left})", f"{left} + -{right}", f"-{right} + {left}"]
            case ast.Mult():
                forms = [
                    f"{right} * {left}",
                    f"-{left} * -{right}",
                    f"({left}.T * {right}.T).T",
                    f"{left} / (1 / {right})",
                ]
            case ast.MatMult():
                forms = [f"({right}.T @ {left}.T).T", f"-{left} @ -{right}", f"2 * {left} @ ({right} / 2)"]
            case ast.Div():
                forms = [f"{left} * (1 / {right})", f"-({left} / -{right})", f"{left} * {right} ** -1"]
    return ast.parse(rng.choice(forms), mode="eval").body
