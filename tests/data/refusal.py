"""What the tests of the data room expect of an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chainrule.errors import ChainruleError, DataError
from chainrule.sentences import speaking


@contextmanager
def refused(
    key: str, kind: type[ChainruleError] = DataError, because: str | None = None, **fields: object
) -> Iterator[None]:
    """The block raises an error of that kind with the sentence `key` and, among others, these fields.

    Its message is one that both languages can say. because: the operating system's reason in English.
    """
    with pytest.raises(kind) as caught:
        yield
    error = caught.value
    assert error.key == key, str(error)
    assert {name: error.fields.get(name) for name in fields} == fields
    if because is not None:
        with speaking("en"):
            assert str(error.fields["reason"]) == because
    for language in ("en", "zh"):
        with speaking(language):
            assert "{" not in str(error)
