"""What tests of runs and their folders share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from numpy.testing import assert_array_equal

from chainrule.training.loop import Trainer


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_goes_on(trainer: Callable[[], Trainer], steps: int) -> None:
    """A training that is stopped after so many steps, and taken up by another trainer, ends with the same
    bits."""
    whole, stopped, going_on = trainer(), trainer(), trainer()
    whole.run()
    stopped.run(stop=lambda: stopped.steps >= steps)
    assert stopped.steps < whole.steps
    going_on.restore(stopped.model, *stopped.state())
    going_on.run()
    for name, w in whole.model.parameters.items():
        assert_array_equal(going_on.model.parameters[name], w)
