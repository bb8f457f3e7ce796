"""Sentences: memory that does not suffice."""

SENTENCES: dict[str, tuple[str, str]] = {
    "memory.too_little": (
        "this takes at least {needed} of memory, and only {there} is available; a smaller network, or fewer "
        "samples at once, would take less",
        "这至少需要 {needed} 内存，而可用的只有 {there}；请缩小网络，或减少一次处理的样本数",
    ),
    "memory.used_up": (
        "there is not enough memory; a smaller network, a smaller file, or fewer samples at once would take less",
        "内存不足；请缩小网络、换较小的文件，或减少一次处理的样本数",
    ),
    "memory.used_up_by": (
        "there is not enough memory: this takes at least {needed}; a smaller network, or fewer samples at once, would "
        "take less",
        "内存不足：这至少需要 {needed}；请缩小网络，或减少一次处理的样本数",
    ),
}
