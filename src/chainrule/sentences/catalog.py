"""Sentences: names that users pick."""

SENTENCES: dict[str, tuple[str, str]] = {
    "catalog.unknown": (
        "there is no {kind} called {name}{hint}; there are: {names}",
        "没有名为 {name} 的{kind}{hint}；可用的有：{names}",
    ),
    "catalog.near": (" (did you mean {name}?)", "（是否想写 {name}？）"),
    "catalog.not_text": (
        "the {kind} must be text such as {example!r}, not {found}",
        "{kind}应为文字，例如 {example!r}，而不是 {found}",
    ),
    "catalog.out_of_range": (
        "the settings must satisfy {range}, not {found}",
        "设置应满足 {range}，而不是 {found}",
    ),
    "catalog.none": ("none", "无"),
    "catalog.no_settings": (
        "{name} has no settings, but {found} is asked of it",
        "{name} 没有任何设置，却给出了 {found}",
    ),
    "catalog.not_a_number": (
        "setting {name} needs a finite number such as 0.1, not {found}",
        "设置 {name} 应为有限的数，例如 0.1，而不是 {found}",
    ),
    "catalog.kind.activation": ("activation", "激活函数"),
    "catalog.kind.loss": ("loss", "损失函数"),
    "catalog.kind.penalty": ("penalty", "惩罚项"),
    "catalog.kind.initializer": ("initializer", "初始化方法"),
    "catalog.kind.optimizer": ("optimizer", "优化算法"),
    "catalog.kind.schedule": ("schedule", "学习率计划"),
    "catalog.kind.metric": ("metric", "评价指标"),
    "catalog.kind.attribute": ("attribute", "属性"),
    "catalog.kind.setting": ("setting", "设置"),
    "catalog.kind.parameter": ("parameter", "参数"),
    "catalog.kind.preset": ("preset", "预设网络"),
    "catalog.kind.example": ("worked example", "数值例子"),
    "catalog.kind.dataset": ("data set", "数据集"),
    "catalog.kind.engine": ("engine", "计算引擎"),
    "catalog.kind.catalogue": ("catalogue", "列表"),
    "catalog.kind.level": ("level", "层次"),
    "catalog.kind.format": ("format", "格式"),
    "catalog.kind.notation": ("notation", "记号"),
    "catalog.kind.function": ("function", "函数"),
    "catalog.kind.key": ("key", "键"),
}
