"""What callers hand over as arrays, whatever library it comes from: no such library is imported for it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ShapeError, listed, shown

MISSING_TYPES = ("NoneType", "NAType", "NaTType", "MaskedConstant")
"""Of what libraries of tables put where a value is missing."""
NUMBERS = (Real, Decimal, np.bool_)
DEEPEST = 64
EXACT = 2.0**53
"""From where on floats are not exact."""


def array_of(value: object, what: str, *, labels: bool = False) -> NDArray[Any]:
    """`value` as an array of truth values, whole numbers, floats or text, any other type as NumPy has it.

    Objects are read as what all of them are. labels: they may be text. Raises ShapeError for what is no
    array, rows of different lengths, records, sparse matrices and masked values, and with the first place
    where a value is missing, too large, no number among numbers or no text among text.
    """
    if hasattr(value, "toarray") and not isinstance(value, np.ndarray):
        raise ShapeError("data.sparse", what=what, found=type(value).__name__)
    try:
        array = np.asarray(unmasked(value, what))
    except ValueError as error:
        raise ShapeError("data.ragged", what=what) from error
    if isinstance(value, (list, tuple)) and array.dtype == np.float64 and (abs(array) >= EXACT).any():
        array = np.asarray(value, object)  # in which whole numbers are what they were
    if isinstance(value, (list, tuple)) and array.dtype.kind in "US":
        array = np.asarray(value, object)  # in which 1 and '1' are not the same
    if array.dtype.names is not None:
        raise ShapeError("data.records", what=what, fields=listed(array.dtype.names))
    if array.dtype.kind == "T":
        return array.astype(np.str_)
    if labels and array.dtype.kind == "S":
        array = array.astype(object)
    return _of_objects(array, what, labels) if array.dtype == object else array


def real_numbers(value: object, what: str, *, bytes_stay: bool = False) -> NDArray[Any]:
    """An array of finite numbers in float64, bytes as they are if they are to stay. Raises ShapeError with
    the first place that is none."""
    array = array_of(value, what)
    if bytes_stay and array.dtype == np.uint8:
        return array
    if array.dtype.kind not in "biuf":
        raise ShapeError("data.no_numbers", what=what, dtype=array.dtype)
    numbers = _in_float64(array)
    if not (finite := np.isfinite(numbers)).all():
        bad = np.argwhere(~finite)
        place = tuple(bad[0].tolist())
        raise ShapeError("data.not_finite", what=what, value=numbers[place], position=_position(place))
    return numbers


def _in_float64(array: NDArray[Any]) -> NDArray[np.float64]:
    if array.dtype.kind != "f" or array.dtype == np.float64:
        return array.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # of what is longer, of NaN that signals
        return array.astype(np.float64)


def whole_numbers(values: Sequence[int]) -> NDArray[Any] | None:
    """Whole numbers (n,) as int64, or uint64 where they are beyond; None where neither holds them."""
    try:
        return np.array(values, np.int64 if max(values, default=0) < 2**63 else np.uint64)
    except OverflowError:
        return None


def column_names(table: Any, what: str = "x") -> tuple[str, ...]:
    """The names of a table's columns as text, whatever their type; none where it has none, as an array.

    The numbers 0 to n-1 in their order are names as well here: see are_numbered. Raises ShapeError for a name
    that two columns have, and for two that are the same as text.
    """
    labels = _labels(table)
    seen: dict[str, Any] = {}
    for label in labels:
        name = _name(label)
        if name in seen:
            alike = isinstance(label, str) == isinstance(seen[name], str)
            key = "data.column_twice" if alike else "data.columns_alike"
            raise ShapeError(key, what=what, found=name)
        seen[name] = label
    return tuple(seen)


def are_numbered(names: Sequence[str]) -> bool:
    """Whether names are 0 to n-1 in their order, as libraries number columns that have no names."""
    return all(name == str(i) for i, name in enumerate(names))


def _labels(table: Any) -> tuple[Any, ...]:
    """What a table's columns are called; nothing for an array."""
    if isinstance(table, np.ndarray):
        return ()
    names = getattr(table, "column_names", None)
    if not isinstance(names, (list, tuple)):  # in some libraries that is a column of this name
        names = getattr(table, "columns", None)
    if names is None or callable(names):
        return ()
    try:
        return tuple(names)
    except TypeError:
        return ()


def _name(label: Any) -> str:
    """A name as text, the same in every process; one of several levels by its parts."""
    if isinstance(label, tuple):
        return str(tuple(map(_name, label)))
    if isinstance(label, bytes):
        return repr(label)
    try:
        return str(label)
    except Exception:  # an object that cannot say what it is
        return object.__repr__(label)


def unmasked(value: object, what: str) -> object:
    """A value without the masks of what is masked in it. Raises ShapeError with the first place where a mask
    hides a number."""
    return _unmasked(value, what) if _is_masked(value) else value


def _is_masked(value: object, depth: int = 0) -> bool:
    """Whether a value, or anything in its lists, is a masked array, or the masked value itself."""
    if isinstance(value, (list, tuple)):
        # lists in more lists than an array can have dims are refused anyhow
        return depth < DEEPEST and any(_is_masked(part, depth + 1) for part in value)
    return isinstance(value, np.ma.MaskedArray)


def _unmasked(value: Any, what: str) -> NDArray[Any]:
    """The numbers of an array, or of lists, where no value is masked. Raises ShapeError."""
    if not isinstance(value, (list, tuple)):
        masks = np.ma.getmaskarray(value)
        if masks.any():
            place = tuple(np.argwhere(masks)[0].tolist())
            raise ShapeError("data.masked", what=what, position=_position(place))
        return np.asarray(value.data)
    parts = []
    for i, part in enumerate(value):
        try:
            parts.append(_unmasked(part, what) if _is_masked(part) else np.asarray(part))
        except ShapeError as error:
            if error.key != "data.masked":
                raise
            inner = str(error.fields["position"]).strip("[]")
            position = f"[{', '.join(filter(None, [str(i), inner]))}]"
            raise ShapeError("data.masked", what=what, position=position) from error
    return np.asarray(parts)


def _of_objects(array: NDArray[Any], what: str, labels: bool) -> NDArray[Any]:
    """An array of objects as one of what all of its values are."""
    if not array.ndim and not isinstance(array.item(), NUMBERS):
        raise ShapeError("data.not_array", what=what, found=type(array.item()).__name__)
    values = array.ravel().tolist()
    for i, value in enumerate(values):
        if _is_missing(value):
            raise ShapeError("data.missing", what=what, found=str(value), position=_at(i, array))
    for kinds, dtype in (((str,), np.str_), ((bool, np.bool_), np.bool_)):
        if all(isinstance(value, kinds) for value in values):
            return array.astype(dtype)
    text = labels and any(isinstance(value, str) for value in values)
    for i, value in enumerate(values):
        if key := _unlike(value, text, labels):
            raise ShapeError(key, what=what, found=shown(value), position=_at(i, array))
    if all(isinstance(value, (Integral, np.bool_)) for value in values):
        whole = whole_numbers([int(value) for value in values])
        if whole is not None:
            return whole.reshape(array.shape)
    return _floats(values, array, what)


def _unlike(value: Any, text: bool, labels: bool) -> str | None:
    """What is wrong with a value among numbers, or among labels that are text; None where nothing is."""
    if labels and isinstance(value, bytes):
        return "data.bytes"
    if text:
        return None if isinstance(value, str) else "data.mixed"
    return None if isinstance(value, NUMBERS) else "data.no_number"


def _is_missing(value: Any) -> bool:
    """Whether a value stands for one that is not there; a float that is no number is such in a table."""
    if type(value).__name__ in MISSING_TYPES:
        return True
    return isinstance(value, (float, np.floating, Decimal)) and value != value


def _floats(values: Sequence[Any], array: NDArray[Any], what: str) -> NDArray[np.float64]:
    """The values of an array of objects as floats. Raises ShapeError for the first that is beyond them."""
    numbers = np.empty(len(values))
    for i, value in enumerate(values):
        try:
            numbers[i] = float(value)
        except OverflowError as error:
            raise ShapeError("data.beyond", what=what, position=_at(i, array)) from error
    return numbers.reshape(array.shape)


def _at(number: int, array: NDArray[Any]) -> str:
    """Where the value of that number is in an array, counted row by row."""
    return _position(tuple(int(i) for i in np.unravel_index(number, array.shape)))


def _position(place: Sequence[int]) -> str:
    return f"[{', '.join(map(str, place))}]"
