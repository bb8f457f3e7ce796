"""Sentences: gradient checks."""

SENTENCES: dict[str, tuple[str, str]] = {
    "check.right": (
        "The derived gradients agree with finite differences: the largest relative error is {error} "
        "(up to {tolerance} counts as equal).",
        "推导出的梯度与有限差分一致：最大相对误差为 {error}（不超过 {tolerance} 即视为相等）。",
    ),
    "check.wrong": (
        "The derived gradients disagree with finite differences in {names} (relative error above {tolerance}).",
        "推导出的梯度与有限差分不一致：{names}（相对误差超过 {tolerance}）。",
    ),
    "check.nothing": (
        "Nothing could be checked: the loss has a kink at every entry; try other inputs or parameters.",
        "没有可检查的分量：损失在每个分量处都有折点；请换一组输入或参数。",
    ),
    "check.parameter": (
        "d{name}: relative error {error}, agreeing digits {digits}, {checked} of {entries} entries checked",
        "d{name}：相对误差 {error}，一致的有效数字 {digits} 位，共 {entries} 个分量，检验了 {checked} 个",
    ),
    "check.worst": (
        "largest difference at {place}: derived {derived}, numeric {numeric}",
        "差别最大处 {place}：推导值 {derived}，数值差分 {numeric}",
    ),
    "check.sampled": (
        "{checked:,} of {entries:,} entries were compared one by one, and all of them together: the parameters were "
        "also moved along random directions.",
        "共 {entries:,} 个分量，其中 {checked:,} 个逐一比较；此外还让参数沿随机方向移动，使全部分量都参与了比较。",
    ),
    "check.unseen": (
        "The loss has a kink on the random direction of {names}, so the other entries took no part there.",
        "沿随机方向移动 {names} 时遇到了损失的折点，因此这里其余的分量没有参与比较。",
    ),
    "check.digits": (
        "Significant digits that agree in every gradient: {digits} (a check asks for at least {fewest}; 8 or more are usual).",
        "所有梯度中至少有 {digits} 位有效数字一致（检查要求至少 {fewest} 位，通常可达 8 位以上）。",
    ),
    "check.few_digits": (
        "Fewer than the {fewest} digits that a check asks for can be seen in {names}: rounding hides the others.",
        "{names} 能看到的一致位数不足检查所要求的 {fewest} 位：其余的位被舍入误差掩盖了。",
    ),
    "check.hidden": (
        "The parameters with the largest errors are shown; {hidden:,} more are like them or better.",
        "只列出误差最大的参数；其余 {hidden:,} 个的误差不大于它们。",
    ),
    "check.kinks": (
        "Kinks left out: {kinks} (the slopes on the two sides differ there).",
        "略去折点 {kinks} 个（该处左右两侧的斜率不同）。",
    ),
    "check.rounding": (
        "Where a difference is larger than that, it is within the rounding of finite differences.",
        "超出此值的差别都在有限差分的舍入误差之内。",
    ),
    "check.separator": ("; ", "；"),
    "check.learning_rule": (
        "The derivative of the output activation is 0 wherever it has one, so delta{layer} is Rosenblatt's learning "
        "rule: the derivative of the loss with the output a{layer} held fixed. Where no weighted input is 0, the "
        "output stays as it is under a small change, and the rule is the derivative too; that is what is checked.",
        "输出层激活函数的导数在其存在之处处处为 0，因此 delta{layer} 是罗森布拉特的学习规则：把输出 a{layer} 视为常数时"
        "损失的导数。只要加权输入都不为 0，微小的改变就不会影响输出，该规则也就是真正的导数；这里检查的正是这一点。",
    ),
    "check.not_finite": (
        "J is {found} for these inputs, targets and parameters, so there is no derivative to check; give values "
        "for which every line of the program is finite",
        "对于这些输入、目标和参数，J 为 {found}，没有导数可供检查；请给出使程序每一行都为有限数的值",
    ),
    # Columns of the command's table
    "cli.check.digits": ("digits", "一致位数"),
    # What cannot be checked
    "check.shape": (
        "{name} must have shape {expected}, not {found}",
        "{name} 的形状应为 {expected}，而不是 {found}",
    ),
    "check.no_numbers": (
        "{name} must be an array of finite numbers of shape {expected}",
        "{name} 应为由有限数组成、形状为 {expected} 的数组",
    ),
    "check.labels": (
        "y (n,) must hold class numbers from 0 to {last}, one a sample; or give targets of shape (n, {outputs})",
        "y (n,) 应为 0 到 {last} 的类别编号，每个样本一个；也可以给出形状为 (n, {outputs}) 的目标",
    ),
    "check.parameters": (
        "parameters must be given for exactly {expected}; found {found}",
        "应恰好给出这些参数：{expected}；实际给出的是 {found}",
    ),
    "check.tolerance": (
        "tolerance must be a positive number such as 1e-7, not {found}",
        "tolerance 应为正数，例如 1e-7，而不是 {found}",
    ),
    "check.most": (
        "most must be a whole number of at least 1, not {found}",
        "most 应为不小于 1 的整数，而不是 {found}",
    ),
}
