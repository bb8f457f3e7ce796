"""Sentences: training and what it leaves behind."""

SENTENCES: dict[str, tuple[str, str]] = {
    "training.bad_whole": (
        "{name} must be a whole number of at least {least}, not {found}",
        "{name} 应为不小于 {least} 的整数，而不是 {found}",
    ),
    "training.bad_shuffle": (
        "shuffle must be True or False, not {found}",
        "shuffle 应为 True 或 False，而不是 {found}",
    ),
    "training.not_callable": (
        "{name} must be a function that can be called, not {found}",
        "{name} 应为可调用的函数，而不是 {found}",
    ),
    "training.bad_rate": (
        "the learning rate must be a positive number such as 0.1, not {found}",
        "学习率应为正数，例如 0.1，而不是 {found}",
    ),
    "training.no_pictures": (
        "only pictures can be distorted, and the samples of {name} are none; arrays of pictures have the shape "
        "(n, height, width)",
        "只有图片才能变形，而 {name} 的样本不是图片；图片数组的形状应为（n，高，宽）",
    ),
    "training.bad_positive": (
        "{name} must be a positive number such as 1, not {found}",
        "{name} 应为正数，例如 1，而不是 {found}",
    ),
    "training.bad_ema": (
        "ema must be a number above 0 and below 1, such as 0.999, not {found}",
        "ema 应大于 0 且小于 1，例如 0.999，而不是 {found}",
    ),
    "training.pictures_in_file": (
        "the pictures of {name} stay in their file, as they are many; distort fewer of them, or keep them in a "
        "compressed file, which is read into memory",
        "{name} 的图片数量很大，保留在文件中不读入内存，因此不能变形；请减少图片，或改用会读入内存的压缩文件",
    ),
    "training.for_steps": (
        "{name} is for training by mini-batches, and {optimizer} takes all samples at once; leave it out",
        "{name} 用于小批量训练，而 {optimizer} 一次使用全部样本；请省去它",
    ),
    "training.drawn_each_step": (
        "{optimizer} needs a loss that stays the same, and dropout draws other units for each step; leave one of the "
        "two out",
        "{optimizer} 要求损失函数保持不变，而 dropout 每一步都重新随机丢弃单元；两者只能用其一",
    ),
    "training.no_batches": (
        "{optimizer} takes all samples at once, and norm batch takes mean and deviation from mini-batches; take norm "
        "layer, or an optimizer of steps such as adam",
        "{optimizer} 每次使用全部样本，而 norm batch 的均值和标准差取自小批量；请改用 norm layer，或 adam 等逐步更新的优化算法",
    ),
    "training.batch_of_one": (
        "norm batch takes mean and deviation over the samples of a batch, and of a single sample the deviation is 0; "
        "train with batches of 2 samples or more, or leave norm out",
        "norm batch 的均值和标准差取自一批样本，而单个样本的标准差为 0；请让每批至少有 2 个样本，或省去 norm",
    ),
    "training.needs_numpy": (
        "{optimizer} is computed by the engine numpy, not by native, which trains by mini-batches; leave --engine out",
        "{optimizer} 由 numpy 引擎计算，native 引擎只用于小批量训练；请省去 --engine",
    ),
    "training.beyond_numbers": (
        "in iteration {epoch}, {optimizer} came to weights where the loss is no finite number; {hint}",
        "第 {epoch} 次迭代中，{optimizer} 到达的权重使损失不再是有限的数；{hint}",
    ),
    "training.beyond_numbers.hint": (
        "try an optimizer with small steps, such as adam",
        "请试试步子小的优化算法，例如 adam",
    ),
    "training.bad_targets": (
        "the target of the wrong classes must be a number below that of the right one, such as 0 and 1, "
        "not {low} and {high}",
        "错误类别的目标值应小于正确类别的目标值，例如 0 和 1，而不是 {low} 和 {high}",
    ),
    "training.class_outputs": (
        "{name} has {classes} classes, so the network needs {expected} outputs, not {found}",
        "{name} 有 {classes} 个类别，网络应有 {expected} 个输出，而不是 {found} 个",
    ),
    "training.one_class": (
        "{name} has a single class, {found}, so there is nothing to tell apart; give samples of other classes too",
        "{name} 只有一个类别 {found}，没有可区分的内容；请同时给出其他类别的样本",
    ),
    "training.number_outputs": (
        "{name} has {expected} target numbers a sample, so the network needs as many outputs, not {found}; classes must be "
        "whole numbers or text",
        "{name} 每个样本有 {expected} 个目标数值，网络应有同样多的输出，而不是 {found} 个；类别须以整数或文本给出",
    ),
    "training.inputs": (
        "{name} has {expected} features a sample, but the network has {found} inputs",
        "{name} 每个样本有 {expected} 个特征，而网络有 {found} 个输入",
    ),
    "training.diverged": (
        "the loss stopped being a finite number in epoch {epoch}, step {step}, at learning rate {rate}; {hint}",
        "第 {epoch} 轮第 {step} 步时损失不再是有限的数（学习率 {rate}）；{hint}",
    ),
    "training.diverged.hint": (
        "the steps are too large, try a tenth of that rate",
        "步子太大了，请试试该学习率的十分之一",
    ),
    "training.target": ("target {name}", "目标“{name}”"),
    "training.beyond": (
        "{column} is {found:g} in {place} of {name}: too large for {dtype}, or too far from the other values; give it "
        "in another unit",
        "{name} 的{place}中，{column}为 {found:g}：超出 {dtype} 的范围，或与其他数值相差太大；请换一个单位",
    ),
    "training.never_finite": (
        "the loss is no finite number before the first update: with these samples it has no value (such as the "
        "logarithm of a negative number), or one too large for {dtype}; {hint}",
        "第一次更新之前损失就不是有限的数：对这些样本它没有值（例如对负数取对数），或超出 {dtype} 的范围；{hint}",
    ),
    "training.never_finite.hint": (
        "change an activation, or the unit of the inputs, targets or weights",
        "请更换激活函数，或更换输入、目标或权重的单位",
    ),
    "training.too_close": (
        "the numbers of {column} in the training part of {name} differ by too little to be scaled, such as {found:g} in "
        "{place}; multiply the column by {factor}",
        "{name} 的训练集中{column}的数值相差太小，无法缩放，例如{place}的 {found:g}；请将该列乘以 {factor}",
    ),
    "training.too_far_apart": (
        "the numbers of {column} in the training part of {name} differ by too much to be scaled, such as {found:g} in "
        "{place}; multiply the column by {factor}",
        "{name} 的训练集中{column}的数值相差太大，无法缩放，例如{place}的 {found:g}；请将该列乘以 {factor}",
    ),
    "training.target_range": (
        "{loss} takes targets from {lowest} to {highest}, but the training part of {name} has {found} in {place}; "
        "choose another loss or another output",
        "{loss} 的目标应在 {lowest} 到 {highest} 之间，而 {name} 的训练集中{place}的目标为 {found}；请换用其他损失或输出",
    ),
    "training.cannot_write": ("{path} cannot be written: {reason}", "无法写入 {path}：{reason}"),
    "training.folder_in_use": (
        "the folder {folder} is not empty; name a new one, or take up the run in it with --resume {folder}",
        "文件夹 {folder} 不是空的；请换一个新的，或用 --resume {folder} 继续其中的训练",
    ),
    "training.folder_busy": (
        "another process is training in the folder {folder}; wait until it is through, or name another folder",
        "另一个进程正在文件夹 {folder} 中训练；请等它结束，或换一个文件夹",
    ),
    "training.no_run": (
        "there is no run in {folder}: run.json cannot be read ({reason})",
        "{folder} 中没有训练记录：无法读取 run.json（{reason}）",
    ),
    "training.label_range": (
        "the class numbers of {name} must lie between 0 and {most}, not be {found} ({place})",
        "{name} 的类别编号应在 0 与 {most} 之间，而不是 {found}（{place}）",
    ),
    "training.bad_run": (
        "{path} does not describe a run that this version can take up: {reason}",
        "{path} 描述的训练无法由本版本继续：{reason}",
    ),
    "training.strange": (
        "{path} is not what a run writes: {reason}; remove it, or put a real file or folder there (only a run's whole "
        "folder may be a link)",
        "{path} 不是训练所写的内容：{reason}；请将它移除，或换成文件或文件夹本身（只有整个训练文件夹可以是链接）",
    ),
    "training.folder_strange": (
        "{problem}; meanwhile this run goes on in {folder}, where all that it has learned is kept",
        "{problem}；本训练改在 {folder} 中继续，已学到的内容都保存在那里",
    ),
    "training.bad_field": ("{name} cannot be {found}", "{name} 不能是 {found}"),
    "training.unknown_field": (
        "it has {name}, which this version does not know",
        "其中有本版本不认识的 {name}",
    ),
    "training.bad_history": ("{path} cannot be read: {reason}", "无法读取 {path}：{reason}"),
    "training.no_epoch": ("its last line does not describe an epoch", "最后一行没有记录任何一轮"),
    "training.other_data": (
        "the run in {folder} was made with other samples than {name} has now, so it cannot go on with these; what "
        "changed: {parts}",
        "{folder} 中的训练所用的样本与现在的 {name} 不同，因此不能继续；有变化的是：{parts}",
    ),
    "training.other_data.training": ("the training part", "训练集"),
    "training.other_data.validation": ("the validation part", "验证集"),
    "training.other_data.test": ("the test part", "测试集"),
    "training.other_data.others": ("samples outside the training part", "训练集以外的样本"),
    "training.other_data.names": ("the names of its classes or columns", "类别或列的名称"),
    "training.other_data.pictures": ("height and width of its pictures", "图片的高度和宽度"),
    "training.other_machine": (
        "the last digits may differ from a run on one machine: the run in {folder} was trained with {kept} and goes on "
        "with {found}",
        "最后几位数字可能与始终在同一台机器上的训练不同：{folder} 中的训练此前使用 {kept}，现在使用 {found}",
    ),
    "training.other_scaling": (
        "this version scales the inputs of {name} in another way than the run did, so it cannot go on; begin it again "
        "in another folder",
        "该训练开始时 {name} 的输入缩放方式与本版本不同，因此不能继续；请在另一个文件夹中重新开始",
    ),
    "training.nothing_to_watch": (
        "stopping early needs a validation part, and there is none; hold one out with --validation 0.1, or hand one over "
        "in Python (the test part is never looked at for it)",
        "提前停止需要验证集，而这里没有；请用 --validation 0.1 留出一部分，在 Python 中则请传入验证集（绝不会为此查看测试集）",
    ),
    "training.damaged_checkpoint": (
        "{names} in {path} is not as it was written: the SHA-256 in {manifest} is another",
        "{path} 中的 {names} 与写入时不同：其 SHA-256 与 {manifest} 中的不符",
    ),
    "training.older_checkpoint": (
        "the newest checkpoint cannot be used ({problem}), so the run goes on from the one before it, after step {step}",
        "最新的检查点无法使用（{problem}），因此从前一个检查点（第 {step} 步之后）继续训练",
    ),
    "training.no_checkpoint": (
        "none of the checkpoints in {folder} can be used ({problem}), so the run cannot go on; begin it again in "
        "another folder",
        "{folder} 中的检查点都无法使用（{problem}），训练无法继续；请在另一个文件夹中重新开始",
    ),
    "training.changed": (
        "{path} says {found}, but the run was begun with {kept}, and it goes on only as it was begun",
        "{path} 中是 {found}，但训练开始时是 {kept}；训练只能按开始时的设置继续",
    ),
    "training.folder_gone": (
        "the folder {lost} was deleted or taken by another run; this one goes on in {folder}, where all that it has "
        "learned is kept",
        "文件夹 {lost} 已被删除，或被另一个训练占用；本训练在 {folder} 中继续，已学到的内容都保存在那里",
    ),
    "training.in_validation": ("validation part: {problem}", "验证集：{problem}"),
    "training.bad_class_weights": (
        "class_weights must be 'balanced', numbers of at least 0 by class, such as 'a=2,b=0.5' or {{'a': 2}}, or one for "
        "each class, not {found}",
        "class_weights 应为 'balanced'，或类别及其不小于 0 的权重，例如 'a=2,b=0.5' 或 {{'a': 2}}，或每个类别一个这样的权重，"
        "而不是 {found}",
    ),
    "training.class_twice": (
        "class_weights name the class '{name}' twice: {found}; give each class one weight",
        "class_weights 两次给出类别“{name}”：{found}；每个类别只能有一个权重",
    ),
    "training.class_weights_numbers": (
        "class_weights are for classes, but the targets of {name} are numbers; leave them out",
        "类别权重只用于类别，而 {name} 的目标是数值；请省去 class_weights",
    ),
    "training.nothing_counts": (
        "with these weights no sample that is learned from in {name} counts; give some of them a weight above 0",
        "按这些权重，{name} 中用于学习的样本都不起作用；请给其中一些样本大于 0 的权重",
    ),
    "training.no_class": (
        "class_weights name the class '{found}', which {name} does not have; there are: {names}",
        "class_weights 中的类别“{found}”在 {name} 中不存在；现有的类别：{names}",
    ),
    "training.bad_smoothing": (
        "smoothing must be a share of at least 0 and below 1, such as 0.1, not {found}",
        "smoothing 应为不小于 0 且小于 1 的比例，例如 0.1，而不是 {found}",
    ),
    "training.smoothing_numbers": (
        "smoothing is for classes, but the targets here are numbers; leave it out",
        "标签平滑只用于类别，而这里的目标是数值；请省去 smoothing",
    ),
    "training.curve_train": ("training part, mini-batches", "训练集（小批量）"),
    "training.curve_validation": ("validation part", "验证集"),
    "training.curve_loss": ("loss J", "损失 J"),
    "training.curve_accuracy": ("validation accuracy in %", "验证集准确率（%）"),
    "training.curve_epoch": ("epoch", "轮数"),
    "training.curve_best": ("best: {accuracy} in epoch {epoch}", "最好：第 {epoch} 轮，{accuracy}"),
}
