"""Sentences: data."""

SENTENCES: dict[str, tuple[str, str]] = {}
