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
    "catalog.twice": (
        "{name} stands twice in {text}; once is enough, with all its settings",
        "{text} 中 {name} 出现了两次；只写一次并给出它的全部设置即可",
    ),
    "catalog.no_distortion": (
        "no distortion is named; there are: {names}",
        "没有给出任何图片变形；可用的有：{names}",
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
    "catalog.optimizer.lbfgs": (
        "H is made of the gradients of the last `memory` steps and stands for the inverse of the second derivatives; "
        "α is looked for along the line. For small networks: all samples are taken at once, by "
        "SciPy, and an epoch is one iteration.",
        "H 由最近 memory 步的梯度构成，近似二阶导数矩阵的逆；α 由线搜索确定。适合小型网络：由 SciPy "
        "一次使用全部样本，一轮即一次迭代。",
    ),
    "catalog.no_step": (
        "{name} takes all samples at once and looks along a line for each step, so it has no formula of an update, and "
        "serves for training only; name an optimizer such as adam here",
        "{name} 一次使用全部样本，每一步由线搜索确定，没有更新公式，只能用于训练；此处请换用其他优化算法，例如 adam",
    ),
    "catalog.norm.layer": (
        "mu and s are those of the units of a layer, for each sample by itself, in training and in prediction.",
        "mu 和 s 对每个样本单独计算，取自同一层的各单元；训练与预测时相同。",
    ),
    "catalog.norm.batch": (
        "mu and s are those of a unit over the m samples of a batch, 2 or more. In prediction they come from running "
        "averages of mu and of the variance m/(m - 1) (s^2 - eps), which every step of training replaces by "
        "momentum * old + (1 - momentum) * new.",
        "mu 和 s 对每个单元分别计算，取自一批的 m 个样本（m 至少为 2）。预测时改用 mu 以及方差 m/(m - 1) (s^2 - eps) "
        "的滑动平均，训练的每一步都将其更新为 momentum * 旧值 + (1 - momentum) * 新值。",
    ),
    "catalog.schedule.constant": ("It stays as it is.", "保持不变。"),
    "catalog.schedule.linear": ("It falls in a line to nothing.", "线性降到零。"),
    "catalog.schedule.step": (
        "k is how often the share `every` of the steps is over.",
        "每走完全部步数的 every 这一比例，k 加一。",
    ),
    "catalog.schedule.exponential": (
        "It falls by the same factor in every step, to `final` of itself.",
        "每步乘以同一因子，最后降到开始时的 final 倍。",
    ),
    "catalog.schedule.cosine": (
        "It rises in a line over the share `warmup` of the steps; u goes from 0 to 1 over the others.",
        "先在全部步数的 warmup 这一比例内线性上升；u 在其余步数内从 0 升到 1。",
    ),
    "catalog.schedule.one_cycle": (
        "c rises in a line from `start` to 1, falls as long back to `start`, and to 0 over the last share `end` of "
        "the steps.",
        "c 从 start 线性升到 1，再用同样长的时间降回 start，最后在全部步数的 end 这一比例内降到 0。",
    ),
    "catalog.schedule.plateau": (
        "k is how often the validation score (without a validation part, the loss J) has not become better for "
        "`patience` epochs in a row.",
        "验证集的得分（没有验证集时为损失 J）每连续 patience 轮没有变好，k 加一。",
    ),
    "catalog.kind.activation": ("activation", "激活函数"),
    "catalog.kind.loss": ("loss", "损失函数"),
    "catalog.kind.penalty": ("penalty", "惩罚项"),
    "catalog.kind.initializer": ("initializer", "初始化方法"),
    "catalog.kind.optimizer": ("optimizer", "优化算法"),
    "catalog.kind.schedule": ("schedule", "学习率计划"),
    "catalog.kind.distortion": ("distortion", "图片变形"),
    "catalog.kind.norm": ("normalisation", "归一化"),
    "catalog.kind.metric": ("metric", "评价指标"),
    "catalog.kind.attribute": ("attribute", "属性"),
    "catalog.kind.setting": ("setting", "设置"),
    "catalog.kind.parameter": ("parameter", "参数"),
    "catalog.kind.preset": ("preset", "预设网络"),
    "catalog.kind.recipe": ("recipe", "训练方案"),
    "catalog.kind.example": ("worked example", "数值例子"),
    "catalog.kind.dataset": ("data set", "数据集"),
    "catalog.kind.engine": ("engine", "计算引擎"),
    "catalog.kind.catalogue": ("catalogue", "列表"),
    "catalog.kind.level": ("level", "层次"),
    "catalog.kind.format": ("format", "格式"),
    "catalog.kind.notation": ("notation", "记号"),
    "catalog.kind.function": ("function", "函数"),
    "catalog.kind.order": ("order", "排序方式"),
    "catalog.kind.key": ("key", "键"),
}
