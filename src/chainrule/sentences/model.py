"""Sentences: models and their files."""

SENTENCES: dict[str, tuple[str, str]] = {
    "model.width": (
        "the inputs have {found} features a sample, but the model takes {expected}",
        "输入每个样本有 {found} 个特征，而模型需要 {expected} 个",
    ),
    "model.beyond": (
        "the inputs of {place} are too large for {dtype} once they are scaled; give values nearer to those the model "
        "learned from",
        "{place}的输入缩放后超出 {dtype} 的范围；请给出与训练数据更接近的数值",
    ),
    "model.no_probabilities": (
        "the model learned numbers from {name}, not classes, so there are no probabilities; use predict",
        "该模型从 {name} 学的是数值而不是类别，因此没有概率；请用 predict",
    ),
    "model.other_targets": (
        "{name} has {found}, but the model learned {expected}",
        "{name} 的目标是{found}，而模型学的是{expected}",
    ),
    "model.unseen_class": (
        "{name} has the class {found} ({place}), but the model learned {expected}",
        "{name} 中有类别 {found}（{place}），而模型学的是{expected}",
    ),
    "model.classes": ("the classes {names}", "类别 {names}"),
    "model.numbers": ("the numbers {names}", "数值 {names}"),
    "model.unreadable": ("model {path} cannot be read: {reason}", "无法读取模型 {path}：{reason}"),
    "model.foreign": (
        "{path} is not a model that chainrule saved (a .safetensors file written by train or Model.save)",
        "{path} 不是 chainrule 保存的模型（由 train 或 Model.save 写出的 .safetensors 文件）",
    ),
    "model.damaged": (
        "{path} is damaged: its bytes do not match the checksum that was stored with them; take another copy, "
        "or train again",
        "{path} 已损坏：内容与其中保存的校验和不符；请换一份副本，或重新训练",
    ),
    "model.other_format": (
        "{path} was written in a format that this version does not know; a newer chainrule may read it",
        "{path} 的格式是本版本不认识的；更新版本的 chainrule 也许能读取",
    ),
    "model.inconsistent": (
        "{path} does not hold a complete model: {reason}",
        "{path} 中的模型不完整：{reason}",
    ),
    "model.missing": ("the array {name} is missing", "缺少数组 {name}"),
}
