"""What a run is asked for: all that its numbers follow from."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self

from chainrule.network import NetworkDefinition
from chainrule.recipe import Recipe

if TYPE_CHECKING:
    from chainrule.data.tables import Task


@dataclass(frozen=True)
class Plan:
    """Everything that the numbers of a run follow from.

    dataset, target, task, weights, data_dir: as `data.load` takes them; paths are absolute, so that the run
    goes on from any folder. samples: how many of the training part are used; None: all. engine: a name, or
    `auto` before there is a run. threads: at most so many.
    """

    dataset: str
    network: NetworkDefinition
    recipe: Recipe
    seed: int = 0
    engine: str = "auto"
    samples: int | None = None
    target: str | None = None
    task: Task | None = None
    data_dir: str | None = None
    threads: int | None = None
    weights: str | None = None

    def to_dict(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**values, "network": self.network.to_dict(), "recipe": self.recipe.to_dict()}

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> Self:
        network, recipe = NetworkDefinition.from_dict(table["network"]), Recipe.from_dict(table["recipe"])
        return cls(**{**table, "network": network, "recipe": recipe})

    def settings(self) -> dict[str, Any]:
        """What a checkpoint remembers of the plan: what another value of would lead elsewhere."""
        return {"seed": self.seed, "recipe": unhurried(self.recipe)}


def unhurried(recipe: Recipe) -> dict[str, Any]:
    """A recipe without the number of epochs, of which a run may be given more."""
    return replace(recipe, epochs=None).to_dict()
