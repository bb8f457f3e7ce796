"""What values name which class: one rule for all parts of the data, and for whatever door they come by.

Values are names of the classes that were learned, and a number is a name first: of classes learned from 1, 2
and 3, `3` is the class 3 and never the place 3. Only where no name is a number do numbers stand for places.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from chainrule.data.outside import whole_numbers
from chainrule.errors import ShapeError, listed, unfit

Kind = Literal["text", "whole", "truth", "number"]
KINDS: tuple[str, ...] = get_args(Kind)
TRUTHS = {"false": False, "true": True}
"""Truth values by their names, in any case of letters."""


def kind_of(labels: NDArray[Any]) -> Kind:
    """What labels are by their own type."""
    kinds: dict[str, Kind] = {"b": "truth", "i": "whole", "u": "whole", "f": "number"}
    return kinds.get(labels.dtype.kind, "text")


def class_values(classes: Sequence[str], kind: Kind | None) -> NDArray[Any]:
    """What the classes are called in their own type, (K,). kind: None where it is not known: whole numbers
    where the names are 0 to K-1, else text.

    Raises ValueError where names are not of that kind.
    """
    if kind == "truth":
        if not _are_truths(classes):
            raise unfit("classes")
        return np.array([TRUTHS[name.casefold()] for name in classes])
    if kind == "number":
        return np.array([float(name) for name in classes])
    if kind == "whole" or (classes and kind is None and [*classes] == [str(k) for k in range(len(classes))]):
        values = whole_numbers([int(name) for name in classes])
        if values is None:
            raise unfit("classes")
        return values
    return np.array([*classes], np.str_)


def are_places(
    labels: NDArray[Any], classes: Sequence[str], kind: Kind | None, name: str, what: str = "y"
) -> bool:
    """Whether labels (n,) are places in `classes`, and not their names.

    kind: of the labels that the classes were learned from; None where the names were given by themselves.
    name: of the data set; what: of the labels. Raises ShapeError where they may be either, and that makes a
    difference.
    """
    if labels.dtype.kind not in "biuf":
        return False
    named = _numbered(classes)
    values = np.unique(labels).tolist()
    if labels.dtype.kind == "b" and _are_truths(classes):
        return False
    if not named or kind in ("whole", "truth", "number"):
        return not named
    by_name, by_place = [named.get(value) for value in values], [_place(v, len(classes)) for v in values]
    if None in by_place or None in by_name:
        return None not in by_place
    for value, one, other in zip(values, by_name, by_place, strict=True):
        if one != other:
            row = int((labels == value).argmax())
            fields = {"row": row, "found": value, "name": name, "place": classes[int(other or 0)]}
            raise ShapeError("data.two_readings", what=what, **fields)
    return False


def class_numbers(
    labels: NDArray[Any], classes: Sequence[str], places: bool, name: str, what: str = "y"
) -> NDArray[np.int64]:
    """The class number of each label, (n,). places: see are_places. name: of the data set; what: of the
    labels.

    Raises ShapeError with the first label that is none of the classes.
    """
    different, which = np.unique(labels, return_inverse=True)
    values = different.tolist()
    known: dict[Any, int] = {each: k for k, each in enumerate(classes)}
    if labels.dtype.kind in "biuf":
        known = _numbered(classes)
    found = [_place(value, len(classes)) if places else known.get(value) for value in values]
    numbers = np.array([-1 if k is None else k for k in found], np.int64)[which]
    if (numbers < 0).any():
        row = int((numbers < 0).argmax())
        expected = f"0..{len(classes) - 1}" if places else listed(classes)
        raise ShapeError("data.y_label", what=what, row=row, found=labels[row], name=name, expected=expected)
    return numbers


def _numbered(classes: Sequence[str]) -> dict[Any, int]:
    """The places of those classes whose names are numbers, by these; truth values are 0 and 1."""
    if _are_truths(classes):
        return {TRUTHS[name.casefold()]: k for k, name in enumerate(classes)}
    return {value: k for k, name in enumerate(classes) if (value := _number(name)) is not None}


def _are_truths(classes: Sequence[str]) -> bool:
    return all(name.casefold() in TRUTHS for name in classes)


def _number(name: str) -> float | None:
    """The number whose usual spelling a name is."""
    for read in (int, float):
        try:
            value = read(name)
        except ValueError:
            continue
        if repr(value) == name and -np.inf < value < np.inf:
            return value
    return None


def _place(value: Any, count: int) -> int | None:
    """A number as the place of one of `count` classes; None where it is none."""
    return int(value) if 0 <= value < count and value == int(value) else None
