"""Sentences: formulas that users type."""

SENTENCES: dict[str, tuple[str, str]] = {
    "formula.too_long": (
        "the formula has {found} characters; at most {most} are read",
        "公式有 {found} 个字符；最多只读 {most} 个",
    ),
    "formula.too_deep": (
        "at character {column} the formula is nested more than {most} levels deep",
        "在第 {column} 个字符处，公式的嵌套超过了 {most} 层",
    ),
    "formula.not_a_symbol": (
        "at character {column} there is {found!r}, which is no part of a formula; "
        "numbers, names, + - * / ** < > , and parentheses are (a power is written **)",
        "第 {column} 个字符 {found!r} 不属于公式；公式由数、名称、+ - * / ** < > 、逗号和括号组成（乘方写作 **）",
    ),
    "formula.ends_before_operand": (
        "the formula ends where a number, a name or a parenthesis is expected",
        "公式在此结束，但这里还应有一个数、名称或括号",
    ),
    "formula.not_operand": (
        "at character {column} a number, a name or a parenthesis is expected, not {found!r}",
        "第 {column} 个字符处应为数、名称或括号，而不是 {found!r}",
    ),
    "formula.ends_before_parenthesis": (
        "the formula ends before a parenthesis is closed",
        "公式结束时还有括号没有闭合",
    ),
    "formula.not_parenthesis": (
        "at character {column} a closing parenthesis is expected, not {found!r}",
        "第 {column} 个字符处应为右括号，而不是 {found!r}",
    ),
    "formula.not_operator": (
        "at character {column} an operator is expected, not {found!r} (a product is written with *)",
        "第 {column} 个字符处应为运算符，而不是 {found!r}（乘法要写 *）",
    ),
    "formula.ends_before_operator": ("the formula is not complete", "公式不完整"),
    "formula.infinite": (
        "at character {column} there is a number too large to compute with",
        "第 {column} 个字符处的数过大，无法计算",
    ),
    "formula.extreme": (
        "at character {column} there are numbers that are together too large or too small to compute with",
        "第 {column} 个字符处的几个数合在一起过大或过小，无法计算",
    ),
    "formula.unknown_name": (
        "at character {column} there is {found!r}, which has no meaning here; there are: {names}",
        "第 {column} 个字符处的 {found!r} 在这里没有意义；可用的有：{names}",
    ),
    "formula.unknown_function": ("at character {column}: {message}", "第 {column} 个字符处：{message}"),
    "formula.operands": (
        "at character {column}: {function} takes {expected} operand(s), not {found}",
        "第 {column} 个字符处：{function} 需要 {expected} 个参数，而不是 {found} 个",
    ),
    "formula.exponent": (
        "at character {column} the exponent must be a number; write exp(b * log(a)) for a variable one",
        "第 {column} 个字符处的指数必须是一个数；若指数含变量，请写作 exp(b * log(a))",
    ),
    "formula.chained": (
        "at character {column} a second comparison follows the first; put one of them in parentheses",
        "第 {column} 个字符处连用了两个比较；请给其中一个加上括号",
    ),
    "formula.division_by_zero": (
        "at character {column} something is divided by 0",
        "第 {column} 个字符处除以了 0",
    ),
}
