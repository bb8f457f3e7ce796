"""Sentences: the gradients of a user's own code."""

SENTENCES: dict[str, tuple[str, str]] = {
    # Verdicts
    "check_function.correct": (
        "Correct: the gradients agree with finite differences of the loss (largest relative error {error}): {names}.",
        "正确：{names} 与损失的有限差分一致（最大相对误差 {error}）。",
    ),
    "check_function.but": (
        "The gradients agree with finite differences of the loss (largest relative error {error}), but something else is wrong: {names}.",
        "梯度与损失的有限差分一致（最大相对误差 {error}）：{names}；但还有别的问题。",
    ),
    "check_function.wrong": (
        "Wrong: not the gradients of the loss, by finite differences: {names}.",
        "错误：{names} 与损失的有限差分不一致。",
    ),
    "check_function.not_compared": (
        "The gradients cannot be compared with the loss.",
        "无法将梯度与损失比较。",
    ),
    # How the function behaves
    "check_function.random": (
        "Two calls with the same arguments give different {differ}: random numbers are drawn at every call. For the comparison they were drawn alike each time; give the function a seed or a generator.",
        "用相同的参数调用两次，{differ}不同：每次调用都会抽取随机数。比较时让每次抽取的随机数相同；请给函数一个种子或随机数生成器。",
    ),
    "check_function.random_own": (
        "Two calls with the same arguments give different {differ}: random numbers are drawn from a generator of the function's own. Give it a fixed seed.",
        "用相同的参数调用两次，{differ}不同：函数用自己的生成器抽取随机数。请给它固定的种子。",
    ),
    "check_function.state": (
        "Two calls with the same arguments give different {differ}, though no random numbers are drawn: something is kept from one call to the next, such as gradients that are added up and never set to zero.",
        "用相同的参数调用两次，{differ}不同，而函数并不抽取随机数：有些东西从一次调用保留到了下一次，例如不断累加而从不清零的梯度。",
    ),
    "check_function.losses_differ": (
        "losses ({first}, then {second})",
        "损失（先是 {first}，后是 {second}）",
    ),
    "check_function.gradients_differ": ("gradients", "梯度"),
    "check_function.changed": (
        "The call changes {name}, which it was given: whoever uses it afterwards has another one.",
        "调用改变了传入的 {name}：之后再使用它时，它已经不是原来的值。",
    ),
    "check_function.changed_at": (
        "The call changes {name}, which it was given, in line {line}: whoever uses it afterwards has another one.",
        "调用在第 {line} 行改变了传入的 {name}：之后再使用它时，它已经不是原来的值。",
    ),
    "check_function.moved_inside": (
        "In line {line} {name} gets another value while the gradients are still being computed, so they are taken at two different places: {names}. Update it after them.",
        "第 {line} 行在梯度尚未算完时就改变了 {name}，因此 {names} 是在两个不同的点上求出的；请在算完之后再更新。",
    ),
    "check_function.shared": (
        "In line {line} {name} is changed in place, and {other} is the same array, which is used again afterwards; that may be what is wrong with {names}. Give {name} an array of its own.",
        "第 {line} 行就地改变了 {name}，而 {other} 是同一个数组，之后还要用到；{names} 的错误可能由此而来。"
        "{name} 应有自己的数组。",
    ),
    # What it returns
    "check_function.loss_shape": (
        "The loss must be one number, but it is {found}: take the mean or the sum over the samples.",
        "损失应为一个数，这里却是 {found}：请对样本取平均或求和。",
    ),
    "check_function.complex_loss": (
        "The loss must be a real number, but it is {found}.",
        "损失应为实数，这里却是 {found}。",
    ),
    "check_function.complex_gradient": (
        "{names}: a gradient must hold real numbers, and this one is complex.",
        "{names} 应由实数组成，这里却是复数。",
    ),
    "check_function.loss_not_finite": (
        "The loss is {found} here, so it has no derivative.{warned}",
        "这里的损失为 {found}，没有导数。{warned}",
    ),
    "check_function.because": (" NumPy warns of {warned}.", "NumPy 的警告：{warned}。"),
    "check_function.warned": (
        "{reason} in line {line} of {file}",
        "{file} 第 {line} 行{reason}",
    ),
    "check_function.gradient_not_finite": (
        "{names}: not finite in {count} entries, though the loss is.",
        "{names} 中有 {count} 个分量不是有限的数，而损失是有限的。",
    ),
    "check_function.no_array": (
        "{names}: a gradient must be an array of numbers, and this one is {found}.",
        "{names} 应为数组，这里却是 {found}。",
    ),
    "check_function.missing_gradient": (
        "There is no gradient for {parameters}.",
        "没有返回 {parameters} 的梯度。",
    ),
    "check_function.whole_numbers": (
        "{names}: a gradient of whole numbers, whose fractions are cut off; the array it is stored in was made for integers.",
        "{names} 中只有整数，小数部分被舍去：存放它们的数组是整数类型。",
    ),
    "check_function.independent": (
        "{names}: the loss does not change with {parameters}, so the gradient is 0.",
        "损失不随 {parameters} 变化，梯度应为 0，而 {names} 不是。",
    ),
    # Shapes
    "check_function.transposed": (
        "{names}: transposed; the shape is {found}, and it should be {expected}. A gradient has the shape of its parameter.",
        "{names} 被转置了：形状为 {found}，应为 {expected}。梯度与其参数的形状相同。",
    ),
    "check_function.transposed_square": (
        "{names}: transposed; the shapes do not show it, as the matrix is square.",
        "{names} 被转置了：转置之后就正确。矩阵是方阵，因此从形状上看不出来。",
    ),
    "check_function.reshaped": (
        "{names}: the numbers are right, but the shape is {found}, and it should be {expected}; an update would give an array of another shape.",
        "{names} 的数值正确，但形状为 {found}，应为 {expected}：用它更新参数会得到形状不同的数组。",
    ),
    "check_function.other_shape": (
        "{names}: the shape is {found}, and it should be {expected}, the parameter's own.",
        "{names} 的形状为 {found}，应与参数的形状 {expected} 相同。",
    ),
    "check_function.not_summed": (
        "{names}: a sum is missing. The shape is {found}; summed over axis {axis} it is right, with the shape {expected}. What serves every sample collects its share from each.",
        "{names} 缺少求和：形状为 {found}，沿轴 {axis} 求和后就正确，形状为 {expected}。被所有样本共用的量要把各样本的贡献相加。",
    ),
    "check_function.summed_up": (
        "{names}: summed over everything. The shape is {found}, and it should be {expected}; only the samples are summed over.",
        "{names} 对全部元素求了和：形状为 {found}，应为 {expected}；只应对样本求和。",
    ),
    "check_function.axis_of_samples": (
        "{names}: summed over the wrong axis. There is an entry for each of the {count} samples ({size}) instead of one for each unit; sum over the samples.",
        "{names} 求和的轴不对：现在 {count} 个样本（{size}）各有一个分量，而应当每个单元有一个；应对样本求和。",
    ),
    # Signs and factors
    "check_function.sign": (
        "{names}: the sign is wrong. This is the negative of the gradient, as with y - p in place of p - y; the minus of the descent stands in the update.",
        "{names} 的符号相反：它们是梯度的相反数，例如把 p - y 写成了 y - p。下降的负号写在更新式中。",
    ),
    "check_function.missing_mean": (
        "{names}: the mean is missing. The loss is a mean over the samples, and this is a sum; the factor {factor} brings it right ({size} is the number of samples).",
        "{names} 缺少取平均：损失是对样本的平均，而它是总和；乘以 {factor} 后就正确（样本数为 {size}）。",
    ),
    "check_function.missing_mean_and_sign": (
        "{names}: the sign is wrong, and the mean is missing; the factor {factor} brings it right ({size} is the number of samples).",
        "{names} 的符号相反，并且缺少取平均：乘以 {factor} 后就正确（样本数为 {size}）。",
    ),
    "check_function.extra_mean": (
        "{names}: divided by the number of samples once too often; the factor {factor} brings it right ({size} is the number of samples).",
        "{names} 多除了一次样本数：乘以 {factor} 后就正确（样本数为 {size}）。",
    ),
    "check_function.extra_mean_and_sign": (
        "{names}: the sign is wrong, and it is divided by the number of samples once too often; the factor {factor} brings it right ({size} is the number of samples).",
        "{names} 的符号相反，并且多除了一次样本数：乘以 {factor} 后就正确（样本数为 {size}）。",
    ),
    "check_function.scale": (
        "{names}: a factor is wrong; {factor} times as much would be right, where {size} has that size.",
        "{names} 缺少常数因子：乘以 {factor} 后就正确，其中的数是 {size}。",
    ),
    "check_function.scale_and_sign": (
        "{names}: the sign is wrong, and a factor; {factor} times as much would be right, where {size} has that size.",
        "{names} 的符号和常数因子都有误：乘以 {factor} 后就正确，其中的数是 {size}。",
    ),
    "check_function.scale_plain": (
        "{names}: a factor is wrong; {factor} times as much would be right.",
        "{names} 的常数因子有误：乘以 {factor} 后就正确。",
    ),
    "check_function.order": (
        "{names}: right for another parameter; the gradients are in another order than the parameters.",
        "{names} 恰好是别的参数的梯度：梯度的次序与参数的次序不同。",
    ),
    # Penalties
    "check_function.missing_penalty_of": (
        "{names}: the penalty is missing. The loss contains it, so {right} times {parameters} belongs to the gradient.",
        "{names} 缺少惩罚项：损失中含有惩罚项，因此梯度应加上 {right} 乘 {parameters}。",
    ),
    "check_function.missing_penalty_of_some": (
        "{names}: the penalty is missing. The loss contains it for some entries of {parameters}, so {right} times them belongs to their gradients.",
        "{names} 缺少惩罚项：损失对 {parameters} 的一部分分量有惩罚项，因此这些分量的梯度应加上 {right} 乘该分量。",
    ),
    "check_function.missing_penalty": (
        "{names}: a penalty is missing, it seems; what is lacking is {times} times {parameters}, in every entry.",
        "{names} 似乎缺少惩罚项：每个分量都恰好少了 {times} 乘 {parameters}。",
    ),
    "check_function.penalty_not_in_loss": (
        "{names}: a penalty, {found} times {parameters}, that the loss does not have.",
        "{names} 中有惩罚项（{found} 乘 {parameters}），而损失中没有。",
    ),
    "check_function.penalty_too_much": (
        "{names}: {times} times {parameters} too much, in every entry; a penalty that the loss does not have, or a larger one.",
        "{names} 的每个分量都恰好多了 {times} 乘 {parameters}：损失中没有这个惩罚项，或没有这么大。",
    ),
    "check_function.penalty_of_other_size": (
        "{names}: the penalty is not that of the loss, whose derivative is {right} times {parameters}, not {found} times.",
        "{names} 中的惩罚项与损失中的不符：它的导数是 {right} 乘 {parameters}，而不是 {found} 乘 {parameters}。",
    ),
    "check_function.penalty_of_other_entries": (
        "{names}: the penalty is on other entries than in the loss; {name} must reach the same ones in both.",
        "{names} 中受惩罚的分量与损失中的不同：{name} 在两处应作用于相同的分量。",
    ),
    "check_function.beside": (
        "({names}: looked at without the penalty, {terms}.)",
        "（{names} 是去掉惩罚项 {terms} 之后比较的。）",
    ),
    # Samples
    "check_function.last_sample": (
        "{names}: the share of the last sample alone. In the loop each sample replaces the sum of those before; add with += .",
        "{names} 只是最后一个样本的贡献：循环中每个样本都覆盖了之前的和；应该用 += 累加。",
    ),
    "check_function.first_sample": (
        "{names}: the share of the first sample alone; the other samples are not added.",
        "{names} 只是第一个样本的贡献：其余样本没有加进来。",
    ),
    "check_function.one_sample": (
        "{names}: the share of one sample alone, number {number} counted from 0; the other samples are not added.",
        "{names} 只是一个样本（从 0 数起的第 {number} 个）的贡献：其余样本没有加进来。",
    ),
    # Activations
    "check_function.derivative_missing": (
        "{names}: the derivative of {activation} is missing; on the way back through the layer, the error is multiplied by it.",
        "{names} 缺少 {activation} 的导数：误差反向经过这一层时要乘以它。",
    ),
    "check_function.derivative_kept": (
        "{names}: the derivative of {activation} is one too many; with this loss it has cancelled, or it has been counted already.",
        "{names} 中多乘了 {activation} 的导数：对于这个损失它已经约去，或已经乘过一次。",
    ),
    "check_function.not_derived": (
        "{names}: the error is multiplied by {activation} itself, and not by its derivative.",
        "{names} 中误差乘的是 {activation} 本身，而不是它的导数。",
    ),
    "check_function.half_derivative": (
        "{names}: half of the derivative of {activation}, a (1 - a), is missing.",
        "{names} 中 {activation} 的导数 a (1 - a) 只写了一半。",
    ),
    "check_function.other_derivative": (
        "{names}: the activation is {activation}, but the derivative is that of another one.",
        "激活函数是 {activation}，而 {names} 用的是别的激活函数的导数。",
    ),
    "check_function.derivative_of_output": (
        "{names}: the derivative of {activation} is taken at the output a; it belongs at the weighted input z.",
        "{names} 中 {activation} 的导数取在输出 a 处；应取在加权输入 z 处。",
    ),
    "check_function.derivative_of_input": (
        "{names}: the derivative of {activation} is written with the weighted input z, where the output a belongs.",
        "{names} 中 {activation} 的导数式里写的是加权输入 z，应为输出 a。",
    ),
    # Where nothing explains it
    "check_function.unknown": (
        "{names}: no simple mistake explains it; the numbers tell where it is furthest off.",
        "没有找到能解释 {names} 的简单错误；表中给出了差别最大之处。",
    ),
    "check_function.unknown_beside": (
        "{names}: no simple mistake explains it. Right are {right}, so the mistake is where the way back parts from theirs.",
        "没有找到能解释 {names} 的简单错误；{right} 是正确的，因此错误在反向传播与它们分开之后。",
    ),
    "check_function.elsewhere": (
        "{names}: wrong in entries that were not compared one by one, as the derivative along a random direction tells.",
        "{names} 在没有逐一比较的分量上有误：沿随机方向的导数与之不符。",
    ),
    "check_function.follows": (
        "{names}: wrong too, which may follow from the above; put that right first.",
        "{names} 也有误，可能由上述错误引起；请先改正上述错误。",
    ),
    # What must be known
    "check_function.precision": (
        "The function computes in {dtype}, so that no more than about {digits} digits can be compared.",
        "函数用 {dtype} 计算，因此只能比较大约 {digits} 位有效数字。",
    ),
    "check_function.still": (
        "The loss does not change with {parameters} here; a gradient of 0 is right.",
        "这里的损失不随 {parameters} 变化，梯度为 0 是正确的。",
    ),
    "check_function.kinks": (
        "Kinks left out: {kinks} (the slopes on the two sides differ there, and the gradient is one of those between).",
        "略去折点 {kinks} 个（该处左右两侧的斜率不同，而梯度介于两者之间）。",
    ),
    # What cannot be checked
    "check_function.target": (
        "a function is named as FILE.py:NAME, or as FILE.py:LOSS,GRADIENT where there are two, not {found}",
        "函数应写成 FILE.py:NAME，有两个函数时写成 FILE.py:LOSS,GRADIENT，而不是 {found}",
    ),
    "check_function.no_file": ("there is no file {path}", "没有文件 {path}"),
    "check_function.no_python": (
        "{path} is no Python file; its name must end in .py",
        "{path} 不是 Python 文件；文件名应以 .py 结尾",
    ),
    "check_function.no_function": (
        "{file} has no {name}{hint}; it has: {names}",
        "{file} 中没有 {name}{hint}；其中有：{names}",
    ),
    "check_function.not_callable": (
        "what is to be checked must be a function, not {found}",
        "要检验的应为函数，而不是 {found}",
    ),
    "check_function.raised": (
        "{file} failed in line {line}: {reason}",
        "{file} 在第 {line} 行出错：{reason}",
    ),
    "check_function.arguments": (
        "the arguments do not fit {signature}: {reason}",
        "参数与 {signature} 不符：{reason}",
    ),
    "check_function.gradient_arguments": (
        "the gradient's arguments {names} are neither arguments of {signature} nor what it returns beside the loss",
        "梯度函数的参数 {names} 既不是 {signature} 的参数，也不是它在损失之外返回的内容",
    ),
    "check_function.no_pair": (
        "the function must return the loss and the gradients, but it returns {found}; where another function returns the "
        "gradients, name both",
        "函数应返回损失和梯度，这里返回的却是 {found}；若梯度由另一个函数返回，请把两个函数都写出来",
    ),
    "check_function.no_gradient": (
        "gradients must be arrays, or a dictionary, list or tuple of them, not {found}",
        "梯度应为数组，或由数组组成的字典、列表、元组，而不是 {found}",
    ),
    "check_function.unknown_gradients": (
        "the gradients {keys} belong to none of the arguments {names}; name a gradient as its parameter, or with a d before it",
        "梯度 {keys} 与参数 {names} 都对不上；请用参数的名称命名梯度，或在名称前加 d",
    ),
    "check_function.unknown_parameter": (
        "there is no parameter {name}; there are: {names}",
        "没有参数 {name}；现有：{names}",
    ),
    "check_function.count": (
        "{gradients} gradients are returned for {parameters} parameters ({names}); say with `of` which they belong to",
        "返回了 {gradients} 个梯度，而参数有 {parameters} 个（{names}）；请用 of 指明各属于哪个参数",
    ),
    "check_function.no_value": (
        "there is no value for {names}; give a function inputs() in the file that returns the arguments, or --params, or --shape",
        "{names} 没有值；请在文件中写一个返回各参数的函数 inputs()，或给出 --params 或 --shape",
    ),
    "check_function.no_inputs": (
        "the file has no function {name} for the arguments",
        "文件中没有给出参数的函数 {name}",
    ),
    "check_function.params_json": (
        '{path}: {reason}; it must be an NPZ file, or JSON such as {{"W": [[0.1, 0.2]], "reg": 0.5}}',
        '{path}：{reason}；应为 NPZ 文件，或形如 {{"W": [[0.1, 0.2]], "reg": 0.5}} 的 JSON',
    ),
    "check_function.params": (
        '{path} must be an NPZ file, or JSON such as {{"W": [[0.1, 0.2]], "reg": 0.5}}',
        '{path} 应为 NPZ 文件，或形如 {{"W": [[0.1, 0.2]], "reg": 0.5}} 的 JSON',
    ),
    "check_function.shapes": (
        'shapes are given as "W=3,4; y=5:3", whole numbers below 3 after a colon, not {found}',
        '形状应写成 "W=3,4; y=5:3"，冒号之后的 3 表示小于 3 的整数，而不是 {found}',
    ),
    # The command line
    "cli.about.check_function": (
        "Compare the gradients that your own code returns with finite differences of its loss.\n"
        "The file is run, as an import would run it. The function returns (loss, gradients): arrays in the order of the "
        "arguments, or a dictionary by name (dW or W for W); LOSS,GRADIENT names two functions, or a layer's forward and "
        "backward. Lists, NumPy, PyTorch and JAX arrays will do.\n"
        "It is called with what the file's function inputs() returns, with --params and --shape, with its own defaults, and else "
        "with the file's variables of that name. Parameters may also be arrays of a method's object, or variables that the "
        "function uses and names gradients after. Exits with 1 where something is wrong, with 2 where it cannot be run.",
        "把自己写的代码返回的梯度与其损失的有限差分比较。\n"
        "文件会像被导入一样运行。函数返回（损失，梯度）：梯度是按参数次序排列的数组，或按名称的字典（W 的梯度叫 dW 或 W）；"
        "LOSS,GRADIENT 指定两个函数，也可以是一层的前向和反向函数。列表、NumPy、PyTorch 和 JAX 数组都可以。\n"
        "参数取自文件中的函数 inputs()、--params 和 --shape、函数自己的默认值，否则取文件中同名的变量。"
        "待检验的参数也可以是方法所属对象的数组，或函数用到并据以命名梯度的变量。有误时以 1 退出，"
        "无法运行时以 2 退出。",
    ),
    "cli.check.returned": ("returned", "返回值"),
    "cli.metavar.code": ("FILE.py:NAME", "文件.py:函数"),
    "cli.metavar.names": ("NAMES", "名称"),
    "cli.metavar.shapes": ("SHAPES", "形状"),
    "cli.help.code": (
        "the function, such as svm.py:svm_loss, net.py:net.loss or layer.py:forward,backward",
        "函数，例如 svm.py:svm_loss、net.py:net.loss 或 layer.py:forward,backward",
    ),
    "cli.help.check_function.params": (
        "arguments by name: a JSON or NPZ file, or JSON itself",
        "按名称给出的参数：JSON 或 NPZ 文件，或直接写 JSON",
    ),
    "cli.help.shape": (
        'draw arguments: "W=3,4; y=5:3" is a 3 by 4 array of real numbers, and 5 whole ones below 3',
        '随机生成参数："W=3,4; y=5:3" 表示 3 行 4 列的实数数组，以及 5 个小于 3 的整数',
    ),
    "cli.help.check_function.inputs": (
        "the file's function, or dictionary, that gives the arguments (inputs)",
        "文件中给出参数的函数或字典（inputs）",
    ),
    "cli.help.check_function.of": (
        "the parameters in the order of the gradients, such as W,b, where names do not tell",
        "与梯度次序相应的参数，例如 W,b；名称足以判断时不必给出",
    ),
}
