"""Sentences: worked examples."""

SENTENCES: dict[str, tuple[str, str]] = {
    "trace.samples": (
        "there are {inputs} samples of inputs but {targets} of targets; give as many of each",
        "输入有 {inputs} 个样本，目标却有 {targets} 个；两者应一样多",
    ),
    "trace.not_numbers": (
        "{name} must hold finite numbers only",
        "{name} 只能包含有限的数",
    ),
    "trace.shape": (
        "{name} must be one row of {expected} numbers for each sample, not of shape {found}",
        "{name} 应为每个样本一行、每行 {expected} 个数，而不是形状 {found}",
    ),
    "trace.parameter": (
        "parameter {name} must be finite numbers of shape {expected}, not of shape {found}",
        "参数 {name} 应为形状 {expected} 的有限数，而不是形状 {found}",
    ),
}
