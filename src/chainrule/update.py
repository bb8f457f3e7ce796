"""What becomes of the parameters in a step, as expressions: gradients are clipped, the optimizer moves each
parameter, the weights of each unit are kept within a norm, and a running average is taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from chainrule.catalog.optimizers import Optimizer, assignments, rest, step_of
from chainrule.expr import Dims, Node, const, leaf, power, total
from chainrule.primitives import maximum, minimum, sqrt


class Assignment(NamedTuple):
    """What has the value of an expression from here on. `clipping` and `move` are names of their own; `state`
    and `update` put a new value in the place of a state's or a parameter's old one."""

    name: str
    expr: Node
    role: Literal["clipping", "move", "state", "update"]


@dataclass(frozen=True)
class UpdateRule:
    """How parameters are updated; None: not done.

    optimizer: a name of the catalogue with settings. clip_value: entries of the gradients beyond it are cut
    to it. clip_norm: gradients are scaled down together where the norm of all their entries is larger
    (Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063; PyTorch adds 1e-6 to the norm); after the cutting, where
    there is both. max_norm: a unit's incoming weights are scaled down where their norm is larger (Srebro &
    Shraibman 2005); biases are not among them. ema: a running average of each parameter is kept, in which the
    weight of a step falls by this factor with every later one; it is divided by the sum of these weights from
    the first step on (Kingma & Ba 2015, section 7.2), where PyTorch's begins with the first parameters.
    """

    optimizer: str = "sgd"
    clip_value: float | None = None
    clip_norm: float | None = None
    max_norm: float | None = None
    ema: float | None = None

    @classmethod
    def of(cls, update: str | UpdateRule) -> UpdateRule:
        """The rule itself; of text, that of an optimizer with settings."""
        return cls(update) if isinstance(update, str) else update

    @property
    def rate(self) -> float:
        """The optimizer's own learning rate. Raises UnknownNameError, UsageError."""
        return step_of(self.optimizer)[0].rate

    def assignments(self, parameters: Mapping[str, Dims]) -> Iterator[Assignment]:
        """All of a step, in order, for parameters by name; the gradient of W1 is called dW1."""
        gradients = {name: leaf(f"d{name}", dims) for name, dims in parameters.items()}
        if self.clip_value is not None:
            bound = self.clip_value
            gradients = {name: maximum(minimum(g, bound), -bound) for name, g in gradients.items()}
        if self.clip_norm is not None:
            first, *others = (total(g**2) for g in gradients.values())
            norm, scale = leaf("gradient_norm"), leaf("gradient_scale")
            yield Assignment("gradient_norm", sqrt(sum(others, first)), "clipping")
            yield Assignment("gradient_scale", self.clip_norm / maximum(norm, self.clip_norm), "clipping")
            gradients = {name: scale * g for name, g in gradients.items()}
        if self.clip_value is not None or self.clip_norm is not None:
            for name, g in gradients.items():
                yield Assignment(f"clipped_{name}", g, "clipping")
            gradients = {name: leaf(f"clipped_{name}", dims) for name, dims in parameters.items()}
        row, settings = step_of(self.optimizer)
        for name, g in gradients.items():
            yield from self._of_one(leaf(name, g.dims), g, row, settings)

    def _of_one(
        self, w: Node, g: Node, row: Optimizer, settings: Mapping[str, float]
    ) -> Iterator[Assignment]:
        """The step of one parameter by its gradient."""
        name = str(w.data)
        is_weight = name.startswith("W")
        if not is_weight:
            settings = {**settings, **dict.fromkeys(row.weights_only, 0.0)}
        states = [leaf(f"{state}_{name}", w.dims) for state in row.state]
        for place, value in assignments(row, w, g, states, settings):
            if place is not w:
                yield Assignment(str(place.data), value, "state")
            elif is_weight and self.max_norm is not None:
                moved = leaf(f"moved_{name}", w.dims)
                yield Assignment(f"moved_{name}", value, "move")
                norms = sqrt(total(moved**2, w.dims[1]))  # along the inputs of each unit
                yield Assignment(name, moved / maximum(1, norms / self.max_norm), "update")
            else:
                yield Assignment(name, value, "update")
        if self.ema is not None:
            mean = leaf(f"ema_{name}", w.dims)
            share = rest(self.ema) / (1 - power(const(self.ema), leaf("t")))
            yield Assignment(f"ema_{name}", mean + share * (w - mean), "state")
