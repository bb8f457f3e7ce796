"""Sentences: derivations from the rules of differentiation."""

SENTENCES: dict[str, tuple[str, str]] = {
    "rules.and": ("{first}; {second}", "{first}；{second}"),
    # The rules
    "rules.definition": ("by definition", "按定义"),
    "rules.constant": ("the derivative of a constant is 0", "常数的导数为 0"),
    "rules.variable": ("the derivative of ${z}$ by itself is 1", "${z}$ 对自身的导数为 1"),
    "rules.sum": ("the derivative of a sum is the sum of the derivatives", "和的导数等于导数的和"),
    "rules.factor": ("a constant factor stays in front of the derivative", "常数因子可以提到求导号外面"),
    "rules.linear": ("${left} = {right}$", "${left} = {right}$"),
    "rules.product": ("product rule: $(u v)' = u' v + u v'$", "乘积的求导法则：$(u v)' = u' v + u v'$"),
    "rules.quotient": (
        r"quotient rule: $\left(\frac{{u}}{{v}}\right)' = \frac{{u' v - u v'}}{{v^{{2}}}}$",
        r"商的求导法则：$\left(\frac{{u}}{{v}}\right)' = \frac{{u' v - u v'}}{{v^{{2}}}}$",
    ),
    "rules.reciprocal": (
        r"quotient rule with a constant numerator: $\left(\frac{{c}}{{v}}\right)' = -\frac{{c v'}}{{v^{{2}}}}$",
        r"分子为常数时的商的求导法则：$\left(\frac{{c}}{{v}}\right)' = -\frac{{c v'}}{{v^{{2}}}}$",
    ),
    "rules.power": (
        "power rule: $(u^{{n}})' = n u^{{n - 1}}$",
        "幂函数的求导法则：$(u^{{n}})' = n u^{{n - 1}}$",
    ),
    "rules.power_chain": (
        "power rule and chain rule: $(u^{{n}})' = n u^{{n - 1}} u'$",
        "幂函数的求导法则与链式法则：$(u^{{n}})' = n u^{{n - 1}} u'$",
    ),
    "rules.known": (r"known derivative: $\left({f}\right)' = {d}$", r"已知的导数：$\left({f}\right)' = {d}$"),
    "rules.chain": (r"chain rule: $\left({f}\right)' = {d}$", r"链式法则：$\left({f}\right)' = {d}$"),
    "rules.erf": (
        r"erf is an integral up to its variable, so its derivative is the integrand: ${d}$",
        r"erf 是变上限积分，其导数就是被积函数：${d}$",
    ),
    "rules.erf_chain": (
        r"erf is an integral up to its variable, so its derivative is the integrand; "
        r"chain rule: $\left({f}\right)' = {d}$",
        r"erf 是变上限积分，其导数就是被积函数；再用链式法则：$\left({f}\right)' = {d}$",
    ),
    "rules.max": (
        "the larger one alone counts; where both are equal, the second",
        "只有较大的一方起作用；两者相等时取后者",
    ),
    "rules.min": (
        "the smaller one alone counts; where both are equal, the second",
        "只有较小的一方起作用；两者相等时取后者",
    ),
    "rules.cases": ("case by case", "分情况求导"),
    "rules.flat": (
        "constant on either side of each jump, so the derivative is 0",
        "在跳跃点两侧都是常数，故导数为 0",
    ),
    "rules.one_term": (
        "of the sum only the term that holds ${a}$ depends on it",
        "和式中只有含 ${a}$ 的那一项与它有关",
    ),
    "rules.other_index": (
        "an entry by itself has the derivative 1, by any other one 0",
        "分量对自身的导数为 1，对其他分量的导数为 0",
    ),
    # Rewriting
    "rules.simplified": ("simplified", "化简"),
    "rules.collected": ("terms arranged as the program computes them", "整理成程序实际计算的形式"),
    "rules.rest": (
        "the remaining steps apply the same rules; this is what the program computes",
        "其余各步仍用同样的法则，这里直接写出程序计算的结果",
    ),
    "rules.divided": (
        "numerator and denominator divided by ${e}$",
        "分子、分母同除以 ${e}$",
    ),
    "rules.factors": ("the fraction written as a product", "把分式写成乘积"),
    "rules.terms": ("each term divided by the denominator", "逐项除以分母"),
    "rules.written": ("written in another way", "换一种写法"),
    "rules.together": (
        "over the common denominator, ${sum} = {quotient}$",
        "因为通分后 ${sum} = {quotient}$",
    ),
    "rules.split": ("the numerator written as a number minus the denominator", "把分子写成一个数减去分母"),
    "rules.output": ("with ${a} = {g}$", "其中 ${a} = {g}$"),
    "rules.opened": ("with the names replaced by what they stand for", "把中间变量换回原来的式子"),
    # Activations
    "rules.derivative": ("Its derivative, rule by rule:", "按求导法则逐步求导："),
    "rules.lemma": (
        "The derivative of ${f}$ that was used comes from its definition:",
        "上面用到的 ${f}$ 的导数由其定义得出：",
    ),
    "rules.as_sigmoid": ("It is a stretched and shifted sigmoid:", "它其实是经过伸缩和平移的 sigmoid 函数："),
    "rules.kink": (
        "At ${z} = {at}$ there is a kink: the slope is ${left}$ on the left and ${right}$ on the right. "
        "There the program takes ${f}'({at}) = {taken}$.",
        "在 ${z} = {at}$ 处有折点：左侧斜率为 ${left}$，右侧斜率为 ${right}$。程序在该点取 ${f}'({at}) = {taken}$。",
    ),
    "rules.jump": (
        "At ${z} = {at}$ the function jumps and has no derivative; there the program takes ${f}'({at}) = {taken}$.",
        "函数在 ${z} = {at}$ 处跳跃，没有导数；程序在该点取 ${f}'({at}) = {taken}$。",
    ),
    "rules.largest": (
        "The derivative is largest at ${z} = {at}$, where it is ${value}$.",
        "导数在 ${z} = {at}$ 处最大，其值为 ${value}$。",
    ),
    "rules.limit": (
        r"The derivative tends to ${low}$ for ${z} \to -\infty$ and for ${z} \to \infty$.",
        r"当 ${z} \to -\infty$ 或 ${z} \to \infty$ 时，导数都趋于 ${low}$。",
    ),
    "rules.limits": (
        r"The derivative tends to ${low}$ for ${z} \to -\infty$ and to ${high}$ for ${z} \to \infty$.",
        r"当 ${z} \to -\infty$ 时导数趋于 ${low}$，当 ${z} \to \infty$ 时趋于 ${high}$。",
    ),
    # Softmax and losses
    "rules.softmax.same": (
        "Every output depends on every weighted input. First, an output by its own weighted input:",
        "每个输出都依赖于所有的加权输入。先对与它同下标的加权输入求导：",
    ),
    "rules.softmax.other": (
        r"Then by another one, $j \ne k$: its exponential stands in the denominator alone.",
        r"再对其他的加权输入求导（$j \ne k$）：此时它只出现在分母中。",
    ),
    "rules.softmax.both": (
        "Both in one formula, where ${equal}$ is 1 for equal indices and 0 otherwise:",
        "用一个公式合写两种情况，其中 ${equal}$ 在下标相等时为 1，否则为 0：",
    ),
    "rules.softmax.paths": (
        "${z}$ acts on the loss through every ${p}$, so all these paths are added up:",
        "${z}$ 通过每一个 ${p}$ 影响损失，因此要把所有路径加起来：",
    ),
    "rules.sigmoid.path": (
        "${z}$ acts on the loss through ${a}$ alone:",
        "${z}$ 只通过 ${a}$ 影响损失：",
    ),
    "rules.paths": (
        "chain rule: a product along each path, the sum over all paths",
        "链式法则：沿每条路径相乘，再对所有路径求和",
    ),
    "rules.path": ("chain rule: the product along the path", "链式法则：沿路径相乘"),
    "rules.put_in": ("the local derivatives put in", "代入各个局部导数"),
    "rules.cancelled": ("${p}$ cancels", "约去 ${p}$"),
    "rules.multiplied": ("multiplied out", "展开"),
    "rules.sum_split": ("multiplied out, and the sum split", "展开并拆成几个和式"),
    "rules.one_place": (
        "of the sum with the equality one term is left; what does not depend on the index goes in front",
        "含相等条件的和式只剩一项；与求和下标无关的因子提到和号外面",
    ),
    "rules.targets": ("the targets sum to 1: ${sum} = 1$", "各目标值之和为 1：${sum} = 1$"),
    "rules.loss.flat": (
        "${a}$ jumps and is constant elsewhere, so it counts as a constant, and the loss is learned from "
        "through what it multiplies:",
        "${a}$ 除跳跃点外都是常数，求导时按常数处理，损失只通过它所乘的量来学习：",
    ),
    "rules.loss.kink": (
        "Where ${a} = {y}$ the loss has a kink; there the program takes ${taken}$.",
        "损失在 ${a} = {y}$ 处有折点；程序在该点取 ${taken}$。",
    ),
    # Composite functions
    "rules.no_variable": (
        "the formula has no variable, so there is nothing to differentiate by; write one such as sigmoid(w*x + b)",
        "公式中没有变量，无从求导；请写成 sigmoid(w*x + b) 这样含变量的公式",
    ),
    "rules.function.apart": ("It is made of these simple functions:", "它由下列简单函数复合而成："),
    "rules.function.local": (
        "The derivative of each by what stands in it, with everything else held fixed:",
        "各简单函数对其中每个量的导数（其余的量视为常数）：",
    ),
    "rules.function.chain": (
        "Put together by the chain rule: the derivatives along a path from ${f}$ to a variable are multiplied, and "
        "different paths are added.",
        "再用链式法则合起来：从 ${f}$ 到某个变量，沿一条路径的导数相乘，不同路径的结果相加。",
    ),
    "rules.tie": (
        r"Where ${a} = {b}$, ${f}$ has a kink; the derivative is then passed on to ${b}$ alone.",
        r"在 ${a} = {b}$ 处 ${f}$ 有折点，此时导数只传给 ${b}$。",
    ),
    "rules.corner": (
        "Where ${a} = 0$, ${f}$ has a kink or a jump; its derivative there is taken as 0.",
        "在 ${a} = 0$ 处 ${f}$ 有折点或跳跃，该处的导数取 0。",
    ),
    "rules.border": (
        "Where ${a} = {b}$ the condition ${f}$ does not hold, and the derivative is that of the other case.",
        "在 ${a} = {b}$ 处条件 ${f}$ 不成立，导数按另一种情况取。",
    ),
}
