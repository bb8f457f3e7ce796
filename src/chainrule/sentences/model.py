"""Sentences: model."""

SENTENCES: dict[str, tuple[str, str]] = {}
