"""Sentences: comments in emitted source."""

SENTENCES: dict[str, tuple[str, str]] = {
    "source.head": (
        "{network}, loss {loss}. Derived by chainrule {version}; needs NumPy alone.\n\n"
        "x (n, d): inputs, a sample per row. y (n, k): targets. {outputs} (n, k): outputs. n samples, {sizes}.\n"
        "delta_l is dJ/dz_l: the mean over the n samples, the 1/n, is in it.",
        "{network}，损失 {loss}。由 chainrule {version} 推导；只需要 NumPy。\n\n"
        "x (n, d)：输入，每行一个样本。y (n, k)：目标。{outputs} (n, k)：输出。n 个样本，{sizes}。\n"
        "delta_l 即 dJ/dz_l：已包含对 n 个样本取平均的 1/n。",
    ),
    "source.one_sum": (
        "The targets of every sample must sum to 1, as one-hot ones do: delta rests on it.",
        "每个样本的目标之和必须为 1（例如 one-hot）：delta 以此为前提。",
    ),
    "source.parameters": ("parameters: {parameters}", "参数：{parameters}"),
    "source.averages_head": (
        "running averages over the steps of training, for prediction: {averages}",
        "训练各步的滑动平均，用于预测：{averages}",
    ),
    "source.initial_averages": (
        "what the running averages are before the first step",
        "训练第一步之前的滑动平均",
    ),
    "source.infer": (
        "the outputs in prediction: by the running averages, so that no sample depends on the others",
        "预测时的输出：用滑动平均计算，因此各样本互不影响",
    ),
    "source.moved_averages": (
        "what becomes of the running averages in one step, from the batch's own mean and variance",
        "训练一步之后的滑动平均，由这一批样本的均值和方差得出",
    ),
    "source.label": ("layer {number}: {name}", "第 {number} 层：{name}"),
    "source.coefficient": ("coefficient of a penalty on the weights", "权重惩罚项的系数"),
    "source.masks": (
        "the masks of one training step: 0 where an entry is dropped, else 1 / the share that is kept",
        "训练一步所用的掩码：被丢弃处为 0，其余为保留比例的倒数",
    ),
    "source.initial": ("the same numbers that chainrule starts from", "与 chainrule 的初始值完全相同"),
    "source.learned": (
        "what the network has learned, and how inputs and targets were scaled for it",
        "网络学到的参数，以及输入和目标的缩放方式",
    ),
    "source.learned_head": (
        "The parameters are those of a trained model. predict and outputs take inputs as the data set has them; "
        "forward, loss, gradients and step take x and y scaled as for training.",
        "参数取自训练好的模型。predict 和 outputs 的输入与数据集中的相同；forward、loss、gradients 和 step 的 x、y "
        "则是按训练时的方式缩放后的值。",
    ),
    "source.outputs": (
        "the network's outputs, (n, k), for inputs (n, d) as the data set has them",
        "网络的输出 (n, k)；输入 (n, d) 与数据集中的相同",
    ),
    "source.predict_classes": (
        "the class of each of the inputs (n, d)",
        "每个输入的类别；输入的形状为 (n, d)",
    ),
    "source.predict_numbers": (
        "the target numbers of each of the inputs (n, d), in their own units",
        "每个输入对应的目标数值（原单位）；输入的形状为 (n, d)",
    ),
    "source.demonstration_learned": (
        "try it: one entry of each gradient against a finite difference, then answers to inputs drawn at random",
        "试一试：每个梯度取一个分量与有限差分比较，然后对随机输入给出预测",
    ),
    "source.step": (
        "one step of training: every parameter a little against its gradient",
        "训练一步：每个参数沿梯度的反方向走一小步",
    ),
    "source.state": ("what the optimizer remembers", "优化算法需要记住的量"),
    "source.demonstration": (
        "try it: one entry of each gradient against a finite difference, then five steps",
        "试一试：每个梯度取一个分量与有限差分比较，然后训练五步",
    ),
    "source.numeric": ("numerically", "数值结果"),
    "source.step_number": ("step {t}:", "第 {t} 步："),
    "source.sigmoid": (
        "exp(-z) may overflow to inf, and 1 / inf = 0 is the right limit",
        "exp(-z) 可能溢出为 inf，而 1 / inf = 0 正是极限值",
    ),
    "source.softmax": (
        "along the last axis; shifted by the largest z, e^z cannot overflow",
        "沿最后一个轴；先减去最大的 z，e^z 就不会溢出",
    ),
    "source.logsumexp": (
        "ln of the sum of e^z along the last axis; shifted by the largest z, e^z cannot overflow",
        "沿最后一个轴求 e^z 之和的自然对数；先减去最大的 z，e^z 就不会溢出",
    ),
    "source.xlogy": ("x ln y, and 0 where x = 0 whatever y is", "x ln y；x = 0 时无论 y 为何都取 0"),
    "source.normal_cdf": (
        "the share of a standard normal distribution below z",
        "标准正态分布中小于 z 的概率",
    ),
    "source.normal_pdf": (
        "the density of a standard normal distribution at z",
        "标准正态分布在 z 处的密度",
    ),
    "source.role.weighted_input": ("weighted input of layer {layer}", "第 {layer} 层的加权输入"),
    "source.role.normalisation": ("normalisation in layer {layer}", "第 {layer} 层的归一化"),
    "source.role.error_behind_norm": (
        "error behind the normalisation in layer {layer}",
        "第 {layer} 层归一化之后的误差",
    ),
    "source.role.state": ("running average in layer {layer}", "第 {layer} 层的滑动平均"),
    "source.role.activation": ("activation of layer {layer}", "第 {layer} 层的激活值"),
    "source.role.loss": ("loss", "损失"),
    "source.role.error": ("error of layer {layer}", "第 {layer} 层的误差"),
    "source.role.gradient": ("gradient of {of}", "{of} 的梯度"),
    "source.role.no_gradient": (
        "gradient of {of}: the mean takes {of} out again",
        "{of} 的梯度：减去均值时 {of} 被消去",
    ),
    "source.role.clipping": ("of all gradients together", "所有梯度合在一起"),
    # Cells of a notebook
    "source.cell.sizes": ("samples, inputs, units of each layer", "样本数、输入数、各层单元数"),
    "source.cell.rows": ("one sample a row", "每行一个样本"),
    "source.cell.error": (
        "of the mean over all n samples, so the 1/n is in here already, one sample a row",
        "对 n 个样本的平均求导，因此已含 1/n；每行一个样本",
    ),
    "source.cell.check": (
        "each gradient against the slope of the cost between two points close by",
        "把每个梯度与代价在两个邻近点之间的斜率相比较",
    ),
}
