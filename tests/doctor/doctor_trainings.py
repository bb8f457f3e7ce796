"""Trainings for the doctor: planted ones, each with exactly one illness, and healthy ones.

Each is made from a seed, so that thresholds can be chosen on other seeds than those that are tested.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from chainrule.data import load
from chainrule.data.dataset import Column, Info, Samples, Scaling
from chainrule.network import NetworkDefinition
from chainrule.presets import PRESETS
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe


@dataclass(frozen=True)
class Case:
    net: NetworkDefinition
    train: Samples
    recipe: Recipe
    validation: Samples | None = None
    test: Samples | None = None


PLANTED: dict[str, Callable[[int], Case]] = {}
"""By the name of the training; what comes before a colon is the code of its illness."""
HEALTHY: dict[str, Callable[[int], Case]] = {}


def planted(name):
    return lambda make: add(PLANTED, name, make)


def healthy(name):
    return lambda make: add(HEALTHY, name, make)


def add(trainings, name, make):
    assert name not in trainings, f"{name}: given twice"
    trainings[name] = make
    return make


def case(data, net, seed, *, samples=None, validation=0.2, change=lambda part, rng: part, **settings):
    """A training on a data set by name; `change` makes each part of it ill. settings: of the network and of
    the recipe."""
    split = load(data, seed=seed).split(validation, seed=seed, samples=samples)
    rng = np.random.default_rng(seed)
    parts = [part and change(part, rng) for part in split]
    return Case(network(net, seed, settings), parts[0], Recipe(**settings), *parts[1:])


def network(net, seed, settings):
    """The network; its own settings are taken out of `settings`."""
    net = parse_shorthand(net) if isinstance(net, str) else net
    own = ("loss", "penalties", "initializer", "bias_initializer", "dtype")
    return replace(net, seed=seed, **{name: settings.pop(name) for name in own if name in settings})


def table(x, y, classes=None, *, scaling=None, name="table"):
    """Samples of a table; y: class numbers where there are classes, else numbers."""
    columns = tuple(Column(f"x{j + 1}") for j in range(x.shape[1]))
    if classes:
        return Samples(x, np.asarray(y), Info(name, tuple(classes), columns, ("class",), scaling=scaling))
    y = np.asarray(y, np.float64).reshape(len(x), -1)
    targets = tuple(f"y{k + 1}" for k in range(y.shape[1]))
    return Samples(x, y, Info(name, None, columns, targets, scaling=scaling))


def clouds(seed, n=300, features=4, shares=(0.5, 0.5), apart=2.0):
    """A cloud of points for each class, which overlap a little."""
    rng = np.random.default_rng(seed)
    y = rng.choice(len(shares), n, p=shares)
    centres = apart * np.random.default_rng(7).standard_normal((len(shares), features))
    return table(centres[y] + rng.standard_normal((n, features)), y, "abcdefgh"[: len(shares)])


def curve(seed, n=300, outputs=1):
    """Numbers that follow two inputs by a smooth function, with a little noise."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-3, 3, (n, 2))
    y = np.stack([np.sin(x[:, 0] + k) + 0.3 * x[:, 1] for k in range(outputs)], axis=1)
    return table(x, y + 0.05 * rng.standard_normal(y.shape))


def halves(samples, share=0.8):
    """A part to learn from and one to watch."""
    cut = round(share * len(samples))
    return samples.take(slice(0, cut)), samples.take(slice(cut, None))


def of(samples, net, seed, *, validation=True, **settings):
    """A training on samples of one's own."""
    train, watched = halves(samples) if validation else (samples, None)
    return Case(network(net, seed, settings), train, Recipe(**settings), watched)


# Healthy trainings.


@healthy("digits, default")
def _(seed):
    return case("digits", "64-128:relu-128:relu-10", seed, epochs=8)


@healthy("digits, one sigmoid layer")
def _(seed):
    return case("digits", "64-32-10", seed, epochs=15)


@healthy("digits, tanh and Adam")
def _(seed):
    return case("digits", "64-48:tanh-10", seed, epochs=8, optimizer="adam")


@healthy("digits, no hidden layer")
def _(seed):
    return case("digits", "64-10", seed, epochs=10)


@healthy("digits, sigmoid outputs with targets 0.1 and 0.9")
def _(seed):
    settings = {"optimizer": "sgd", "lr": 1.0, "schedule": "constant", "low": 0.1, "high": 0.9}
    loss = "half_squared_error"
    return case("digits", "64-30-10:sigmoid", seed, epochs=8, batch_size=10, loss=loss, **settings)


@healthy("digits, a single epoch")
def _(seed):
    return case("digits", "64-64:relu-10", seed, epochs=1)


@healthy("digits, a small rate")
def _(seed):
    return case("digits", "64-64:relu-10", seed, epochs=15, optimizer="sgd", lr=0.01)


@healthy("digits, a large rate")
def _(seed):
    return case("digits", "64-48:tanh-10", seed, epochs=10, lr=0.3)


@healthy("digits, large batches")
def _(seed):
    return case("digits", "64-64:relu-10", seed, epochs=15, batch_size=256, optimizer="adam", lr=0.003)


@healthy("digits, few samples and a penalty")
def _(seed):
    return case("digits", "64-32:gelu-10", seed, samples=400, epochs=20, penalties={"l2": 1e-3})


@healthy("digits, four relu layers")
def _(seed):
    return case("digits", "64-48:relu-48:relu-48:relu-10", seed, epochs=10, lr=0.05)


@healthy("digits, a tenth of the labels wrong")
def _(seed):
    def mislabel(part, rng):
        wrong = rng.random(len(part)) < 0.1
        return replace(part, y=np.where(wrong, rng.integers(10, size=len(part)), part.y))

    return case("digits", "64-32:relu-10", seed, epochs=6, lr=0.03, change=mislabel)


@healthy("digits, standard normal weights")
def _(seed):
    net = replace(PRESETS["nielsen"].net, inputs=64)
    recipe = {"batch_size": 10, "optimizer": "sgd", "schedule": "constant", "lr": 3.0}
    return case("digits", net, seed, validation=0.1, epochs=10, **recipe)


@healthy("digits, small uniform weights")
def _(seed):
    net = replace(PRESETS["han"].net, inputs=64)
    recipe = {"batch_size": 10, "optimizer": "sgd", "schedule": "constant", "lr": 1.0}
    return case("digits", net, seed, validation=0, epochs=5, low=0.1, high=0.9, **recipe)


@healthy("digits, in double precision")
def _(seed):
    return case("digits", "64-32:silu-10", seed, epochs=8, dtype="float64")


@healthy("iris, default")
def _(seed):
    return case("iris", "4-128:relu-128:relu-3", seed, epochs=60)


@healthy("iris, all samples at once")
def _(seed):
    return case("iris", "4-8-3", seed, optimizer="lbfgs", penalties={"l2": 1e-2})


@healthy("a curve, exponential units, all samples at once")
def _(seed):
    return of(curve(seed), "2-8:exp(x)-1", seed, epochs=100, optimizer="lbfgs")


@healthy("iris, no hidden layer")
def _(seed):
    return case("iris", "4-3", seed, epochs=60)


@healthy("iris, sigmoids and squares")
def _(seed):
    return case("iris", "4-6-3:sigmoid", seed, epochs=100, loss="half_squared_error")


@healthy("iris, Adam, every sample an update")
def _(seed):
    return case("iris", "4-8:elu-3", seed, epochs=20, batch_size=1, optimizer="adam")


@healthy("moons, tanh")
def _(seed):
    return case("moons", "2-16:tanh-1", seed, epochs=30)


@healthy("moons, relu and Adam")
def _(seed):
    return case("moons", "2-16:relu-2", seed, epochs=30, optimizer="adam", lr=0.01)


@healthy("moons, small steps in small batches")
def _(seed):
    return case("moons", "2-16:elu-2", seed, epochs=15, batch_size=8, optimizer="sgd", lr=0.03)


@healthy("moons, three layers of softplus")
def _(seed):
    return case("moons", "2-16:softplus-16:softplus-2", seed, epochs=30, lr=0.05)


@healthy("moons, TestNet's shape and settings")
def _(seed):
    penalties = {"l2": 1e-3}
    recipe = {"optimizer": "sgd", "lr": 0.5, "schedule": "constant", "penalties": penalties}
    return case("moons", "2-3-2", seed, epochs=40, validation=0, **recipe)


@healthy("circles, tanh")
def _(seed):
    return case("circles", "2-16:tanh-2", seed, epochs=40)


@healthy("circles, sigmoids")
def _(seed):
    return case("circles", "2-12-1", seed, epochs=60, lr=0.5)


@healthy("spiral, relu")
def _(seed):
    return case("spiral", "2-64:relu-3", seed, epochs=80)


@healthy("spiral, two tanh layers and Adam")
def _(seed):
    return case("spiral", "2-32:tanh-32:tanh-3", seed, epochs=80, optimizer="adam", lr=0.01)


@healthy("xor, tanh")
def _(seed):
    return case("xor", "2-8:tanh-1", seed, validation=0, epochs=500, batch_size=4, lr=0.3)


@healthy("xor, sigmoids and Adam")
def _(seed):
    return case("xor", "2-8-2", seed, validation=0, epochs=800, batch_size=4, optimizer="adam", lr=0.03)


@healthy("four people, as their author trains")
def _(seed):
    preset = PRESETS["zhou"]
    return Case(replace(preset.net, seed=seed), load("zhou").train, preset.recipe, test=load("zhou").test)


@healthy("a curve, tanh")
def _(seed):
    return of(curve(seed), "2-32:tanh-1", seed, epochs=60)


@healthy("two curves, relu and Adam")
def _(seed):
    return of(curve(seed, outputs=2), "2-32:relu-2", seed, epochs=60, optimizer="adam", lr=0.005)


@healthy("a curve, absolute error")
def _(seed):
    return of(curve(seed), "2-32:tanh-1", seed, epochs=60, loss="mean_absolute_error")


@healthy("a curve, Huber's loss")
def _(seed):
    return of(curve(seed), "2-24:leaky_relu-1", seed, epochs=60, loss="huber", lr=0.05)


@healthy("a straight line")
def _(seed):
    rng = np.random.default_rng(seed)
    x = rng.uniform(100, 200, (200, 3))
    return of(table(x, x @ [2.0, -1.0, 5.0] + 300), "3-1", seed, epochs=30)


@healthy("shares, sigmoid output")
def _(seed):
    samples = curve(seed)
    shares = replace(samples, y=1 / (1 + np.exp(-2 * samples.y)))
    return of(shares, "2-16:tanh-1:sigmoid", seed, epochs=100, lr=0.3)


@healthy("clouds, four of five samples in one class")
def _(seed):
    return of(clouds(seed, shares=(0.8, 0.2)), "4-8:relu-2", seed, epochs=20)


@healthy("clouds, sixty samples")
def _(seed):
    return of(clouds(seed, 60, shares=(0.4, 0.3, 0.3)), "4-8:relu-3", seed, epochs=40)


@healthy("clouds, Rosenblatt's rule")
def _(seed):
    net = "4-1:step"
    return of(clouds(seed, apart=4.0), net, seed, loss="perceptron", optimizer="sgd", epochs=20)


def normed(made, norm):
    """The same with its hidden layers normalised."""
    *hidden, last = made.net.layers
    layers = (*(replace(layer, norm=norm) for layer in hidden), last)
    return replace(made, net=replace(made.net, layers=layers))


@healthy("digits, batch normalisation and sigmoids")
def _(seed):
    return normed(case("digits", "64-48-48-10", seed, epochs=6), "batch")


@healthy("moons, batch normalisation, relu and Adam")
def _(seed):
    made = case("moons", "2-16:relu-2", seed, epochs=30, batch_size=8, optimizer="adam", lr=0.01)
    return normed(made, "batch")


@healthy("a curve, layer normalisation")
def _(seed):
    return normed(of(curve(seed), "2-32:tanh-1", seed, epochs=60), "layer")


# Planted illnesses.


@planted("averages_behind")
def _(seed):
    settings = {"epochs": 6, "batch_size": 50, "initializer": "normal:std=1"}
    return normed(case("digits", "64-64:relu-10", seed, **settings), "batch:momentum=0.999")


@planted("averages_behind: numbers")
def _(seed):
    return normed(
        of(curve(seed), "2-32:tanh-1", seed, epochs=8, initializer="normal:std=3"), "batch:momentum=0.99"
    )


@planted("inputs_unscaled")
def _(seed):
    part = clouds(seed, shares=(0.4, 0.3, 0.3))
    return of(table(150 + 40 * part.x, part.y, "abc", scaling=Scaling.fixed()), "4-16-3", seed, epochs=20)


@planted("inputs_unscaled: grey levels")
def _(seed):
    def unscaled(part, rng):
        return replace(part, info=replace(part.info, scaling=Scaling.fixed(0.0, 16.0)))

    return case("digits", "64-16:relu-10", seed, change=unscaled, epochs=3)


@planted("inputs_outliers")
def _(seed):
    part = clouds(seed)
    x = part.x.copy()
    x[17, 2] = 1e6
    return of(replace(part, x=x), "4-8:relu-2", seed, epochs=20)


@planted("inputs_constant")
def _(seed):
    part = clouds(seed)
    return of(table(np.hstack([part.x, np.full((300, 1), 3.0)]), part.y, "ab"), "5-8:relu-2", seed, epochs=20)


@planted("class_missing")
def _(seed):
    part = clouds(seed)
    return of(replace(part, info=replace(part.info, classes=("a", "b", "c"))), "4-8:relu-3", seed, epochs=20)


@planted("classes_unbalanced")
def _(seed):
    return of(clouds(seed, 1000, shares=(0.985, 0.015), apart=0.5), "4-8:relu-2", seed, epochs=10)


@planted("duplicates")
def _(seed):
    part = clouds(seed, 80)
    rows = np.random.default_rng(seed).permutation(np.repeat(np.arange(80), 5))
    return of(part.take(rows), "4-8:relu-2", seed, epochs=10)


@planted("contradictions")
def _(seed):
    part = clouds(seed, 200)
    twice = part.take(np.random.default_rng(seed).permutation(np.repeat(np.arange(200), 2)))
    seen, y = set(), twice.y.copy()
    for row, values in enumerate(twice.x):
        if values.tobytes() in seen and row % 2:
            y[row] = 1 - y[row]
        seen.add(values.tobytes())
    return of(replace(twice, y=y), "4-8:relu-2", seed, validation=False, epochs=10)


@planted("leakage")
def _(seed):
    whole = clouds(seed, 400)
    train, _ = halves(whole)
    mixed = np.concatenate([np.arange(40), 320 + np.arange(40)])
    return replace(of(train, "4-8:relu-2", seed, epochs=10), test=whole.take(mixed))


@planted("validation_leakage")
def _(seed):
    base = case("digits", "64-16:relu-10", seed, epochs=3)
    return replace(base, validation=base.train.take(slice(0, 100)))


@planted("targets_out_of_reach")
def _(seed):
    part = curve(seed)
    settings = {"loss": "half_squared_error", "epochs": 20}
    return of(replace(part, y=5 + 3 * part.y), "2-16:tanh-1:sigmoid", seed, **settings)


@planted("targets_out_of_reach: negative, for relu")
def _(seed):
    return of(curve(seed), "2-16:tanh-1:relu", seed, epochs=20, bias_initializer="constant:value=1")


@planted("targets_constant")
def _(seed):
    part = curve(seed)
    return of(replace(part, y=np.full_like(part.y, 7.0)), "2-8:tanh-1", seed, epochs=10)


@planted("units_alike")
def _(seed):
    return case("digits", "64-24-10", seed, initializer="zeros", epochs=10)


@planted("units_alike: constant weights")
def _(seed):
    return case("moons", "2-8:tanh-2", seed, initializer="constant:value=0.3", epochs=10)


@planted("sorted_batches")
def _(seed):
    def in_order(part, rng):
        return part.take(np.argsort(part.y, kind="stable"))

    return case("digits", "64-32:relu-10", seed, change=in_order, shuffle=False, epochs=6)


@planted("non_finite: squares at a huge rate")
def _(seed):
    return of(curve(seed), "2-16:relu-1", seed, lr=30.0, optimizer="sgd", epochs=30)


@planted("non_finite: relu layers at a huge rate")
def _(seed):
    net = "2-16:relu-16:relu-1"
    return of(curve(seed), net, seed, lr=1e4, optimizer="sgd", epochs=20)


@planted("never_finite: the logarithm of what is negative")
def _(seed):
    return of(clouds(seed), "4-8:log(x)-2", seed, epochs=5)


@planted("overflow")
def _(seed):
    return of(curve(seed), "2-8:exp(6*x)-1", seed, lr=0.1, optimizer="sgd", epochs=20)


@planted("beyond_numbers")
def _(seed):
    """A step of L-BFGS comes to where the logarithm has no value."""
    settings = {"optimizer": "lbfgs", "epochs": 100, "bias_initializer": "constant:value=3"}
    return of(curve(seed + 102), "2-8:log(x)-1", seed + 102, **settings)


@planted("never_finite: all samples at once")
def _(seed):
    return of(clouds(seed), "4-8:log(x)-2", seed, epochs=5, optimizer="lbfgs")


@planted("loss_rising")
def _(seed):
    return case("digits", "64-32:tanh-10", seed, epochs=10, lr=20.0, optimizer="sgd", schedule="constant")


@planted("loss_rising: with momentum")
def _(seed):
    return of(curve(seed), "2-16:tanh-1", seed, lr=3.0, schedule="constant", epochs=30)


@planted("rate_too_high")
def _(seed):
    settings = {"optimizer": "sgd", "lr": 150.0, "schedule": "constant", "batch_size": 10}
    return case("digits", "64-30-10:sigmoid", seed, loss="half_squared_error", epochs=8, **settings)


@planted("rate_too_low")
def _(seed):
    return case("digits", "64-32:relu-10", seed, epochs=12, optimizer="sgd", lr=1e-5)


@planted("rate_too_low: numbers")
def _(seed):
    return of(curve(seed), "2-16:tanh-1", seed, epochs=30, optimizer="adam", lr=1e-7)


@planted("saturated")
def _(seed):
    return case("digits", "64-32-10", seed, initializer="normal:std=60", epochs=8, lr=0.001)


@planted("saturated: tanh")
def _(seed):
    return case("moons", "2-16:tanh-16:tanh-2", seed, initializer="normal:std=200", epochs=10, lr=1e-3)


@planted("vanishing_gradients")
def _(seed):
    return case("digits", "64-32-32-32-32-32-32-32-10", seed, epochs=20)


@planted("dead_relus")
def _(seed):
    return case("digits", "64-48:relu-10", seed, bias_initializer="constant:value=-8", epochs=8)


@planted("dead_relus: a later layer")
def _(seed):
    base = case("moons", "2-16:tanh-16:relu-2", seed, bias_initializer="constant:value=-6", epochs=12)
    return replace(base, recipe=replace(base.recipe, lr=1e-3))


@planted("penalty_too_strong")
def _(seed):
    return case("digits", "64-32:tanh-10", seed, penalties={"l2": 1.0}, lr=0.05, epochs=12)


@planted("labels_shuffled")
def _(seed):
    def shuffled(part, rng):
        return replace(part, y=rng.permutation(part.y))

    return case("digits", "64-16:relu-10", seed, change=shuffled, epochs=12, lr=0.02)


@planted("labels_shuffled: learned by heart")
def _(seed):
    def shuffled(part, rng):
        return replace(part, y=rng.permutation(part.y))

    return case("digits", "64-128:relu-10", seed, samples=500, change=shuffled, epochs=80)


@planted("labels_shuffled: numbers")
def _(seed):
    part = curve(seed, 400)
    mixed = np.random.default_rng(seed).permutation(part.y)
    return of(replace(part, y=mixed), "2-8:tanh-1", seed, epochs=20)


@planted("labels_shuffled: all samples at once")
def _(seed):
    part = clouds(seed, 400)
    mixed = np.random.default_rng(seed).permutation(part.y)
    return of(replace(part, y=mixed), "4-4:tanh-2", seed, epochs=40, optimizer="lbfgs")


@planted("labels_shifted")
def _(seed):
    def shifted(part, rng):
        return replace(part, y=np.roll(part.y, 1))

    return case("digits", "64-16:relu-10", seed, change=shifted, epochs=12, lr=0.02)


@planted("labels_renumbered")
def _(seed):
    base = case("digits", "64-32:relu-10", seed, epochs=6)
    watched = base.validation
    return replace(base, validation=replace(watched, y=(watched.y + 1) % 10))


@planted("overfitting")
def _(seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((200, 10))
    y = (x[:, 0] + 0.7 * x[:, 1] + 1.0 * rng.standard_normal(200) > 0).astype(np.int64)
    return of(table(x, y, "ab"), "10-128:relu-2", seed, epochs=150, lr=0.05)


@planted("overfitting: numbers")
def _(seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((500, 8))
    y = x[:, :1] + 1.1 * rng.standard_normal((500, 1))
    base = of(table(x, y), "8-128:relu-1", seed, epochs=200, optimizer="adam", lr=0.01)
    return replace(base, train=base.train.take(slice(0, 100)))


@planted("stuck_at_chance")
def _(seed):
    return case("circles", "2-2", seed, epochs=30)
