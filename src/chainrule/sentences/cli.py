"""Sentences: cli."""

SENTENCES: dict[str, tuple[str, str]] = {}
