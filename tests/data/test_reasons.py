"""Why the operating system refused, in both languages."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from pathlib import Path

import pytest

import chainrule
from chainrule.data import load
from chainrule.data.fetch import Published, fetch
from chainrule.errors import DataError, reason
from chainrule.sentences import speaking
from chainrule.sentences.system import SENTENCES


@pytest.mark.parametrize("key", SENTENCES)
def test_every_number_of_the_table_has_its_sentence(key: str) -> None:
    number = getattr(errno, key.removeprefix("system.").upper(), None)
    if number is None:
        pytest.skip("this system has no such error")
    said = reason(OSError(number, os.strerror(number)))
    for language, sentence in zip(("en", "zh"), SENTENCES[key], strict=True):
        with speaking(language):
            assert str(said) == sentence


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.EXDEV, "Invalid cross-device link"), "Invalid cross-device link"),
        (OSError("cannot do it"), "cannot do it"),
        (TimeoutError("timed out"), "no answer came in time"),
        (TimeoutError(), "no answer came in time"),
        # numbers that mean something else there: EPERM and ENOENT are 1 and 2
        (ssl.SSLError(1, "certificate has expired"), "certificate has expired"),
        (socket.gaierror(2, "Try again"), "Try again"),
    ],
)
def test_what_is_not_in_the_table_is_said_as_the_system_says_it(error: OSError, said: str) -> None:
    with speaking("en"):
        assert str(reason(error)) == said


def test_a_reason_speaks_the_language_in_which_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load(tmp_path / ("a" * 300 + ".csv"))
    with speaking("en"):
        assert "the name is too long" in str(caught.value)
    with speaking("zh"):
        assert "名称过长" in str(caught.value)


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "服务器拒绝连接"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "无法解析服务器的名称"),
    ],
)
def test_a_connection_that_fails_has_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cause: OSError, said: str
) -> None:
    def fail(*args: object, **more: object) -> None:
        raise cause

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    monkeypatch.setenv("no_proxy", "*")
    file = Published("some.gz", 10, "0" * 32, "file")
    with speaking("zh"), pytest.raises(DataError, match=said):
        fetch([file], tmp_path, mirrors=["https://example.org/"])


def test_no_other_place_translates_the_system() -> None:
    root = Path(chainrule.__file__).parent
    assert [path.name for path in root.rglob("*.py") if "strerror" in path.read_text("utf-8")] == [
        "errors.py"
    ]
