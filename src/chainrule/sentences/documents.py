"""Sentences: documents in their forms."""

SENTENCES: dict[str, tuple[str, str]] = {
    "documents.note": ("Note: {text}", "注：{text}"),
}
