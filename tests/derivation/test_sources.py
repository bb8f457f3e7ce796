"""The formulas of the five texts that the notations come from, corrected where those slip, all appear.

A row: which derivation, the number or place in the text, and the formula as this project prints it. Spaces,
brackets' sizes and signs of multiplication are no difference.
"""

from __future__ import annotations

import re

import pytest

from chainrule.derivation.derive import derive, derive_function
from chainrule.documents.document import Document
from chainrule.reading import read_network

NIELSEN = ("nielsen", "nielsen", "layer", None)
TESTNET = ("testnet", "testnet", "layer", None)
TESTNET_NODE = ("testnet", "testnet", "node", "W1[0,0]")
HAN = ("han-small", "han", "layer", None)
HAN_NODE = ("han-small", "han", "node", "w41")
ZHOU = ("zhou", "zhou", "layer", None)
ZHOU_NODE = ("zhou", "zhou", "node", "w1")
UFLDL = ("ufldl", "ufldl", "layer", None)
UFLDL_NODE = ("ufldl", "ufldl", "node", "W1[0,0]")

ROWS = [
    # Nielsen's book as it is retold: the forward pass, the cost, and the four equations
    (NIELSEN, "weighted input", r"z^{2}_{j} = \sum_{k} w^{2}_{jk} a^{1}_{k} + b^{2}_{j}"),
    (NIELSEN, "feed forward", r"z^{l} = w^{l} a^{l-1} + b^{l}"),
    (NIELSEN, "feed forward", r"a^{l} = \sigma(z^{l})"),
    (NIELSEN, "the sigmoid, its sign mended", r"a^{2}_{j} = \frac{1}{1 + e^{-z^{2}_{j}}}"),
    (NIELSEN, "cost", r"C = \frac{1}{2} \sum_{j} (y_{j} - a^{L}_{j})^{2}"),
    (NIELSEN, "(1)", r"\delta^{L}_{j} = \frac{\partial C}{\partial z^{L}_{j}}"),
    (
        NIELSEN,
        "(1)",
        r"\delta^{L}_{j} = \frac{\partial C}{\partial a^{L}_{j}} \frac{\partial a^{L}_{j}}{\partial "
        r"z^{L}_{j}}",
    ),
    (NIELSEN, "(1), BP1", r"\delta^{L} = \nabla_{a} C \odot \sigma'(z^{L})"),
    (
        NIELSEN,
        "output error, its sign mended",
        r"\delta^{L}_{j} = (a^{L}_{j} - y_{j}) a^{L}_{j} (1 - a^{L}_{j})",
    ),
    (
        NIELSEN,
        "(2), BP2, with its transpose",
        r"\delta^{l} = ((w^{l+1})^{T} \delta^{l+1}) \odot \sigma'(z^{l})",
    ),
    (
        NIELSEN,
        "hidden error",
        r"\delta^{l}_{j} = (\sum_{k} w^{l+1}_{kj} \delta^{l+1}_{k}) \sigma'(z^{l}_{j})",
    ),
    (NIELSEN, "(3), BP3", r"\frac{\partial C}{\partial b^{l}_{j}} = \delta^{l}_{j}"),
    (NIELSEN, "(4), BP4", r"\frac{\partial C}{\partial w^{l}_{jk}} = \delta^{l}_{j} a^{l-1}_{k}"),
    (NIELSEN, "gradient descent", r"w^{3} \to w^{3} - \eta \frac{\partial C}{\partial w^{3}}"),
    (NIELSEN, "mini-batch", r"w^{3} = w^{3} - \frac{\eta}{m} \sum_{x} \delta^{x,3} (a^{x,2})^{T}"),
    # TestNet
    (TESTNET, "weighted sum", r"z^{(1)}_{i} = \sum_{j} W^{(1)}_{i,j} a^{(0)}_{j} + b^{(1)}_{i}"),
    (TESTNET, "weighted sum", r"z^{(1)} = W^{(1)} a^{(0)} + b^{(1)}"),
    (TESTNET, "activation", r"a^{(1)}_{i} = g(z^{(1)}_{i})"),
    (TESTNET, "activation", r"a^{(1)} = g(z^{(1)})"),
    (
        TESTNET_NODE,
        "hidden input, row 1",
        r"z^{(1)}_{1} = W^{(1)}_{1,1} a^{(0)}_{1} + W^{(1)}_{1,2} a^{(0)}_{2} + b^{(1)}_{1}",
    ),
    (
        TESTNET_NODE,
        "output input, row 2",
        r"z^{(2)}_{2} = W^{(2)}_{2,1} a^{(1)}_{1} + W^{(2)}_{2,2} a^{(1)}_{2} + W^{(2)}_{2,3} "
        r"a^{(1)}_{3} + b^{(2)}_{2}",
    ),
    (TESTNET, "output input", r"z^{(2)} = W^{(2)} a^{(1)} + b^{(2)}"),
    (TESTNET, "score", r"p_{i} = \frac{e^{z^{(2)}_{i}}}{\sum_{j} e^{z^{(2)}_{j}}}"),
    (TESTNET, "cost of a sample", r"J = -\sum_{i} \mathbb{1}(y = i) \ln p_{i}"),
    (
        TESTNET,
        "cost of all",
        r"J = \frac{1}{m} \sum_{i=1}^{m} J_{i} + \frac{\lambda}{2} (\|W^{(1)}\|^{2} + \|W^{(2)}\|^{2})",
    ),
    (TESTNET, "g'", r"g'(z^{(1)}_{i}) = a^{(1)}_{i} (1 - a^{(1)}_{i})"),
    (
        TESTNET,
        "the softmax's derivatives",
        r"\frac{\partial p_{i}}{\partial z^{(L)}_{j}} = p_{i} (\mathbb{1}(i = j) - p_{j})",
    ),
    (TESTNET, "dJ/dp", r"\frac{\partial J}{\partial p_{i}} = -\frac{\mathbb{1}(y = i)}{p_{i}}"),
    (TESTNET, "delta of the output", r"\delta^{(L)}_{i} = p_{i} - \mathbb{1}(y = i)"),
    (TESTNET, "delta of the output", r"\delta^{(L)} = p - \mathbb{1}(y)"),
    (TESTNET, "gradient of W2", r"\frac{\partial J}{\partial W^{(2)}} = (p - \mathbb{1}(y)) (a^{(1)})^{T}"),
    (TESTNET, "gradient of b2", r"\frac{\partial J}{\partial b^{(2)}} = \delta^{(2)}"),
    (TESTNET, "gradient of a1", r"\frac{\partial J}{\partial a^{(1)}} = (W^{(2)})^{T} \delta^{(2)}"),
    (
        TESTNET,
        "gradient of W1, with Hadamard products",
        r"\frac{\partial J}{\partial W^{(1)}} = (((W^{(2)})^{T} (p - \mathbb{1}(y))) \odot a^{(1)} \odot "
        r"(1 - a^{(1)})) "
        r"(a^{(0)})^{T}",
    ),
    (TESTNET, "gradient of b1", r"\frac{\partial J}{\partial b^{(1)}} = \delta^{(1)}"),
    (
        TESTNET,
        "batch",
        r"\frac{\partial J}{\partial W^{(2)}} = \frac{1}{m} \sum_{i=1}^{m} \delta^{(2)} (a^{(1)})^{T} + "
        r"\lambda W^{(2)}",
    ),
    (TESTNET, "forward", r"z^{(l)} = W^{(l)} a^{(l-1)} + b^{(l)}"),
    (
        TESTNET,
        "backward",
        r"\delta^{(1)}_{i} = (\sum_{j} \frac{\partial J}{\partial z^{(2)}_{j}} "
        r"\frac{\partial z^{(2)}_{j}}{\partial a^{(1)}_{i}}) \frac{\partial a^{(1)}_{i}}{\partial "
        r"z^{(1)}_{i}}",
    ),
    (
        TESTNET,
        "gradients, the layer mended",
        r"\frac{\partial J}{\partial W^{(l)}} = \delta^{(l)} (a^{(l-1)})^{T}",
    ),
    (TESTNET, "gradients, the layer mended", r"\frac{\partial J}{\partial b^{(l)}} = \delta^{(l)}"),
    (
        TESTNET,
        "update",
        r"W^{(2)} = W^{(2)} - \alpha (\frac{1}{m} \sum_{i=1}^{m} \delta^{(2)} (a^{(1)})^{T} + \lambda "
        r"W^{(2)})",
    ),
    (TESTNET, "update", r"b^{(2)} = b^{(2)} - \frac{\alpha}{m} \sum_{i=1}^{m} \delta^{(2)}"),
    (
        ("2-3-2", "testnet", "layer", None),  # the text's last section leaves the penalty out
        "update of one weight",
        r"W^{(2)}_{i,j} \gets W^{(2)}_{i,j} - \alpha \frac{\partial J}{\partial W^{(2)}_{i,j}}",
    ),
    # Han
    (HAN_NODE, "3.2", r"\mathit{net}_{4} = w_{41} x_{1} + w_{42} x_{2} + w_{43} x_{3} + w_{4b}"),
    (
        HAN_NODE,
        "3.3",
        r"\mathit{net}_{8} = w_{84} a_{4} + w_{85} a_{5} + w_{86} a_{6} + w_{87} a_{7} + w_{8b}",
    ),
    (HAN, "4.1", r"\delta_{i} = y_{i} (1 - y_{i}) (t_{i} - y_{i})"),
    (HAN_NODE, "4.2", r"\delta_{8} = y_{1} (1 - y_{1}) (t_{1} - y_{1})"),
    (
        HAN,
        "4.3, for every hidden layer",
        r"\delta_{i} = a_{i} (1 - a_{i}) \sum_{k \in \mathrm{Downstream}(i)} w_{ki} \delta_{k}",
    ),
    (HAN_NODE, "4.4", r"\delta_{4} = a_{4} (1 - a_{4}) (w_{84} \delta_{8} + w_{94} \delta_{9})"),
    (HAN, "4.5", r"w_{ji} = w_{ji} + \eta \delta_{j} x_{ji}"),
    (HAN_NODE, "4.6", r"w_{84} \gets w_{84} + \eta \delta_{8} a_{4}"),
    (HAN_NODE, "4.7", r"w_{41} \gets w_{41} + \eta \delta_{4} x_{1}"),
    (HAN_NODE, "4.8", r"w_{4b} \gets w_{4b} + \eta \delta_{4}"),
    (HAN, "4.9", r"E_{d} = \frac{1}{2} \sum_{i \in \mathrm{outputs}} (t_{i} - y_{i})^{2}"),
    (HAN, "4.10", r"w_{ji} \gets w_{ji} - \eta \frac{\partial E_{d}}{\partial w_{ji}}"),
    (
        HAN,
        "4.12",
        r"\frac{\partial E_{d}}{\partial w_{ji}} = \frac{\partial E_{d}}{\partial \mathit{net}_{j}} "
        r"\frac{\partial \mathit{net}_{j}}{\partial w_{ji}}",
    ),
    (HAN, "4.14", r"\frac{\partial E_{d}}{\partial y_{j}} = -(t_{j} - y_{j})"),
    (HAN, "4.15", r"\sigma'(\mathit{net}_{j}) = y_{j} (1 - y_{j})"),
    (HAN, "4.17", r"\delta_{j} = -\frac{\partial E_{d}}{\partial \mathit{net}_{j}}"),
    (HAN, "6.1, the bias by itself", r"\vec{a}^{(l)} = \sigma(\vec{\mathit{net}}^{(l)})"),
    (HAN, "6.2", r"\vec{\delta}^{(L)} = \vec{y} \odot (1 - \vec{y}) \odot (\vec{t} - \vec{y})"),
    (
        HAN,
        "6.3",
        r"\vec{\delta}^{(l)} = \vec{a}^{(l)} \odot (1 - \vec{a}^{(l)}) \odot ((W^{(l+1)})^{T} "
        r"\vec{\delta}^{(l+1)})",
    ),
    (HAN, "6.5", r"W^{(2)} = W^{(2)} + \eta \vec{\delta}^{(2)} (\vec{a}^{(1)})^{T}"),
    (HAN, "6.6", r"\vec{b}^{(2)} = \vec{b}^{(2)} + \eta \vec{\delta}^{(2)}"),
    # Zhou, section 5
    (ZHOU_NODE, "loss of one", r"L = (y_{\mathrm{true}} - y_{\mathrm{pred}})^{2}"),
    (
        ZHOU,
        "mean squared error",
        r"L = \frac{1}{n} \sum_{i=1}^{n} (y_{\mathrm{true}} - y_{\mathrm{pred}})^{2}",
    ),
    (ZHOU_NODE, "y_pred", r"y_{\mathrm{pred}} = f(w_{5} h_{1} + w_{6} h_{2} + b_{3})"),
    (ZHOU_NODE, "h1", r"h_{1} = f(w_{1} x_{1} + w_{2} x_{2} + b_{1})"),
    (
        ZHOU_NODE,
        "first step",
        r"\frac{\partial L}{\partial w_{1}} = \frac{\partial L}{\partial y_{\mathrm{pred}}} "
        r"\frac{\partial y_{\mathrm{pred}}}{\partial w_{1}}",
    ),
    (
        ZHOU_NODE,
        "the product",
        r"\frac{\partial L}{\partial w_{1}} = \frac{\partial L}{\partial y_{\mathrm{pred}}} "
        r"\frac{\partial y_{\mathrm{pred}}}{\partial h_{1}} \frac{\partial h_{1}}{\partial w_{1}}",
    ),
    (
        ZHOU_NODE,
        "dL/dy",
        r"\frac{\partial L}{\partial y_{\mathrm{pred}}} = -2 (y_{\mathrm{true}} - y_{\mathrm{pred}})",
    ),
    (
        ZHOU_NODE,
        "dy/dh",
        r"\frac{\partial y_{\mathrm{pred}}}{\partial h_{1}} = w_{5} f'(w_{5} h_{1} + w_{6} h_{2} + b_{3})",
    ),
    (
        ZHOU_NODE,
        "dh/dw",
        r"\frac{\partial h_{1}}{\partial w_{1}} = x_{1} f'(w_{1} x_{1} + w_{2} x_{2} + b_{1})",
    ),
    (ZHOU_NODE, "f'", r"f'(w_{1} x_{1} + w_{2} x_{2} + b_{1}) = h_{1} (1 - h_{1})"),
    (ZHOU_NODE, "update", r"w_{1} \gets w_{1} - \eta \frac{\partial L}{\partial w_{1}}"),
    # UFLDL, in section 7 of the same text
    (
        UFLDL_NODE,
        "a row of the forward pass",
        r"z^{(2)}_{1} = W^{(1)}_{11} a^{(1)}_{1} + W^{(1)}_{12} a^{(1)}_{2} + W^{(1)}_{13} a^{(1)}_{3} + "
        r"b^{(1)}_{1}",
    ),
    (UFLDL, "forward", r"z^{(2)} = W^{(1)} a^{(1)} + b^{(1)}"),
    (UFLDL, "forward", r"z^{(l+1)} = W^{(l)} a^{(l)} + b^{(l)}"),
    (UFLDL, "forward", r"a^{(l)} = f(z^{(l)})"),
    (UFLDL, "cost of a sample", r"J(W,b;x,y) = \frac{1}{2} \|y - a^{(n_{l})}\|^{2}"),
    (
        UFLDL,
        "cost of all",
        r"J(W,b) = \frac{1}{m} \sum_{i=1}^{m} J(W,b;x^{(i)},y^{(i)}) + \frac{\lambda}{2} "
        r"(\|W^{(1)}\|^{2} + \|W^{(2)}\|^{2})",
    ),
    (UFLDL, "descent", r"W^{(2)} \gets W^{(2)} - \alpha \nabla_{W^{(2)}} J(W,b)"),
    (
        UFLDL,
        "gradient of all",
        r"\nabla_{W^{(2)}} J(W,b) = \frac{1}{m} \sum_{i=1}^{m} \nabla_{W^{(2)}} J(W,b;x^{(i)},y^{(i)}) + "
        r"\lambda W^{(2)}",
    ),
    (
        UFLDL,
        "gradient of all",
        r"\nabla_{b^{(2)}} J(W,b) = \frac{1}{m} \sum_{i=1}^{m} \nabla_{b^{(2)}} J(W,b;x^{(i)},y^{(i)})",
    ),
    (UFLDL, "residual", r"\delta^{(l)}_{i} = \frac{\partial J(W,b;x,y)}{\partial z^{(l)}_{i}}"),
    (UFLDL, "gradient", r"\nabla_{W^{(l)}_{ij}} J(W,b;x,y) = \delta^{(l+1)}_{i} a^{(l)}_{j}"),
    (UFLDL, "gradient", r"\nabla_{b^{(l)}_{i}} J(W,b;x,y) = \delta^{(l+1)}_{i}"),
    (
        UFLDL,
        "residual of the output",
        r"\delta^{(n_{l})}_{i} = -(y_{i} - a^{(n_{l})}_{i}) f'(z^{(n_{l})}_{i})",
    ),
    (
        UFLDL,
        "residual of a hidden layer",
        r"\delta^{(l)}_{i} = (\sum_{j} W^{(l)}_{ji} \delta^{(l+1)}_{j}) f'(z^{(l)}_{i})",
    ),
]

_documents: dict[tuple[str, str, str, str | None], set[str]] = {}


def plain(tex: str) -> str:
    """TeX without what makes no difference."""
    while (
        shorter := re.sub(r"\\underbrace\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}_\{[^{}]*\}", r"\1", tex)
    ) != tex:
        tex = shorter
    return re.sub(r"\\left|\\right|\\,|\\cdot|\s", "", tex)


def formulas(document: Document) -> set[str]:
    """Each side of each chain with the left side."""
    return {plain(f.left + step.relation + step.tex) for f in document.formulas() for step in f.steps}


def printed(network: str, notation: str, level: str, of: str | None) -> set[str]:
    key = (network, notation, level, of)
    if key not in _documents:
        net = read_network(network).net
        _documents[key] = formulas(derive(net, notation=notation, level=level, of=of, lang="en"))
    return _documents[key]


@pytest.mark.parametrize(
    ("which", "place", "formula"), ROWS, ids=[f"{r[0][1]}-{i}" for i, r in enumerate(ROWS)]
)
def test_a_formula_of_the_text_appears(
    which: tuple[str, str, str, str | None], place: str, formula: str
) -> None:
    assert plain(formula) in printed(*which), place


def test_both_languages_have_the_same_formulas() -> None:
    for network, notation, level, of in {row[0] for row in ROWS}:
        net = read_network(network).net
        en, zh = (derive(net, notation=notation, level=level, of=of, lang=lang) for lang in ("en", "zh"))
        assert [(f.left, [s.tex for s in f.steps]) for f in en.formulas()] == [
            (f.left, [s.tex for s in f.steps]) for f in zh.formulas()
        ]
        assert en.title != zh.title


@pytest.mark.parametrize(
    "formula",
    [
        r"\frac{\partial f}{\partial x_{1}} = f (1 - f) w_{1}",
        r"\frac{\partial f}{\partial x_{2}} = f (1 - f) w_{2}",
    ],
)
def test_the_composite_function_of_testnet(formula: str) -> None:
    found = formulas(derive_function("sigmoid(w0 + w1*x1 + w2*x2)", lang="en"))
    assert plain(formula) in found, sorted(found)
