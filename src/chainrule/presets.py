"""Networks of well-known texts, with everything their authors trained them with. A row a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chainrule.catalog.registry import Catalogue
from chainrule.network import Dense, NetworkDefinition
from chainrule.recipe import Recipe
from chainrule.sentences import say


@dataclass(frozen=True)
class Example:
    """Numbers for a worked example. x, y: a row of inputs and one of targets for each sample; y None: the
    forward pass alone. parameters: by name. lr: learning rate. note: key of what is to be said about it."""

    x: tuple[tuple[float, ...], ...]
    y: tuple[tuple[float, ...], ...] | None
    parameters: Mapping[str, Any]
    lr: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Preset:
    """function: makes the network. sentence: key of the line that says what it is. dataset: the data set
    that is trained with it where no network is named. examples: by name; the first is the usual one."""

    name: str
    function: Callable[[], NetworkDefinition]
    sentence: str
    recipe: Recipe
    cite: str
    dataset: str | None = None
    examples: Mapping[str, Example] = field(default_factory=dict)

    @property
    def net(self) -> NetworkDefinition:
        return self.function()

    @property
    def description(self) -> str:
        """One line on what it is, in the language in force."""
        return say(self.sentence)


PRESETS: Catalogue[Preset] = Catalogue("preset")

PRESETS.add(
    Preset(
        "zhou",
        lambda: NetworkDefinition(
            2,
            (Dense(2, "sigmoid"), Dense(1, "sigmoid")),
            loss="mean_squared_error",
            initializer="normal",
            bias_initializer="normal",
        ),
        "reading.about_zhou",
        Recipe(
            epochs=1000,
            batch_size=1,
            optimizer="sgd",
            schedule="constant",
            lr=0.1,
            validation=0,
            shuffle=False,
        ),
        "Zhou 2019, Machine Learning for Beginners: An Introduction to Neural Networks",
        dataset="zhou",
        examples={
            "step": Example(
                ((-2, -1),),
                ((1,),),
                {"W1": ((1, 1), (1, 1)), "b1": (0, 0), "W2": ((1, 1),), "b2": (0,)},
                lr=0.1,
                note="trace.zhou_rounded",
            ),
            "forward": Example(
                ((2, 3),), None, {"W1": ((0, 1), (0, 1)), "b1": (0, 0), "W2": ((0, 1),), "b2": (0,)}
            ),
        },
    )
)
PRESETS.add(
    Preset(
        "neuron",
        lambda: NetworkDefinition(2, (Dense(1, "sigmoid"),), loss="mean_squared_error"),
        "reading.about_neuron",
        Recipe(batch_size=1, optimizer="sgd", schedule="constant", lr=0.1, validation=0),
        "Zhou 2019, Machine Learning for Beginners: An Introduction to Neural Networks",
        examples={"forward": Example(((2, 3),), None, {"W1": ((0, 1),), "b1": (4,)})},
    )
)
PRESETS.add(
    Preset(
        "mazur",
        lambda: NetworkDefinition(2, (Dense(2, "sigmoid"), Dense(2, "sigmoid")), loss="half_squared_error"),
        "reading.about_mazur",
        Recipe(batch_size=1, optimizer="sgd", schedule="constant", lr=0.5, validation=0, low=0.01, high=0.99),
        "Mazur 2015, A Step by Step Backpropagation Example",
        examples={
            "step": Example(
                ((0.05, 0.10),),
                ((0.01, 0.99),),
                {
                    "W1": ((0.15, 0.20), (0.25, 0.30)),
                    "b1": (0.35, 0.35),
                    "W2": ((0.40, 0.45), (0.50, 0.55)),
                    "b2": (0.60, 0.60),
                },
                lr=0.5,
                note="reading.mazur_biases",
            )
        },
    )
)
_TESTNET = {
    "W1": ((0.1, 0.2), (0.3, -0.4), (-0.5, 0.6)),
    "b1": (0.1, 0, -0.1),
    "W2": ((0.7, -0.8, 0.9), (-0.1, 0.2, -0.3)),
    "b2": (0.05, -0.05),
}
PRESETS.add(
    Preset(
        "testnet",
        lambda: NetworkDefinition(2, (Dense(3, "sigmoid"), Dense(2, "softmax")), penalties={"l2": 0.01}),
        "reading.about_testnet",
        Recipe(optimizer="sgd", schedule="constant", lr=0.5, validation=0),
        "TestNet: back-propagation of a 2-3-2 network with softmax, by the chain rule",
        examples={
            "sample": Example(((0.6, 0.8),), ((1, 0),), _TESTNET, lr=0.5),
            "batch": Example(((0.6, 0.8), (0.1, 0.2), (-1, 0.5)), ((1, 0), (0, 1), (1, 0)), _TESTNET, lr=0.5),
        },
    )
)
PRESETS.add(
    Preset(
        "nielsen",
        lambda: NetworkDefinition(
            784,
            (Dense(30, "sigmoid"), Dense(10, "sigmoid")),
            loss="half_squared_error",
            initializer="normal",
            bias_initializer="normal",
        ),
        "reading.about_nielsen",
        Recipe(epochs=30, batch_size=10, optimizer="sgd", schedule="constant", lr=3.0, validation=0),
        "Nielsen 2015, Neural Networks and Deep Learning, chapter 1",
    )
)
PRESETS.add(
    Preset(
        "han",
        lambda: NetworkDefinition(
            784,
            (Dense(300, "sigmoid"), Dense(10, "sigmoid")),
            loss="half_squared_error",
            initializer="uniform:low=-0.1,high=0.1",
        ),
        "reading.about_han",
        Recipe(
            epochs=30,
            batch_size=10,
            optimizer="sgd",
            schedule="constant",
            lr=1.0,
            validation=0,
            low=0.1,
            high=0.9,
        ),
        "Han 2016, Deep Learning from Scratch (3): neural networks and back-propagation",
    )
)
PRESETS.add(
    Preset(
        "han-small",
        lambda: NetworkDefinition(
            3,
            (Dense(4, "sigmoid"), Dense(2, "sigmoid")),
            loss="half_squared_error",
            initializer="uniform:low=-0.1,high=0.1",
        ),
        "reading.about_han_small",
        Recipe(batch_size=1, optimizer="sgd", schedule="constant", lr=0.3, validation=0, low=0.1, high=0.9),
        "Han 2016, Deep Learning from Scratch (3), the network of the derivation",
        examples={
            "step": Example(
                ((0.5, -1, 2),),
                ((0.9, 0.1),),
                {
                    "W1": ((0.1, -0.2, 0.3), (0.4, 0.1, -0.1), (-0.3, 0.2, 0.5), (0.2, 0.6, -0.4)),
                    "b1": (0.1, -0.1, 0, 0.2),
                    "W2": ((0.3, -0.5, 0.2, 0.4), (-0.1, 0.6, 0.1, -0.2)),
                    "b2": (0.1, -0.2),
                },
                lr=0.3,
            )
        },
    )
)
PRESETS.add(
    Preset(
        "ufldl",
        lambda: NetworkDefinition(
            3,
            (Dense(3, "sigmoid"), Dense(1, "sigmoid")),
            loss="half_squared_error",
            penalties={"l2": 1e-4},
            initializer="normal:std=0.01",
        ),
        "reading.about_ufldl",
        Recipe(optimizer="sgd", schedule="constant", lr=0.5, validation=0),
        "Ng et al. 2011, UFLDL Tutorial: Neural Networks; Backpropagation Algorithm",
    )
)
