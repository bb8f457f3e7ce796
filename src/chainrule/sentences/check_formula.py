"""Sentences: whether a formula is right, and what is wrong with it."""

SENTENCES: dict[str, tuple[str, str]] = {
    # What cannot be read
    "check_formula.no_text": (
        "a formula is text such as 'delta1 @ x.T', not {found}",
        "公式应为文本，例如 'delta1 @ x.T'，而不是 {found}",
    ),
    "check_formula.not_a_symbol": (
        "at character {column} there is {found!r}, which is no part of a formula; numbers, names, + - * / @ ** .T < > , and "
        "parentheses are",
        "第 {column} 个字符 {found!r} 不属于公式；公式由数、名称、+ - * / @ ** .T < > 、逗号和括号组成",
    ),
    "check_formula.not_operator": (
        "at character {column} an operator is expected, not {found!r}; a product is written * entry by entry, and @ of matrices",
        "第 {column} 个字符处应为运算符，而不是 {found!r}；逐元素的乘积写 *，矩阵的乘积写 @",
    ),
    "check_formula.ends_before_operator": (
        "at character {column} the formula ends before it is complete",
        "公式在第 {column} 个字符处结束，尚不完整",
    ),
    "check_formula.not_operand": (
        "at character {column} a number, a name or a parenthesis is expected, not {found!r}",
        "第 {column} 个字符处应为数、名称或括号，而不是 {found!r}",
    ),
    "check_formula.ends_before_operand": (
        "at character {column} the formula ends where a number, a name or a parenthesis is expected",
        "公式在第 {column} 个字符处结束，但这里还应有一个数、名称或括号",
    ),
    "check_formula.not_parenthesis": (
        "at character {column} a closing parenthesis is expected, not {found!r}",
        "第 {column} 个字符处应为右括号，而不是 {found!r}",
    ),
    "check_formula.ends_before_parenthesis": (
        "at character {column} the formula ends before a parenthesis is closed",
        "公式在第 {column} 个字符处结束，但还有括号没有闭合",
    ),
    "check_formula.too_many": (
        "at character {column} the formula has more than {most} symbols, which are not read",
        "公式到第 {column} 个字符处已超过 {most} 个符号，不再读取",
    ),
    "check_formula.too_long": (
        "at character {column} the formula goes on; at most {most} characters are read",
        "公式在第 {column} 个字符处还没有结束；最多只读 {most} 个字符",
    ),
    "check_formula.axis": (
        "at character {column}: {function}(A, axis) takes an array and, where not all of it is meant, the axis 0 or 1",
        "第 {column} 个字符处：{function}(A, axis) 的参数是一个数组；若不是对全部元素计算，再加上轴 0 或 1",
    ),
    "check_formula.itself": (
        "at character {column} there is {found}, but a formula for {of} cannot use {of} itself",
        "第 {column} 个字符处出现了 {found}，但 {of} 的公式不能使用 {of} 自身",
    ),
    "check_formula.later": (
        "at character {column} there is {found}, which comes after {of} in the backward pass, so a formula for {of} cannot "
        "use it",
        "第 {column} 个字符处出现了 {found}，它在反向传播中晚于 {of}，因此 {of} 的公式不能使用它",
    ),
    # Verdicts
    "check_formula.correct": ("Correct: this is {of}.", "正确：这就是 {of}。"),
    "check_formula.wrong": ("Wrong: this is not {of}.", "错误：这不是 {of}。"),
    "check_formula.unreadable": ("This cannot be read.", "无法读懂这个公式。"),
    # What is wrong
    "check_formula.unknown": ("No small change makes it right.", "没有找到能使它正确的小改动。"),
    # The command line
    "cli.about.check_formula": (
        "Judge a formula written by hand, and say what is wrong with it.\n"
        "As in Python: + - * / ** of entries, @ of matrices, A.T, outer(u, v), sum(A, axis), mean(A, axis), exp, log, sqrt, "
        "sigmoid, dsigmoid and so on, g1 and dg1 for the activation of layer 1; x (or a0), y, W1, b1, z1, a1, p, delta1, m "
        "samples, K outputs, lam for l2. Exits with 1 where it is wrong, with 2 where it cannot be read.",
        "判断手写的公式是否正确，并指出错在哪里。\n"
        "写法与 Python 相同：+ - * / ** 逐元素运算，@ 为矩阵乘积，A.T、outer(u, v)、sum(A, axis)、mean(A, axis)、exp、log、sqrt、"
        "sigmoid、dsigmoid 等，g1 和 dg1 是第 1 层的激活函数及其导数；x（或 a0）、y、W1、b1、z1、a1、p、delta1，m 为样本数，"
        "K 为输出数，lam 即 l2。公式错误时以 1 退出，无法读懂时以 2 退出。",
    ),
    "cli.help.formula": (
        "the formula, such as '(W2.T @ delta2) * a1 * (1 - a1)'",
        "公式，例如 '(W2.T @ delta2) * a1 * (1 - a1)'",
    ),
    "cli.help.check_formula.of": (
        "what it is to be: delta1, dz1, da1, dW1, db1 and so on",
        "公式所求的量：delta1、dz1、da1、dW1、db1 等",
    ),
    "cli.help.layout": (
        "column: one sample, z1 = W1 @ a0 + b1; rows: a batch with a sample a row, z1 = a0 @ W1.T + b1 (column)",
        "column：单个样本，z1 = W1 @ a0 + b1；rows：一批样本，每行一个，z1 = a0 @ W1.T + b1（默认 column）",
    ),
    "cli.metavar.layout": ("LAYOUT", "排列方式"),
    "cli.metavar.quantity": ("QUANTITY", "量"),
    # Kinds of names
    "catalog.kind.layout": ("layout", "排列方式"),
    "catalog.kind.quantity": ("quantity", "量"),
}
