"""Sentences: the command line."""

SENTENCES: dict[str, tuple[str, str]] = {
    # Messages
    "cli.error": ("error: {message}", "错误：{message}"),
    "cli.interrupted": ("stopped from the keyboard", "已由 Ctrl-C 中断"),
    "cli.system": ("the system refused: {reason}", "系统拒绝了操作：{reason}"),
    "cli.too_deep": (
        "the input is nested too deeply, for example in parentheses or brackets; use fewer levels",
        "输入的内容嵌套过深（例如括号）；请减少嵌套层数",
    ),
    "cli.overflow": (
        "a number in the input is too large to calculate with; give a smaller one",
        "输入中有一个数过大，无法计算；请换较小的数",
    ),
    "cli.no_text": (
        "a name or a file in the input is not UTF-8 text; rename it, or save it as UTF-8",
        "输入中有一个名称或文件不是 UTF-8 文本；请将其改名，或另存为 UTF-8",
    ),
    "cli.unexpected": (
        "something unexpected happened ({kind}); the same command with --debug shows where",
        "发生了意料之外的错误（{kind}）；加上 --debug 重新运行可看到出错的位置",
    ),
    "cli.language": (
        "--lang must be one of {names}, not {found}",
        "--lang 应为 {names} 之一，而不是 {found}",
    ),
    "cli.missing": (
        "{name} is missing; {command} --help says what it is",
        "缺少{name}；用 {command} --help 查看其含义",
    ),
    "cli.missing_option": (
        "{option} is missing; {command} --help says what it is",
        "缺少 {option}；用 {command} --help 查看其含义",
    ),
    "cli.too_many": (
        "{found} is one value too many; {command} --help shows what goes where",
        "多出了一个值 {found}；用 {command} --help 查看参数的写法",
    ),
    "cli.empty": (
        "{name} is empty; {command} --help says what it is",
        "{name}不能为空；用 {command} --help 查看其含义",
    ),
    "cli.no_value": ("{name} needs a value after it", "{name} 之后需要一个值"),
    "cli.no_value_wanted": ("{name} takes no value", "{name} 不带值"),
    "cli.bad_whole": (
        "{name} must be a whole number of at least {least}, not {found}",
        "{name} 应为不小于 {least} 的整数，而不是 {found}",
    ),
    "cli.too_large": (
        "{name} must be at most {most}, not {found}",
        "{name} 最大为 {most}，而不是 {found}",
    ),
    "cli.bad_number.from": (
        "{name} must be a number of at least {least}, not {found}",
        "{name} 应为不小于 {least} 的数，而不是 {found}",
    ),
    "cli.bad_number.positive": (
        "{name} must be a positive number, not {found}",
        "{name} 应为正数，而不是 {found}",
    ),
    "cli.bad_number.between": (
        "{name} must be a number from {least} to below {below}, not {found}",
        "{name} 应不小于 {least} 且小于 {below}，而不是 {found}",
    ),
    "catalog.kind.command": ("command", "命令"),
    "catalog.kind.option": ("option", "选项"),
    "catalog.kind.task": ("task", "任务类型"),
    # Help: its frame
    "cli.titled": ("{title}:", "{title}："),
    "cli.usage": ("Usage: {usage}", "用法：{usage}"),
    "cli.command": ("COMMAND", "命令"),
    "cli.commands": ("Commands", "命令"),
    "cli.arguments": ("Arguments", "参数"),
    "cli.options": ("Options", "选项"),
    "cli.everywhere": ("With every command", "所有命令都可使用"),
    # Help: what stands for a value
    "cli.metavar.catalogue": ("CATALOGUE", "列表"),
    "cli.metavar.column": ("COLUMN", "列名"),
    "cli.metavar.dataset": ("DATASET", "数据集"),
    "cli.metavar.dir": ("DIR", "文件夹"),
    "cli.metavar.file": ("FILE", "文件"),
    "cli.metavar.format": ("FORMAT", "格式"),
    "cli.metavar.folders": ("FOLDER...", "文件夹..."),
    "cli.metavar.formula": ("FORMULA", "公式"),
    "cli.metavar.files": ("FILE...", "文件..."),
    "cli.metavar.inputs": ("INPUTS", "输入数"),
    "cli.metavar.level": ("LEVEL", "层次"),
    "cli.metavar.model": ("MODEL", "模型"),
    "cli.metavar.n": ("N", "整数"),
    "cli.metavar.name": ("NAME", "名称"),
    "cli.metavar.neuron": ("NEURON", "神经元"),
    "cli.metavar.network": ("NETWORK", "网络"),
    "cli.metavar.numbers": ("NUMBERS", "数值"),
    "cli.metavar.order": ("ORDER", "排序"),
    "cli.metavar.outputs": ("OUTPUTS", "输出数"),
    "cli.metavar.task": ("TASK", "任务"),
    "cli.metavar.weight": ("WEIGHT", "权重"),
    "cli.metavar.weights": ("WEIGHTS", "权重"),
    "cli.metavar.x": ("X", "数"),
    # Help: what each command does; the first line stands in the list of commands
    "cli.about": (
        "Neural networks and back-propagation from one definition: derive, check, emit, train.",
        "神经网络与反向传播：由一个定义完成推导、检验、生成代码与训练。",
    ),
    "cli.about.train": (
        "Train a network on a data set.\n"
        "Writes a folder with the model, the history, the exact command and a picture of the learning curve. "
        "Ctrl-C stops cleanly and keeps what was learned.",
        "在数据集上训练网络。\n"
        "会写出一个文件夹，内含模型、训练记录、完整命令和学习曲线图。按 Ctrl-C 可随时停止，已学到的内容会保留。",
    ),
    "cli.about.evaluate": (
        "Measure a saved model on a data set.\n"
        "Loss, accuracy, error rate and confusion matrix; for numbers, mean absolute error and R2. The test part is "
        "taken where the data set has one.",
        "在数据集上评估已保存的模型。\n"
        "给出损失、准确率、错误率和混淆矩阵；目标为数值时给出平均绝对误差和 R2。数据集有测试集时使用测试集。",
    ),
    "cli.about.predict": (
        "Let a saved model judge pictures or rows of numbers.",
        "用已保存的模型预测图片或表格中的样本。",
    ),
    "cli.about.trace": (
        "Put numbers into every line of the derivation: a worked example.\n"
        "The formula, the formula with its numbers, and the result; forward, loss, backward, update. "
        "Rounded numbers are shown and never used further.",
        "把数值代入推导的每一行：一个数值例子。\n"
        "每一行都有公式、代入数值的公式和结果，包括前向传播、损失、反向传播和更新。舍入后的数只用于显示，不参与后面的计算。",
    ),
    "cli.about.derive": (
        "Derive the back-propagation of a network, in a textbook's notation.\n"
        "Every step with its rule and its reason. What is printed is what trains: the formulas are printed from the "
        "program's own expressions. Or take a single function apart with --function.",
        "按教科书的记号推导网络的反向传播。\n"
        "每一步都写明所用的法则和理由。公式由程序自己的表达式打印而来：印出来的就是训练时运行的。"
        "也可用 --function 拆解并求导单个函数。",
    ),
    "cli.about.emit": (
        "Print a network as one readable Python file that needs NumPy alone.\n"
        "Of a saved model with what it has learned: the file answers as the model does. Where that is very many "
        "numbers, they are written beside the file that --out names.",
        "把网络写成一个易读的 Python 文件，只依赖 NumPy。\n"
        "已保存的模型会连同学到的参数一起写出，该文件的预测与模型相同；数值很多时，另存于 --out 所指文件的旁边。",
    ),
    "cli.about.list": (
        "Show what can be picked by name, each with its formula.",
        "列出所有可按名称选用的内容及其公式。",
    ),
    "cli.about.suggest": (
        "Suggest how many hidden units to start with.\n"
        "Three rules of thumb for one hidden layer, with the number of parameters that each leads to.",
        "建议隐藏层从多少个单元开始。\n给出单隐藏层的三条经验公式，以及各自对应的参数个数。",
    ),
    "cli.about.loss": (
        "Evaluate a loss by itself.\n"
        "Commas separate the outputs of one sample, semicolons samples: 1,0,0,1 is one sample with four outputs, "
        "1;0;0;1 four samples with one. mean_squared_error comes to the same either way. A file has a sample a line.",
        "单独计算一个损失函数。\n"
        "逗号分隔同一样本的各个输出，分号分隔样本：1,0,0,1 是有四个输出的一个样本，1;0;0;1 是各有一个输出的四个样本；"
        "mean_squared_error 对两种写法结果相同。文件中每行一个样本。",
    ),
    "cli.about.check": ("Check whether something is right.", "检验结果是否正确。"),
    "cli.about.check_gradients": (
        "Compare every parameter's derived gradient with finite differences.\n"
        "In float64. Kinks, such as relu's at 0, and rounding are told from mistakes. Of a large network some entries are "
        "compared one by one, and all together along random directions. Exits with 1 where a gradient is wrong.",
        "把每个参数推导出的梯度与有限差分比较。\n"
        "用 float64 计算，并把折点（例如 relu 在 0 处）和舍入误差与真正的错误区分开。网络很大时，部分分量逐一比较，"
        "全部分量再沿随机方向一起比较。梯度有误时以 1 退出。",
    ),
    # Help: what each parameter is
    "cli.help.lang": (
        "English or Chinese; else CHAINRULE_LANG or the locale decides",
        "英文或中文；缺省时由 CHAINRULE_LANG 或系统区域设置决定",
    ),
    "cli.help.debug": ("show where an error arose", "出错时显示出错的位置"),
    "cli.help.help": ("show this help", "显示本帮助"),
    "cli.help.version": ("show the version", "显示版本"),
    "cli.help.json": (
        "one JSON object on stdout, and nothing else there",
        "在标准输出上只给出一个 JSON 对象",
    ),
    "cli.help.network": (
        "sizes with activations (784-128:relu-10), a preset, a TOML file or a saved model",
        "各层大小与激活函数（784-128:relu-10）、预设网络、TOML 文件或已保存的模型",
    ),
    "cli.help.dataset": (
        "a data set's name, or a CSV, Parquet, NPZ, NPY or IDX file, or a folder of pictures",
        "数据集名称，或 CSV、Parquet、NPZ、NPY、IDX 文件，或图片文件夹",
    ),
    "cli.help.model": ("a saved model, or a run's folder", "已保存的模型或训练结果文件夹"),
    "cli.help.seed": ("what all random numbers follow from (0)", "所有随机数的种子（0）"),
    "cli.help.optimizer": (
        "an optimizer, with settings after a colon: sgd:momentum=0.9",
        "优化算法，冒号之后写设置：sgd:momentum=0.9",
    ),
    "cli.help.data": (
        "the folder with the data set's files; else CHAINRULE_DATA, then the cache",
        "数据集文件所在的文件夹；缺省为 CHAINRULE_DATA，其次为缓存",
    ),
    "cli.help.target": (
        "the target column of a CSV or Parquet file (the last one)",
        "CSV 或 Parquet 文件中的目标列（缺省为最后一列）",
    ),
    "cli.help.weights": (
        "the column of a CSV or Parquet file with what each sample's loss is multiplied by in training",
        "CSV 或 Parquet 文件中的一列，给出训练时各样本的损失所乘的权重",
    ),
    "cli.help.train.task": (
        "what the target of such a file means: classes or numbers (classes for text and for few different whole numbers)",
        "该目标的含义：classes（类别）或 numbers（数值）；缺省时，文本和种类不多的整数视为类别",
    ),
    "cli.help.offline": ("never download", "不下载任何文件"),
    "cli.help.train.preset": (
        "a known network with everything it was trained with",
        "一个已知的网络，连同它的训练设置",
    ),
    "cli.help.train.recipe": (
        "a training that gets far on MNIST: see chainrule list recipes",
        "一套在 MNIST 上成绩很好的训练方案，见 chainrule list recipes",
    ),
    "cli.help.train.network": (
        "sizes with activations (784-128:relu-10), a preset, a TOML file or a saved model; without it, a network "
        "with relu layers that fits the data set",
        "各层大小与激活函数（784-128:relu-10）、预设网络、TOML 文件或已保存的模型；缺省为适合该数据集的 relu 网络",
    ),
    "cli.help.train.epochs": (
        "passes over the training part, in all (20, or as many as make 1,000 steps)",
        "遍历训练集的总次数（20，或凑足 1,000 步所需的次数）",
    ),
    "cli.help.train.batch_size": ("samples a step (32)", "每步的样本数（32）"),
    "cli.help.train.lr": (
        "learning rate (the optimizer's own, 0.1 of sgd; a fifth of it where targets are numbers)",
        "学习率（缺省为优化算法自己的值，sgd 为 0.1；目标为数值时取其五分之一）",
    ),
    "cli.help.train.optimizer": (
        "an optimizer, with settings after a colon (sgd:momentum=0.9): see chainrule list optimizers; for small "
        "networks there is lbfgs, which takes all samples at once",
        "优化算法，冒号之后写设置（缺省为 sgd:momentum=0.9），见 chainrule list optimizers；"
        "小型网络可用一次使用全部样本的 lbfgs",
    ),
    "cli.help.train.schedule": (
        "what becomes of the rate, with settings after a colon: cosine:warmup=0.05 (linear)",
        "学习率如何变化，冒号之后写设置：cosine:warmup=0.05（缺省为 linear）",
    ),
    "cli.help.clip_norm": (
        "scale the gradients down together where their norm is larger",
        "梯度的总范数超过此值时整体缩小",
    ),
    "cli.help.clip_value": (
        "cut every entry of the gradients to this size",
        "把梯度的每个分量限制在此大小之内",
    ),
    "cli.help.max_norm": (
        "scale a unit's incoming weights down where their norm is larger",
        "单元输入权重的范数超过此值时缩小这些权重",
    ),
    "cli.help.ema": (
        "keep the parameters' running average, which holds on to this share of itself in every step: 0.999",
        "保存参数的滑动平均，每步保留此比例的旧值，例如 0.999",
    ),
    "cli.help.train.ema": (
        "score and keep the weights' running average, which holds on to this share of itself in every step: 0.999",
        "评估并保存权重的滑动平均，每步保留此比例的旧值，例如 0.999",
    ),
    "cli.help.norm": (
        "normalisation of every hidden layer's weighted inputs: layer, batch, batch:momentum=0.99",
        "每个隐藏层带权输入的归一化：layer、batch、batch:momentum=0.99",
    ),
    "cli.help.train.dropout": (
        "share of each hidden layer's outputs that is dropped in training: 0.5",
        "训练时每个隐藏层的输出被丢弃的比例，例如 0.5",
    ),
    "cli.help.train.input_dropout": (
        "share of the inputs that is dropped in training: 0.2",
        "训练时输入被丢弃的比例，例如 0.2",
    ),
    "cli.help.class_weights": (
        "what the losses of each class's samples are multiplied by: balanced, or numbers by name: 'a=2,b=0.5'",
        "各类别样本的损失所乘的权重：balanced（各类别所占份额相同），或按名称给出，例如 'a=2,b=0.5'",
    ),
    "cli.help.train.input_noise": (
        "deviation of normal noise that is added to the scaled inputs in training: 0.3",
        "训练时加到（缩放后的）输入上的正态噪声的标准差，例如 0.3",
    ),
    "cli.help.train.smoothing": (
        "share by which the targets of classes are drawn to their mean in training: 0.1",
        "训练时类别目标向其均值靠拢的比例（标签平滑），例如 0.1",
    ),
    "cli.help.train.l2": ("coefficient of the L2 penalty on the weights", "权重 L2 惩罚项的系数"),
    "cli.help.train.validation": (
        "fraction of the training part held out to watch (0.1, or the preset's)",
        "从训练集留出用于验证的比例（0.1，或预设的值）",
    ),
    "cli.help.train.distort": (
        "distortions of pictures, drawn anew for each epoch: shift, scale, shear, rotate, elastic, each with its "
        "settings, such as 'rotate:degrees=10 elastic' (see chainrule list distortions)",
        "每轮重新随机生成的图片变形：shift、scale、shear、rotate、elastic，可带各自的设置，"
        "例如 'rotate:degrees=10 elastic'（见 chainrule list distortions）",
    ),
    "cli.help.train.patience": (
        "stop after so many epochs without a better validation score, and take the best weights",
        "验证成绩连续这么多轮没有提高就停止，并取最好的权重",
    ),
    "cli.help.train.stop_when_worse": (
        "every so many epochs, stop if validation is worse than so many epochs before, and take the best weights",
        "每隔这么多轮与上一次的验证成绩比较，变差就停止，并取最好的权重",
    ),
    "cli.help.train.samples": (
        "train on this many samples, the first after shuffling by the seed",
        "只用这么多个样本训练（按种子打乱后取前面的）",
    ),
    "cli.help.train.engine": (
        "what computes: numpy, native (code made for this processor) or auto (whichever is done sooner)",
        "计算引擎：numpy、native（为本机处理器生成的代码）或 auto（先算完者）",
    ),
    "cli.help.train.threads": (
        "at most so many threads (as many as pay, of the processors that may be used)",
        "最多使用的线程数（默认在可用处理器内取合算的数目）",
    ),
    "cli.help.train.out": (
        "the run's folder (runs/DATASET-N)",
        "存放训练结果的文件夹（缺省为 runs/数据集-N）",
    ),
    "cli.help.train.log_steps": (
        "look at J every so many steps of an epoch (about 50 times an epoch), and write it to steps.jsonl",
        "每轮中每隔这么多步查看一次 J（缺省为每轮约 50 次），并写入 steps.jsonl",
    ),
    "cli.help.train.checkpoint_every": (
        "seconds between checkpoints (5, or more where they take longer than a hundredth of the time)",
        "两个检查点之间的秒数（5；若写检查点的用时超过总时间的百分之一，则相应延长）",
    ),
    "cli.help.train.tensorboard": (
        "also write the history for TensorBoard, into the run's folder",
        "同时在结果文件夹中写出供 TensorBoard 查看的训练记录",
    ),
    "cli.help.train.resume": (
        "go on with the run in this folder; more --epochs than it was begun with stretch its schedule",
        "继续该文件夹中的训练；若 --epochs 比开始时多，学习率计划随之拉长",
    ),
    "cli.help.train.quiet": ("no progress bar", "不显示进度条"),
    "cli.help.predict.files": (
        "pictures (PNG, JPEG), tables (CSV, Parquet) or arrays (NPZ)",
        "图片（PNG、JPEG）、表格（CSV、Parquet）或数组（NPZ）",
    ),
    "cli.help.derive.notation": (
        "nielsen, testnet, ufldl, han or zhou: see chainrule list notations (nielsen)",
        "nielsen、testnet、ufldl、han 或 zhou，见 chainrule list notations（默认 nielsen）",
    ),
    "cli.help.derive.level": (
        "rule: how each local derivative comes about; layer: vectors and matrices; node: one weight followed from "
        "the loss down (layer)",
        "rule：每个局部导数怎样得来；layer：向量与矩阵；node：从损失往下追踪一个权重（默认 layer）",
    ),
    "cli.help.derive.of": (
        "the weight to follow: W1[0,1], places counted from 0, or its name in the notation, such as w1 or w41",
        "要追踪的权重：W1[0,1]（下标从 0 算起），或它在该记号中的名称，如 w1、w41",
    ),
    "cli.help.derive.function": (
        'a function instead of a network: "sigmoid(w0 + w1*x1 + w2*x2)"',
        '不推导网络，而推导一个函数："sigmoid(w0 + w1*x1 + w2*x2)"',
    ),
    "cli.help.derive.format": (
        "terminal, markdown, latex, html or ipynb; with --out, what the file's name ends in (terminal)",
        "terminal、markdown、latex、html 或 ipynb；给出 --out 时由文件后缀决定（默认 terminal）",
    ),
    "cli.help.trace.params": (
        'a JSON file of parameters: {{"W1": [[…]], "b1": […]}}, and of masks of dropout: {{"m1": [[…]]}}; those that '
        "are missing are drawn from the seed",
        '参数的 JSON 文件：{{"W1": [[…]], "b1": […]}}，也可含随机失活的掩码：{{"m1": [[…]]}}；缺少的由种子生成',
    ),
    "cli.help.trace.input": (
        'inputs as the network takes them, samples apart by semicolons: "0.6,0.8;0.1,0.2"; or a file',
        '网络的输入，样本之间用分号隔开："0.6,0.8;0.1,0.2"；或文件',
    ),
    "cli.help.trace.target": (
        "targets, likewise; without them, inputs go through the forward pass alone",
        "目标，写法相同；只给输入不给目标时只做前向传播",
    ),
    "cli.help.trace.example": (
        "which worked example of a preset: see chainrule list presets (the first)",
        "预设网络的哪个数值例子，见 chainrule list presets（默认第一个）",
    ),
    "cli.help.trace.seed": (
        "draw numbers from this seed instead of a preset's example",
        "不用预设网络的例子，而由该种子生成数值",
    ),
    "cli.help.trace.lr": (
        "learning rate (the preset's, else the optimizer's)",
        "学习率（预设网络的，否则为优化算法的）",
    ),
    "cli.help.trace.digits": ("significant digits that are shown (4)", "显示的有效数字位数（4）"),
    "cli.help.trace.of": (
        "follow one weight from the loss down: W1[0,1], places counted from 0, or w1 or w41 as the notation has it",
        "从损失往下追踪一个权重：W1[0,1]（下标从 0 算起），或它在该记号中的名称，如 w1、w41",
    ),
    "cli.help.trace.neuron": (
        "one neuron with its connections: a1[0], places counted from 0, or h1 or a4 as the notation has it",
        "一个神经元及其连接：a1[0]（位置从 0 算起），或它在该记号中的名称，如 h1、a4",
    ),
    "cli.help.trace.sample": (
        "of several samples, put in the numbers of this one, counted from 1 (tables of all; with --of, --neuron and "
        "--picture the first)",
        "有多个样本时，代入这个样本的数值，序号从 1 算起（默认列出所有样本的表；--of、--neuron、--picture 取第一个）",
    ),
    "cli.help.trace.picture": (
        "also draw the network with its numbers: an .svg or a .png file",
        "另外画出带有数值的网络：.svg 或 .png 文件",
    ),
    "cli.help.trace.exercise": (
        "leave blanks for the numbers, and write the solution to a second file beside --out",
        "把数值留空，并在 --out 旁写入第二个文件作为解答",
    ),
    "cli.help.trace.notation": (
        "nielsen, testnet, ufldl, han or zhou: see chainrule list notations (nielsen)",
        "nielsen、testnet、ufldl、han 或 zhou，见 chainrule list notations（默认 nielsen）",
    ),
    "cli.help.trace.format": (
        "terminal, markdown, latex, html or ipynb; with --out, what the file's name ends in (terminal)",
        "terminal、markdown、latex、html 或 ipynb；给出 --out 时由文件后缀决定（默认 terminal）",
    ),
    "cli.help.trace.out": ("write to this file", "写入该文件"),
    "cli.help.derive.out": ("write to this file", "写入该文件"),
    "cli.help.emit.out": ("write to this file", "写入该文件"),
    "cli.help.check_gradients.dataset": (
        "take samples of this data set instead of drawn ones",
        "使用该数据集的样本，而不是随机样本",
    ),
    "cli.help.catalogue": (
        "activations, norms, losses, penalties, initializers, optimizers, schedules, distortions, metrics, datasets, "
        "presets, recipes, notations; without it, the names of all",
        "activations、norms、losses、penalties、initializers、optimizers、schedules、distortions、metrics、datasets、presets、"
        "recipes、notations 之一；缺省时列出全部名称",
    ),
    "cli.help.inputs": ("number of inputs", "输入数"),
    "cli.help.outputs": ("number of outputs", "输出数"),
    "cli.help.suggest.samples": ("number of training samples, to compare with", "训练样本数，用于比较"),
    "cli.help.loss.name": (
        "a loss, with settings after a colon: huber:threshold=2",
        "损失函数，冒号之后写设置：huber:threshold=2",
    ),
    "cli.help.loss.true": ("targets y: numbers, or a file of them", "目标 y：数或文件"),
    "cli.help.loss.predicted": (
        "outputs a, as many; probabilities for cross_entropy and binary_cross_entropy",
        "输出 a，个数与目标相同；cross_entropy 和 binary_cross_entropy 需要概率",
    ),
    # list
    "cli.list.all": ("What can be picked by name", "可按名称选用的内容"),
    "cli.list.more": (
        "chainrule list NAME shows one of these tables with its formulas.",
        "用 chainrule list 名称 查看其中一张表及其公式。",
    ),
    "cli.list.activations": (
        "Activations a = g(z); da/dz is computed by the program",
        "激活函数 a = g(z)；da/dz 由程序推导得出",
    ),
    "cli.list.losses": (
        "Losses of one sample with K outputs; J is their mean over the samples",
        "单个样本（K 个输出）的损失；J 是其对样本的平均",
    ),
    "cli.list.penalties": (
        "Penalties on weights; each is multiplied by its coefficient and added to J",
        "权重惩罚项；乘以系数后加到 J 上",
    ),
    "cli.list.initializers": (
        "Where weights start; N is the normal distribution, U the uniform one",
        "权重的初始分布；N 为正态分布，U 为均匀分布",
    ),
    "cli.list.optimizers": (
        "Optimizers: what becomes of a weight w with the gradient g",
        "优化算法：权重 w 在梯度 g 下的更新",
    ),
    "cli.list.schedules": (
        "What becomes of the learning rate lr: its value in step s of S, from s = 0",
        "学习率 lr 的变化：共 S 步中第 s 步（从 0 起）的值",
    ),
    "cli.list.norms": (
        'Normalisations, for a hidden layer of K units: norm = "layer" or norm = "batch"',
        '归一化，用于有 K 个单元的隐藏层：norm = "layer" 或 norm = "batch"',
    ),
    "cli.list.mean": ("{value}", "{value}"),
    "cli.list.deviation": ("{value}", "{value}"),
    "cli.list.distortions": (
        "Distortions: from where the pixel in row v, column u is taken (0: the middle)",
        "图片变形：第 v 行、第 u 列（以中心为 0）的像素取自何处",
    ),
    "cli.list.metrics": ("Metrics", "评价指标"),
    "cli.list.datasets": ("Data sets", "数据集"),
    "cli.list.presets": ("Presets", "预设网络"),
    "cli.list.recipes": ("Recipes", "训练方案"),
    "cli.list.notations": ("Notations", "记号"),
    "cli.list.words": ("words: {value}", "用词：{value}"),
    "cli.list.about": ("{value}", "{value}"),
    "cli.list.formula": ("{value}", "{value}"),
    "cli.list.derivative": ("da/dz = {value}", "da/dz = {value}"),
    "cli.list.from_z": ("computed from z: {value}", "由 z 计算：{value}"),
    "cli.list.settings": ("settings: {value}", "设置：{value}"),
    "cli.list.ranges": ("where {value}", "其中 {value}"),
    "cli.list.source": ("source: {value}", "出处：{value}"),
    "cli.list.initializer": (
        "weights before it start by {value}; as an output its loss is {output_loss}",
        "其前的权重用 {value} 初始化；作为输出时损失为 {output_loss}",
    ),
    "cli.list.loss": ("loss: {value}", "损失：{value}"),
    "cli.list.outputs": ("for the output: {value}", "适用的输出：{value}"),
    "cli.list.weights_only": ("of weights, not of biases: {value}", "只用于权重，不用于偏置：{value}"),
    "cli.list.lr": ("learning rate where none is given: {value}", "缺省学习率：{value}"),
    "cli.list.of": ("of: {value}", "对象：{value}"),
    "cli.list.network": ("network: {value}", "网络：{value}"),
    "cli.list.examples": ("worked examples: {value}", "数值例子：{value}"),
    "cli.list.dropout": (
        "dropped in training, of the inputs and of each hidden layer: {value}",
        "训练时丢弃的比例（输入层与各隐藏层）：{value}",
    ),
    "cli.list.norm": ("normalisation of each hidden layer: {value}", "各隐藏层的归一化：{value}"),
    "cli.list.training": ("trained with: {value}", "训练设置：{value}"),
    "cli.list.parameters": ("parameters: {value:,}", "参数个数：{value:,}"),
    # train
    "cli.warning": ("warning: {message}", "警告：{message}"),
    "cli.download": ("downloading {name}:", "正在下载 {name}："),
    "cli.train.epoch": ("epoch {epoch} of {epochs}", "第 {epoch}/{epochs} 轮"),
    "cli.train.validated": ("validation {accuracy}", "验证 {accuracy}"),
    "cli.train.speed": ("{speed} samples/s", "{speed} 样本/秒"),
    "cli.train.done": ("Result", "结果"),
    "cli.train.finished": (
        "The run in {folder} is finished; more --epochs would go on from there.",
        "{folder} 中的训练已经完成；给出更大的 --epochs 可继续训练。",
    ),
    "cli.train.finished_early": (
        "The run in {folder} is finished: it stopped early, as validation had become no better.",
        "{folder} 中的训练已经完成：由于验证成绩不再提高，训练提前停止。",
    ),
    "cli.train.converged": (
        "Finished after iteration {epochs}, as the loss hardly falls any more.",
        "第 {epochs} 次迭代之后损失几乎不再下降，训练结束。",
    ),
    "cli.train.finished_converged": (
        "The run in {folder} is finished: the loss hardly fell any more.",
        "{folder} 中的训练已经完成：损失已几乎不再下降。",
    ),
    "cli.train.stopped_early": (
        "Stopped early after epoch {epochs}; the weights are those of epoch {best}, which was best on the validation part.",
        "已在第 {epochs} 轮后提前停止；采用验证集上最好的第 {best} 轮的权重。",
    ),
    "cli.train.stopped": (
        "Stopped; what was learned is kept. To go on: chainrule train --resume {folder}",
        "已停止，学到的内容已保留。继续训练：chainrule train --resume {folder}",
    ),
    "cli.train.guessed_classes": (
        "The target {target} holds {count} different whole numbers, so they are taken for classes; with --task numbers "
        "they are numbers.",
        "目标 {target} 只有 {count} 种不同的整数，因此视为类别；若要作为数值，请用 --task numbers。",
    ),
    "cli.train.guessed_numbers": (
        "The target {target} holds many different whole numbers, so they are taken for numbers; with --task classes "
        "they are classes.",
        "目标 {target} 的不同整数较多，因此视为数值；若要作为类别，请用 --task classes。",
    ),
    "cli.train.not_given": ("nothing (it was not given)", "缺省值（未指定）"),
    "cli.task.classes": ("classes", "类别"),
    "cli.task.numbers": ("numbers", "数值"),
    "cli.train.recipe_and_preset": (
        "the recipe {recipe} and the preset {preset} are both named; keep one of them",
        "同时给出了训练方案 {recipe} 和预设 {preset}；请只保留一个",
    ),
    "cli.train.two_networks": (
        "the network {network} and the preset {preset} are both named; keep one of them",
        "同时给出了网络 {network} 和预设 {preset}；请只保留一个",
    ),
    "cli.train.contradiction": (
        "{name} says {wanted}, but the run in {folder} was begun with {kept}; leave it out to go on",
        "{name}：要求的是 {wanted}，但 {folder} 中的训练开始时用的是 {kept}；去掉它即可继续",
    ),
    "cli.train.no_hidden_layer": (
        "--dropout is for hidden layers, and {network} has none; leave it out, or take --input-dropout",
        "--dropout 用于隐藏层，而 {network} 没有隐藏层；请省去它，或改用 --input-dropout",
    ),
    "cli.train.past": (
        "--epochs is the total, and the run in {folder} is already past {wanted}: it has {done}",
        "--epochs 是总轮数，而 {folder} 中的训练已超过 {wanted} 轮：已有 {done} 轮",
    ),
    "cli.result.dataset": ("data set", "数据集"),
    "cli.result.network": ("network", "网络"),
    "cli.result.parameters": ("parameters", "参数个数"),
    "cli.result.task": ("targets are", "目标类型"),
    "cli.result.optimizer": ("optimizer", "优化算法"),
    "cli.result.lr": ("initial learning rate", "初始学习率"),
    "cli.result.batch_size": ("batch size", "批量大小"),
    "cli.result.engine": ("engine", "计算引擎"),
    "cli.result.seed": ("seed", "随机种子"),
    "cli.result.epochs": ("epochs", "轮数"),
    "cli.result.best_epoch": ("best epoch, whose weights these are", "最好的一轮（权重取自该轮）"),
    "cli.result.steps": ("steps", "步数"),
    "cli.result.seconds": ("seconds of training", "训练用时（秒）"),
    "cli.result.samples_per_second": ("samples per second", "每秒样本数"),
    "cli.result.train_loss": ("loss J, training part", "训练集的损失 J"),
    "cli.result.train_accuracy": ("accuracy, training part", "训练集准确率"),
    "cli.result.validation_accuracy": ("validation accuracy", "验证集准确率"),
    "cli.result.test_accuracy": ("test accuracy", "测试集准确率"),
    "cli.result.test_error": ("test error", "测试集错误率"),
    "cli.result.test_mean_absolute_error": ("test mean absolute error", "测试平均绝对误差"),
    "cli.result.test_r2": ("test R2", "测试 R2"),
    "cli.result.run": ("everything is in", "全部结果保存在"),
    # evaluate and predict
    "cli.evaluate.test": ("{name}, test part: {samples:,} samples", "{name}，测试集：{samples:,} 个样本"),
    "cli.evaluate.train": (
        "{name}, which has no test part: {samples:,} samples",
        "{name}（没有测试集）：{samples:,} 个样本",
    ),
    "cli.evaluate.all": ("{name}, all {samples:,} samples", "{name}，全部 {samples:,} 个样本"),
    "cli.score.loss": ("loss", "损失"),
    "cli.score.accuracy": ("accuracy", "准确率"),
    "cli.score.error_rate": ("error rate", "错误率"),
    "cli.score.mean_absolute_error": ("mean absolute error", "平均绝对误差"),
    "cli.score.r2": ("R2", "R2"),
    "cli.evaluate.confusion": (
        "Confusion matrix: a row for each true class, a column for each predicted one",
        "混淆矩阵：每行一个真实类别，每列一个预测类别",
    ),
    "cli.evaluate.confusions": ("The most frequent confusions", "最常见的混淆"),
    "cli.evaluate.true": ("true class", "真实类别"),
    "cli.evaluate.predicted": ("taken for", "误判为"),
    "cli.evaluate.count": ("samples", "样本数"),
    "cli.predict.input": ("input", "输入"),
    "cli.predict.class": ("class", "类别"),
    "cli.predict.probabilities": ("probabilities", "概率"),
    "cli.predict.kind": (
        "{path} is of no kind that can be read here; these are: {kinds}",
        "无法读取 {path} 这种文件；可读取的有：{kinds}",
    ),
    # emit
    "cli.emit.large": (
        "the model has {count:,} numbers, too many to print; give --out net.py, and they are written to net.npz beside "
        "it",
        "模型有 {count:,} 个数值，不适合直接打印；请用 --out net.py，数值会写入同一文件夹中的 net.npz",
    ),
    "cli.emit.npz": (
        "--out {path} would be overwritten by the model's numbers; name a Python file such as net.py",
        "--out {path} 会被模型的数值文件覆盖；请给出 Python 文件名，例如 net.py",
    ),
    "cli.written": ("written to {path}", "已写入 {path}"),
    # derive
    "cli.derive.function_alone": (
        "--function derives a function by itself; leave out {extra}",
        "--function 单独推导一个函数；请去掉 {extra}",
    ),
    # check
    "cli.check.begun": ("checking {entries:,} gradients …", "正在检验 {entries:,} 个梯度分量……"),
    "cli.check.compared": ("derivatives compared: {done:,} of {total:,}", "已比较的导数：{done:,}/{total:,}"),
    "cli.check.gradient": ("gradient", "梯度"),
    "cli.check.error": ("relative error", "相对误差"),
    "cli.check.checked": ("checked", "已检验"),
    "cli.check.worst": ("worst entry", "差别最大处"),
    "cli.check.derived": ("derived", "推导值"),
    "cli.check.numeric": ("numeric", "差分值"),
    # suggest
    "cli.suggest.rule": ("rule of thumb", "经验公式"),
    "cli.suggest.hidden": ("hidden units", "隐藏单元"),
    "cli.suggest.parameters": ("parameters", "参数个数"),
    "cli.suggest.per_sample": ("parameters per sample", "每样本参数个数"),
    "cli.suggest.note": (
        "n = {inputs} inputs, l = {outputs} outputs, a from 1 to 10.\n"
        "These are places to start, not laws: train a few sizes and keep what does best on validation.",
        "n = {inputs} 个输入，l = {outputs} 个输出，a 取 1 到 10。\n"
        "这些只是起点而不是定律：请多试几个大小，保留验证效果最好的一个。",
    ),
    # loss
    "cli.loss.mean": ("mean", "平均"),
    "cli.loss.read": (
        "Samples: {samples}; outputs of each: {outputs}. Semicolons separate samples, commas outputs.",
        "样本数：{samples}；每个样本的输出数：{outputs}。分号分隔样本，逗号分隔输出。",
    ),
    "cli.loss.needs_z": (
        "{name} is computed from weighted inputs, which outputs alone do not tell",
        "{name} 由加权输入计算，仅凭输出无法得到",
    ),
    "cli.loss.shapes": (
        "--true has {true} numbers (samples x outputs), but --predicted has {predicted}; they must be alike",
        "--true 有 {true} 个数（样本 x 输出），而 --predicted 有 {predicted} 个；两者必须相同",
    ),
    "cli.numbers.no_text": (
        "{option}: {path} holds no text; give a file of numbers, a sample a line",
        "{option}：{path} 不是文本文件；请给出数值文件，每行一个样本",
    ),
    "cli.numbers.not_number": (
        "{option}: number {column} of sample {row} must be a finite number, not {found}",
        "{option}：第 {row} 个样本的第 {column} 个数应为有限的数，而不是 {found}",
    ),
    "cli.numbers.ragged": (
        "{option}: sample {row} has {found} numbers, but the first one has {expected}",
        "{option}：第 {row} 个样本有 {found} 个数，而第一个样本有 {expected} 个",
    ),
    "cli.loss.range": (
        "{option} must hold numbers from {lowest} to {highest} for this loss, not {found}",
        "对于这个损失，{option} 中的数应在 {lowest} 到 {highest} 之间，而不是 {found}",
    ),
    "cli.loss.negative": (
        "{option} must hold numbers of at least {lowest} for this loss, not {found}",
        "对于这个损失，{option} 中的数应不小于 {lowest}，而不是 {found}",
    ),
}
