"""Sentences: worked examples."""

SENTENCES: dict[str, tuple[str, str]] = {
    "trace.samples": (
        "there are {inputs} samples of inputs but {targets} of targets; give as many of each",
        "输入有 {inputs} 个样本，目标却有 {targets} 个；两者应一样多",
    ),
    "trace.shape": (
        "{name} must be one row of {expected} numbers for each sample, not of shape {found}",
        "{name} 应为每个样本一行、每行 {expected} 个数，而不是形状 {found}",
    ),
    "trace.parameter": (
        "parameter {name} must be finite numbers of shape {expected}, not of shape {found}",
        "参数 {name} 应为形状 {expected} 的有限数，而不是形状 {found}",
    ),
    "trace.no_targets": (
        "{of} cannot be followed from the loss down, as there are no targets; give targets too",
        "没有目标，无法从损失往下追踪 {of}；请同时给出目标",
    ),
    "trace.digits": (
        "digits must be a whole number from 1 to {most}, not {found}",
        "有效数字的位数应为 1 到 {most} 的整数，而不是 {found}",
    ),
    # Worked examples
    "trace.given": ("What is given", "已知的数"),
    "trace.unrounded": (
        "Numbers are shown with {digits} significant digits. A rounded number is never used further: every line is "
        "computed from the exact numbers, and may end in another digit than the shown ones would give.",
        "数值显示 {digits} 位有效数字。舍入后的数不会用于后面的计算：每一行都由精确值算出，末位数字可能与用显示值"
        "计算的结果不同。",
    ),
    "trace.exercise": (
        "Put the numbers into every formula, and give each result with {digits} significant digits. Go on with the "
        "exact result, not with the rounded one.",
        "请把数值代入每个公式，结果取 {digits} 位有效数字。后面的计算用精确的结果，不用舍入后的数。",
    ),
    "trace.too_large_to_draw": (
        "networks with up to {most} units in a layer are drawn, not with {found}; the worked example tells larger ones "
        "by shapes, ranges and first entries, and one neuron with its connections",
        "只能画出每层不超过 {most} 个单元的网络，而不是 {found} 个；更大的网络请看数值推导中的形状、范围和前几个数，或单个神经元及其连接",
    ),
    "trace.samples_together": (
        "a picture is of one sample, but in this network the samples of a batch act on one another, by their mean; "
        "leave the targets out to draw a prediction, or take the worked example of all samples",
        "图只画一个样本，而这个网络中一批样本经由均值相互影响；请去掉目标值来画预测，或者查看所有样本的数值例子",
    ),
    "trace.one_thing": (
        "--of follows a weight, --neuron shows a neuron; give one of the two",
        "--of 追踪一个权重，--neuron 显示一个神经元；请只给其中一个",
    ),
    "trace.exercise_needs_out": (
        "--exercise writes two files, a sheet and its solution; name the sheet with --out",
        "--exercise 会写入两个文件：习题和解答；请用 --out 给出习题文件名",
    ),
    "trace.rounding": (
        "the rounded numbers would give {rounded}",
        "用舍入后的数计算会得到 {rounded}",
    ),
    "trace.zhou_rounded": (
        r"The text prints 0.0214 for $\partial L / \partial w_{{1}}$: the product of the rounded factors $-0.952$, $0.249$ "
        "and $-0.0904$. Exactly it is 0.02147.",
        r"原文给出 $\partial L / \partial w_{{1}}$ = 0.0214，那是舍入后的因子 $-0.952$、$0.249$、$-0.0904$ 的乘积；精确值是 0.02147。",
    ),
    "trace.neuron": ("The neuron {neuron} of {network}", "{network} 的神经元 {neuron}"),
    "trace.connections.incoming": ("What comes in:", "输入的连接："),
    "trace.connections.outgoing": (
        "Where it goes, and the errors that come back on the way:",
        "输出的连接，以及沿这些连接传回的误差：",
    ),
    "trace.connections.end": ("other end", "另一端"),
    "trace.connections.bias": ("bias", "偏置"),
    "trace.connections.value": ("value", "数值"),
    "trace.connections.weight": ("weight", "权重"),
    "trace.connections.product": ("product", "乘积"),
    "trace.connections.slope": ("derivative by the weight", "对权重的导数"),
    "trace.connections.first": (
        "The first {shown} of {connections} connections are shown.",
        "只显示 {connections} 条连接中的前 {shown} 条。",
    ),
    "trace.no_such_neuron": (
        "the network has no neuron called {found}; write a1[0], layer and place, places counted from 0; the last of "
        "each layer: {names}",
        "网络中没有名为 {found} 的神经元；请写成 a1[0]（层和位置，位置从 0 算起）；各层的最后一个：{names}",
    ),
    "trace.sample": ("sample", "样本"),
    "trace.first_samples": (
        "The first {shown} of {samples} samples are shown.",
        "只显示 {samples} 个样本中的前 {shown} 个。",
    ),
    "trace.of_sample": (
        "Numbers of a single sample are those of sample {sample}, of {samples}.",
        "单个样本的数值取自第 {sample} 个样本（共 {samples} 个）。",
    ),
    "trace.no_such_sample": (
        "sample must be a whole number from 1 to {samples}, not {found}",
        "样本序号应为 1 到 {samples} 的整数，而不是 {found}",
    ),
    "trace.large": (
        "{array} has shape {shape}; its numbers lie between {lowest} and {highest}, the first ones are {first}.",
        "{array} 的形状为 {shape}，各数介于 {lowest} 与 {highest} 之间，前几个为 {first}。",
    ),
    "trace.large.constant": (
        "{array} has shape {shape}; all its numbers are {lowest}.",
        "{array} 的形状为 {shape}，所有的数都是 {lowest}。",
    ),
    "trace.params_unreadable": (
        "the parameters in {path} cannot be read ({reason}); give a JSON file",
        "无法读取 {path} 中的参数（{reason}）；请给出 JSON 文件",
    ),
    "trace.params_no_table": (
        '{path} must hold one JSON object with parameters by name, such as {{"W1": [[1, 2]], "b1": [0]}}',
        '{path} 应为一个按名称给出参数的 JSON 对象，例如 {{"W1": [[1, 2]], "b1": [0]}}',
    ),
    "trace.no_example": (
        "{network} has no worked example called {example}; leave --example out, and numbers are drawn",
        "{network} 没有名为 {example} 的数值例子；去掉 --example 则随机生成数值",
    ),
}
