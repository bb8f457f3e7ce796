"""Sentences: training and what it leaves behind."""

SENTENCES: dict[str, tuple[str, str]] = {
    "training.bad_whole": (
        "{name} must be a whole number of at least {least}, not {found}",
        "{name} 应为不小于 {least} 的整数，而不是 {found}",
    ),
    "training.bad_rate": (
        "the learning rate must be a positive number such as 0.1, not {found}",
        "学习率应为正数，例如 0.1，而不是 {found}",
    ),
    "training.bad_targets": (
        "the target of the wrong classes must be a number below that of the right one, such as 0 and 1, "
        "not {low} and {high}",
        "错误类别的目标值应小于正确类别的目标值，例如 0 和 1，而不是 {low} 和 {high}",
    ),
}
