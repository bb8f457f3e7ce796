"""What a derivation reads like, in each notation and language: a change of a word or a formula shows here."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.derivation.derive import derive
from chainrule.reading import read_network

SNAPSHOTS = Path(__file__).parent / "snapshots"
STANDARD = {"nielsen": "2-3-2", "testnet": "testnet", "ufldl": "ufldl", "han": "han-small", "zhou": "zhou"}
DEEP = "6-5:relu-5:relu-5:relu-5:relu-1"
DOCUMENTS = [
    *((network, notation, "layer", None) for notation, network in STANDARD.items()),
    ("zhou", "zhou", "node", "w1"),
    ("han-small", "han", "node", "w41"),
    ("784-300-10", "nielsen", "node", "W1[0,0]"),
    (DEEP, "nielsen", "layer", None),
]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("network", "notation", "level", "of"), DOCUMENTS)
def test_it_reads_as_it_did(
    network: str, notation: str, level: str, of: str | None, lang: str, rewrite_snapshots: bool
) -> None:
    document = derive(read_network(network).net, notation=notation, level=level, of=of, lang=lang)
    name = "deep" if network == DEEP else network
    file = SNAPSHOTS / f"{notation}_{level}_{name}.{lang}.txt"
    text = document.terminal() + "\n"
    if rewrite_snapshots:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), (
        "where the new text is better: pytest --rewrite-snapshots"
    )
