"""Sentences: what may be wrong with a training, and what to try."""

SENTENCES: dict[str, tuple[str, str]] = {
    "cli.help.train.no_doctor": (
        "do not look for what is wrong with the training",
        "不检查训练中的问题",
    ),
    "cli.train.finding": ("Doctor: {finding}", "诊断：{finding}"),
    "cli.result.findings": ("what the doctor found", "诊断结果"),
    "doctor.says": ("what the doctor found tells what to try", "请按诊断结果处理"),
    "doctor.both": ("{message} {suggestion}", "{message}{suggestion}"),
    # Of the samples
    "doctor.targets_constant": (
        "The target is {value:g} in all {samples:,} training samples, so there is nothing to learn.",
        "全部 {samples:,} 个训练样本的目标都是 {value:g}，没有可学的东西。",
    ),
    "doctor.targets_constant.try": (
        "Choose another target column with --target, or check how the file was made.",
        "请用 --target 换一个目标列，或检查数据文件是怎样生成的。",
    ),
    "doctor.targets_out_of_reach": (
        "Outputs of {output} never go beyond {limit:g}, but {share:.0%} of the targets do, as far as {farthest:g}: "
        "outputs and targets cannot meet.",
        "{output} 的输出不会越过 {limit:g}，而 {share:.0%} 的目标在界外，最远为 {farthest:g}：输出与目标无法吻合。",
    ),
    "doctor.targets_out_of_reach.try": (
        "Give the last layer the activation identity, or scale the targets into the range of {output}.",
        "请把最后一层的激活函数改为 identity，或把目标缩放到 {output} 的取值范围之内。",
    ),
    "doctor.inputs_unscaled": (
        "The input {input} reaches the network with values from {least:g} to {most:g}: such large numbers saturate the "
        "first layer, or make its steps far too large.",
        "输入 {input} 以 {least:g} 到 {most:g} 的数值进入网络：这么大的数会使第一层饱和，或使它的步子过大。",
    ),
    "doctor.inputs_unscaled.try": (
        "Scale inputs to about -1 to 1, or leave their scaling to the program.",
        "请把输入缩放到大约 -1 到 1，或交给程序缩放。",
    ),
    "doctor.inputs_outliers": (
        "The input {input} has a value as far out as {value:g}: scaled by their deviation, the middle half of its values "
        "spreads over {spread:.1g} only, so that the network can hardly tell them apart.",
        "输入 {input} 中有远离其余的数值 {value:g}：按标准差缩放之后，其余数值的离散程度只有 {spread:.1g}，网络几乎无法区分它们。",
    ),
    "doctor.inputs_outliers.try": (
        "Check that value; correct it, leave its row out, or take the logarithm of the column.",
        "请检查该数值：改正它，去掉那一行，或对该列取对数。",
    ),
    "doctor.inputs_constant": (
        "Inputs that are the same in every sample say nothing: {names} ({count} in all; the first is always {value:g}).",
        "在所有样本中都相同的输入不含任何信息：{names}（共 {count} 个，第一个恒为 {value:g}）。",
    ),
    "doctor.inputs_constant.try": (
        "Leave these columns out, or check why they do not vary.",
        "请去掉这些列，或检查它们为什么没有变化。",
    ),
    "doctor.class_missing": (
        "{count} of the {classes} classes occur in none of the {samples:,} training samples: {names}. The network cannot "
        "learn to name them.",
        "{classes} 个类别中有 {count} 个在 {samples:,} 个训练样本里从未出现：{names}。网络无法学会它们。",
    ),
    "doctor.class_missing.try": (
        "Add samples of these classes, train on more samples, or leave the classes out.",
        "请补充这些类别的样本，用更多样本训练，或去掉这些类别。",
    ),
    "doctor.classes_unbalanced": (
        "{share:.1%} of the training samples are of one class, {name}; only {rest:,} are not. Always answering {name} is "
        "right that often without anything learned.",
        "{share:.1%} 的训练样本属于同一个类别 {name}，其余只有 {rest:,} 个。一律回答 {name} 就有这么高的准确率，却什么也没学到。",
    ),
    "doctor.classes_unbalanced.try": (
        "Look at the confusion matrix of chainrule evaluate and not at the accuracy; gather more samples of the rare "
        "classes, or take fewer of the frequent one.",
        "请看 chainrule evaluate 的混淆矩阵而不是准确率；请多收集稀少类别的样本，或少取常见类别的样本。",
    ),
    "doctor.contradictions": (
        "Samples with the very same inputs have different classes: of {samples:,} samples compared, at most {best:.0%} can "
        "be right.",
        "输入完全相同的样本属于不同的类别：在比较的 {samples:,} 个样本中，最多只能答对 {best:.0%}。",
    ),
    "doctor.contradictions.try": (
        "Check the labels of repeated rows, or add an input that tells them apart.",
        "请检查重复行的标签，或增加能区分它们的输入。",
    ),
    "doctor.leakage": (
        "{share:.0%} of the {samples:,} test samples are training samples too, so the test accuracy says too much.",
        "{samples:,} 个测试样本中有 {share:.0%} 也是训练样本，因此测试集准确率偏高。",
    ),
    "doctor.leakage.try": (
        "Remove repeated rows before the data are divided, and judge the network by samples that it has never seen.",
        "请在划分数据之前去掉重复的行，并用网络从未见过的样本来评价它。",
    ),
    "doctor.validation_leakage": (
        "{share:.0%} of the {samples:,} validation samples are training samples too, so the validation accuracy says too "
        "much.",
        "{samples:,} 个验证样本中有 {share:.0%} 也是训练样本，因此验证集准确率偏高。",
    ),
    "doctor.validation_leakage.try": (
        "Remove repeated rows before the data are divided.",
        "请在划分数据之前去掉重复的行。",
    ),
    "doctor.duplicates": (
        "{share:.0%} of the {samples:,} training samples compared repeat another one, inputs and all.",
        "在比较的 {samples:,} 个训练样本中，有 {share:.0%} 与别的样本输入完全相同。",
    ),
    "doctor.duplicates.try": (
        "Remove repeated rows: they say nothing new, and get into the validation part as well.",
        "请去掉重复的行：它们没有新的信息，还会混入验证集。",
    ),
    "doctor.sorted_batches": (
        "The samples are not shuffled and stand in the order of their classes: a sample is of the same class as the one "
        "before it in {share:.0%} of the cases, by chance it would be {expected:.0%}. Every batch undoes what the one "
        "before it taught.",
        "样本没有打乱，而是按类别排列：{share:.0%} 的样本与前一个样本同类，随机排列时应为 {expected:.0%}。"
        "每一批都会抵消前一批学到的东西。",
    ),
    "doctor.sorted_batches.try": (
        "Let the samples be shuffled (shuffle = true, as is usual).",
        "请让样本打乱顺序（shuffle = true，这是缺省设置）。",
    ),
    "doctor.units_alike": (
        "All {units} units of layer {layer} start with the same weights ({value:g}), get the same gradients, and so stay "
        "the same for ever: the layer is worth a single unit.",
        "第 {layer} 层的 {units} 个单元初始权重都相同（{value:g}），梯度也相同，因此永远一样：整层只抵得上一个单元。",
    ),
    "doctor.units_alike.try": (
        "Draw the weights at random: leave the initializer to the program, or name glorot or he.",
        "请随机初始化权重：让程序选择初始化方法，或指定 glorot 或 he。",
    ),
    # Of the rate
    "doctor.loss_rising": (
        "The loss has risen from {before:.3g} to {after:.3g} at learning rate {rate:g}. With {better:g}, {steps} steps from "
        "the start bring it to {then:.0%} of what always the same answer costs.",
        "学习率为 {rate:g} 时，损失从 {before:.3g} 升到了 {after:.3g}。改用 {better:g}，从头训练 {steps} 步可使损失降到"
        "一律给出同一答案时的 {then:.0%}。",
    ),
    "doctor.loss_rising.try": ("Try --lr {better:g}.", "请试试 --lr {better:g}。"),
    "doctor.rate_too_high": (
        "Next to nothing is learned at learning rate {rate:g}, which is too high. With {better:g}, {steps} steps from the "
        "start bring the loss to {then:.0%} of what always the same answer costs.",
        "学习率 {rate:g} 太高，几乎什么也没学到。改用 {better:g}，从头训练 {steps} 步可使损失降到一律给出同一答案时的 {then:.0%}。",
    ),
    "doctor.rate_too_high.try": ("Try --lr {better:g}.", "请试试 --lr {better:g}。"),
    "doctor.rate_too_low": (
        "After {done:,} steps at learning rate {rate:g} the loss is still {part:.0%} of what always the same answer costs. "
        "With {better:g}, the first {steps} steps alone bring it to {then:.0%}: the rate is too low.",
        "以学习率 {rate:g} 训练 {done:,} 步之后，损失仍是一律给出同一答案时的 {part:.0%}。改用 {better:g}，"
        "仅最初 {steps} 步就能降到 {then:.0%}：学习率太低。",
    ),
    "doctor.rate_too_low.try": ("Try --lr {better:g}.", "请试试 --lr {better:g}。"),
    # Of the units
    "doctor.dead_relus": (
        "{share:.0%} of the {units} units of layer {layer} ({activation}) are dead: their output is flat for every sample "
        "looked at, so no gradient reaches their weights.",
        "第 {layer} 层（{activation}）的 {units} 个单元中有 {share:.0%} 已失活：对所看的每个样本，输出都不随输入变化，"
        "梯度传不到它们的权重。",
    ),
    "doctor.dead_relus.try": (
        "Start with biases of zero or a little above, use leaky_relu or elu, or lower the learning rate.",
        "请把偏置的初值设为零或稍大于零，改用 leaky_relu 或 elu，或降低学习率。",
    ),
    "doctor.saturated": (
        "{share:.0%} of the values of layer {layer} ({activation}) are saturated: they lie where it is flat, and hardly any "
        "gradient passes (its typical size by layer: {gradients}).",
        "第 {layer} 层（{activation}）有 {share:.0%} 的值已饱和：位于函数平坦的部分，梯度几乎无法通过"
        "（各层梯度的典型大小：{gradients}）。",
    ),
    "doctor.saturated.try": (
        "Start with smaller weights (the initializer glorot), scale the inputs, or use relu.",
        "请用较小的初始权重（glorot 初始化），缩放输入，或改用 relu。",
    ),
    # Of labels and predictions
    "doctor.labels_shifted": (
        "The targets seem to be off by one row: those of samples with nearly the same inputs agree by {agreement:.0%} (0% "
        "is chance, 100% is always), but by {moved:.0%} once each is taken from the row {rows:+d} beside it.",
        "目标似乎错开了一行：输入最接近的样本，其目标的一致程度为 {agreement:.0%}（0% 为偶然，100% 为总是一致）；"
        "若每个目标都取自相邻的行（{rows:+d}），则为 {moved:.0%}。",
    ),
    "doctor.labels_shifted.try": (
        "Check how inputs and targets were put together: a header that one file has and the other has not, or a row that "
        "was dropped.",
        "请检查输入和目标是怎样拼在一起的：是否只有一个文件带表头，或漏掉了一行。",
    ),
    "doctor.labels_shuffled": (
        "The targets seem to have nothing to do with the inputs: those of samples with nearly the same inputs agree by "
        "{agreement:.0%} (0% is chance, 100% is always), and the network learns nothing that carries over.",
        "目标似乎与输入毫无关系：输入最接近的样本，其目标的一致程度仅为 {agreement:.0%}（0% 为偶然，100% 为总是一致），"
        "网络学不到能推广的东西。",
    ),
    "doctor.labels_shuffled.try": (
        "Check that inputs and targets are in the same order, and that neither was shuffled or sorted by itself.",
        "请检查输入与目标的顺序是否一致，是否其中之一被单独打乱或排序过。",
    ),
    "doctor.labels_renumbered": (
        "Only {accuracy:.0%} of the {samples} validation samples looked at are recognised, but {renumbered:.0%} would be if "
        "classes were numbered otherwise there: class numbers of the two parts do not mean the same.",
        "所看的 {samples} 个验证样本只认对了 {accuracy:.0%}，但若换一种类别编号则有 {renumbered:.0%}：两部分数据的类别编号含义不同。",
    ),
    "doctor.labels_renumbered.try": (
        "Check whether one part counts classes from 0 and the other from 1, or lists them in another order.",
        "请检查两部分是否一个从 0 编号、另一个从 1 编号，或类别的顺序不同。",
    ),
    "doctor.overfitting": (
        "The network overfits: on the validation part the loss was least after epoch {best_epoch} ({best:.3g}) and is "
        "{now:.3g} now, while on the training part it fell from {train_before:.3g} to {train_now:.3g}.",
        "网络过拟合：验证集的损失在第 {best_epoch} 轮之后最小（{best:.3g}），现在为 {now:.3g}，而训练集的损失从 "
        "{train_before:.3g} 降到了 {train_now:.3g}。",
    ),
    "doctor.overfitting.try": (
        "Stop earlier (--patience 5, or --epochs {best_epoch}), use a smaller network, --dropout or --l2, or more samples.",
        "请提前停止（--patience 5，或 --epochs {best_epoch}），用更小的网络，使用 --dropout 或 --l2，或增加样本。",
    ),
    "doctor.averages_behind": (
        "Predictions are far worse than what is learned: they go by running averages of what each unit's mean and "
        "deviation are in a batch, which keep {momentum:g} of themselves in every step and are behind after {steps:,} "
        "steps. By them the loss is {loss:.3g}; by the mean and deviation of the same samples it is {together:.3g}.",
        "预测远不如实际学到的：预测所用的各单元均值与标准差是各批样本的滑动平均，每一步保留 {momentum:g} 的旧值，训练 "
        "{steps:,} 步之后仍然滞后。用滑动平均时损失为 {loss:.3g}，用同一些样本自身的均值与标准差时为 {together:.3g}。",
    ),
    "doctor.averages_behind.try": (
        'Let them follow sooner, as norm = "batch:momentum=0.9" does, train for more steps, or take larger batches.',
        '请让滑动平均跟得更快，例如 norm = "batch:momentum=0.9"，或增加训练步数，或加大每批的样本数。',
    ),
    # Next to nothing is learned
    "doctor.penalty_too_strong": (
        "Next to nothing is learned: the penalty {name} = {value:g} has shrunk the weights, whose norm was {before:.3g} at "
        "the start and is {after:.2g} now.",
        "几乎什么也没学到：惩罚项 {name} = {value:g} 把权重压小了，其范数从开始时的 {before:.3g} 变为现在的 {after:.2g}。",
    ),
    "doctor.penalty_too_strong.try": (
        "Try a hundredth of the penalty, or none.",
        "请把惩罚系数减小到百分之一，或去掉惩罚项。",
    ),
    "doctor.vanishing_gradients": (
        "Gradients vanish: those of the first layer's weights are {share:.2g} times as large as those of the "
        "last layer's (typical size by layer: {gradients}), and the loss is still {part:.0%} of what always the same answer "
        "costs.",
        "梯度消失：第一层权重的梯度只有最后一层的 {share:.2g} 倍（各层的典型大小：{gradients}），"
        "损失仍是一律给出同一答案时的 {part:.0%}。",
    ),
    "doctor.vanishing_gradients.try": (
        "Use relu or tanh in the hidden layers, or fewer layers.",
        "请在隐藏层改用 relu 或 tanh，或减少层数。",
    ),
    "doctor.stuck_at_chance": (
        "After {steps:,} steps next to nothing is learned: the loss is {loss:.3g}, and always the same answer would cost "
        "{chance:.3g}.",
        "训练 {steps:,} 步之后几乎什么也没学到：损失为 {loss:.3g}，而一律给出同一答案时为 {chance:.3g}。",
    ),
    "doctor.stuck_at_chance.try": (
        "Try more units, more epochs, another activation (relu or tanh) or the optimizer adam; or check that the inputs "
        "say anything about the targets.",
        "请试试更多单元、更多轮数、其他激活函数（relu 或 tanh）或优化算法 adam；或检查输入是否与目标有关。",
    ),
    # Of a training that broke down
    "doctor.non_finite": (
        "The first number that is not finite arises in epoch {epoch}, step {step}, layer {layer}: {line}. The largest "
        "weight is {largest:.3g} there. With learning rate {better:g} in place of {rate:g}, {steps} steps from the start "
        "bring the loss to {then:.0%} of what always the same answer costs.",
        "第一个不是有限数的值出现在第 {epoch} 轮第 {step} 步，第 {layer} 层：{line}。此时最大的权重为 {largest:.3g}。"
        "把学习率从 {rate:g} 改为 {better:g}，从头训练 {steps} 步可使损失降到一律给出同一答案时的 {then:.0%}。",
    ),
    "doctor.non_finite.try": ("Try --lr {better:g}.", "请试试 --lr {better:g}。"),
    "doctor.overflow": (
        "The first number that is not finite arises in epoch {epoch}, step {step}, layer {layer}: {line}. The largest "
        "weight is {largest:.3g} there, and rates far below {rate:g} do not help.",
        "第一个不是有限数的值出现在第 {epoch} 轮第 {step} 步，第 {layer} 层：{line}。此时最大的权重为 {largest:.3g}，"
        "远低于 {rate:g} 的学习率也无济于事。",
    ),
    "doctor.overflow.try": (
        "Limit the gradients with --clip-norm 1, lower the penalties, scale the inputs, or use an activation that grows "
        "less quickly.",
        "请用 --clip-norm 1 限制梯度，减小惩罚系数，缩放输入，或改用增长较慢的激活函数。",
    ),
    "doctor.beyond_numbers": (
        "The first number that is not finite arises in iteration {epoch}, layer {layer}: {line}. The largest weight that "
        "was tried is {largest:.3g}.",
        "第一个不是有限数的值出现在第 {epoch} 次迭代，第 {layer} 层：{line}。此时所试的最大权重为 {largest:.3g}。",
    ),
    "doctor.beyond_numbers.try": (
        "Use an optimizer with small steps, such as adam, or an activation that has a value everywhere and grows slowly.",
        "请改用步子小的优化算法（例如 adam），或处处有定义且增长缓慢的激活函数。",
    ),
    "doctor.never_finite": (
        "The network as it starts gives numbers that are not finite; the first one arises in layer {layer}: {line}.",
        "初始的网络就会得出不是有限数的值；第一个出现在第 {layer} 层：{line}。",
    ),
    "doctor.never_finite.try": (
        "Change that layer's activation, or scale the inputs to where it has a value.",
        "请更换该层的激活函数，或把输入缩放到它有定义的范围。",
    ),
}
