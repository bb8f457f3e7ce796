"""Documents to try the forms on: a small one in both languages, and one with everything that can go wrong."""

from __future__ import annotations

from chainrule.documents.document import (
    Bullets,
    Code,
    Document,
    Formula,
    Heading,
    Note,
    Paragraph,
    Step,
    Table,
)

SOURCE = """\
import numpy as np

z = np.array([0.5, -1.0])
a = 1 / (1 + np.exp(-z))
assert a.shape == z.shape
"""

WORDS = {
    "en": {
        "title": "Back-propagation",
        "about": r"The error of layer $l$ is $\delta^l = \partial C / \partial z^l$; it is found from the "
        "error of the layer behind it, beginning with the last one.",
        "equations": "The equations",
        "definition": "by definition of the error",
        "rule": "the chain rule: $C$ depends on $z^l$ only through $z^{l+1}$",
        "paths": "the sum over all paths from $w^l_{jk}$ to $C$",
        "note": r"$\odot$ multiplies entry by entry, and $\sigma'(z^l)$ has the shape of $z^l$.",
        "forward": "forward: $z^l$, $a^l$",
        "backward": r"backward: $\delta^l$",
        "name": "name",
        "shape": "shape",
    },
    "zh": {
        "title": "反向传播",
        "about": r"第 $l$ 层的误差是 $\delta^l = \partial C / \partial z^l$；"
        "它由后一层的误差求得，从最后一层开始。",
        "equations": "方程",
        "definition": "误差的定义",
        "rule": "链式法则：$C$ 只通过 $z^{l+1}$ 依赖于 $z^l$",
        "paths": "对从 $w^l_{jk}$ 到 $C$ 的所有路径求和",
        "note": r"$\odot$ 表示逐元素相乘，$\sigma'(z^l)$ 与 $z^l$ 形状相同。",
        "forward": "前向：$z^l$、$a^l$",
        "backward": r"反向：$\delta^l$",
        "name": "名称",
        "shape": "形状",
    },
}


def small(lang):
    """A heading, a paragraph, two chains with reasons, a list, a note, a table, code."""
    say = WORDS[lang]
    paths = r"\sum_{i=1}^{n} \frac{\partial C}{\partial z^l_i} \, \frac{\partial z^l_i}{\partial w^l_{jk}}"
    return Document(
        lang,
        (
            Heading(say["title"], 1),
            Paragraph(say["about"]),
            Heading(say["equations"]),
            Formula(
                r"\delta^l",
                (
                    Step(r"\frac{\partial C}{\partial z^l}", reason=say["definition"]),
                    Step(r"\left((w^{l+1})^T \, \delta^{l+1}\right) \odot \sigma'(z^l)", reason=say["rule"]),
                ),
                "BP2",
            ),
            Formula(
                r"\frac{\partial C}{\partial w^l_{jk}}",
                (Step(paths, reason=say["paths"]), Step(r"a^{l-1}_k \, \delta^l_j")),
                "BP4",
            ),
            Note(say["note"]),
            Bullets((say["forward"], say["backward"])),
            Table(
                (say["name"], say["shape"]),
                (("$w^l$", r"$n_l \times n_{l-1}$"), ("$b^l$", r"$n_l \times 1$")),
            ),
            Code(SOURCE),
        ),
    )


NASTY = (
    "a_b_c *stars* **bold** `code` <b>tag</b> &amp; 50% #1 ~x~ ^y^ [link](url) ![i](u) | pipe \\alpha "
    "{braces} \\$5 and \"quotes\" 'single' https://example.org www.example.org <!-- c --> [^1] :smile: @name"
)
"""Text that each form would take for its own signs."""

FORMULAS = (
    r"J = -\frac{1}{m} \left[ \sum_{i=1}^m \sum_{j=1}^k \mathbb{1}\left(y^{(i)} = j\right) "
    r"\ln \frac{e^{z_j^{(2)}}}{\sum_{l} e^{z_l^{(2)}}} \right] "
    r"+ \frac{\lambda}{2} \sum_l \left\|W^{(l)}\right\|^2",
    r"g(z) = \begin{cases} z & \text{if } z \ge 0 \\ \alpha (e^z - 1) & \text{otherwise} \end{cases}",
    r"z = \begin{bmatrix} z_1^{(1)} \\ z^{(1)}_2 \\ z_3 \end{bmatrix} "
    r"= \begin{bmatrix} W_{1,1} & W_{1,2} \\ 0.1234 & -1 \end{bmatrix} x",
    r"\underbrace{\delta^{(1)}}_{3 \times 1} = \underbrace{(W^{(2)})^T}_{3 \times 2} \, "
    r"\underbrace{\delta^{(2)}}_{2 \times 1} \odot \underbrace{\sigma'(z^{(1)})}_{3 \times 1}",
    r"\left\{x \mid \left|x\right| < 1, \|x\| \ne 0\right\} "
    r"= \{x\}_{a_b} * y^* \overset{\text{def}}{=} y_{pred}",
    r"\mathrm{net}_j = \vec{w}_j \cdot \vec{x}_j = \sum_i w_{ji} x_{ji} + w_{jb}, "
    r"\mathrm{a\_b}, \operatorname{softmax}(z)_k",
    r"\left.\frac{dy}{dx}\right|_{x=0} + \sqrt{v + \epsilon} + \max_j a_j + \hat{y} + z_1, \ldots, z_n < 10",
)

LONG = " + ".join(
    rf"\frac{{\partial C}}{{\partial a_{{{i}}}}} w_{{{i}1}} \sigma'(z_{{{i}}})" for i in range(1, 14)
)


def everything(lang="zh"):
    """Every kind of block, with text that Markdown, HTML and TeX would take for their own."""
    text = (
        f"{NASTY} 中文，混排 $w_{{jk}} * x_k < 1$ 与 $\\left|z\\right|$，$\\{{a_1, b_1\\}}$ and so on. " * 2
    )
    reasons = ("", text, "", "because", "$a|b$", "一", "")
    relations = ("", *[r"\Rightarrow"] * (len(FORMULAS) - 1))
    cells = (text, r"$\left|z\right|$", "c"), ("`|`", "$a_1$ | $b_1$", "\\"), ("", "", "")
    return Document(
        lang,
        (
            Heading(f"# {NASTY}", 1),
            Paragraph(text),
            Heading("- 标题 $x_1$", 2),
            Heading("1. third_level", 3),
            Formula("", tuple(map(Step, FORMULAS, relations, reasons))),
            Formula("x", (Step(LONG, r"\gets", NASTY), Step(rf"\left({LONG}\right)^T")), "A.1"),
            Formula(r"\delta", (Step("-a"), Step("+b", reason="一"), Step("b", r"\overset{\text{def}}{=}"))),
            Formula("x", ()),
            Note(text),
            Bullets((text, "- x", "# y", "1. z", "$-a$", "+")),
            Bullets(tuple(str(i) for i in range(12)), numbered=True),
            Table(("a|b", "$|x|$", "*"), cells),
            Paragraph("- x\n# y\n1. z\n> q\n=== \n    code\n```"),
            *map(
                Paragraph, ("# y", "1. z", "2) z", "> q", "===", "---", "```", "~~~", "+ a", "* * *", "\t\\")
            ),
            Code(SOURCE),
            Code("hidden = 1\n", shown=False),
            Code("s = '''\n```\n$x_1$ <&> \\end{document} \\end{verbatim} 中文 \\verb|~|\n'''\n"),
        ),
    )
