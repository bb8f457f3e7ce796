"""How much each sample counts in J."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.dataset import Info, Samples
from chainrule.data.labels import are_places, class_numbers
from chainrule.data.outside import array_of, real_numbers
from chainrule.errors import ShapeError, UsageError, listed, shown
from chainrule.recipe import BALANCED, ClassWeights, class_weights


def weights_for(train: Samples, of_classes: ClassWeights | None) -> NDArray[np.float64] | None:
    """What each sample's loss is multiplied by, (n,), with a mean of 1; None where all count alike.

    of_classes: see Recipe.class_weights; `balanced` gives every class that occurs the same share, n / (K n_k)
    to each of its n_k samples. The samples' own weights are multiplied by it.
    Raises UsageError for a class that there is not, where nothing counts, and where the targets are numbers.
    """
    weights = train.weights
    if of_classes is not None:
        each = _largest_1(_of_classes(train, of_classes))[train.y]
        with np.errstate(under="ignore"):
            weights = each if weights is None else each * _largest_1(weights)
    if weights is None:
        return None
    if not weights.any():
        raise UsageError("training.nothing_counts", name=train.info.name)
    ratios = _largest_1(weights)
    with np.errstate(under="ignore"):
        normal: NDArray[np.float64] = ratios / ratios.mean()
        return normal


def _largest_1(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights in proportion whose largest is 1, so that no sum or product of them is beyond float64."""
    with np.errstate(under="ignore"):  # what is nothing beside the largest
        return weights / weights.max() if weights.any() else weights


def _of_classes(train: Samples, of_classes: ClassWeights) -> NDArray[np.float64]:
    """The weight of each class, (K,)."""
    names = train.info.classes
    if names is None:
        raise UsageError("training.class_weights_numbers", name=train.info.name)
    if of_classes == BALANCED:
        counts = np.bincount(train.y, minlength=len(names))
        shares: NDArray[np.float64] = len(train) / (np.count_nonzero(counts) * np.maximum(counts, 1))
        return shares
    given = class_weights(of_classes)
    if unknown := sorted(given.keys() - set(names)):
        raise UsageError("training.no_class", found=unknown[0], name=train.info.name, names=listed(names))
    return np.array([given.get(name, 1.0) for name in names])


def weights_by_name(given: object, info: Info) -> ClassWeights | None:
    """Weights of classes by the classes' names; text as it is.

    given: None, text, a table whose keys name classes as labels do, or a number for each class in their
    order. Raises UsageError.
    """
    if given is None or isinstance(given, str):
        return given
    classes = info.classes
    if classes is None:
        raise UsageError("training.class_weights_numbers", name=info.name)
    if isinstance(given, Mapping):
        named: dict[str, Any] = {}
        for key, number in given.items():
            if named.setdefault(name := _name(key, given, info), number) is not number:
                raise UsageError("training.class_twice", found=shown(given), name=name)
        return class_weights(named)
    try:
        numbers = real_numbers(given, "class_weights")
    except ShapeError as error:
        raise UsageError("training.bad_class_weights", found=shown(given)) from error
    if numbers.shape != (len(classes),):
        raise UsageError("training.bad_class_weights", found=shown(given))
    return class_weights(dict(zip(classes, numbers.tolist(), strict=True)))


def _name(key: object, given: Mapping[Any, Any], info: Info) -> str:
    """The name of the class that a key of a table is. Raises UsageError."""
    classes = info.classes or ()
    if not isinstance(key, (str, Real, np.bool_)):
        raise UsageError("training.no_class", found=shown(key), name=info.name, names=listed(classes))
    try:
        several = array_of([other for other in given if isinstance(other, str) == isinstance(key, str)], "y")
        places = are_places(several, classes, info.labels, info.name)
        return classes[int(class_numbers(array_of([key], "y"), classes, places, info.name)[0])]
    except ShapeError as error:
        raise UsageError("training.no_class", found=key, name=info.name, names=listed(classes)) from error
