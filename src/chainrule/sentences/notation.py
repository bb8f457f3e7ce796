"""Sentences: what is said beside a derivation in one notation, where readers of its text may stumble."""

SENTENCES: dict[str, tuple[str, str]] = {
    "notation.nielsen.bp1": (
        "The error is the derivative of the cost itself, so a squared error gives $a^{{L}} - y$. Where a text writes $y "
        "- a^{{L}}$ here, it has the other sign.",
        "误差就是代价函数自身的导数，所以平方误差给出 $a^{{L}} - y$。有的文章在这里写成 $y - a^{{L}}$，那是相反的符号。",
    ),
    "notation.nielsen.bp2": (
        "Both details matter: the weights are transposed, and the slope is taken at $z$ of this very layer, not at that "
        "of the output layer.",
        "两个细节都不能少：权重要转置；斜率取在本层的 $z$ 处，而不是输出层的 $z$ 处。",
    ),
    "notation.nielsen.bp2_normed": (
        "Both details matter: the weights are transposed, and the slope is taken at what the activation of this very layer "
        "takes, which is $u$ where the layer is normalised and $z$ where it is not, never at that of the output layer.",
        "两个细节都不能少：权重要转置；斜率取在本层激活函数的自变量处，本层有归一化时为 $u$，没有时为 $z$，而不是输出层的自变量处。",
    ),
    "notation.testnet.bp2": (
        "The product with $g'$ is entry by entry. Written as a matrix product with transposes, it does not fit in shape.",
        "与 $g'$ 的乘积是逐元素的。如果写成带转置的矩阵乘积，形状就对不上。",
    ),
    "notation.testnet.gradients": (
        r"$W^{{(l)}}$ leads into layer l throughout, so its gradient has $\delta^{{(l)}}$ and $a^{{(l-1)}}$. Summaries with "
        r"$\delta^{{(l+1)}}$ and $a^{{(l)}}$ have let $W^{{(l)}}$ change its meaning by one layer.",
        r"这里 $W^{{(l)}}$ 始终指通向第 l 层的权重，所以它的梯度由 $\delta^{{(l)}}$ 和 $a^{{(l-1)}}$ 组成。有的小结写成 "
        r"$\delta^{{(l+1)}}$ 和 $a^{{(l)}}$，是让 $W^{{(l)}}$ 的含义错开了一层。",
    ),
    "notation.testnet.update": (
        "Larger inputs make the first layer's gradients larger in proportion, as long as the units are not saturated; a "
        "saturated unit has next to no gradient at all. Either way, scale the inputs.",
        "输入放大时，只要单元没有饱和，第一层的梯度就按比例放大；而饱和的单元几乎没有梯度。无论哪种情况，都应先把输入缩"
        "放到合适的范围。",
    ),
    "notation.ufldl.forward": (
        "$W^{{(l)}}$ and $b^{{(l)}}$ lead out of layer l: they make $z^{{(l+1)}}$. The bias has one entry for each unit "
        "of layer l+1, a column.",
        "$W^{{(l)}}$ 和 $b^{{(l)}}$ 由第 l 层通向下一层，得到 $z^{{(l+1)}}$。偏置是列向量，第 l+1 层的每个单元对应一个元"
        "素。",
    ),
    "notation.ufldl.update": (
        r"$\alpha$ is the learning rate and $\lambda$ the weight decay: two numbers, though some texts use one letter for "
        "both.",
        r"$\alpha$ 是学习率，$\lambda$ 是权重衰减系数：这是两个数，尽管有的文章用同一个字母表示。",
    ),
    "notation.han.forward": (
        r"With the bias as one more weight, whose input is always 1, the layer is $W \cdot \vec{{x}}$ alone: $W$ gets $w_{{jb}}$ "
        r"as its last column and $\vec{{x}}$ a last entry 1.",
        r"如果把偏置看作多出的一个权重，其输入恒为 1，那么一层就只是 $W \cdot \vec{{x}}$：$W$ 的最后一列是 $w_{{jb}}$，$\vec{{x}}$ "
        "的最后一个元素是 1。",
    ),
    "notation.han.errors": (
        r"Mind the sign: here $\delta$ is the NEGATIVE of the derivative, which is why the update has a plus. A gradient "
        r"check that measures $(E(w + \epsilon) - E(w - \epsilon)) / 2 \epsilon$ finds $-\delta_{{j}} x_{{ji}}$, and has "
        "to put $w$ back afterwards.",
        r"注意符号：这里的 $\delta$ 是导数的相反数，所以更新公式里是加号。梯度检查计算 $(E(w + \epsilon) - E(w - \epsilon)) "
        r"/ 2 \epsilon$，得到的是 $-\delta_{{j}} x_{{ji}}$，检查之后还要把 $w$ 恢复原值。",
    ),
    "notation.han.bp2": (
        "The sum runs over the nodes of the next layer; only with a single hidden layer are those the output nodes. In "
        "vector form the products with the slope are entry by entry.",
        "求和是对下一层的节点进行的；只有一个隐藏层时，它们才正好是输出节点。写成向量形式时，与斜率的乘积是逐元素的。",
    ),
    "notation.zhou.forward": (
        "Layers are given names here that the text does not need, as its network is drawn neuron by neuron: $W_{{h}}$ holds "
        r"the weights into $h$, and $\mathrm{{sum}}_{{h}}$ what goes into $f$.",
        r"原文逐个神经元地画出网络，不需要给层命名；这里补上层的记号：$W_{{h}}$ 是通向 $h$ 的权重，$\mathrm{{sum}}_{{h}}$ "
        "是送入 $f$ 的加权和。",
    ),
}
