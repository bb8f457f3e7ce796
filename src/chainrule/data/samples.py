"""Arrays from outside become samples here, and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.dataset import Column, Info, Samples, Scaling
from chainrule.data.labels import are_places, class_numbers, kind_of
from chainrule.data.outside import are_numbered, array_of, column_names, real_numbers
from chainrule.data.rows import Inputs, Rows, parts
from chainrule.errors import Sentence, ShapeError, UsageError, listed

MOST_CLASSES = 1000
FEW_LEVELS, GREY_LEVELS = 16, 255
"""Pictures whose levels end at the first or before use all of them; those up to the second have 0..255."""


def as_samples(
    data: object,
    info: Info | None = None,
    *,
    outputs: int | None = None,
    places: bool | None = None,
    part: str = "",
) -> Samples:
    """Samples from `data`: Samples, or a pair (x, y) of array-likes; all of it checked.

    x: (n, d) numbers, or (n, height, width) pictures, which become rows; uint8 stays uint8, all else
    becomes float64. The columns of a table with names are found by these.
    y: classes as (n,) text, whole numbers or truth values, or one-hot: (n, k), k > 1, of any type, with a
    single 1 and else zeros in every row; any other (n,) or (n, k) are numbers.
    info: what is expected; with its classes, y names these as `labels` says, or is one-hot. The y of Samples
    are class numbers. Without it, what the arrays show is recorded: the classes are the columns of a one-hot
    y, or the sorted distinct values of any other. Negative whole numbers are refused, as they often mark what
    has no class; only -1 and 1, by themselves, are two classes.
    outputs: of the network that is to learn; whole numbers below it are class numbers, even if some class
    does not occur, and for a single output there may be two of them.
    places: whether numbers in y are places of the classes; None: what labels.are_places finds. part: what
    messages add to the names x and y, such as _test.
    Raises ShapeError with the first place where something is wrong.
    """
    lines = weights = None
    if isinstance(data, Samples):
        info, lines, weights, places = info or data.info, data.lines, data.weights, True
        data = data.x, data.y
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise ShapeError("data.not_pair", found=type(data).__name__)
    x, image = as_inputs(data[0], info, f"x{part}")
    if info is None:
        names = column_names(data[0], f"x{part}")
        columns = () if are_numbered(names) else tuple(map(Column, names))
        info = replace(info_of_inputs("arrays", x, image), columns=columns)
    if (width := expected_width(info)) not in (None, x.shape[1]):
        raise ShapeError("data.width", name=info.name, found=x.shape[1], expected=width)
    raw = array_of(data[1], f"y{part}", labels=True)
    if raw.ndim == 0 or len(raw) != len(x):
        raise ShapeError("data.lengths", x=len(x), y=len(raw) if raw.ndim else 1)
    y, info = _targets(raw, info, outputs, places, f"y{part}")
    return Samples(x, y, info, lines, weights)


def weighted(samples: Samples, weights: object) -> Samples:
    """The samples with how much each counts in training: (n,) numbers of at least 0, not all of them 0.

    Raises ShapeError.
    """
    array = real_numbers(weights, "sample_weight")
    if array.shape != (len(samples),):
        expected = f"({len(samples)},)"
        raise ShapeError("data.rank", what="sample_weight", shape=array.shape, expected=expected)
    if array.min() < 0 or not array.any():
        raise ShapeError("data.weights", found=float(array.min()), row=int(array.argmin()))
    return replace(samples, weights=array)


def matched(samples: Samples, learned: Info) -> Samples:
    """The samples with their inputs in the order of the columns that were learned, and with their classes
    numbered as those; both are found by their names.

    Raises UsageError for other columns, for numbers in place of classes and the other way round, and for the
    first sample of a class that was not learned.
    """
    columns = learned.columns or _numbered(samples.info.columns)
    if samples.info.columns and columns and samples.info.columns != columns:
        samples = _rearranged(samples, replace(learned, columns=columns))
    info = samples.info
    if (info.classes is None) != (learned.classes is None):
        raise UsageError(
            "model.other_targets", name=info.name, found=_targets_of(info), expected=_targets_of(learned)
        )
    if info.classes is None or learned.classes is None or info.classes == learned.classes:
        return samples
    place = {name: k for k, name in enumerate(learned.classes)}
    numbers = np.array([place.get(name, -1) for name in info.classes], np.int64)[samples.y]
    if (numbers < 0).any():
        row = int((numbers < 0).argmax())
        raise UsageError(
            "model.unseen_class",
            name=info.name,
            found=info.classes[int(samples.y[row])],
            place=samples.place(row),
            expected=_targets_of(learned),
        )
    return replace(samples, y=numbers, info=replace(info, classes=learned.classes, labels=learned.labels))


def as_inputs(x: object, info: Info | None = None, what: str = "x") -> tuple[Inputs, tuple[int, int] | None]:
    """Inputs as rows, (n, d) uint8 or float64, and the size of the pictures where x is (n, height, width).

    info: what is expected; its columns are found by name in a table that has names. Rows of a file stay
    there. what: the name of x in messages. Raises ShapeError.
    """
    if isinstance(x, Rows):
        return x, x.image
    names = column_names(x, what)
    array = array_of(x, what)
    if names and (array.ndim != 2 or array.shape[1] != len(names)):
        raise ShapeError("data.rank", what=what, shape=array.shape, expected=f"(n, {len(names)})")
    if names and info is not None:
        array = _by_name(array, names, info)
    if array.ndim == 1:
        raise ShapeError("data.flat_x", shape=array.shape, count=len(array))
    if array.ndim == 4 and array.shape[3] == 1:  # one channel, as some libraries have it
        array = array[..., 0]
    if array.ndim not in (2, 3):
        raise ShapeError("data.rank", what=what, shape=array.shape, expected="(n, d) / (n, height, width)")
    if array.size == 0:
        raise ShapeError("data.empty_array", what=what, shape=array.shape)
    image = (array.shape[1], array.shape[2]) if array.ndim == 3 else None
    return real_numbers(array.reshape(len(array), -1), what, bytes_stay=True), image


def info_of_inputs(name: str, x: Inputs, image: tuple[int, int] | None) -> Info:
    """What inputs x (n, d) show by themselves: whether they are pictures, and how they are to be scaled.

    image: height and width of pictures; None: x is a table, which is to be standardised whatever its type.
    Pictures have the levels 0..255 if theirs are among these; those of more levels, of a few, or of negative
    ones have the levels they use, and 0..1 at least. So the same numbers mean the same in any type. Raises
    ShapeError for levels too far apart.
    """
    if image is None:
        return Info(name)
    lows, highs = zip(*((float(part.min()), float(part.max())) for part in parts(x)), strict=True)
    bottom, top = min(0.0, *lows), max(1.0, *highs)
    if not math.isfinite(top - bottom):
        raise ShapeError("data.levels", lowest=bottom, highest=top)
    if bottom == 0 and FEW_LEVELS < top <= GREY_LEVELS:
        top = float(GREY_LEVELS)
    return info_of_pictures(name, x, image, Scaling.fixed(bottom, 1 / (top - bottom)))


def info_of_pictures(name: str, x: Inputs, image: tuple[int, int], scaling: Scaling | None = None) -> Info:
    """What pictures x (n, height * width) show by themselves, whose levels `scaling` brings to 0..1; None:
    those of a file of pictures, 0..255."""
    scaling = scaling or Scaling.fixed(0.0, 1 / GREY_LEVELS)
    share = ink_share(scaling(x[:1000]).reshape(-1, *image))
    return Info(name, image=image, ink_share=share, scaling=scaling)


def ink_share(pictures: NDArray[np.float64]) -> float | None:
    """The share of a picture's side that the ink's longer side usually takes; pictures (n, height, width).

    Levels are 0..1. None where the pictures' edges are not dark, so that they are not ink on a dark ground.
    """
    edges = [pictures[:, 0], pictures[:, -1], pictures[:, :, 0], pictures[:, :, -1]]
    if np.median(np.concatenate(edges, axis=1)) > 0.1:
        return None
    shares = []
    for across in (1, 2):
        inked = np.asarray((pictures > 0.1).any(axis=across))
        extent = inked.shape[1] - inked.argmax(axis=1) - inked[:, ::-1].argmax(axis=1)
        shares.append(np.where(inked.any(axis=1), extent, 0) / inked.shape[1])
    return float(np.median(np.maximum(*shares))) or None


def width(columns: tuple[Column, ...]) -> int:
    """The number of inputs that the columns of a table give."""
    return sum(1 if column.categories is None else len(column.categories) for column in columns)


def expected_width(info: Info) -> int | None:
    """The number of inputs that `info` tells of; None where it does not."""
    if info.columns:
        return width(info.columns)
    return math.prod(info.image) if info.image else None


def _by_name(table: NDArray[Any], names: tuple[str, ...], info: Info) -> NDArray[Any]:
    """The columns of a table (n, d) that `info` expects, in its order. Raises ShapeError.

    Numbers 0 to n-1 stand for no names, on either side, unless the other side has some of them as names.
    """
    numbers = tuple(map(str, range(len(names))))
    expected = tuple(column.name for column in info.columns) or numbers
    if numbers in (names, expected) and not {*names} & {*expected}:
        return table
    if problem := _other_names(names, expected):
        key, fields = problem
        raise ShapeError(key, name=info.name, **fields)
    place = {name: j for j, name in enumerate(names)}
    return table if names == expected else table[:, [place[name] for name in expected]]


def _numbered(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns 0 to n-1 where some of n columns are called so; else none."""
    numbers = tuple(Column(str(j)) for j in range(len(columns)))
    return numbers if {*numbers} & {*columns} else ()


def _rearranged(samples: Samples, learned: Info) -> Samples:
    """Samples of a table with their inputs in the order of the columns that were learned. Raises UsageError
    where the columns, or the values of one, are others."""
    own = {column.name: column for column in samples.info.columns}
    expected = {column.name: column for column in learned.columns}
    if problem := _other_names(own, expected):
        key, fields = problem
        raise UsageError(key, name=learned.name, **fields)
    for name, column in expected.items():
        if own[name] != column:
            raise UsageError("data.other_values", name=samples.info.name, column=name, other=learned.name)
    ends = np.cumsum([width((column,)) for column in own.values()]).tolist()
    places = {name: range(end - width((own[name],)), end) for name, end in zip(own, ends, strict=True)}
    order = [place for name in expected for place in places[name]]
    x = np.asarray(samples.x)[:, order]
    return replace(samples, x=x, info=replace(samples.info, columns=learned.columns))


def _other_names(
    found: Iterable[str], expected: Iterable[str]
) -> tuple[str, dict[str, Sentence | str]] | None:
    """What is said of names of columns that are not those expected, in any order; None where they are."""
    found, expected = dict.fromkeys(found), dict.fromkeys(expected)
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    if missing and extra:
        return "data.columns", {"missing": _names(missing), "extra": _names(extra)}
    if missing:
        return "data.columns_missing", {"missing": _names(missing)}
    return ("data.columns_unknown", {"extra": _names(extra)}) if extra else None


def _names(names: list[str]) -> Sentence | str:
    return listed(names, 8) or "-"


def _targets_of(info: Info) -> Sentence:
    names = _names([*(info.classes or info.targets)])
    return Sentence("model.classes" if info.classes else "model.numbers", names=names)


def _targets(
    y: NDArray[Any], info: Info, outputs: int | None, places: bool | None, what: str
) -> tuple[NDArray[Any], Info]:
    """y as class numbers (n,) int64 or as numbers (n, k) float64, and `info` with what that shows."""
    if y.ndim > 2 or y.size == 0:
        raise ShapeError("data.rank", what=what, shape=y.shape, expected="(n,) / (n, k)")
    rows = y.reshape(len(y), -1)
    if info.classes is not None:
        return _known_classes(rows, info, places, what), info
    if info.targets:
        if rows.dtype.kind == "U" or rows.shape[1] != len(info.targets):
            found = f"{y.dtype} {y.shape}"
            raise ShapeError("data.y_kind", found=found, name=info.name, expected=len(info.targets))
        return real_numbers(rows, what), info
    if _is_one_hot(rows):
        names, numbers = np.arange(rows.shape[1]), rows.argmax(axis=1)
    elif rows.shape[1] > 1 or rows.dtype.kind not in "biuU":
        count = rows.shape[1]
        targets = ("y",) if count == 1 else tuple(f"y{k + 1}" for k in range(count))
        return real_numbers(rows, what), replace(info, targets=targets)
    else:
        names, numbers = _distinct(rows[:, 0], outputs)
    if len(names) > MOST_CLASSES:
        raise ShapeError("data.many_classes", count=len(names), limit=MOST_CLASSES)
    classes = tuple(str(name) for name in names)
    known = replace(info, classes=classes, labels=kind_of(names), targets=("y",))
    return numbers.astype(np.int64), known


def _distinct(y: NDArray[Any], outputs: int | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """The classes that y (n,) names, in their order, and the class number of each of its values, (n,)."""
    if y.dtype == bool and outputs in (1, 2):
        return np.array([False, True]), y
    names, numbers = np.unique(y, return_inverse=True)
    if names.dtype.kind not in "iu":
        return names, numbers
    if names[0] < 0 and names.tolist() != [-1, 1]:
        raise ShapeError("data.negative_label", row=int(y.argmin()), found=names[0])
    if outputs == 1 and len(names) > 2:
        raise ShapeError("data.whole_numbers", count=len(names))
    count = max(outputs, 2) if outputs else 0  # one output stands for two classes
    if names[0] >= 0 and names[-1] < count:
        return np.arange(count), y
    return names, numbers


def _is_one_hot(rows: NDArray[Any]) -> bool:
    """Whether every row (n, k) holds a single 1 and zeros beside it."""
    if rows.shape[1] < 2 or rows.dtype.kind not in "biuf":
        return False
    return bool(((rows == 0) | (rows == 1)).all() and (rows.sum(axis=1) == 1).all())


def _known_classes(rows: NDArray[Any], info: Info, places: bool | None, what: str) -> NDArray[np.int64]:
    """The class numbers (n,) of labels (n, 1), or of one-hot rows (n, K). places: see as_samples."""
    classes = info.classes or ()
    if rows.shape[1] > 1 and _is_one_hot(rows):
        if rows.shape[1] != len(classes):
            raise ShapeError(
                "data.one_hot", what=what, name=info.name, found=rows.shape[1], expected=len(classes)
            )
        return np.asarray(rows.argmax(axis=1), np.int64)
    if rows.shape[1] != 1:
        raise ShapeError("data.rank", what=what, shape=rows.shape, expected=f"({len(rows)},)")
    labels = rows[:, 0]
    if labels.dtype.kind not in "bU":
        labels = labels if labels.dtype.kind in "iu" else real_numbers(labels, what)
    if places is None:
        places = are_places(labels, classes, info.labels, info.name, what)
    return class_numbers(labels, classes, places, info.name, what)
