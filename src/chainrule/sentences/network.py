"""Sentences: network definitions."""

SENTENCES: dict[str, tuple[str, str]] = {
    "network.problems": (
        "the network definition has {count} problems:",
        "网络定义有 {count} 处问题：",
    ),
    "network.more_problems": ("and {count:,} more", "另有 {count:,} 处"),
    "network.at": ("{where}: {message}", "{where}：{message}"),
    "network.not_a_table": (
        "{where} must be a table of names and numbers, not {found}",
        "{where} 应为由名称和数值组成的表，而不是 {found}",
    ),
    "network.bad_sizes": (
        "{where} must list the inputs and the units of every layer, such as [2, 3, 2], not {found}",
        "{where} 应列出输入数和每层的单元数，例如 [2, 3, 2]，而不是 {found}",
    ),
    "network.no_sizes": (
        "{where} is missing; it must list the inputs and the units of every layer, such as [2, 3, 2]",
        "缺少 {where}；应列出输入数和每层的单元数，例如 [2, 3, 2]",
    ),
    "network.bad_activations": (
        '{where} must list one activation per layer, such as ["sigmoid", "softmax"], not {found}',
        '{where} 应列出每层的激活函数，例如 ["sigmoid", "softmax"]，而不是 {found}',
    ),
    "network.bad_layers": (
        "{where} must be a list of tables, one per layer, not {found}",
        "{where} 应为表的列表，每层一个表，而不是 {found}",
    ),
    "network.bad_layer": (
        "{where} must be a table such as {{ units = 3 }}, not {found}",
        "{where} 应为一个表，例如 {{ units = 3 }}，而不是 {found}",
    ),
    "network.one_per_layer": (
        "{where} must have one entry per layer, {count} in all, not {found}",
        "{where} 应为每层一项，共 {count} 项，而不是 {found} 项",
    ),
    "network.said_twice": (
        "{where} and {other} say the same thing; keep one of them",
        "{where} 与 {other} 说的是同一件事；请只保留一个",
    ),
    "network.name_count": (
        "{where}: there are {found} names, and at most {most} are read",
        "{where}：其中有 {found} 个名称，最多读取 {most} 个",
    ),
    "network.layer_count": (
        "{where}: there must be 1 to {most} layers after the inputs, not {found}",
        "{where}：输入之后应有 1 到 {most} 层，而不是 {found} 层",
    ),
    "network.not_a_layer": (
        '{where} must be a layer such as Dense(3), not {found}; a network in text is read by Network.parse("2-3-2")',
        '{where} 应为一个层，例如 Dense(3)，而不是 {found}；文字形式的网络请用 Network.parse("2-3-2")',
    ),
    "network.bad_whole": (
        "{where} must be a whole number from {least} to {most}, not {found}",
        "{where} 应为 {least} 到 {most} 之间的整数，而不是 {found}",
    ),
    "network.missing": (
        "{where} is missing; it must be a whole number from {least} to {most}",
        "缺少 {where}；应为 {least} 到 {most} 之间的整数",
    ),
    "network.not_a_definition": (
        'Network.of takes a NetworkDefinition, not {found}; a network in text is read by Network.parse("2-3-2")',
        'Network.of 需要一个 NetworkDefinition，而不是 {found}；文字形式的网络请用 Network.parse("2-3-2")',
    ),
    "network.bad_label": (
        "{where} must be a label of letters, digits, spaces, - and _ (at most 40), not {found}",
        "{where} 只能由字母、数字、空格、- 和 _ 组成（最多 40 个字符），而不是 {found}",
    ),
    "network.bad_coefficient": (
        "{where} must be a number of at least 0, such as 0.01, not {found}",
        "{where} 应为非负数，例如 0.01，而不是 {found}",
    ),
    "network.penalties_not_table": (
        "{where} must be a table of coefficients such as l2 = 0.01, not {found}",
        "{where} 应为系数表，例如 l2 = 0.01，而不是 {found}",
    ),
    "network.bad_dtype": (
        "{where} must be one of {names}, not {found}",
        "{where} 应为 {names} 之一，而不是 {found}",
    ),
    "network.too_large": (
        "{where}: the network would have {found} parameters; at most {most} are allowed",
        "{where}：该网络将有 {found} 个参数；最多允许 {most} 个",
    ),
    "network.flat_hidden": (
        "{where}: the derivative of {found} is 0 everywhere, so by the chain rule no error passes through it and "
        "the layers before it would never learn; take sigmoid or relu here (a step is allowed in the last layer, "
        "with the perceptron's own learning rule)",
        "{where}：{found} 的导数处处为 0，按链式法则误差无法经它传回，前面的层永远学不到东西；这里请用 sigmoid 或 relu"
        "（阶跃函数只能用在最后一层，并使用感知器自己的学习规则）",
    ),
    "network.flat_output": (
        "{where}: the derivative of {found} is 0 everywhere, so this loss gives no gradient; an output that can be "
        "learned without one is step with the loss perceptron",
        "{where}：{found} 的导数处处为 0，因此该损失没有梯度；不靠导数也能学习的输出是 step，损失取 perceptron",
    ),
    "network.across_hidden": (
        "{where}: {found} ties the units of a layer together and is for the last layer; take sigmoid or relu here",
        "{where}：{found} 把一层的单元联系在一起，只能用于最后一层；这里请用 sigmoid 或 relu",
    ),
    "network.across_one": (
        "{where}: {found} of a single unit is always 1, whatever the inputs; take sigmoid with one unit, or "
        "{found} with a unit for each class",
        "{where}：只有一个单元时，{found} 的输出总是 1，与输入无关；请改用一个单元的 sigmoid，或让 {found} 的每个类别有一个单元",
    ),
    "network.bad_dropout": (
        "{where} must be a share of at least 0 and below 1, such as 0.5, not {found}",
        "{where} 应为不小于 0 且小于 1 的比例，例如 0.5，而不是 {found}",
    ),
    "network.output_dropout": (
        "{where} must be left out: what the last layer gives is the network's answer, and none of it can be dropped",
        "{where} 应省去：最后一层给出的就是网络的答案，不能丢弃其中的任何一个",
    ),
    "network.output_norm": (
        "{where} must be left out: what the last layer gives is the network's answer, whose mean and size say "
        "something, so it is not normalised",
        "{where} 应省去：最后一层给出的就是网络的答案，其均值和大小都有含义，不作归一化",
    ),
    "network.nothing_to_normalise": (
        "the normalisation {norm} is for hidden layers, and {network} has none; leave it out, or add a hidden layer",
        "归一化 {norm} 用于隐藏层，而 {network} 没有隐藏层；请省去它，或增加隐藏层",
    ),
    "network.norm_of_one": (
        "{where}: a single unit is its own mean, so that nothing is left of it; take more units or the norm batch, or "
        "leave norm out",
        "{where}：只有一个单元时，均值就是它自己，归一化后什么也不剩；请增加单元，改用 batch，或省去 norm",
    ),
    "network.shared_not_earlier": (
        "{where} must be the number of an earlier layer, below {number}, not {found}",
        "{where} 应为前面某一层的编号，小于 {number}，而不是 {found}",
    ),
    "network.shared_not_own": (
        "{where}: layer {found} has no weights of its own; name layer {owner}, whose weights it shares",
        "{where}：第 {found} 层没有自己的权重；请写它所共享的第 {owner} 层",
    ),
    "network.shared_shape": (
        "{where}: the weights of layer {layer} have shape {found}, but this layer needs {expected}",
        "{where}：第 {layer} 层的权重形状为 {found}，而本层需要 {expected}",
    ),
    "network.loss_does_not_fit": (
        "{where}: {found} needs the output {expected}, but the last layer's activation is {output}",
        "{where}：{found} 要求输出为 {expected}，而最后一层的激活函数是 {output}",
    ),
}
