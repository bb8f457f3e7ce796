"""What engines say."""

SENTENCES = {
    "engines.no_native": (
        "the native engine needs one of the processors {processors} and an llvmlite build made for it; this is {found}; --engine numpy runs everywhere",
        "native 引擎需要下列处理器之一：{processors}，以及与之相配的 llvmlite；本机为 {found}；--engine numpy 可在任何机器上运行",
    ),
    "engines.unknown_feature": (
        "{variable} names features of the processor that the native engine must not use: any of {known}; found {found!r}",
        "{variable} 列出 native 引擎不得使用的处理器特性，可选 {known}；但写的是 {found!r}",
    ),
}
