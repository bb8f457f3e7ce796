"""Threads that do all there is to do at once give what each gives alone."""

from __future__ import annotations

import pytest

from host import attack


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_done_at_once(seed: int, own_cache: None) -> None:
    count = attack(seed, lambda done: done < 200)
    assert count.wrong == []
    assert count.done.total() >= 200
