"""Sentences: network."""

SENTENCES: dict[str, tuple[str, str]] = {}
