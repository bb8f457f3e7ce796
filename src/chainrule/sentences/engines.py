"""What engines say."""

SENTENCES = {
    "engines.no_native": (
        "the native engine needs one of the processors {processors} and a llvmlite that is made for it; this is {found}; --engine numpy runs everywhere",
        "native 引擎需要下列处理器之一：{processors}，以及与之相配的 llvmlite；本机为 {found}；--engine numpy 可在任何机器上运行",
    ),
    "engines.no_threads": (
        "the {count} threads of the native engine cannot be started here; --threads 1 needs no other",
        "这里无法启动 native 引擎的 {count} 个线程；用 --threads 1 则不需要其他线程",
    ),
    "engines.unknown_feature": (
        "{variable} names features of the processor that the native engine must not use: any of {known}; found {found!r}",
        "{variable} 列出 native 引擎不得使用的处理器特性，可选 {known}；但写的是 {found!r}",
    ),
}
