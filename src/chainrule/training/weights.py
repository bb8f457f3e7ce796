"""How much each sample counts in J."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chainrule.data.dataset import Samples
from chainrule.errors import UsageError
from chainrule.recipe import BALANCED, class_weights


def weights_for(train: Samples, of_classes: str | None) -> NDArray[np.float64] | None:
    """What each sample's loss is multiplied by, (n,); None where all count alike.

    of_classes: see Recipe.class_weights; `balanced` gives every class that occurs the same share, n / (K n_k)
    to each of its n_k samples. The samples' own weights are multiplied by it.
    Raises UsageError for a class that there is not, where nothing counts, and where the targets are numbers.
    """
    weights = train.weights
    if of_classes is not None:
        each = _of_classes(train, of_classes)[train.y]
        with np.errstate(over="ignore", under="ignore"):  # it is looked for where they become a feed
            weights = each if weights is None else each * weights
    if weights is not None and not weights.any():
        raise UsageError("training.nothing_counts", name=train.info.name)
    return weights


def _of_classes(train: Samples, of_classes: str) -> NDArray[np.float64]:
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
        raise UsageError("training.no_class", found=unknown[0], name=train.info.name, names=", ".join(names))
    return np.array([given.get(name, 1.0) for name in names])
