"""What the tests of several rooms share; modules of this folder can be imported by every test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import quick
from chainrule import sentences


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-snapshots", action="store_true", help="write the emitted files again instead of comparing"
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`-m quick` does not even import a file that has nothing quick."""
    if config.getoption("markexpr") != "quick" or not collection_path.match("test_*.py"):
        return None
    return None if quick.listed(collection_path) or quick.some_marked(collection_path) else True


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        slow = any(item.get_closest_marker(name) for name in ("long", "heavy"))
        if quick.listed(item.path) and not slow:
            item.add_marker(pytest.mark.quick)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `-n`, a worker that is done takes over what others have not begun; `--dist` does as it says."""
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


@pytest.fixture(autouse=True)
def _no_language_is_left() -> Iterator[None]:
    """A test that chooses a language takes it back, as all after it would speak it."""
    yield
    left = sentences._chosen, sentences._spoken.get()
    sentences.choose_language(None)
    sentences._spoken.set(None)
    assert left == (None, None)


@pytest.fixture
def rewrite_snapshots(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--rewrite-snapshots"))


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A user's cache of this module's tests, which is empty at first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
