"""What is said where a library is missing; what needs it begins the sentence."""

SENTENCES = {
    "extras.missing": (
        "{purpose} needs {library}, which is not installed; install it with {command}",
        "{purpose}需要 {library}，但尚未安装；请运行 {command} 安装",
    ),
    "extras.lbfgs": ("training by L-BFGS", "用 L-BFGS 训练"),
    "extras.png": ("a PNG picture", "生成 PNG 图片"),
    "extras.parquet": ("reading {path}", "读取 {path} "),
    "extras.tensorboard": ("writing files for TensorBoard", "写出 TensorBoard 文件"),
    "extras.native": ("the native engine", "native 引擎"),
}
