"""Arrays from outside become samples here, and nowhere else."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.dataset import Column, Info, Samples, Scaling
from chainrule.data.rows import Inputs, Rows, parts
from chainrule.errors import ShapeError

MOST_CLASSES = 1000


def as_samples(data: object, info: Info | None = None, *, outputs: int | None = None) -> Samples:
    """Samples from `data`: Samples, or a pair (x, y) of array-likes; all of it checked.

    x: (n, d) numbers, or (n, height, width) pictures, which become rows; uint8 stays uint8, all else
    becomes float64.
    y: classes as (n,) text or whole numbers, or one-hot: (n, k), k > 1, of any type, with a single 1 and else
    zeros in every row; any other (n,) or (n, k) are numbers.
    info: what is expected; with its classes, y may be their numbers, their names, or one-hot. Without it,
    what the arrays show is recorded: the classes are the columns of a one-hot y, or the sorted distinct
    values of any other. Negative whole numbers are refused, as they often mark what has no class; only -1
    and 1, by themselves, are two classes.
    outputs: of the network that is to learn; whole numbers below it are class numbers, even if some class
    does not occur, and for a single output there may be two of them.
    Raises ShapeError with the first place where something is wrong.
    """
    lines = weights = None
    if isinstance(data, Samples):
        info, lines, weights, data = info or data.info, data.lines, data.weights, (data.x, data.y)
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise ShapeError("data.not_pair", found=type(data).__name__)
    x, image = as_inputs(data[0])
    info = info or info_of_inputs("arrays", x, image)
    if (width := expected_width(info)) not in (None, x.shape[1]):
        raise ShapeError("data.width", name=info.name, found=x.shape[1], expected=width)
    raw = _array(data[1], "y")
    if raw.ndim == 0 or len(raw) != len(x):
        raise ShapeError("data.lengths", x=len(x), y=len(raw) if raw.ndim else 1)
    y, info = _targets(raw, info, outputs)
    return Samples(x, y, info, lines, weights)


def weighted(samples: Samples, weights: object) -> Samples:
    """The samples with how much each counts in training: (n,) numbers of at least 0, not all of them 0.

    Raises ShapeError.
    """
    array = _numbers(_array(weights, "sample_weight"), "sample_weight")
    if array.shape != (len(samples),):
        expected = f"({len(samples)},)"
        raise ShapeError("data.rank", what="sample_weight", shape=array.shape, expected=expected)
    if array.min() < 0 or not array.any():
        raise ShapeError("data.weights", found=float(array.min()), row=int(array.argmin()))
    return replace(samples, weights=array)


def as_inputs(x: object) -> tuple[Inputs, tuple[int, int] | None]:
    """Inputs as rows, (n, d) uint8 or float64, and the size of the pictures where x is (n, height, width).

    Rows of a file stay there. Raises ShapeError.
    """
    if isinstance(x, Rows):
        return x, x.image
    array = _array(x, "x")
    if array.ndim == 1:
        raise ShapeError("data.flat_x", shape=array.shape, count=len(array))
    if array.ndim not in (2, 3):
        raise ShapeError("data.rank", what="x", shape=array.shape, expected="(n, d)")
    if array.size == 0:
        raise ShapeError("data.empty_array", what="x", shape=array.shape)
    image = (array.shape[1], array.shape[2]) if array.ndim == 3 else None
    return _numbers(array.reshape(len(array), -1), "x"), image


def info_of_inputs(name: str, x: Inputs, image: tuple[int, int] | None) -> Info:
    """What inputs x (n, d) show by themselves: whether they are pictures, and how they are to be scaled.

    image: height and width where the caller knows; bytes in rows of a square's length, 8 x 8 or more,
    are taken for square pictures. Bytes have levels 0..255; other pictures have the levels they use, and
    0..1 at least. All else is to be standardised. Raises ShapeError for levels too far apart.
    """
    side = math.isqrt(x.shape[1])
    if image is None and x.dtype == np.uint8 and side >= 8 and side**2 == x.shape[1]:
        image = (side, side)
    scaling = None
    if x.dtype == np.uint8:
        scaling = Scaling.fixed(0.0, 1 / 255)
    elif image:
        lows, highs = zip(*((float(part.min()), float(part.max())) for part in parts(x)), strict=True)
        bottom, top = min(0.0, *lows), max(1.0, *highs)
        if not math.isfinite(top - bottom):
            raise ShapeError("data.levels", lowest=bottom, highest=top)
        scaling = Scaling.fixed(bottom, 1 / (top - bottom))
    share = ink_share(scaling(x[:1000]).reshape(-1, *image)) if image and scaling else None
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


def _array(value: object, what: str) -> NDArray[Any]:
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ShapeError("data.ragged", what=what) from error


def _numbers(array: NDArray[Any], what: str) -> NDArray[Any]:
    """uint8 as it is, other real numbers as finite float64."""
    if array.dtype == np.uint8 and what == "x":
        return array
    if array.dtype.kind not in "biuf":
        raise ShapeError("data.no_numbers", what=what, dtype=array.dtype)
    numbers = array.astype(np.float64)
    if (bad := np.argwhere(~np.isfinite(numbers))).size:
        place = tuple(int(i) for i in bad[0])
        raise ShapeError(
            "data.not_finite", what=what, value=numbers[place], position=f"[{', '.join(map(str, place))}]"
        )
    return numbers


def _targets(y: NDArray[Any], info: Info, outputs: int | None) -> tuple[NDArray[Any], Info]:
    """y as class numbers (n,) int64 or as numbers (n, k) float64, and `info` with what that shows."""
    if y.dtype == object and all(isinstance(value, str) for value in y.flat):
        y = y.astype(np.str_)
    if y.ndim > 2 or y.size == 0:
        raise ShapeError("data.rank", what="y", shape=y.shape, expected="(n,) / (n, k)")
    rows = y.reshape(len(y), -1)
    if info.classes is not None:
        return _known_classes(rows, info.name, info.classes), info
    if info.targets:
        if rows.dtype.kind == "U" or rows.shape[1] != len(info.targets):
            found = f"{y.dtype} {y.shape}"
            raise ShapeError("data.y_kind", found=found, name=info.name, expected=len(info.targets))
        return _numbers(rows, "y"), info
    if _is_one_hot(rows):
        names, numbers = np.arange(rows.shape[1]), rows.argmax(axis=1)
    elif rows.shape[1] > 1 or rows.dtype.kind not in "biuU":
        count = rows.shape[1]
        targets = ("y",) if count == 1 else tuple(f"y{k + 1}" for k in range(count))
        return _numbers(rows, "y"), replace(info, targets=targets)
    else:
        names, numbers = _distinct(rows[:, 0], outputs)
    if len(names) > MOST_CLASSES:
        raise ShapeError("data.many_classes", count=len(names), limit=MOST_CLASSES)
    classes = tuple(str(name) for name in names)
    return numbers.astype(np.int64), replace(info, classes=classes, targets=("y",))


def _distinct(y: NDArray[Any], outputs: int | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """The classes that y (n,) names, in their order, and the class number of each of its values, (n,)."""
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


def _known_classes(rows: NDArray[Any], name: str, classes: tuple[str, ...]) -> NDArray[np.int64]:
    """The class numbers (n,) that rows give by number or by name, (n, 1), or one-hot, (n, K)."""
    if rows.shape[1] == len(classes) and _is_one_hot(rows):
        return np.asarray(rows.argmax(axis=1), np.int64)
    if rows.shape[1] != 1:
        raise ShapeError("data.rank", what="y", shape=rows.shape, expected=f"({len(rows)},)")
    flat = rows[:, 0]
    if flat.dtype.kind == "U":
        place = {each: k for k, each in enumerate(classes)}
        numbers = np.array([place.get(str(each), -1) for each in flat])
        known = ", ".join(classes[:20]) + (", ..." if len(classes) > 20 else "")
    else:
        numbers = _numbers(flat, "y")
        known = f"0..{len(classes) - 1}"
    wrong = (numbers != np.floor(numbers)) | (numbers < 0) | (numbers >= len(classes))
    if wrong.any():
        row = int(wrong.argmax())
        raise ShapeError("data.y_label", row=row, found=flat[row], name=name, expected=known)
    return numbers.astype(np.int64)
