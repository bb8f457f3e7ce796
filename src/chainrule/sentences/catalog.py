"""Sentences: catalog."""

SENTENCES: dict[str, tuple[str, str]] = {}
