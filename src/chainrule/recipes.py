"""Trainings of handwritten digits as far as fully connected networks get, by what they allow themselves.

Settings were chosen on a held out part of the training samples; none has seen the test samples.
"""

from __future__ import annotations

from chainrule.catalog.registry import Catalogue
from chainrule.network import Dense, NetworkDefinition
from chainrule.presets import Preset
from chainrule.recipe import Recipe

RECIPES: Catalogue[Preset] = Catalogue("recipe")

RECIPES.add(
    Preset(
        "plain",
        lambda: NetworkDefinition(784, (Dense(800, "relu"), Dense(10, "softmax"))),
        "recipes.about_plain",
        Recipe(
            epochs=30,
            batch_size=64,
            optimizer="adamw",
            lr=0.001,
            schedule="cosine",
            validation=0,
            smoothing=0.1,
        ),
        "Simard, Steinkraus & Platt 2003, Best practices for convolutional neural networks: 1.6 %",
    )
)
RECIPES.add(
    Preset(
        "dropout",
        lambda: NetworkDefinition(
            784,
            (
                *(Dense(units, "relu", norm="batch", dropout=0.25) for units in (1000, 500, 250, 250, 250)),
                Dense(10, "softmax"),
            ),
        ),
        "recipes.about_dropout",
        Recipe(
            epochs=100,
            batch_size=100,
            optimizer="adamw",
            lr=0.002,
            schedule="cosine",
            input_noise=0.35,
            validation=0,
        ),
        "Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting: "
        "0.95 to 1.25 %",
    )
)
RECIPES.add(
    Preset(
        "elastic",
        lambda: NetworkDefinition(784, (Dense(1024, "relu"), Dense(512, "relu"), Dense(10, "softmax"))),
        "recipes.about_elastic",
        Recipe(
            epochs=300,
            batch_size=128,
            optimizer="adamw",
            lr=0.001,
            schedule="cosine",
            distort="scale rotate elastic",
            validation=0,
            smoothing=0.1,
        ),
        "Ciresan et al. 2010, arXiv:1003.0358: 0.35 %",
    )
)
