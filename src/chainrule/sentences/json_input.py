"""Sentences: what is wrong with JSON, as parts of others."""

SENTENCES: dict[str, tuple[str, str]] = {
    "json.no_text": ("it is not UTF-8 text", "不是 UTF-8 文本"),
    "json.syntax": (
        "it is not valid JSON at line {line}, column {column}",
        "第 {line} 行第 {column} 列不符合 JSON 格式",
    ),
    "json.deep": ("its lists or objects are nested too deeply", "列表或对象嵌套过深"),
    "json.long_number": ("it has a number with thousands of digits", "其中有一个数长达数千位"),
    "json.not_finite": (
        "it has the number {found}, and numbers must be finite",
        "其中有 {found}，而数必须是有限的",
    ),
    "json.twice": ("it has the name {name} twice", "名称 {name} 出现了两次"),
}
