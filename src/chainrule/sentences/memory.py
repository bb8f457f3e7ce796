"""Sentences: memory that does not suffice."""

SENTENCES: dict[str, tuple[str, str]] = {
    "memory.too_little": (
        "this takes at least {needed} of memory, and {there} are left here; a smaller network, or fewer samples at "
        "once, would take less",
        "这至少需要 {needed} 内存，而这里只剩 {there}；请缩小网络，或减少一次处理的样本数",
    ),
    "memory.used_up": (
        "the memory does not suffice; a smaller network, a smaller file, or fewer samples at once would take less",
        "内存不足；请缩小网络、换较小的文件，或减少一次处理的样本数",
    ),
    "memory.used_up_by": (
        "the memory does not suffice: this takes at least {needed}, and more where other things are in memory; a "
        "smaller network, or fewer samples at once, would take less",
        "内存不足：这至少需要 {needed}，此外还有其他占用；请缩小网络，或减少一次处理的样本数",
    ),
}
