"""Sentences: whether a formula is right, and what is wrong with it."""

SENTENCES: dict[str, tuple[str, str]] = {
    # What cannot be read
    "check_formula.no_text": (
        "a formula is text such as 'delta1 @ x.T', not {found}",
        "公式应为文本，例如 'delta1 @ x.T'，而不是 {found}",
    ),
    "check_formula.not_a_symbol": (
        "at character {column} there is {found!r}, which is no part of a formula; numbers, names, + - * / @ ** .T < > , and "
        "parentheses are",
        "第 {column} 个字符 {found!r} 不属于公式；公式由数、名称、+ - * / @ ** .T < > 、逗号和括号组成",
    ),
    "check_formula.not_operator": (
        "at character {column} an operator is expected, not {found!r}; a product is written * entry by entry, and @ of matrices",
        "第 {column} 个字符处应为运算符，而不是 {found!r}；逐元素的乘积写 *，矩阵的乘积写 @",
    ),
    "check_formula.ends_before_operator": (
        "at character {column} the formula ends before it is complete",
        "公式在第 {column} 个字符处结束，尚不完整",
    ),
    "check_formula.not_operand": (
        "at character {column} a number, a name or a parenthesis is expected, not {found!r}",
        "第 {column} 个字符处应为数、名称或括号，而不是 {found!r}",
    ),
    "check_formula.ends_before_operand": (
        "at character {column} the formula ends where a number, a name or a parenthesis is expected",
        "公式在第 {column} 个字符处结束，但这里还应有一个数、名称或括号",
    ),
    "check_formula.not_parenthesis": (
        "at character {column} a closing parenthesis is expected, not {found!r}",
        "第 {column} 个字符处应为右括号，而不是 {found!r}",
    ),
    "check_formula.ends_before_parenthesis": (
        "at character {column} the formula ends before a parenthesis is closed",
        "公式在第 {column} 个字符处结束，但还有括号没有闭合",
    ),
    "check_formula.not_opening": (
        "at character {column} an opening parenthesis is expected, not {found!r}",
        "第 {column} 个字符处应为左括号，而不是 {found!r}",
    ),
    "check_formula.ends_before_opening": (
        "at character {column} the formula ends where a function's opening parenthesis is expected",
        "公式在第 {column} 个字符处结束，但这里还应有函数的左括号",
    ),
    "check_formula.not_index": (
        "at character {column} an index is expected, a letter or a number that counts from 0, not {found!r}",
        "第 {column} 个字符处应为下标（一个字母，或从 0 数起的编号），而不是 {found!r}",
    ),
    "check_formula.ends_before_index": (
        "at character {column} the formula ends where an index is expected",
        "公式在第 {column} 个字符处结束，但这里还应有下标",
    ),
    "check_formula.not_bracket": (
        "at character {column} a closing bracket ] is expected, not {found!r}",
        "第 {column} 个字符处应为右方括号 ]，而不是 {found!r}",
    ),
    "check_formula.ends_before_bracket": (
        "at character {column} the formula ends before a bracket [ is closed",
        "公式在第 {column} 个字符处结束，但还有方括号 [ 没有闭合",
    ),
    "check_formula.keyword": (
        "at character {column}: {function} is given {found}, but axis and keepdims are the only arguments with a name",
        "第 {column} 个字符处：{function} 带有参数 {found}，但带名称的参数只有 axis 和 keepdims",
    ),
    "check_formula.left": (
        "at character {column} the formula is for {found}, but {of} is asked for",
        "第 {column} 个字符处：等号左边是 {found}，但所求的是 {of}",
    ),
    "check_formula.indices": (
        "at character {column} there is {found}, but beside single entries every quantity has its indices, as in {example}",
        "第 {column} 个字符处是 {found}，但公式中有单个分量时，每个量都要写出下标，例如 {example}",
    ),
    "check_formula.in_entries": (
        "at character {column} there is an operation on whole arrays beside single entries; write one or the other, such "
        "as W2.T @ delta2 or sum_k(W2[k,j] * delta2[k])",
        "第 {column} 个字符处对整个数组作运算，而公式中又有单个分量；请只用一种写法，例如 W2.T @ delta2 或 "
        "sum_k(W2[k,j] * delta2[k])",
    ),
    "check_formula.too_many": (
        "at character {column} the formula has more than {most} symbols, which are not read",
        "公式到第 {column} 个字符处已超过 {most} 个符号，不再读取",
    ),
    "check_formula.too_long": (
        "at character {column} the formula goes on; at most {most} characters are read",
        "公式在第 {column} 个字符处还没有结束；最多只读 {most} 个字符",
    ),
    "check_formula.axis": (
        "at character {column}: {function}(A, axis) takes an array and, where not all of it is meant, the axis 0 or 1",
        "第 {column} 个字符处：{function}(A, axis) 的参数是一个数组；若不是对全部元素计算，再加上轴 0 或 1",
    ),
    "check_formula.itself": (
        "at character {column} there is {found}, but a formula for {of} cannot use {of} itself",
        "第 {column} 个字符处出现了 {found}，但 {of} 的公式不能使用 {of} 自身",
    ),
    "check_formula.later": (
        "at character {column} there is {found}, which comes after {of} in the backward pass, so a formula for {of} cannot "
        "use it",
        "第 {column} 个字符处出现了 {found}，它在反向传播中晚于 {of}，因此 {of} 的公式不能使用它",
    ),
    "check_formula.entries": (
        "at character {column} there is something that has no form in whole vectors and matrices; write the formula without "
        "indices of single entries",
        "第 {column} 个字符处的内容不能用整个向量和矩阵表示；请写成不含单个分量下标的形式",
    ),
    "check_formula.whose_activation": (
        "at character {column} there is an activation of which nothing says whose it is; apply it to z of a layer",
        "第 {column} 个字符处的激活函数没有说明属于哪一层；请作用于某一层的 z",
    ),
    # Verdicts
    "check_formula.correct": ("Correct: this is {of}.", "正确：这就是 {of}。"),
    "check_formula.wrong": ("Wrong: this is not {of}.", "错误：这不是 {of}。"),
    "check_formula.unreadable": ("This cannot be read.", "无法读懂这个公式。"),
    # What is wrong
    "check_formula.unknown": (
        "No small change makes it right.",
        "没有找到能使它正确的小改动。",
    ),
    "check_formula.put_together": (
        "No small change makes it right; all factors of the chain occur in it, but {of} is not made of them in this way.",
        "没有找到能使它正确的小改动；链式法则的各个因子都已出现，但 {of} 不是这样由它们组成的。",
    ),
    "check_formula.absent": (
        "No small change makes it right; the first factor of the chain that does not occur in it is {factor}.",
        "没有找到能使它正确的小改动；链式法则的各个因子中，第一个没有出现的是 {factor}。",
    ),
    "check_formula.not_entries": (
        "The entries of this formula are not those of {of}; written with whole vectors and matrices it could be explained.",
        "此式的各个分量与 {of} 的分量不同；写成整个向量和矩阵的形式后可以进一步分析。",
    ),
    "check_formula.both": ("Two things are wrong. {first} {second}", "有两处错误。{first}{second}"),
    "check_formula.shapes": (
        "In {part} the shapes of {left} and {right} do not fit together.",
        "{part} 中 {left} 与 {right} 的形状不相容。",
    ),
    "check_formula.with_shapes": ("{shapes} {message}", "{shapes}{message}"),
    "check_formula.fitting": (
        "With {new} they would, but the formula would not be right yet.",
        "改成 {new} 后形状相容，但公式仍不正确。",
    ),
    "check_formula.letter_sizes": (
        "The index {letter} counts different numbers of units in {left} and in {right}.",
        "下标 {letter} 在 {left} 与 {right} 中取值的个数不同。",
    ),
    "check_formula.loose_letters": (
        "The formula depends on {letters}, which is neither summed over nor an index of {of}.",
        "公式依赖下标 {letters}，但既没有对它求和，它也不是 {of} 的下标。",
    ),
    "check_formula.result_shape": (
        "The formula gives a {found} array, but {of} is {expected}.",
        "公式的结果是 {found} 的数组，而 {of} 是 {expected} 的数组。",
    ),
    "check_formula.result_number": (
        "The formula gives a number, but {of} is {expected}.",
        "公式的结果是一个数，而 {of} 是 {expected} 的数组。",
    ),
    "check_formula.other_quantity": (
        "This is {found}, not {of}.",
        "这是 {found}，而不是 {of}。",
    ),
    # Signs
    "check_formula.sign": (
        "A sign is wrong: it should be {new}, not {old}.",
        "符号错误：应为 {new}，而不是 {old}。",
    ),
    "check_formula.negative": (
        "The sign is wrong: this is the negative of {of}. The gradient points uphill, and the minus of the descent stands in "
        "the update.",
        "符号相反：这是 {of} 的相反数。梯度指向上升的方向，下降的负号写在更新式中。",
    ),
    "check_formula.convention": (
        "The sign is the other one: here {of} is dJ/dz. Where the error is defined as -dJ/dz, as in the notation han, this "
        "formula is right.",
        "符号相反：这里 {of} 是 dJ/dz。若把误差项定义为 -dJ/dz（如 han 的记号），则此式正确。",
    ),
    "check_formula.convention_of_book": (
        "The sign is the other one: in the notation {notation} the error is -dJ/dz, so it is the negative of this.",
        "符号相反：在记号 {notation} 中误差项是 -dJ/dz，应为此式的相反数。",
    ),
    "check_formula.gradient_in_book": (
        "The sign is wrong: in the notation {notation} the error is -dJ/dz, so the gradient {of} needs a minus, {new}; a rule that "
        "adds it to the weights has none.",
        "符号相反：在记号 {notation} 中误差项是 -dJ/dz，因此梯度 {of} 要带负号：{new}；若用加法更新权重，则写的是负梯度。",
    ),
    # Products
    "check_formula.transpose": (
        "A transpose is wrong: it should be {new}, not {old}. The gradient of J by a matrix has the rows and columns of that matrix.",
        "转置错误：应为 {new}，而不是 {old}。J 对矩阵的梯度与该矩阵的行数、列数相同。",
    ),
    "check_formula.swapped_indices": (
        "The indices of a weight are in the wrong order: it should be {new}, not {old}. The first index counts the units that the "
        "connections lead to, the second those they come from.",
        "权重的两个下标写反了：应为 {new}，而不是 {old}。前一个下标对应连接的终点，后一个对应起点。",
    ),
    "check_formula.swapped_letters": (
        "Two indices have changed places throughout: it should be {new}, not {old}.",
        "两个下标全部写反了：应为 {new}，而不是 {old}。",
    ),
    "check_formula.wrong_index": (
        "An index is wrong: it should be {new}, not {old}.",
        "下标错误：应为 {new}，而不是 {old}。",
    ),
    "check_formula.order": (
        "The operands are in the wrong order: it should be {new}, not {old}; a matrix product changes when they are swapped.",
        "两个因子的次序错误：应为 {new}，而不是 {old}；矩阵乘积交换次序后结果不同。",
    ),
    "check_formula.hadamard_for_matmul": (
        "A matrix product belongs here, not one entry by entry: {new}, not {old}.",
        "这里应为矩阵乘积，而不是逐元素的乘积：应为 {new}，而不是 {old}。",
    ),
    "check_formula.matmul_for_hadamard": (
        "A product entry by entry belongs here, not a matrix product: {new}, not {old}.",
        "这里应为逐元素的乘积，而不是矩阵乘积：应为 {new}，而不是 {old}。",
    ),
    # Derivatives of activations
    "check_formula.missing_derivative": (
        "The derivative of the activation is missing: on the way back through layer {layer} the error is multiplied by {new}.",
        "缺少激活函数的导数：误差反向经过第 {layer} 层时要乘以 {new}。",
    ),
    "check_formula.behind_norm": (
        "This is {found}, the error behind the normalisation; on the way back through it, the mean and the deviation "
        "take part, in which every weighted input is that they are taken over.",
        "这是 {found}，即归一化之后的误差；误差反向经过归一化时，还要经过均值和标准差，而它们含有求取时用到的每个加权输入。",
    ),
    "check_formula.forgotten_mean_and_deviation": (
        "Mean and deviation are treated as numbers that are given, but every weighted input over which they are taken is "
        "in them: two paths are missing, through the mean and through the deviation.",
        "这里把均值和标准差当作给定的数，但它们含有求均值时用到的每个加权输入：缺少经由均值和经由标准差的两条路径。",
    ),
    "check_formula.forgotten_mean": (
        "The mean is treated as a number that is given, but every weighted input over which it is taken is in it: the path "
        "through the mean is missing.",
        "这里把均值当作给定的数，但它含有求均值时用到的每个加权输入：缺少经由均值的路径。",
    ),
    "check_formula.forgotten_deviation": (
        "The deviation is treated as a number that is given, but every weighted input over which it is taken is in it: the "
        "path through the deviation is missing.",
        "这里把标准差当作给定的数，但它含有求标准差时用到的每个加权输入：缺少经由标准差的路径。",
    ),
    "check_formula.missing_mask": (
        "The mask of dropout is missing: in training {old} is multiplied by {new}, entry by entry.",
        "缺少随机失活（dropout）的掩码：训练时 {old} 要逐个元素乘以 {new}。",
    ),
    "check_formula.masked_output": (
        "In training the outputs of layer {layer} carry the mask of dropout, so {old} is not the derivative of its "
        "activation, {activation}; it should be {new}.",
        "训练时第 {layer} 层的输出带有随机失活（dropout）的掩码，所以 {old} 不是其激活函数 {activation} 的导数；应为 {new}。",
    ),
    "check_formula.half_derivative": (
        "Half of the derivative of layer {layer}'s activation, {activation}, is missing: the factor {new}.",
        "第 {layer} 层激活函数 {activation} 的导数只写了一半：缺少因子 {new}。",
    ),
    "check_formula.not_derived": (
        "The derivative of the activation belongs here, not the activation itself: {new}, not {old}.",
        "这里应为激活函数的导数，而不是激活函数本身：应为 {new}，而不是 {old}。",
    ),
    "check_formula.other_derivative": (
        "The activation of layer {layer} is {activation}, and its derivative is {new}, not {old}.",
        "第 {layer} 层的激活函数是 {activation}，其导数是 {new}，而不是 {old}。",
    ),
    "check_formula.da_for_delta": (
        "The derivative of an activation is missing between {old} and {new}: it should be {new}, the derivative by the weighted "
        "input.",
        "{old} 与 {new} 之间相差激活函数的导数：这里应为对加权输入的导数 {new}。",
    ),
    "check_formula.extra_derivative": (
        "The derivative {old} is one too many: what it is multiplied by contains it already.",
        "多乘了导数 {old}：与它相乘的量中已经含有这个导数。",
    ),
    "check_formula.factor_too_much": (
        "The factor {old} does not belong here.",
        "这里不应有因子 {old}。",
    ),
    "check_formula.term_too_much": (
        "The term {old} does not belong here.",
        "这里不应有 {old} 这一项。",
    ),
    "check_formula.cancelled": (
        "The derivative {old} is one too many: with the loss {loss} the derivative of {activation} has cancelled in {of}, or "
        "has been counted once already.",
        "多乘了导数 {old}：使用损失 {loss} 时，{of} 中 {activation} 的导数已经约去，或已经乘过一次。",
    ),
    "check_formula.delta_for_da": (
        "A derivative of an activation is in {old} that does not belong here: it should be {new}.",
        "{old} 中含有不该有的激活函数导数：应为 {new}。",
    ),
    "check_formula.derived_needlessly": (
        "The function itself belongs here, not its derivative: {new}, not {old}.",
        "这里应为函数本身，而不是它的导数：应为 {new}，而不是 {old}。",
    ),
    "check_formula.wrong_argument": (
        "This should be {new}, not {old}: z is the weighted input, a = g(z) the output.",
        "这里应为 {new}，而不是 {old}：z 是加权输入，a = g(z) 是激活值。",
    ),
    "check_formula.wrong_layer": (
        "The quantity is of the wrong layer: it should be {new}, not {old}.",
        "用了别的层的量：应为 {new}，而不是 {old}。",
    ),
    "check_formula.other_layers_derivative": (
        "The derivative is that of another layer: here it is layer {layer}'s, {new}, not {old}.",
        "用了别的层的导数：这里应为第 {layer} 层的 {new}，而不是 {old}。",
    ),
    # Factors
    "check_formula.missing_mean": (
        "The mean is missing: J is the mean over the m samples, so there must be a factor 1/m here: {new}, not {old}.",
        "缺少取平均：J 是 m 个样本的平均，因此这里应有因子 1/m：应为 {new}，而不是 {old}。",
    ),
    "check_formula.extra_mean": (
        "The mean is taken twice: it should be {new}, not {old}; delta is dJ/dz and contains the 1/m already.",
        "重复取了平均：应为 {new}，而不是 {old}；delta 即 dJ/dz，已经含有 1/m。",
    ),
    "check_formula.mean_for_sum": (
        "The mean is taken twice: delta is dJ/dz and contains the 1/m already, so it should be {new}, not {old}.",
        "重复取了平均：delta 即 dJ/dz，已经含有 1/m，因此应为 {new}，而不是 {old}。",
    ),
    "check_formula.scale": (
        "A number is wrong: it should be {new}, not {old}; nothing in the chain rule brings such a factor here.",
        "常数因子有误：应为 {new}，而不是 {old}；链式法则在这里不会产生这个因子。",
    ),
    "check_formula.factor": (
        "A factor is wrong: {of} is {factor} times this formula.",
        "常数因子有误：{of} 是此式的 {factor} 倍。",
    ),
    "check_formula.power": (
        "A power is too much: it should be {new}, not {old}; the derivative of a square has no square left.",
        "多了一个幂：应为 {new}，而不是 {old}；平方求导后不再有平方。",
    ),
    "check_formula.transpose_of_weights": (
        "A transpose is wrong: it should be {new}, not {old}. Going back, an error takes the connections of W the other way, so rows and columns change places.",
        "转置错误：应为 {new}，而不是 {old}。反向传播时误差沿 W 的连接反方向传递，因此行与列互换。",
    ),
    "check_formula.scale_of_half_squared_error": (
        "A number is wrong: it should be {new}, not {old}; the 1/2 of the loss cancels the 2 of the square.",
        "常数因子有误：应为 {new}，而不是 {old}；损失中的 1/2 与平方求导得到的 2 约去。",
    ),
    "check_formula.scale_of_mean_squared_error": (
        "A number is wrong: it should be {new}, not {old}; the loss is 1/K of a sum of squares over the K outputs, so its derivative has the factor 2/K.",
        "常数因子有误：应为 {new}，而不是 {old}；损失是 K 个输出的平方和的 1/K，因此导数含有因子 2/K。",
    ),
    # Penalties
    "check_formula.missing_penalty": (
        "The penalty is missing: J contains it, so its derivative {new} belongs to {of}.",
        "缺少惩罚项：J 中含有惩罚项，因此 {of} 应加上它的导数 {new}。",
    ),
    "check_formula.wrong_penalty": (
        "The penalty is wrong: its derivative is {new}, not {old}, and it stands outside the mean over the samples.",
        "惩罚项有误：它的导数是 {new}，而不是 {old}；它不参与对样本的平均。",
    ),
    "check_formula.penalty_elsewhere": (
        "The penalty is in the wrong place: {new} is added at the end, and stands outside the mean and all other factors.",
        "惩罚项的位置不对：{new} 应在最后相加，不参与平均，也不与其他因子相乘。",
    ),
    "check_formula.penalty_too_much": (
        "There is a penalty where none belongs: {old}. Only weights are penalised, and biases are not.",
        "多了惩罚项 {old}：只有权重受惩罚，偏置不受惩罚。",
    ),
    # Sums
    "check_formula.missing_sum": (
        "A sum is missing: it should be {new}; what serves every sample collects its share from each.",
        "缺少求和：应为 {new}；被所有样本共用的量要把各样本的贡献相加。",
    ),
    "check_formula.missing_sum_over_units": (
        "A sum is missing: it should be {new}; all units on which it acts contribute to it.",
        "缺少求和：应为 {new}；它所影响的每个单元都有贡献。",
    ),
    "check_formula.softmax": (
        "A sum is missing: every output of a softmax depends on every weighted input, so its derivative is a matrix, and "
        "p * (1 - p) is only its diagonal.",
        "缺少求和：softmax 的每个输出都依赖所有加权输入，它的导数是矩阵，p * (1 - p) 只是其对角线。",
    ),
    "check_formula.wrong_axis": (
        "The sum is over the wrong axis: it should be {new}, not {old}.",
        "求和的轴不对：应为 {new}，而不是 {old}。",
    ),
    "check_formula.sum_too_much": (
        "There is no sum here: it should be {new}, not {old}.",
        "这里不应求和：应为 {new}，而不是 {old}。",
    ),
    # The command line
    "cli.about.check_formula": (
        "Judge a formula written by hand, and say what is wrong with it.\n"
        "As in Python: + - * / ** of entries, @ of matrices, A.T, outer(u, v), sum(A, axis), mean(A, axis), exp, log, sqrt, "
        "sigmoid, dsigmoid and so on, g1 and dg1 for the activation of layer 1; x (or a0), y, W1, b1, z1, a1, p, delta1, m "
        "samples, K outputs, lam for l2. Single entries: W2[k,j], sum_k(...). A left side, dW2 = ..., is taken too. Exits with 1 where "
        "it is wrong, with 2 where it cannot be read.",
        "判断手写的公式是否正确，并指出错在哪里。\n"
        "写法与 Python 相同：+ - * / ** 逐元素运算，@ 为矩阵乘积，A.T、outer(u, v)、sum(A, axis)、mean(A, axis)、exp、log、sqrt、"
        "sigmoid、dsigmoid 等，g1 和 dg1 是第 1 层的激活函数及其导数；x（或 a0）、y、W1、b1、z1、a1、p、delta1，m 为样本数，"
        "K 为输出数，lam 即 l2。单个分量写作 W2[k,j]，求和写作 sum_k(...)。也可以带左边：dW2 = ...。公式错误时以 1 退出，无法读懂时以 2 退出。",
    ),
    "cli.help.formula": (
        "the formula, such as '(W2.T @ delta2) * a1 * (1 - a1)'",
        "公式，例如 '(W2.T @ delta2) * a1 * (1 - a1)'",
    ),
    "cli.help.check_formula.of": (
        "what it is to be: delta1, dz1, da1, dW1, db1 and so on",
        "公式所求的量：delta1、dz1、da1、dW1、db1 等",
    ),
    "cli.help.layout": (
        "column: one sample, z1 = W1 @ a0 + b1; rows: a batch with a sample a row, z1 = a0 @ W1.T + b1 (column)",
        "column：单个样本，z1 = W1 @ a0 + b1；rows：一批样本，每行一个，z1 = a0 @ W1.T + b1（默认 column）",
    ),
    "cli.help.latex": (
        "the formula is LaTeX; seen from a backslash too",
        "公式用 LaTeX 书写；含反斜杠时自动识别",
    ),
    "cli.help.check_formula.notation": (
        "read it as nielsen, testnet, ufldl, han or zhou would: layer numbers, the 1/m, the sign of the error",
        "按 nielsen、testnet、ufldl、han 或 zhou 的记号读取：层的编号、1/m 的位置、误差项的符号",
    ),
    "cli.metavar.layout": ("LAYOUT", "排列方式"),
    "cli.metavar.quantity": ("QUANTITY", "量"),
    # Kinds of names
    "catalog.kind.layout": ("layout", "排列方式"),
    "catalog.kind.quantity": ("quantity", "量"),
}
