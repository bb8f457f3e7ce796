"""What the tests of training share."""

from __future__ import annotations

import pytest

from chainrule.training import run


@pytest.fixture
def undrawn(monkeypatch):
    """Runs draw no learning curve, which takes longer than training on a few samples."""
    monkeypatch.setattr(run, "learning_curve", lambda history, title: "<svg/>")
