"""Nobody slips machine code in while the cache is read."""

from __future__ import annotations

import os
import sys

import pytest
from cache import SCENES, race

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="files are exchanged as Linux lets them be")
READS = 5_000


@pytest.mark.long
@pytest.mark.parametrize("name", SCENES)
def test_what_others_exchange_meanwhile_is_not_accepted(name: str) -> None:
    count = race(SCENES[name], lambda reads: reads < READS)
    assert count.reads == READS
    assert count.foreign == 0


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no such users")
def test_own_code_is_read_where_nobody_exchanges_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other tests would otherwise be right about a cache that never reads."""
    import cache

    monkeypatch.setattr(cache, "ATTACKERS", 0)
    trusted = cache.Scene(SCENES["the folder"].what, 0o700)
    count = race(trusted, lambda reads: reads < 20)
    assert (count.reads, count.own, count.foreign) == (20, 20, 0)
