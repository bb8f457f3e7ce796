"""Networks of well-known texts, with everything their authors trained them with. A row a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chainrule.catalog.registry import Catalogue
from chainrule.network import Dense, NetworkDefinition
from chainrule.recipe import Recipe
from chainrule.sentences import say


@dataclass(frozen=True)
class Preset:
    """function: makes the network. sentence: key of the line that says what it is. dataset: the data set
    that is trained with it where no network is named."""

    name: str
    function: Callable[[], NetworkDefinition]
    sentence: str
    recipe: Recipe
    cite: str
    dataset: str | None = None

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
    )
)
PRESETS.add(
    Preset(
        "testnet",
        lambda: NetworkDefinition(2, (Dense(3, "sigmoid"), Dense(2, "softmax")), penalties={"l2": 0.01}),
        "reading.about_testnet",
        Recipe(optimizer="sgd", schedule="constant", lr=0.5, validation=0),
        "TestNet: back-propagation of a 2-3-2 network with softmax, by the chain rule",
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
