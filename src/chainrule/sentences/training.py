"""Sentences: training."""

SENTENCES: dict[str, tuple[str, str]] = {}
