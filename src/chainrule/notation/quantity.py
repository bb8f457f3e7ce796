"""What the names in a derivation stand for.

A formula of a derivation is an expression whose leaves have names of the program (`W1 b1 z1 a1 delta1`, `x`
is `a0`), and besides these:

    m1               the mask of layer 1's outputs, m0 that of the inputs
    mu1, s1          mean and deviation by which layer 1 is normalised
    mean_z1, variance_z1   the running averages of a mean and a variance over samples
    zhat1, u1        z1 with the mean 0 and the deviation 1; the same scaled by gamma1 and shifted by beta1
    y, J, C          targets; the whole cost; what one sample costs
    g1, g1'          the activation of layer 1 applied to z1, or to u1, and its derivative there
    ∂u/∂v            the derivative of u by v, both being names; along the dims of u, then of v
    ∂u1*/∂z1         that of every sample's u1 by the z1 of the sample that is written about
    in1              what each weight of layer 1 is multiplied with: its inputs, along the dims of W1
    lr, l1, l2       learning rate, coefficients of penalties
    t                the number of the step
    v_W1             an optimizer's state, ema_W1 the running average of W1
    gradient_norm, gradient_scale   the norm of all gradients together, and what they are multiplied with
    clipped_W1       the gradient by which the optimizer goes where gradients are clipped
    moved_W1         where the optimizer leads, before the weights are kept within a norm
    W1[2,1]          an entry of an array, counted from 1; of a derivative, of both: ∂C/∂W1[2,1]
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from chainrule.expr import Node, leaf

RANKS = {"W": 2, "in": 2} | dict.fromkeys(
    ["b", "gamma", "beta", "z", "zhat", "u", "a", "m", "delta", "y", "mean_z", "variance_z"], 1
)
"""How many indices a quantity has, if any."""
_OF_A_LAYER = re.compile(r"(W|b|gamma|beta|z|mu|s|mean_z|variance_z|zhat|u|a|m|delta|g|in)(\d+)('?)")


class Quantity(NamedTuple):
    """kind: `W b gamma beta z mu s mean_z variance_z zhat u a m delta g g' y J C ∂` and other names as they
    are. layer: the program's number, 0 for the inputs. parts: top and bottom of a derivative; the array that
    a state, or another name of a step, belongs to."""

    kind: str
    layer: int | None = None
    parts: tuple[str, ...] = ()


def split_entry(name: str) -> tuple[str, tuple[int, ...]]:
    """A name without the place of the entry it is of, and that place; empty where it is of a whole array."""
    if not name.endswith("]") or name.startswith("∂"):
        return name, ()
    array, _, places = name[:-1].partition("[")
    return array, tuple(map(int, places.split(",")))


def quantity(name: str) -> Quantity:
    """The quantity a leaf's name stands for."""
    if name == "x":
        return Quantity("a", 0)
    if match := _OF_A_LAYER.fullmatch(name):
        return Quantity(match[1] + match[3], int(match[2]))
    if name.startswith("∂"):
        top, bottom = name.removeprefix("∂").split("/∂")
        return Quantity("∂", parts=(top, bottom))
    kind, _, array = name.partition("_")
    return Quantity(kind, parts=(array,)) if _OF_A_LAYER.fullmatch(array) else Quantity(name)


def derivative(top: Node, bottom: Node, *, entrywise: bool = False) -> Node:
    """The symbol ∂top/∂bottom of two leaves. entrywise: an entry of the one depends on the same entry of the
    other alone, so both have one index."""
    dims: Iterable[str] = bottom.dims if entrywise else (*top.dims, *bottom.dims)
    return leaf(f"∂{top.data}/∂{bottom.data}", dims)
