"""What runs at every save has something of every room."""

from __future__ import annotations

import quick


def test_every_folder_of_tests_says_what_is_quick() -> None:
    folders = {path.parent.relative_to(quick.HERE).as_posix() for path in quick.HERE.rglob("test_*.py")}
    assert folders == quick.QUICK.keys()


def test_every_file_that_is_named_is_there() -> None:
    for folder, files in quick.QUICK.items():
        for pattern in files:
            assert list((quick.HERE / folder).glob(pattern)), f"{folder}/{pattern}"


def test_every_folder_has_something_quick() -> None:
    files = list(quick.HERE.rglob("test_*.py"))
    some = {path.parent for path in files if quick.listed(path) or quick.some_marked(path)}
    assert some == {path.parent for path in files}
