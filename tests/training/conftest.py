"""What the tests of training share."""

from __future__ import annotations

import pytest

from chainrule.training import run
from chainrule.training.picture import learning_curve


@pytest.fixture
def undrawn(monkeypatch):
    """Runs draw no learning curve, which takes longer than training on a few samples."""
    monkeypatch.setattr(run, "learning_curve", lambda history, title: "<svg/>")


@pytest.fixture
def drawn(undrawn, monkeypatch):
    """But for this one."""
    monkeypatch.setattr(run, "learning_curve", learning_curve)
