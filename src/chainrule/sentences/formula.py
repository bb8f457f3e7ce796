"""Sentences: formula."""

SENTENCES: dict[str, tuple[str, str]] = {}
