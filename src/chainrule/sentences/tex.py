"""Sentences: TeX that is read."""

SENTENCES: dict[str, tuple[str, str]] = {
    "tex.unknown_command": (
        "at character {column} there is {found}, a command that is not known here",
        "第 {column} 个字符处的命令 {found} 在这里不认识",
    ),
    "tex.misspelt_command": (
        "at character {column} there is {found}, a command that is not known here (did you mean {near}?)",
        "第 {column} 个字符处的命令 {found} 在这里不认识（是否想写 {near}？）",
    ),
    "tex.unknown_environment": (
        "at character {column} an environment {name!r} begins, which is not known here; there are: {names}",
        "第 {column} 个字符处开始的环境 {name!r} 在这里不认识；可用的有：{names}",
    ),
    "tex.not_a_symbol": (
        "at character {column} there is {found!r}, which is no part of a formula in TeX",
        "第 {column} 个字符 {found!r} 不能出现在 TeX 公式中",
    ),
    "tex.not_in_text": (
        "at character {column} there is {found!r}, which cannot stand in a word of a formula",
        "第 {column} 个字符 {found!r} 不能出现在公式的文字中",
    ),
    "tex.no_argument": (
        "at character {column} {found} is followed by nothing that it could apply to; put what is meant in braces",
        "第 {column} 个字符处的 {found} 后面没有可作用的内容；请把所指的内容放在花括号中",
    ),
    "tex.no_delimiter": (
        "at character {column} {found} is not followed by a bracket, a bar or a dot",
        "第 {column} 个字符处的 {found} 后面应为括号、竖线或点",
    ),
    "tex.script_of_nothing": (
        "at character {column} there is {found!r} with nothing before it that could carry it",
        "第 {column} 个字符 {found!r} 前面没有可以附着的内容",
    ),
    "tex.second_script": (
        "at character {column} a second {found!r} follows the first; put one of them in braces with what it belongs to",
        "第 {column} 个字符处连用了两个 {found!r}；请用花括号标明其中一个属于谁",
    ),
    "tex.not_closed": (
        "at character {column} {found} opens something that is not closed",
        "第 {column} 个字符处的 {found} 没有闭合",
    ),
    "tex.closes_nothing": (
        "at character {column} {found} closes nothing that is open",
        "第 {column} 个字符处的 {found} 没有与之对应的开头",
    ),
    "tex.outside": (
        "at character {column} there is {found}, which belongs between \\begin and \\end",
        "第 {column} 个字符处的 {found} 只能用在 \\begin 与 \\end 之间",
    ),
    "tex.too_deep": (
        "at character {column} the formula is nested more than {most} levels deep",
        "在第 {column} 个字符处，公式的嵌套超过了 {most} 层",
    ),
}
