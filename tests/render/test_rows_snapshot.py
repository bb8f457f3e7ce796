"""Every row as `list` prints it, held against a file: a change of any formula shows as a difference."""

from __future__ import annotations

import json
from pathlib import Path

from chainrule.cli.listing import CATALOGUES

SNAPSHOT = Path(__file__).parent / "snapshots" / "rows.json"


def test_rows(rewrite_snapshots):
    others = "datasets", "presets", "recipes"
    tables = {name: list(rows()) for name, rows in CATALOGUES.items() if name not in others}
    found = json.dumps(tables, indent=1, ensure_ascii=False) + "\n"
    if rewrite_snapshots:
        SNAPSHOT.write_text(found, encoding="utf-8")
    assert found == SNAPSHOT.read_text(encoding="utf-8")
