"""Sentences: formulas in a textbook's notation."""

SENTENCES: dict[str, tuple[str, str]] = {
    "reader.unknown": (
        "at character {column} there is {found}, which stands for nothing in this network and notation",
        "第 {column} 个字符处的 {found} 在该网络和这种记号中没有含义",
    ),
    "reader.unknown_like": (
        "at character {column} there is {found}, which stands for nothing in this network and notation; {like} does",
        "第 {column} 个字符处的 {found} 在该网络和这种记号中没有含义；{like} 才有",
    ),
    "reader.no_operand": (
        "at character {column} something to compute with is expected before {found}",
        "第 {column} 个字符处的 {found} 之前缺少运算的对象",
    ),
    "reader.no_operand_end": (
        "after character {column} the formula, or a part of it, ends where something to compute with is expected",
        "在第 {column} 个字符之后，公式或它的一部分在还需要运算对象的地方结束了",
    ),
    "reader.unexpected": (
        "at character {column} {found} cannot stand here",
        "第 {column} 个字符处的 {found} 不能出现在这里",
    ),
    "reader.not_closed": (
        "at character {column} {found} opens a bracket that is not closed",
        "第 {column} 个字符处的 {found} 打开的括号没有闭合",
    ),
    "reader.not_a_pair": (
        "at character {column} the brackets of {found} are no pair",
        "第 {column} 个字符处 {found} 的两个括号不成对",
    ),
    "reader.no_derivative": (
        "at character {column} {found} is the derivative of a function that is no activation",
        "第 {column} 个字符处的 {found} 是某函数的导数，但该函数不是激活函数",
    ),
    "reader.no_partial": (
        "at character {column} there is {found}; differentiated are costs, weighted inputs and activations, by weights, "
        "biases, weighted inputs and activations",
        "第 {column} 个字符处是 {found}；能求导的是代价、加权输入和激活值，对权重、偏置、加权输入和激活值求导",
    ),
    "reader.too_large": (
        "at character {column} there is a derivative with {count} entries; at most {most} are computed",
        "第 {column} 个字符处的导数有 {count} 个元素；最多计算 {most} 个",
    ),
    "reader.operands": (
        "at character {column} {found} is applied to {given} expressions; it takes {expected}",
        "第 {column} 个字符处的 {found} 作用于 {given} 个表达式，而它应有 {expected} 个自变量",
    ),
    "reader.condition": (
        "at character {column} a condition such as z > 0 or j = k belongs into {found}",
        "第 {column} 个字符处的 {found} 中应有一个条件，例如 z > 0 或 j = k",
    ),
    "reader.no_shape": (
        "at character {column} a shape such as 3 \\times 2 is expected, not {found}",
        "第 {column} 个字符处应为形状，例如 3 \\times 2，而不是 {found}",
    ),
    "reader.limits": (
        "at character {column} the letters that are summed over are expected, as in \\sum_{{k}}, not {found}",
        "第 {column} 个字符处应为求和所用的字母，例如 \\sum_{{k}}，而不是 {found}",
    ),
    "reader.too_deep": (
        "at character {column} the formula is nested more than {most} levels deep",
        "在第 {column} 个字符处，公式的嵌套超过了 {most} 层",
    ),
    "reader.sizes": (
        "at character {column} the index {letter} counts {second} units, elsewhere in the formula {first}",
        "第 {column} 个字符处的下标 {letter} 取 {second} 个值，而在公式的别处取 {first} 个值",
    ),
    "reader.no_range": (
        "at character {column} nothing in the formula says over which units the index {letter} runs",
        "第 {column} 个字符处：公式中没有说明下标 {letter} 取遍哪些单元",
    ),
    "reader.end": (
        "at character {column} a sum over {letter} ends at {found}, but there are {expected} units",
        "第 {column} 个字符处对 {letter} 的求和到 {found} 为止，但共有 {expected} 个单元",
    ),
    "reader.indices": (
        "at character {column} there is a quantity with {found} indices that has {expected}",
        "第 {column} 个字符处的量有 {found} 个下标，而它应有 {expected} 个下标",
    ),
    "reader.index_range": (
        "at character {column} there is the index {index}, but the units are counted from {first} to {last}",
        "第 {column} 个字符处的下标为 {index}，但单元的编号是从 {first} 到 {last}",
    ),
    "reader.many_meanings": (
        "at character {column} there is a quantity that could be of more than one layer; indices would tell of which",
        "第 {column} 个字符处的量可能属于不止一层；写出下标才能确定",
    ),
    "reader.not_a_matrix": (
        "at character {column} there is an array with {rank} indices, which has no form without them",
        "第 {column} 个字符处是有 {rank} 个下标的数组，不能略去下标",
    ),
    "reader.product_shapes": (
        "at character {column} a {left} array is multiplied by a {right} one: columns and rows differ in number",
        "第 {column} 个字符处 {left} 的数组与 {right} 的数组相乘：前者的列数与后者的行数不同",
    ),
    "reader.entry_shapes": (
        "at character {column} a {left} array and a {right} one are combined entry by entry",
        "第 {column} 个字符处 {left} 的数组与 {right} 的数组不能逐元素运算",
    ),
    "reader.side_shapes": (
        "one side of the formula is a {left} array, another a {right} one",
        "公式的一边是 {left} 的数组，另一边是 {right} 的数组",
    ),
    "reader.no_scalar": (
        "at character {column} a number is expected, not a {found} array",
        "第 {column} 个字符处应为数，而不是 {found} 的数组",
    ),
    "reader.wrong_shape": (
        "at character {column} the shape {written} is written below an array of shape {found}",
        "第 {column} 个字符处的数组下方写着 {written}，而它的形状是 {found}",
    ),
    "reader.undefined": (
        "at character {column} there are no units for which every symbol of the formula is defined",
        "第 {column} 个字符处：没有哪些单元能使公式中的每个符号都有定义",
    ),
}
