"""What something says in English and in Chinese."""

from __future__ import annotations

from chainrule.sentences import LANGUAGES, speaking


def said(what: object) -> list[str]:
    """`str` of it in each language; they are not the same."""
    texts = []
    for lang in LANGUAGES:
        with speaking(lang):
            texts.append(str(what))
    assert len(set(texts)) == len(LANGUAGES)
    return texts
