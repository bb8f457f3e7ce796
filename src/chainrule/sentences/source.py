"""Sentences: source."""

SENTENCES: dict[str, tuple[str, str]] = {}
