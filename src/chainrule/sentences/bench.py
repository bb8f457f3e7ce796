"""Sentences: how fast this machine trains."""

SENTENCES: dict[str, tuple[str, str]] = {
    "bench.title.engine": ("chainrule, {name}", "chainrule，{name}"),
    "bench.title.product": ("product, {name}", "乘积，{name}"),
    "bench.title.objects": ("network of objects", "对象网络"),
    "bench.title.scikit_learn": ("scikit-learn", "scikit-learn"),
    "bench.title.pytorch": ("PyTorch", "PyTorch"),
    "bench.title.pytorch_compiled": ("PyTorch, compiled", "PyTorch（编译）"),
    "bench.title.jax": ("JAX, jit(scan)", "JAX，jit(scan)"),
    "bench.preparing": ("Preparing {name}", "正在准备 {name}"),
    "bench.round": ("Round {number}", "第 {number} 轮"),
    "bench.skipped.missing": ("not installed (needs {detail})", "未安装（需要 {detail}）"),
    "bench.skipped.unsuited": ("cannot do this: {detail}", "无法处理：{detail}"),
    "bench.skipped.refused": ("{detail}", "{detail}"),
    "bench.skipped.failed": ("failed: {detail}", "运行失败：{detail}"),
}
