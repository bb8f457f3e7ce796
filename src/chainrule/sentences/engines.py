"""What engines say."""

SENTENCES = {
    "engines.no_native": (
        "the native engine needs llvmlite (pip install llvmlite) and one of the processors {processors}; this is {found}; --engine numpy runs everywhere",
        "native 引擎需要 llvmlite（pip install llvmlite）以及下列处理器之一：{processors}；本机为 {found}；--engine numpy 可在任何机器上运行",
    ),
}
