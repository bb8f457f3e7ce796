"""Sentences: derivations. Words of the notation stand between braces: {_delta} is its word for the error."""

SENTENCES: dict[str, tuple[str, str]] = {
    "derivation.title": (
        "Back-propagation of {network}, in the notation {notation}",
        "{network} 的反向传播推导（{notation} 记号）",
    ),
    "derivation.network": (
        "The network {network}: {layers} layers besides the inputs; activations: {activations}; loss: {loss}. Every "
        "formula below is printed from the expressions that also train this network. Notation: {cite}.",
        "网络 {network}：除输入外共 {layers} 层；激活函数：{activations}；损失函数：{loss}。"
        "下面的每个公式都由训练该网络的同一组表达式打印而来。记号出自：{cite}。",
    ),
    "derivation.layer": (
        "layer {number}",
        "第 {number} 层",
    ),
    "derivation.layer.general": ("layer {letter}, {which}", "第 {letter} 层（{which}）"),
    "derivation.layer.range": ("from {first} to {last}", "从 {first} 到 {last}"),
    "derivation.summary": ("In short: the four equations", "小结：四个基本公式"),
    "derivation.update.sample": (
        "Where one sample at a time is learned from, entry by entry:",
        "如果每次只用一个样本，逐个元素写出来就是：",
    ),
    "derivation.weights": ("weights", "权重"),
    "derivation.biases": ("biases", "偏置"),
    "derivation.mask": ("mask of dropout", "随机失活的掩码"),
    "derivation.head.symbol": ("symbol", "符号"),
    "derivation.head.shape": ("shape", "形状"),
    "derivation.head.meaning": ("meaning", "含义"),
    "derivation.head.where": ("where", "所在层"),
    # Forward pass and cost
    "derivation.forward": ("Forward pass", "前向传播"),
    "derivation.forward.layer": (
        "In {layer}:",
        "{layer}：",
    ),
    "derivation.forward.sum": (
        "each input times its weight, added up, and the bias",
        "各输入乘以权重后求和，再加偏置",
    ),
    "derivation.forward.matrix": (
        "all units at once: row times column is this very sum",
        "把所有单元写在一起：行乘以列正是上面的求和",
    ),
    "derivation.forward.activation": ("the activation, unit by unit", "逐个单元作用激活函数"),
    "derivation.forward.softmax": (
        "every output looks at every unit: their sum is 1",
        "每个输出都与所有单元有关：它们的和为 1",
    ),
    "derivation.gamma": ("scale of the normalised", "归一化后的缩放系数"),
    "derivation.beta": ("shift of the normalised", "归一化后的平移量"),
    "derivation.norm.units": (
        "Layer normalisation: of every sample, the weighted inputs of the layer lose their own mean and are divided "
        "by their own deviation (a small number in the root keeps it from being 0), then each unit is scaled and "
        "shifted by two numbers that are learned. The activation takes what comes out.",
        "层归一化：对每个样本，本层各单元的加权输入减去它们自己的均值，再除以它们自己的标准差（根号里的小数使其不为 0），"
        "然后每个单元再用两个学到的数缩放和平移。激活函数作用于所得的结果。",
    ),
    "derivation.norm.samples": (
        "Batch normalisation: of every unit, the weighted inputs that the samples of the batch have lose their mean and "
        "are divided by their deviation (a small number in the root keeps it from being 0), then the unit is scaled and "
        "shifted by two numbers that are learned. The activation takes what comes out. Mean and deviation are the same "
        "for all samples of the batch; a sum over the samples stands for all of them, this one included.",
        "批归一化：对每个单元，一批样本在该单元的加权输入减去它们的均值，再除以它们的标准差（根号里的小数使其不为 0），"
        "然后每个单元再用两个学到的数缩放和平移。激活函数作用于所得的结果。均值和标准差对整批样本都相同；"
        "对样本的求和遍及整批样本，当前样本也在其中。",
    ),
    "derivation.norm.unmarked": (
        "This notation has no mark for a sample: within a sum over the samples every symbol is that of the sample that the "
        "sum has come to. Mean and deviation are those of all, and where {u} is differentiated by {z} there, {z} is that "
        "of the sample outside of the sum.",
        "这套记号没有标明样本的符号：在对样本的求和之内，每个符号都属于求和正取到的那个样本。均值和标准差属于整批样本；"
        "求和之内 {u} 对 {z} 求导时，{z} 属于求和之外的那个样本。",
    ),
    "derivation.norm.divided": ("divided entry by entry", "逐个元素相除"),
    "derivation.norm.used": (
        "Batch normalisation in prediction: the running averages of training stand in the place of mean and variance of "
        "a batch, so the answer for one sample does not depend on others.",
        "预测时的批归一化：用训练中得到的滑动平均代替一批样本的均值和方差，因此一个样本的结果不依赖于其他样本。",
    ),
    "derivation.norm.of_one": (
        "A batch of a single sample has nothing left here: the sample is its own mean, so all that is normalised is 0, "
        "and nothing comes back through it either. Give several samples, or leave the targets out to see a prediction.",
        "一批只有一个样本时，这里什么也不剩：样本就是它自己的均值，归一化后的值全为 0，也没有误差能传回去。"
        "请给出多个样本，或者去掉目标值来查看预测。",
    ),
    "derivation.norm.back.units": (
        "Through the normalisation there is a path from each weighted input to every unit of the layer: to its own, "
        "and by way of the mean and of the deviation to all of them.",
        "经过归一化，每个加权输入都有通向本层所有单元的路径：一条直接通向它自己的单元，其余经由均值和标准差通向所有单元。",
    ),
    "derivation.norm.back.samples": (
        "Through the normalisation there is a path from the weighted input of one sample to the same unit of every sample "
        "of the batch: to its own, and by way of the mean and of the deviation to all of them.",
        "经过归一化，一个样本的加权输入有通向整批样本中同一单元的路径：一条直接通向它自己，"
        "其余经由均值和标准差通向所有样本。",
    ),
    "derivation.norm.derived": (
        "the normalised add up to 0, so the mean in the deviation gives nothing",
        "归一化后的值之和为 0，因此标准差中的均值没有贡献",
    ),
    "derivation.dropout": (
        "Dropout: in training, each entry of {of} is dropped with probability {share}. The mask {mask} is 0 where "
        "one is dropped and 1/{keep} elsewhere, which leaves the mean as it is. It is drawn anew for every sample "
        "and every step, so for the chain rule it is a given number. In prediction all its entries are 1.",
        "随机失活（dropout）：训练时，{of} 的每个分量以概率 {share} 被丢弃。掩码 {mask} 在被丢弃处为 0，其余为 1/{keep}，"
        "因此均值保持不变。它对每个样本、每一步都重新抽取，所以对链式法则来说是给定的数。预测时它的所有分量都为 1。",
    ),
    "derivation.dropout.again": (
        "Dropout again: each entry of {of} is dropped with probability {share}; the mask {mask} is 0 or 1/{keep}.",
        "同样的随机失活：{of} 的每个分量以概率 {share} 被丢弃；掩码 {mask} 的分量为 0 或 1/{keep}。",
    ),
    "derivation.ends": (
        "At the ends {ends}.",
        "在两端，{ends}。",
    ),
    "derivation.ends.inputs": ("{general} stands for the inputs {own}", "{general} 就是输入 {own}"),
    "derivation.ends.outputs": ("{general} stands for the outputs {own}", "{general} 就是输出 {own}"),
    "derivation.ends.and": (", and ", "，"),
    "derivation.cost": ("The {_cost} of one sample", "单个样本的{_cost}"),
    "derivation.cost.stable": (
        "Written with the last {_z} it is the same number, and stays finite where an output rounds to 0:",
        "改用最后一层的{_z}来写，数值相同，而且当某个输出舍入为 0 时仍然有限：",
    ),
    # Errors
    "derivation.backward": ("Backward: the {_delta} of every unit", "反向传播：每个单元的{_delta}"),
    "derivation.errors": (
        "The {_delta} of a unit says how the {_cost} changes with its {_z}. Once it is known for a layer, everything "
        "else about the layer follows from it.",
        "一个单元的{_delta}表示{_cost}随它的{_z}变化的快慢。知道了一层的{_delta}，这一层其余的一切都随之得出。",
    ),
    "derivation.errors.together": (
        "In this network the {_z} of one sample changes the outputs of the others too, as the mean and the deviation are "
        "taken over all of them. So in every derivative below {cost} is the {_cost} of all samples of the batch together, "
        "and a derivative by a weight, a bias, a scale or a shift is the share of one sample in it, as if each sample had "
        "parameters of its own.",
        "在这个网络中，一个样本的{_z}也会改变其他样本的输出，因为均值和标准差取自整批样本。"
        "所以在下面的每个导数中，{cost} 都是整批样本的{_cost}之和；对权重、偏置、缩放系数或平移量的导数，"
        "则是其中一个样本的那一份，如同每个样本各有一份参数。",
    ),
    "derivation.errors.none": (
        "A gradient is a product of partial derivatives along the way from a weight to the {_cost}. What all weights "
        "of a layer have in common is the derivative by the layer's sums; it is worked out first.",
        "梯度是从权重到{_cost}一路上各个偏导数的乘积。同一层所有权重共有的部分，是对该层加权和的偏导数，先把它算出来。",
    ),
    "derivation.delta.definition": ("by definition", "定义"),
    "derivation.chain_rule": ("chain rule", "链式法则"),
    "derivation.slope": ("the activation's own derivative", "激活函数自身的导数"),
    "derivation.put_in": ("put in", "代入"),
    "derivation.simplified": ("simplified", "化简"),
    "derivation.expanded": ("multiplied out, cancelled", "展开并约分"),
    "derivation.derived": ("differentiated by {_z}", "直接对{_z}求导"),
    "derivation.sum_to_one": ("the targets of a sample sum to 1", "一个样本的目标值之和为 1"),
    "derivation.bp1": ("Output layer, {letter} = {number}", "输出层，{letter} = {number}"),
    "derivation.bp1.one_path": (
        "The {_z} of an output unit reaches the {_cost} by one path only, through its own output.",
        "输出单元的{_z}只有一条路径影响{_cost}：经过它自己的输出。",
    ),
    "derivation.bp1.all_paths": (
        "Every output depends on every {_z} of the last layer, so there is a path through each output, and the "
        "paths are added.",
        "每个输出都依赖最后一层的每个{_z}，因此经过每个输出都有一条路径，各条路径相加。",
    ),
    "derivation.bp1.of_z": (
        "This loss is written with the {_z} itself, so there is nothing to go through.",
        "这个损失函数直接用{_z}写成，中间不再经过别的量。",
    ),
    "derivation.bp1.parts": ("The parts:", "各个部分："),
    "derivation.softmax.jacobian": (
        "quotient rule; 1 where the indices are equal, else 0",
        "商的求导法则；下标相等时为 1，否则为 0",
    ),
    "derivation.bp2": (
        "Hidden {layer}",
        "隐藏层：{layer}",
    ),
    "derivation.bp2.paths": (
        "A unit of this layer reaches the {_cost} through every unit of the next layer. Its derivative is the sum over "
        "these paths.",
        "本层的一个单元经过下一层的每个单元影响{_cost}，它的导数是所有这些路径之和。",
    ),
    "derivation.bp2.parts": (
        "the first factor is the next layer's {_delta}; the next layer's {_z} has the weight as its derivative",
        "第一个因子是下一层的{_delta}；下一层的{_z}对本层输出的导数就是权重",
    ),
    "derivation.bp2.transpose": (
        "Where the transpose comes from: the sum runs over the first index of {weights}, the rows, while a product of "
        "a matrix and a column sums over the second. So the matrix has to be turned over. The shapes below the "
        "factors confirm it; they are not the reason.",
        "转置从何而来：这里的求和沿 {weights} 的第一个下标（行）进行，而矩阵乘列向量是沿第二个下标求和，"
        "所以矩阵要转置。因子下方的形状可以验证这一点，但它不是理由。",
    ),
    # Gradients
    "derivation.gradients": ("The gradients of weights and biases", "权重与偏置的梯度"),
    "derivation.bp34": (
        "In {layer}",
        "{layer}",
    ),
    "derivation.bp3.one": ("a bias is added as it is: the factor is 1", "偏置是直接加上去的：这个因子为 1"),
    "derivation.bp3.no_bias": (
        "Before a normalisation over the samples a bias does nothing: added to all samples alike, it is subtracted again "
        "with the mean. So its gradient over a batch is 0, and the shift behind the normalisation takes its place (Ioffe "
        "and Szegedy 2015, section 3.2).",
        "在对样本的归一化之前，偏置不起作用：它加到所有样本上都一样，又随均值一起被减去。"
        "所以它在一批样本上的梯度为 0，由归一化之后的平移量代替它（Ioffe 与 Szegedy 2015，第 3.2 节）。",
    ),
    "derivation.bp4.one_path": (
        "chain rule; only one {_z} contains this weight",
        "链式法则；只有一个{_z}含有这个权重",
    ),
    "derivation.bp4.input": (
        "the derivative of the {_z} by the weight is what the weight is multiplied with",
        "{_z}对权重的导数就是与它相乘的那个输入",
    ),
    "derivation.bp4.outer": (
        "No index is summed over: each row of the column meets each entry of the row, which gives every entry of the "
        "{shape} gradient, the shape of the weights themselves.",
        "这里没有对下标求和：列向量的每一行与行向量的每一项相乘，得到 {shape} 梯度的每个元素，形状与权重本身相同。",
    ),
    "derivation.shared.here": (
        "The weights are those of layer {layer}; their gradient stands there.",
        "这里的权重就是第 {layer} 层的权重，梯度写在那一层。",
    ),
    "derivation.shared.sum": (
        "These weights are used in more than one layer. Each use is a path to the {_cost}, and the derivative is the "
        "sum of the paths.",
        "这些权重在不止一层中使用。每次使用都是通向{_cost}的一条路径，导数是各条路径之和。",
    ),
    "derivation.shared.paths": ("sum over the uses", "对各次使用求和"),
    # Batch and update
    "derivation.batch": ("A batch of samples", "一批样本"),
    "derivation.batch.mean": (
        "Over ${m}$ samples the {_cost} is the mean of theirs; a derivative of a mean is the mean of the derivatives.",
        "对 ${m}$ 个样本，总的{_cost}取各样本的平均；平均的导数等于导数的平均。",
    ),
    "derivation.batch.shares": (
        "Over ${m}$ samples the {_cost} is the mean of theirs. Its derivative by a parameter, on the left, is the mean of "
        "the samples' shares; the derivatives in the sums are those from above.",
        "对 ${m}$ 个样本，总的{_cost}取各样本的平均。它对参数的导数（左边）等于各样本那一份的平均；"
        "求和号内的导数就是上面得出的那些。",
    ),
    "derivation.batch.penalty": (
        "The penalty stands outside the mean, and leaves the biases alone.",
        "惩罚项在平均之外，并且不作用于偏置。",
    ),
    "derivation.batch.gradient": ("mean of the samples' gradients", "各样本梯度的平均"),
    "derivation.batch.no_bias": (
        "the errors behind which a mean over the samples is subtracted add up to 0",
        "减去样本均值的地方，各样本的误差之和为 0",
    ),
    "derivation.batch.errors": ("with the equations above", "代入上面的公式"),
    "derivation.update": ("The update", "参数更新"),
    "derivation.update.text": (
        "A step against the gradient, as long as the learning rate says:",
        "沿梯度的反方向走一步，步长由学习率决定：",
    ),
    "derivation.update.states": (
        "What the optimizer remembers is 0 before the first step.",
        "优化算法记住的各个量在第一步之前为 0。",
    ),
    "derivation.update.averages": (
        "Running averages of the mean and the variance, from step to step. Prediction takes them in the place of those "
        "of the batch, so that the answer for a sample does not depend on other samples. The variance of all data is "
        "estimated from that of the batch, hence ${m} - 1$ for ${m}$.",
        "均值与方差的滑动平均逐步更新。预测时用它们代替一批样本的均值与方差，这样一个样本的结果就不依赖于其他样本。"
        "由一批样本的方差估计全部数据的方差，因此用 ${m} - 1$ 代替 ${m}$。",
    ),
    "derivation.update.counted": (
        "${t}$ is the number of the step, counted from 1.",
        "${t}$ 是步的序号，从 1 数起。",
    ),
    "derivation.update.clip_value": (
        "Entries of the gradients that are larger than {value} in size are cut to it.",
        "梯度中绝对值大于 {value} 的分量截断到 {value}。",
    ),
    "derivation.update.clip_norm": (
        "Where the norm of all gradients together, {gradient_norm}, is larger than {value}, they are scaled down to it by "
        "{gradient_scale}, so that their direction stays (Pascanu, Mikolov & Bengio 2013).",
        "所有梯度合在一起的范数 {gradient_norm} 大于 {value} 时，都乘以 {gradient_scale} 缩小到该范数，方向不变"
        "（Pascanu, Mikolov & Bengio 2013）。",
    ),
    "derivation.update.clipped": (
        "The optimizer goes by what comes of the gradients, {clipped} for the first weights.",
        "优化算法使用这样得到的梯度，对第一层权重即 {clipped}。",
    ),
    "derivation.update.max_norm": (
        "The optimizer leads the weights to {moved} at first; where the norm of a unit's incoming weights is larger than "
        "{value} there, they are scaled down to it (Srebro & Shraibman 2005). Biases are left alone.",
        "优化算法先把权重带到 {moved}；某个单元的输入权重在那里的范数大于 {value} 时，缩小到该范数（Srebro & Shraibman 2005）。"
        "偏置不受影响。",
    ),
    "derivation.update.ema": (
        "{ema} is a running average of the new parameters, 0 before the first step: what a step counts in it falls by the "
        "factor {value} with every later one. Scores and predictions are those of the averages.",
        "{ema} 是参数新值的滑动平均，第一步之前为 0：每过一步，先前各步在其中的份量都乘以 {value}。评估和预测使用这些平均值。",
    ),
    "derivation.update.penalty": (
        "The {_cost} of a sample above has no penalty in it; here the penalty's derivative is added to that of the "
        "sample.",
        "上面单个样本的{_cost}不含惩罚项；这里在样本的导数上加上惩罚项的导数。",
    ),
    # One weight
    "derivation.node.title": (
        "From the {_cost} down to {weight}, in {network}",
        "从{_cost}到 {weight}：{network}",
    ),
    "derivation.node.intro": (
        "How much does the {_cost} change when {weight}, a parameter of layer {layer}, changes a little? Paths from "
        "it to the {_cost}: {paths}. Along a path the derivatives are multiplied; the paths are added.",
        "第 {layer} 层的参数 {weight} 稍微变化时，{_cost}变化多少？从它到{_cost}的路径数：{paths}。"
        "沿一条路径把各段导数相乘，不同路径的结果相加。",
    ),
    "derivation.node.backward": ("Backward, unit by unit", "逐个单元反向计算"),
    "derivation.node.downstream": (
        "over the units downstream, the ones that this unit feeds",
        "对下游单元（由本单元提供输入的单元）求和",
    ),
    "derivation.node.all_paths": (
        "Written out, the same is a sum over {paths} paths:",
        "完整展开，就是对 {paths} 条路径求和：",
    ),
    "derivation.node.sum": ("chain rule; the sum over all paths", "链式法则；对所有路径求和"),
    "derivation.node.factors": ("Each factor by itself:", "逐个计算各因子："),
    "derivation.node.together": ("Put together:", "合在一起："),
    "derivation.no_such_weight": (
        "the network has no weight or bias called {found}; write W1[0,1] or b1[0], places counted from 0; the last "
        "of each array: {names}",
        "网络中没有名为 {found} 的权重或偏置；请写成 W1[0,1] 或 b1[0]，下标从 0 算起；各数组的最后一个：{names}",
    ),
    "derivation.samples_together": (
        "in layer {layer} the samples of a batch act on one another, by their mean, so there is no path through one "
        "sample alone; take the whole derivation or worked example, or a weight or neuron behind that layer",
        "在第 {layer} 层，一批样本经由均值相互影响，不存在只经过一个样本的路径；"
        "请查看完整的推导或数值例子，或者选取该层之后的权重或神经元",
    ),
    "derivation.of_needs_node": (
        "{of} names one weight, which only the level node follows; add level node or leave it out",
        "{of} 指定了一个权重，只有 node 层次会追踪单个权重；请改用 node 层次，或去掉它",
    ),
    # Rules
    "derivation.rules.title": (
        "The local derivatives of {network}",
        "{network} 的局部导数",
    ),
    "derivation.rules": (
        "Back-propagation multiplies local derivatives. Here is how each one that this network needs comes about, "
        "from the elementary rules of differentiation.",
        "反向传播就是把局部导数相乘。下面从最基本的求导法则出发，推导这个网络用到的每一个局部导数。",
    ),
    "derivation.function.title": ("The derivatives of {function}", "{function} 的导数"),
    "derivation.rules.activation": ("The activation {name}", "激活函数 {name}"),
    "derivation.rules.softmax": ("The output: softmax", "输出：softmax"),
    "derivation.rules.loss": ("The loss {name}, by one output", "损失函数 {name} 对一个输出的导数"),
    "derivation.rules.together": ("Loss and output together", "损失与输出合在一起"),
    # Remarks
    "derivation.remarks": ("Remarks", "说明"),
    "derivation.collapse": (
        "Layer {layer} is linear, so it adds nothing: put into the next layer it becomes part of it, one matrix and "
        "one bias. What a network can do beyond a linear one comes from the activations between its layers.",
        "第 {layer} 层是线性的，因此没有增加任何能力：代入下一层之后就并入其中，仍是一个矩阵和一个偏置。"
        "网络超出线性模型的能力，全部来自各层之间的激活函数。",
    ),
    "derivation.vanishing": (
        "Vanishing gradients. Hidden layers that the {_delta} passes on its way back to layer {first}: {count}. In each "
        "it is multiplied by a slope, here at most {each}, so all slopes together make it at most {together} times as "
        "large; only large weights can make up for that. The deeper such a network, the slower its first layers learn.",
        "梯度消失。{_delta}传回第 {first} 层时经过的隐藏层数：{count}。每经过一层就乘一次斜率，这里斜率最大为 {each}，"
        "全部斜率合起来最多为 {together} 倍，只有很大的权重才能弥补。这样的网络越深，前面的层学得越慢。",
    ),
    "derivation.slopes": (
        "Hidden layers that the {_delta} passes on its way back to layer {first}: {count}. In each it is multiplied by "
        "a slope, here at most {each}, all of them together at most {together}: it does not have to vanish on the way, "
        "as it does through many sigmoids.",
        "{_delta}传回第 {first} 层时经过的隐藏层数：{count}。每经过一层就乘一次斜率，这里斜率最大为 {each}，"
        "合起来最大为 {together}：它不像经过许多层 sigmoid 那样必然消失。",
    ),
}
