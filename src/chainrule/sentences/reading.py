"""Sentences: networks from text, and the presets."""

SENTENCES: dict[str, tuple[str, str]] = {
    "reading.unknown": (
        "{found} is no network{hint}: write sizes such as 784-300-10, the path of a TOML file or of a saved model, "
        "or a preset: {names}",
        "{found} 不是一个网络{hint}：请给出各层的大小（如 784-300-10）、TOML 文件或已保存模型的路径，或下列预设网络之一：{names}",
    ),
    "reading.no_file_name": (
        "no file can be called {found}: the name has a character that file systems do not allow; give another one",
        "文件名不能是 {found}：其中含有文件系统不允许的字符；请换一个名称",
    ),
    "reading.not_text": (
        "text such as {example!r}, or a path, is needed here, not {found}",
        "这里应为文字（例如 {example!r}）或路径，而不是 {found}",
    ),
    "reading.bad_size": (
        "{text}: part {place} must be a number of units such as 300, not {found}; an activation goes after a colon "
        "(784-300:relu-10), and a formula with a minus into parentheses",
        "{text}：第 {place} 部分应为单元数，例如 300，而不是 {found}；激活函数写在冒号之后（784-300:relu-10），"
        "含减号的公式要放在括号里",
    ),
    "reading.no_layers": (
        "{text}: a network needs at least two sizes, the inputs and the outputs, such as 784-10",
        "{text}：网络至少需要两个大小，即输入数和输出数，例如 784-10",
    ),
    "reading.no_file": ("{path} cannot be read: {reason}", "无法读取 {path}：{reason}"),
    "reading.bad_toml": (
        "{path} is not valid TOML: {place} something is wrong or missing, or a name is there twice",
        "{path} 不是有效的 TOML：{place}有误或有缺失，或者同一名称出现了两次",
    ),
    "reading.at": ("at line {line}, column {column},", "第 {line} 行第 {column} 列"),
    "reading.at_end": ("at its end", "末尾"),
    "reading.nested": (
        "{path} has lists nested too deeply to be read; those of a network definition have two levels at most",
        "{path} 中的列表嵌套过深，无法读取；网络定义中的列表最多两层",
    ),
    "reading.no_utf8": (
        "{path}, line {line}: this is not UTF-8 text, as a TOML file must be",
        "{path} 第 {line} 行：不是 UTF-8 文本，而 TOML 文件应为 UTF-8",
    ),
    "reading.long_number": (
        "{path} has a number with thousands of digits; those of a network definition have few",
        "{path} 中有一个数长达数千位；网络定义中的数都很短",
    ),
    "reading.long_shorthand": (
        "{text}: the shorthand of a network has at most {most:,} characters; larger networks are written in TOML",
        "{text}：网络的简写最多 {most:,} 个字符；更大的网络请用 TOML 编写",
    ),
    "reading.too_deep": (
        "{path} has names with many dots; the deepest one that a network definition needs is penalties.l2",
        "{path} 中有些名称含有很多点；网络定义中的名称最多两级，例如 penalties.l2",
    ),
    "reading.about_zhou": (
        "2-2-1, weight and height of people to their gender; one sample at a time",
        "2-2-1，由体重和身高判断性别；一次一个样本",
    ),
    "reading.about_neuron": (
        "2-1, a single neuron",
        "2-1，单个神经元",
    ),
    "reading.about_mazur": (
        "2-2-2, the well-known worked example of one step",
        "2-2-2，广为人知的单步计算例子",
    ),
    "reading.mazur_biases": (
        "The author of this example leaves the biases as they are; here they are learned too. The weights after the "
        "step are the same, the error after it is not. The 0.291027924 that is printed for it does not follow from "
        "these weights: with the biases as they were they give 0.291027774.",
        "这个例子的作者不更新偏置，而这里偏置也一起学习。更新后的权重相同，更新后的误差则不同。原文给出的误差 0.291027924 "
        "与这些权重不符：偏置不变时，由它们算得 0.291027774。",
    ),
    "reading.about_testnet": (
        "2-3-2 with softmax and weight decay, for a derivation by the chain rule",
        "2-3-2，softmax 输出并带权重衰减，用于按链式法则推导",
    ),
    "reading.about_nielsen": (
        "784-30-10 for MNIST, sigmoid outputs and half the squared error",
        "784-30-10，用于 MNIST，sigmoid 输出，平方误差的一半",
    ),
    "reading.about_han": (
        "784-300-10 for MNIST, sigmoid outputs with the targets 0.1 and 0.9",
        "784-300-10，用于 MNIST，sigmoid 输出，目标为 0.1 和 0.9",
    ),
    "reading.about_han_small": (
        "3-4-2, the network whose nodes are numbered 1 to 9 in the derivation",
        "3-4-2，推导中节点编号为 1 到 9 的网络",
    ),
    "reading.about_ufldl": (
        "3-3-1 with weight decay, the network of the tutorial's figures",
        "3-3-1，带权重衰减，即教程插图中的网络",
    ),
}
