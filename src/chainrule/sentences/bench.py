"""Sentences: how fast this machine trains."""

SENTENCES: dict[str, tuple[str, str]] = {
    "bench.title.engine": ("chainrule, {name}", "chainrule（{name}）"),
    "bench.title.engine_native_1": ("chainrule, native, 1 thread", "chainrule（native，1 个线程）"),
    "bench.title.engine_native_all": ("chainrule, native, all threads", "chainrule（native，全部线程）"),
    "bench.title.engine_native_whole": (
        "chainrule, native, 1 thread, undivided",
        "chainrule（native，1 个线程，不切分）",
    ),
    "bench.title.product_numpy_avx512": ("NumPy, AVX-512 kernels", "NumPy（AVX-512 内核）"),
    "bench.title.objects": ("network of objects", "对象网络"),
    "bench.title.pytorch_compiled": ("PyTorch, compiled", "PyTorch（编译）"),
    "bench.title.jax": ("JAX, jit(scan)", "JAX（jit(scan)）"),
    # Help
    "cli.about.bench": (
        "Measure how fast this machine trains a network.\n"
        "The engines here, the network of objects and, where they are installed, scikit-learn, PyTorch and JAX do "
        "the same training in turns, each in a process of its own. Beside their times stands the share that each "
        "reaches of the processor's speed in large matrix products.",
        "测量本机训练网络的速度。\n"
        "本程序的各个引擎、对象网络，以及已安装的 scikit-learn、PyTorch 和 JAX，各在独立的进程中轮流完成同样的训练。"
        "除耗时外，还给出各自达到处理器大型矩阵乘法速度的百分比。",
    ),
    "cli.help.bench.network": (
        "what is trained, on samples that are made up (784-300-10)",
        "要训练的网络，样本随机生成（默认 784-300-10）",
    ),
    "cli.help.bench.batch": ("samples in a step (64)", "每步的样本数（默认 64）"),
    "cli.help.bench.threads": (
        "how many each contender may use (all cores)",
        "每个参与者可用的线程数（默认为全部核心）",
    ),
    "cli.help.bench.seconds": (
        "how long to measure, once all are prepared (20)",
        "准备完毕后测量多少秒（默认 20）",
    ),
    "cli.help.bench.out": (
        "also write a picture (.svg, .png) or the results with every turn (.json)",
        "另存为图片（.svg、.png），或包含每一轮的结果（.json）",
    ),
    # What it says
    "bench.begun": (
        "Preparing, then measuring for about {seconds:g} s.",
        "先做准备，然后测量约 {seconds:g} 秒。",
    ),
    "bench.machine": (
        "{processor}, {cores} cores, {instructions}; {system}; Python {python}",
        "{processor}，{cores} 个核心，{instructions}；{system}；Python {python}",
    ),
    "bench.work": (
        "{network}, {loss}, batch {batch}, {dtype}, {optimizer}, threads: {threads}; {operations_per_step:,} floating-point operations a step",
        "{network}，{loss}，批量 {batch}，{dtype}，{optimizer}，线程数 {threads}；每步 {operations_per_step:,} 次浮点运算",
    ),
    "bench.column.step": ("step", "每步"),
    "bench.column.spread": ("middle half", "中间一半"),
    "bench.column.sample": ("sample", "每个样本"),
    "bench.column.objects": ("objects", "对象网络"),
    "bench.column.engine": ("engine", "引擎"),
    "bench.column.peak": ("peak", "峰值"),
    "bench.columns": (
        "step, sample: median time. objects, engine: how many times as fast as the network of objects and as the "
        "fastest engine here. peak: share of the fastest product of two {side} x {side} matrices in operations a second. "
        "The network of objects makes a step after every sample.",
        "每步、每个样本：耗时的中位数。对象网络、引擎：速度是对象网络和本程序最快引擎的多少倍。"
        "峰值：每秒运算次数占 {side} x {side} 矩阵乘法最高速度的比例。对象网络每个样本更新一次。",
    ),
    "bench.bars": (
        "Samples a second (logarithmic scale):",
        "每秒样本数（对数刻度）：",
    ),
    "bench.samples_per_second": ("samples a second", "每秒样本数"),
    "bench.share_of_peak": ("% of the fastest matrix product", "占最快矩阵乘法的百分比"),
    "bench.picture_title": (
        "{network}, batch {batch}, {dtype}, threads: {threads}\n{processor}",
        "{network}，批量 {batch}，{dtype}，线程数 {threads}\n{processor}",
    ),
    "bench.products": ("matrix product", "矩阵乘法"),
    "bench.versions": ("Who took part", "参与者"),
    "bench.form": ("the name {path} must end in one of {names}", "文件名 {path} 的扩展名应为 {names} 之一"),
    "bench.threads": (
        "--threads must be at most {most}, the cores that may be used here, not {found}",
        "--threads 最大为 {most}，即可用的核心数，而不是 {found}",
    ),
    "bench.large_batch": (
        "a batch of {found} samples with {inputs} inputs each is too large to measure; take at most {most}",
        "每批 {found} 个样本、每个样本 {inputs} 个输入，批量过大，无法测量；最多可取 {most}",
    ),
    "bench.preparing": ("Preparing {name}", "正在准备 {name}"),
    "bench.round": ("Round {number}", "第 {number} 轮"),
    "bench.skipped.missing": ("not installed", "未安装"),
    "bench.skipped.unsuited": ("cannot do this: {detail}", "无法处理：{detail}"),
    "bench.skipped.refused": ("{detail}", "{detail}"),
    "bench.skipped.failed": ("failed: {detail}", "运行失败：{detail}"),
}
