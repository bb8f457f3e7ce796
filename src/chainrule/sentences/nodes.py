"""Sentences: the network of objects."""

SENTENCES: dict[str, tuple[str, str]] = {
    "nodes.count": (
        "{name} must hold {expected} numbers, not {found}",
        "{name} 应有 {expected} 个数，而不是 {found} 个",
    ),
    "nodes.not_numbers": (
        "{name} must be a list of finite numbers, not {found}",
        "{name} 应为有限数的列表，而不是 {found}",
    ),
    "nodes.shared": (
        "layer {number} shares the weights of layer {owner}, but here every connection has a weight of its own; give the layer its own weights",
        "第 {number} 层共用第 {owner} 层的权重，而这里每个连接都有自己的权值；请让该层使用自己的权重",
    ),
    "nodes.input_layer": ("input layer", "输入层"),
    "nodes.norm": (
        "nodes know no normalisation, which looks at a whole layer or batch; take the same network without it",
        "节点网络没有归一化，因为它要看整层的单元或整批样本；请使用不带归一化的同一网络",
    ),
    "nodes.dropout": (
        "nodes know no dropout; take the same network without it",
        "节点网络没有随机失活（dropout）；请使用不带 dropout 的同一网络",
    ),
    "nodes.hidden_layer": ("hidden layer, {activation}", "隐藏层，{activation}"),
    "nodes.output_layer": ("output layer, {activation}", "输出层，{activation}"),
    "nodes.input_node": ("node {number}: output {output:.6g}", "节点 {number}：输出值 {output:.6g}"),
    "nodes.node": (
        "node {number}: weighted input {net:.6g}, output {output:.6g}, error term {delta:.6g}",
        "节点 {number}：加权输入 {net:.6g}，输出值 {output:.6g}，误差项 {delta:.6g}",
    ),
    "nodes.connection": (
        "{name} = {weight:.6g}, gradient {gradient:.6g}",
        "{name} = {weight:.6g}，梯度 {gradient:.6g}",
    ),
    "nodes.agrees": (
        "{name}: gradient {gradient:.9g}, expected {expected:.9g}",
        "{name}：梯度 {gradient:.9g}，期望值 {expected:.9g}",
    ),
    "nodes.differs": (
        "{name}: gradient {gradient:.9g}, but expected {expected:.9g}",
        "{name}：梯度 {gradient:.9g}，与期望值 {expected:.9g} 不符",
    ),
}
