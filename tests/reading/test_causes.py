"""What cannot be read is said by its kind, in each language, and never in Python's own words."""

from __future__ import annotations

import errno
import json
import os
import re
import socket
import tomllib
from pathlib import Path

import pytest

from chainrule.errors import UsageError, cause, reason, unfit
from chainrule.files import open_regular
from chainrule.json_input import loaded
from chainrule.reading import toml_network
from chainrule.sentences import speaking
from in_both_languages import said

DAMAGED = {
    "nothing": b"",
    "cut": b'{"a": [1,',
    "no value": b'{"a": }',
    "no text": b'{"a": "\xff"}',
    "half a pair": b"\xed\xa0\x80",
    "control": b'"\x01"',
    "escape": b'"\\q"',
    "deep": b"[" * 100_000,
    "digits": b"9" * 5000,
    "more": b"1 2",
}
WORDS = re.compile(r"[A-Za-z]{3,}")
OWN = {"UTF", "JSON", "TOML", "toml"}
"""Names that Chinese sentences have too."""


def _chinese(what):
    with speaking("zh"):
        return str(what)


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_damaged_json_is_said_without_words_of_python(content):
    with pytest.raises((ValueError, RecursionError)) as caught:
        loaded(content)
    said(cause(caught.value))
    assert set(WORDS.findall(_chinese(cause(caught.value)))) <= OWN


TOML = {
    "twice": "a = 1\na = 2",
    "table twice": "[a]\n[a]",
    "open": "sizes = [2,",
    "open text": 'a = "',
    "escape": 'a = "\\q"',
    "value": "a = ?",
    "date": "seed = 9999-99-99",
    "zero": "a = 1\0",
    "deep": "a = " + "[" * 100_000,
    "digits": "a = " + "9" * 5000,
    "no text": b"a = '\xff'",
}


@pytest.mark.parametrize("content", TOML.values(), ids=TOML)
def test_damaged_toml_is_said_without_words_of_python(content):
    with pytest.raises(UsageError) as caught:
        toml_network(content if isinstance(content, bytes) else content.encode(), Path("n.toml"))
    said(caught.value)
    assert set(WORDS.findall(_chinese(caught.value))) <= OWN


@pytest.mark.parametrize(("text", "place"), [("a = 1\nb = ?", "line 2, column 5"), ("a = [", "end")])
def test_where_toml_ends_to_be_right_is_told(text, place, tmp_path):
    with pytest.raises(UsageError) as caught:
        toml_network(text.encode(), tmp_path)
    assert isinstance(caught.value.__cause__, tomllib.TOMLDecodeError)
    assert place in said(caught.value)[0]


OTHERS = [
    (KeyError("plan"), "plan"),
    (TypeError("unhashable type"), ""),
    (OverflowError("int too large to convert to float"), ""),
    (ValueError("could not convert string"), ""),
    (AttributeError("no attribute"), ""),
    (unfit("W1"), "W1"),
    (json.JSONDecodeError("Expecting value", "{}", 1), "column 2"),
    (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)), "there is no such file"),
]


@pytest.mark.parametrize(("error", "part"), OTHERS, ids=[type(error).__name__ for error, _ in OTHERS])
def test_each_kind_of_exception_has_a_sentence(error, part):
    english, chinese = said(cause(error))
    assert part in english
    assert set(WORDS.findall(chinese)) <= {*OWN, part}


@pytest.mark.parametrize("name", ["ENXIO", "ENODEV", "EAGAIN", "EOPNOTSUPP", "EINVAL", "ESTALE", "EROFS"])
def test_what_the_system_says_of_strange_files_has_sentences(name):
    said(reason(OSError(getattr(errno, name), "in English")))


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no such sockets")
def test_a_socket_a_pipe_and_a_device_are_called_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        for path, word in (("pipe", "pipe"), ("socket", "socket"), (os.devnull, "device")):
            with pytest.raises(OSError) as caught:  # noqa: PT011 - its reason is looked at
                open_regular(path)
            assert f"it is a {word}, not" in said(reason(caught.value))[0]
