"""The package as Python code uses it: one network, and everything that can be done with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Self

from chainrule import memory
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.registry import unknown
from chainrule.data.dataset import Dataset, Info, Samples
from chainrule.data.samples import as_samples, weighted
from chainrule.doctor import Doctor
from chainrule.errors import ShapeError, TrainingError, UnknownAttributeError, UsageError, shown
from chainrule.network import Dense, NetworkDefinition, plain
from chainrule.program import build
from chainrule.reading import read_network
from chainrule.recipe import Recipe, update_of
from chainrule.training.loop import Progress, Trainer
from chainrule.training.weights import weights_by_name

if TYPE_CHECKING:
    from chainrule.check.formula import FormulaReport
    from chainrule.check.gradients import GradientReport
    from chainrule.doctor import Finding
    from chainrule.documents.document import Document
    from chainrule.model import Model
    from chainrule.sentences import Language
    from chainrule.trace import Trace


@dataclass(frozen=True)
class OptimizerChoice:
    """An optimizer of the catalogue with its settings; lr: learning rate, None for the optimizer's own.

    Raises UsageError, UnknownNameError.
    """

    name: str
    lr: float | None = None
    settings: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Recipe(optimizer=str(self), lr=self.lr)  # which refuses what makes no sense

    def __str__(self) -> str:
        given = ",".join(f"{key}={plain(value)}" for key, value in self.settings.items())
        return f"{self.name}:{given}" if given else self.name


def SGD(lr: float | None = None, *, momentum: float = 0.0) -> OptimizerChoice:  # noqa: N802 (the field's name)
    """Stochastic gradient descent: v = momentum v + gradient, w = w - lr v.

    Source: Robbins & Monro 1951; momentum: Polyak 1964.
    """
    return OptimizerChoice("sgd", lr, {"momentum": momentum})


class Network:
    """One definition of a network.

    `Network(784, Dense(300, "sigmoid"), Dense(10, "softmax"), loss="cross_entropy", l2=1e-4)`

    inputs: features a sample. layers: Dense layers in order; a number of units alone is such a layer too, as
    in `Network(784, 300, 10)`. loss: a name; None: what the output picks.
    Further keywords are penalties by name, l1 and l2, or settings of NetworkDefinition: initializer,
    bias_initializer, dtype, seed, input_dropout. Raises DefinitionError, which lists every problem.
    """

    def __init__(self, inputs: int, *layers: Dense | int, loss: str | None = None, **settings: Any) -> None:
        known = [f.name for f in fields(NetworkDefinition)]
        values = {name: value for name, value in settings.items() if name in known}
        coefficients = {name: value for name, value in settings.items() if name in PENALTIES}
        if coefficients and isinstance(values.setdefault("penalties", {}), Mapping):
            values["penalties"] = {**values["penalties"], **coefficients}
        names = [*known, *PENALTIES.names()]
        problems = [unknown("setting", name, names) for name in settings if name not in names]
        dense = [Dense(units) if isinstance(units := plain(layer), int) else layer for layer in layers]
        values |= {"inputs": inputs, "layers": dense, "loss": loss}
        self.definition = NetworkDefinition.checked(values, problems)

    @classmethod
    def of(cls, definition: NetworkDefinition) -> Self:
        """The network of a definition. Raises UsageError for anything else."""
        if not isinstance(definition, NetworkDefinition):
            raise UsageError("network.not_a_definition", found=shown(definition))
        network = cls.__new__(cls)
        network.definition = definition
        return network

    @classmethod
    def parse(cls, text: str | os.PathLike[str]) -> Self:
        """The network that text stands for: `784-300-10`, a preset, or the path of a TOML file or model.

        Of a model it is the definition alone, without what was learned; `load` gives the model itself.
        Raises DefinitionError, UsageError, UnknownNameError, ModelFileError.
        """
        return cls.of(read_network(text).net)

    @property
    def parameter_count(self) -> int:
        """Weights, biases, and the scales and shifts of normalisations; shared weights count once."""
        return self.definition.parameter_count

    def __repr__(self) -> str:
        return f"Network({str(self.definition.resolved())!r}, loss={self.definition.resolved().loss!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self.definition == other.definition

    def __hash__(self) -> int:
        return hash(self.definition)

    if not TYPE_CHECKING:  # to a type checker it would mean that any attribute is there

        def __getattr__(self, name):
            names = [known for known in dir(self) if known[0] != "_"]
            raise unknown("attribute", name, names, error=UnknownAttributeError)

    def to_python(
        self,
        optimizer: OptimizerChoice | str = "sgd",
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        max_norm: float | None = None,
        ema: float | None = None,
    ) -> str:
        """The network as one readable Python file that needs NumPy alone, from its initial parameters on;
        `Model.to_python` gives learned ones. clip_norm, clip_value, max_norm, ema: of its step, as in `fit`.
        Raises UnknownNameError, UsageError."""
        from chainrule.render.python_file import python_file

        net = self.definition.resolved()
        update = update_of(str(optimizer), clip_norm, clip_value, max_norm, ema)
        return python_file(build(net, update), update.optimizer)

    def derive(
        self,
        notation: str = "nielsen",
        lang: Language | None = None,
        level: str = "layer",
        of: str | None = None,
        optimizer: OptimizerChoice | str = "sgd",
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        max_norm: float | None = None,
        ema: float | None = None,
    ) -> Document:
        """How this network's gradients come about, in a textbook's notation: a document that shows itself in
        a notebook, and has .markdown(), .latex(), .html(), .ipynb() and .terminal().

        notation: nielsen, testnet, ufldl, han, zhou. lang: en, zh; None: the environment's. level: rule,
        layer, node. of: with node, the weight to follow, `W1[0,1]`. clip_norm, clip_value, max_norm, ema: of
        the update, as in `fit`. Raises UnknownNameError, UsageError.
        """
        from chainrule.derivation.derive import derive

        update = update_of(str(optimizer), clip_norm, clip_value, max_norm, ema)
        return derive(self.definition, notation=notation, lang=lang, level=level, of=of, update=update)

    def trace(
        self,
        x: object,
        y: object = None,
        params: Mapping[str, Any] | None = None,
        *,
        optimizer: OptimizerChoice | str = "sgd",
        lr: float | None = None,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        max_norm: float | None = None,
        ema: float | None = None,
    ) -> Trace:
        """Every number of one step on some samples: `net.trace(x, y)["delta1"]` is an array.

        x: (n, d), scaled as the network takes it, or one sample (d,). y: (n, k); None: the forward pass
        alone. params: arrays by name; what is missing is drawn from the seed. lr: learning rate; None: the
        optimizer's. clip_norm, clip_value, max_norm, ema: of the update, as in `fit`. Raises ShapeError,
        UsageError, UnknownNameError.
        """
        from chainrule.trace import Trace

        rate = optimizer.lr if isinstance(optimizer, OptimizerChoice) and lr is None else lr
        update = update_of(str(optimizer), clip_norm, clip_value, max_norm, ema)
        return Trace(self.definition, x, y, params, update=update, lr=rate)

    def check_gradients(self, x: object = None, y: object = None, **settings: Any) -> GradientReport:
        """Every parameter's derived gradient against finite differences, in float64.

        x: (n, d), y: (n, k); drawn from the seed where they are not given. Settings and errors are those of
        check.gradients.check_gradients.
        """
        from chainrule.check.gradients import check_gradients

        return check_gradients(self.definition, x, y, **settings)

    @memory.told()
    def fit(
        self,
        train: object,
        *,
        validation: object = None,
        norm: str | None = None,
        epochs: int | None = None,
        batch_size: int = Recipe.batch_size,
        optimizer: OptimizerChoice | str = Recipe.optimizer,
        lr: float | None = None,
        schedule: str = Recipe.schedule,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        max_norm: float | None = None,
        ema: float | None = None,
        smoothing: float = 0.0,
        class_weights: object = None,
        sample_weight: object = None,
        distort: str | None = None,
        input_noise: float | None = None,
        patience: int | None = None,
        stop_when_worse: int | None = None,
        seed: int | None = None,
        engine: str = "auto",
        threads: int | None = None,
        doctor: bool = True,
        progress: Callable[[Progress], None] | None = None,
    ) -> Model:
        """Train on samples: a data set, Samples, or a pair (x, y); return the model after the last epoch or,
        with patience or stop_when_worse, the one that was best on the validation part.

        x: (n, d) numbers, or (n, height, width) pictures; the model remembers the columns of a table with
        names, such as a DataFrame. y: (n,) classes: text, whole numbers or truth values; (n, k) one-hot,
        which are classes too; or other floats, (n,) or (n, k). Whole numbers below the number of outputs are
        class numbers, even if some class does not occur. validation: samples to watch, never learned from;
        its y names the classes of y. sample_weight: (n,), how much each sample counts in training, in place
        of the weights that the samples have; only their proportions matter. class_weights: `balanced`,
        numbers by classes, as text `a=2,b=0.5` or a table whose keys are values of y, or a number for each
        class in order. lr: learning rate; None: the optimizer's. engine: numpy, native, or what suits the
        work best. norm: the normalisation of every hidden layer, `layer` or `batch`, in place of the
        network's own; None: as it is. threads: at most so many. doctor: whether to look for what is wrong
        with the training. progress: called as training goes on. The other settings are those of Recipe.
        The model's `history` has an entry an epoch, and its `findings` are what the doctor says; an error has
        that as a note.
        Raises ShapeError, UsageError, UnknownNameError, DefinitionError; TrainingError where the loss stops
        being a number, OutOfMemoryError, which is one, where the memory does not suffice.
        """
        if progress is not None and not callable(progress):
            raise UsageError("training.not_callable", name="progress", found=shown(progress))
        definition = self.definition if norm is None else self.definition.with_norm(norm)
        if seed is not None:
            seed = replace(self.definition, seed=seed).seed  # which refuses what is none
        outputs = self.definition.outputs
        samples = train.train if isinstance(train, Dataset) else as_samples(train, outputs=outputs)
        if sample_weight is not None:
            samples = weighted(samples, sample_weight)
        expected = None if isinstance(validation, Samples) else samples.info
        watched = None if validation is None else _watched(validation, expected)
        rate = optimizer.lr if isinstance(optimizer, OptimizerChoice) and lr is None else lr
        recipe = Recipe(
            epochs,
            batch_size,
            str(optimizer),
            rate,
            schedule,
            clip_norm=clip_norm,
            clip_value=clip_value,
            max_norm=max_norm,
            ema=ema,
            smoothing=smoothing,
            class_weights=weights_by_name(class_weights, samples.info),
            distort=distort,
            input_noise=input_noise,
            patience=patience,
            stop_when_worse=stop_when_worse,
        )
        trainer = Trainer(
            definition, samples, recipe, validation=watched, seed=seed, engine=engine, threads=threads
        )
        if not doctor:
            return trainer.run(progress=progress)
        watching = Doctor(train.test if isinstance(train, Dataset) else None)
        found: list[Finding] = []

        def look(trainer: Trainer) -> None:
            found.extend(watching.look(trainer))

        try:
            look(trainer)
            model = trainer.run(progress=progress, after_steps=look, after_epoch=look)
            if trainer.converged:  # after its last epoch
                look(trainer)
        except TrainingError as error:
            watching.explain(error, trainer)
            raise
        finally:
            trainer.rest()
        return replace(model, findings=tuple(finding.to_dict() for finding in found))


def _watched(validation: object, info: Info | None) -> Samples:
    """The samples of a validation part. info: what its arrays are expected to be. Raises ShapeError."""
    try:
        return as_samples(validation, info)
    except ShapeError as error:
        raise ShapeError("training.in_validation", problem=error) from error


def check_formula(
    formula: str,
    *,
    of: str,
    network: Network | NetworkDefinition | str,
    layout: str = "column",
    latex: bool = False,
    notation: str | None = None,
    lang: Language | None = None,
) -> FormulaReport:
    """Whether a formula written by hand, such as `(W2.T @ delta2) * a1 * (1 - a1)`, is the quantity `of` of a
    network, and if not, what is wrong with it. It is parsed, never executed.

    of: delta1, dz1, da1, dW1, db1 and so on. network: one, its definition, or text such as "2-3-2". layout:
    `column`, one sample whose vectors are columns (z1 = W1 @ a0 + b1), or `rows`, a batch with a sample a row
    (z1 = a0 @ W1.T + b1). latex: it is LaTeX, which is seen from a backslash too. notation: the textbook by
    whose layer numbers, signs and means it is read; None: the program's. lang: en, zh; None: the
    environment's.
    Raises UsageError, UnknownNameError; what cannot be read in the formula is a verdict, not an error.
    """
    from chainrule.check.formula import check_formula

    net = network if isinstance(network, (Network, NetworkDefinition)) else Network.parse(network)
    definition = net.definition if isinstance(net, Network) else net
    return check_formula(
        formula, of=of, network=definition, layout=layout, latex=latex, notation=notation, lang=lang
    )
