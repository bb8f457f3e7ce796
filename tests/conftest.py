"""What the tests of several rooms share; modules of this folder can be imported by every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-snapshots", action="store_true", help="write the emitted files again instead of comparing"
    )


@pytest.fixture
def rewrite_snapshots(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--rewrite-snapshots"))


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A user's cache of this module's tests, which is empty at first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
