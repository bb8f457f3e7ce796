"""Sentences: the search for a learning rate."""

SENTENCES: dict[str, tuple[str, str]] = {
    # Help
    "cli.about.find_rate": (
        "Find a learning rate at which a network learns a data set.\n"
        "From its initial weights the network does some hundred steps, each at a rate a little higher than the one before "
        "(Smith 2017). J falls once the rate is high enough, and rises once it is too high; the suggested rate is a tenth "
        "of the one at which J is least.",
        "为网络和数据集寻找合适的学习率。\n"
        "网络从初始权重出发训练几百步，每一步的学习率都比前一步略高（Smith 2017）。学习率够高时 J 开始下降，太高时 J 回升；"
        "建议的学习率是 J 最小处的十分之一。",
    ),
    "cli.help.find_rate.preset": (
        "a known network with everything it was trained with",
        "一个已知的网络，连同它的训练设置",
    ),
    "cli.help.find_rate.recipe": (
        "a recipe for handwritten digits, with its network: plain, dropout, elastic ...",
        "手写数字的训练方案及其网络：plain、dropout、elastic 等",
    ),
    "cli.help.find_rate.batch_size": ("samples a step (32)", "每步的样本数（32）"),
    "cli.help.find_rate.l2": ("coefficient of the L2 penalty on the weights", "权重 L2 惩罚项的系数"),
    "cli.help.find_rate.dropout": (
        "share of each hidden layer's outputs that is dropped: 0.5",
        "每个隐藏层的输出被丢弃的比例，例如 0.5",
    ),
    "cli.help.find_rate.from": ("the lowest rate (0.000001)", "最低的学习率（0.000001）"),
    "cli.help.find_rate.to": ("the highest rate (10)", "最高的学习率（10）"),
    "cli.help.find_rate.steps": ("steps from the one to the other (300)", "从最低到最高的步数（300）"),
    "cli.help.find_rate.samples": (
        "use only the first samples of the training part, after shuffling by the seed",
        "只使用训练集（按种子打乱后）的前若干个样本",
    ),
    "cli.help.find_rate.task": (
        "what a CSV file's target means: classes or numbers",
        "CSV 文件的目标的含义：classes（类别）或 numbers（数值）",
    ),
    "cli.help.find_rate.out": ("draw the curve into this SVG file", "把曲线画到该 SVG 文件"),
    # What it says
    "rates.form": (
        "the curve is drawn as SVG, so {path} must end in .svg",
        "曲线以 SVG 格式绘制，{path} 应以 .svg 结尾",
    ),
    "rates.range": (
        "the rates must rise, from a positive one to a higher one such as from 0.000001 to 10, not from {low:g} to {high:g}",
        "学习率应从一个正数升到更大的数，例如从 0.000001 到 10，而不是从 {low:g} 到 {high:g}",
    ),
    "rates.no_rate": (
        "the optimizer {optimizer} has no learning rate to look for; name another one, such as sgd or adam",
        "优化算法 {optimizer} 没有学习率可找；请换一个，例如 sgd 或 adam",
    ),
    "rates.rate": ("learning rate", "学习率"),
    "rates.mark": ("least", "最小"),
    "rates.smoothed": ("running mean of J", "J 的滑动平均"),
    "rates.least": ("least at {rate}", "在 {rate} 处最小"),
    "rates.suggested": ("suggested: {rate}", "建议：{rate}"),
    "rates.measured": (
        "J is the running mean over mini-batches, each looked at before its step; {steps} steps from the initial weights, "
        "with {optimizer}.",
        "J 是各小批量（每步更新之前）的滑动平均；从初始权重出发共 {steps} 步，优化算法为 {optimizer}。",
    ),
    "rates.rises": (
        "J is least, {loss}, at a rate of {rate}, and rises beyond it.",
        "学习率为 {rate} 时 J 最小（{loss}），更高时回升。",
    ),
    "rates.still_falling": (
        "J is least, {loss}, at a rate of {rate}, and has not risen much up to the highest rate; look further with --to.",
        "学习率为 {rate} 时 J 最小（{loss}），到最高的学习率为止没有明显回升；可用 --to 继续提高。",
    ),
    "rates.nothing": (
        "J falls at none of these rates (it is {first} at the lowest); look elsewhere with --from and --to, or let "
        "chainrule train tell what is wrong.",
        "在这些学习率下 J 都没有下降（最低处为 {first}）；请用 --from 和 --to 换一个范围，或让 chainrule train 诊断问题所在。",
    ),
    "rates.try": (
        "A tenth of it is a good start: --lr {rate}.",
        "不妨从它的十分之一开始：--lr {rate}。",
    ),
}
