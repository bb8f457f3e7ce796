"""The training loop: one run, which can be stopped after any step and taken up again there."""

from __future__ import annotations

import copy
import math
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule import memory
from chainrule.catalog.optimizers import MINIMIZERS, is_minimizer
from chainrule.data.dataset import Samples
from chainrule.data.samples import matched
from chainrule.engines import make_engine
from chainrule.engines.choice import PROCESSORS, processors, suited
from chainrule.engines.feed import Feed, StreamFeed
from chainrule.engines.limits import hold, limited_to
from chainrule.engines.masks import mask_keys, masks_of
from chainrule.engines.numpy_engine import CHUNK, NumpyEngine
from chainrule.engines.space import of_training
from chainrule.errors import Sentence, TrainingError, UsageError, unfit
from chainrule.extras import need
from chainrule.model import Evaluation, Model, score
from chainrule.network import NetworkDefinition
from chainrule.network.meaning import initial_parameters
from chainrule.program import build
from chainrule.recipe import Recipe
from chainrule.targets import check_inputs, input_scaling, smoothed, targets_for
from chainrule.training.batches import feed_of, noisy, order_of
from chainrule.training.distorted import Distorted
from chainrule.training.record import check_kept
from chainrule.training.stopping import ends_early, goodness
from chainrule.training.weights import weights_for
from chainrule.training.whole_batch import WholeBatch

Array = NDArray[Any]
LOOKS = 50
"""How often in an epoch J is looked at; it costs time, as an update by itself needs no J."""
FINEST = 64
"""Roundings by which J, or 1 where it is smaller, must fall in an iteration over all samples at once."""
MOST_TRIALS = 20
"""How often J may be asked for in one such iteration, on average."""
MOST_PARTS = 64
"""Of a step, in a checkpoint that somebody wrote."""
PATIENCE = 0.2
"""Seconds that steps may take in one go, before it is asked whether to stop."""


@dataclass(frozen=True)
class Epoch:
    """An entry of the history. loss: mean J of those mini-batches of the epoch that were looked at, each
    before its update; where all samples are taken at once, J of all of them after the iteration."""

    epoch: int
    loss: float
    validation_loss: float | None
    validation_accuracy: float | None


@dataclass(frozen=True)
class Step:
    """An entry of the steps' log. step: its number in the epoch, from 1. loss: J before its update. lr: the
    learning rate of its update."""

    epoch: int
    step: int
    loss: float
    lr: float


@dataclass
class Progress:
    """Where a run stands, for those who watch: `step` of `steps` in `epoch` of `epochs`, the mean of J where
    it was looked at in this epoch, and what the last epoch's validation gave."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float | None
    validation_accuracy: float | None
    samples_per_second: float


def require(optimizer: str, engine: str) -> None:
    """Raise UsageError where a library that such a training needs is not installed. To be called before data
    are read."""
    if is_minimizer(optimizer):
        need("scipy", "extras.lbfgs")
    elif engine == "native" and platform.machine().lower() in PROCESSORS:
        need("llvmlite", "extras.native")


class Trainer:
    """One run of a network on a training part.

    engine: a name, or `auto`. threads: at most so many; None: as many as pay. What it does from any state on
    depends on that state, the settings, the seed and the engine alone, with the kind of processor and its
    library of matrix products; how many threads there are changes no bit.
    Raises UsageError where network and data do not fit, OutOfMemoryError where the memory does not suffice.
    """

    def __init__(
        self,
        net: NetworkDefinition,
        train: Samples,
        recipe: Recipe,
        *,
        validation: Samples | None = None,
        seed: int | None = None,
        engine: str = "auto",
        threads: int | None = None,
    ) -> None:
        require(recipe.optimizer, engine)
        self.net = net.resolved("classes" if train.info.classes is not None else "numbers")
        self.seed = self.net.seed if seed is None else seed
        self.recipe = recipe if train.info.classes is not None else recipe.for_numbers()
        check_inputs(self.net, train.info, train.x.shape[1])
        if recipe.stops_early and validation is None:
            raise UsageError("training.nothing_to_watch")
        if validation is not None:
            check_inputs(self.net, validation.info, validation.x.shape[1])
            validation = matched(validation, train.info)
        self.train, self.validation = train, validation
        self.targets = targets_for(self.net, train, recipe.low, recipe.high)
        self.scaling = input_scaling(train)
        self.weights = weights_for(train, recipe.class_weights)
        self.program = build(
            self.net,
            recipe.update,
            targets_sum_to_one=self.targets.sum_to_one,
            weighted=self.weights is not None,
        )
        if threads is not None and not (isinstance(threads, int) and threads >= 1):
            raise UsageError("training.bad_whole", name="threads", found=repr(threads), least=1)
        learned_from = smoothed(self.targets, recipe.smoothing)
        size = CHUNK if recipe.all_at_once else recipe.batch_size
        self.batches = feed_of(train, self.scaling, learned_from, size, self.net.dtype, self.weights)
        over_samples = bool(self.program.statistics)
        if over_samples and self.batches.size == 1:
            raise UsageError("training.batch_of_one")
        # A last batch of one sample: its deviation is 0, so it would teach little, and draw the running
        # averages away from those of the data just before they are used.
        self._left_out = int(over_samples and len(train) % self.batches.size == 1)
        self.epochs = recipe.epochs_for(len(train))
        if recipe.all_at_once:
            engine = self._for_all_at_once(engine)
        elif engine == "auto":
            engine = suited(self.program, self.batches.size, self.epochs * self.epoch_steps)
        remembered = _remembered(recipe.optimizer) if recipe.all_at_once else 0
        self.space = of_training(self.program, self.net.dtype, self.batches.size, engine, remembered)
        memory.require(self.space)
        with memory.told(self.space):
            self.engine = make_engine(
                engine, self.program, initial_parameters(self.net, self.seed), self.net.dtype
            )
        self._most_threads = min(processors(), threads or processors())
        self._distorted: Distorted | None = None
        if recipe.distort:
            workers = min(processors(), threads or processors())
            self._distorted = Distorted(
                self.batches, train.info, recipe.distort, self.seed, self.epochs, workers
            )
        self.epoch = 0  # finished epochs
        self.step = 0  # finished steps of the epoch in hand
        self.seconds = 0.0  # of training; no part of the state, which is the same for every run
        self.history: list[Epoch] = []
        self.log: list[Step] = []  # where the recipe asks for one; whoever writes it down empties it
        self.converged = False  # whether the optimizer, taking all samples at once, finds no smaller J
        self.broke_at: dict[str, Array] | None = None  # parameters, taking all at once, where J is no number
        self._best: tuple[int, dict[str, Array]] | None = None
        self._looks: list[float] = []
        self._at_once = 1  # steps that the engine is asked for
        self._is_twin = False

    def twin(self, recipe: Recipe | None = None) -> Trainer:
        """The same training as it is now, on NumPy, which goes on by itself and leaves this one alone.

        recipe: another one with the same update; pictures are not distorted then.
        """
        twin = copy.copy(self)
        engine = self.engine
        twin.engine = NumpyEngine(self.program, engine.parameters, self.net.dtype, engine.states, engine)
        twin.history, twin.log, twin._looks, twin._at_once = [*self.history], [], [*self._looks], 1
        twin._is_twin = True
        if recipe is not None:
            twin.recipe, twin.validation, twin._distorted = recipe, None, None
        return twin

    def one_step(self) -> None:
        """One step of a twin, and the end of the epoch where it is the last one. Raises TrainingError."""
        calls = iter((False, True))
        self.run(stop=lambda: next(calls, True))

    def fed(self) -> tuple[Array, ...]:
        """What the next step learns from: inputs (n, d), targets (n, k), and `program.beside`."""
        order = order_of(len(self.train), self.seed, self.epoch, self.recipe.shuffle)
        with self._feeding() as feed:
            x, y = feed.batch(order, self.step)
            keys = mask_keys(self.program, self.seed, self.epoch, self.step + 1)[self.step]
            masks = masks_of(self.program, len(x), keys, self.net.dtype).values()
            return x, y, *masks, *feed.weights_of(order, self.step)

    @contextmanager
    def _feeding(self) -> Iterator[Feed | StreamFeed]:
        """What this epoch learns from."""
        feed = self._distorted.feed(self.epoch) if self._distorted else self.batches
        noise = self.recipe.input_noise
        if noise is None:
            yield feed
            return
        added = noisy(feed, noise, self.seed, self.epoch)
        try:
            yield added
        finally:
            added.rest()

    def _for_all_at_once(self, engine: str) -> str:
        """The engine that J and its gradient come from. Raises UsageError where all samples at once will not
        do."""
        if self.program.masks:
            raise UsageError("training.drawn_each_step", optimizer=self.recipe.optimizer)
        if self.program.statistics:  # of which there would be other ones at every point that it tries
            raise UsageError("training.no_batches", optimizer=self.recipe.optimizer)
        if engine == "native":
            raise UsageError("training.needs_numpy", optimizer=self.recipe.optimizer)
        return "numpy" if engine == "auto" else engine

    @property
    def parts(self) -> int:
        """Count the parts into which a step is cut."""
        return self.engine.cut(self.batches.size)

    @property
    def threads(self) -> int:
        """Count the threads that work at a step: one for each part, as far as they may be used."""
        return min(self._most_threads, self.parts)

    @property
    def epoch_steps(self) -> int:
        """The steps of an epoch."""
        return 1 if self.recipe.all_at_once else len(self.batches) - self._left_out

    @property
    def steps(self) -> int:
        """All steps done so far."""
        return self.epoch * self.epoch_steps + self.step

    @property
    def samples(self) -> int:
        """How many samples have been learned from so far, each as often as it was."""
        return self.epoch * (len(self.train) - self._left_out) + self.step * self.batches.size

    @property
    def finished(self) -> bool:
        return self.epoch >= self.epochs or self.converged or self.stopped_early

    @property
    def stopped_early(self) -> bool:
        """Whether the validation part says that training is over."""
        return self._best is not None and ends_early(self.recipe, self.history, self._best[0])

    def run(
        self,
        *,
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[Progress], None] | None = None,
        after_steps: Callable[[Trainer], None] | None = None,
        after_epoch: Callable[[Trainer], None] | None = None,
    ) -> Model:
        """Train to the last epoch, or until `stop` says so after a step; return the `outcome` then.

        after_steps: called now and then within an epoch, after some of its steps.
        Raises TrainingError where J stops being a number; the best model so far stays in `best`.
        OutOfMemoryError where the memory does not suffice.
        """
        # with other numbers of threads, sums come out differently in their last digit
        try:
            with memory.told(self.space), limited_to(1) as limit, limit:
                self._run(stop, memory.callers(progress), after_steps, after_epoch)
        finally:
            if not self._is_twin:  # which is fed by what its original uses
                self.rest()
        return self.outcome

    def rest(self) -> None:
        """End the threads that prepare batches; they come back when they are needed."""
        for prepared in (self._distorted, self.batches):
            if prepared is not None:
                prepared.rest()

    def _run(
        self,
        stop: Callable[[], bool],
        progress: Callable[[Progress], None] | None,
        after_steps: Callable[[Trainer], None] | None,
        after_epoch: Callable[[Trainer], None] | None,
    ) -> None:
        if self.recipe.all_at_once and not self.finished and not stop():
            self._minimize(stop, progress, after_epoch)
            return
        while not self.finished and not stop():
            order = order_of(len(self.train), self.seed, self.epoch, self.recipe.shuffle)
            with self._feeding() as feed:
                self._steps(feed, order, stop, progress, after_steps)
            if self.step == self.epoch_steps:
                self._finish_epoch()
                if after_epoch:
                    after_epoch(self)

    def _steps(
        self,
        feed: Feed | StreamFeed,
        order: NDArray[np.int64],
        stop: Callable[[], bool],
        progress: Callable[[Progress], None] | None,
        after_steps: Callable[[Trainer], None] | None,
    ) -> None:
        every = self.recipe.log_steps or math.ceil(self.epoch_steps / LOOKS)
        steps, before, start = self.epoch_steps, self.seconds, time.perf_counter()
        scalars = self._scalars()
        keys = mask_keys(self.program, self.seed, self.epoch, steps)
        while self.step < steps:
            first = self.step
            begun = time.perf_counter()
            here, places, most = feed.part(order, first)
            last = first + min(self._at_once, most)
            given, drawn = scalars[first:last], keys[first:last]
            hold()
            looks = self.engine.steps(here, places, first, given, every, self.threads, drawn)
            self.step += len(given)
            self.seconds = before + time.perf_counter() - start
            for number, J in zip(range(-(-first // every) * every, self.step, every), looks, strict=True):
                self._looks.append(J)
                if not math.isfinite(J):
                    self.step = number
                    raise self._diverged()
                if self.recipe.log_steps:
                    rate = float(scalars[number, self.program.scalars.index("lr")])
                    self.log.append(Step(self.epoch + 1, number + 1, J, rate))
            if stop():
                return
            if progress and (looks or self.step == steps):
                progress(self._progress())
            taken = time.perf_counter() - begun
            if taken < PATIENCE / 2 and len(given) == self._at_once:
                self._at_once = min(2 * self._at_once, self.engine.most_at_once)
            elif taken > 2 * PATIENCE:  # a machine that is busy now
                self._at_once = max(1, self._at_once // 2)
            if after_steps and self.step < steps:
                begun = time.perf_counter()
                after_steps(self)
                start += time.perf_counter() - begun

    def _minimize(
        self,
        stop: Callable[[], bool],
        progress: Callable[[Progress], None] | None,
        after_epoch: Callable[[Trainer], None] | None,
    ) -> None:
        """`run` where all samples are taken at once. What the method knows of its iterations is in no file,
        so a run that is taken up makes those once more, which leads to the same numbers."""
        from scipy.optimize import OptimizeResult, minimize

        row, settings = MINIMIZERS.choose(self.recipe.optimizer)
        whole = WholeBatch(self.engine, self.batches, len(self.train))
        kept, known, made, halted = whole.point, self.epoch, 0, False
        before, start = self.seconds, time.perf_counter()

        def finite(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            hold()
            loss, gradient = whole(point)
            if not math.isfinite(loss):
                self.broke_at = {name: w.copy() for name, w in self.engine.parameters.items()}
                raise self._diverged()
            return loss, gradient

        def after_iteration(intermediate_result: OptimizeResult) -> None:
            nonlocal kept, made, halted, start
            made += 1
            if made > known:
                self.seconds = before + time.perf_counter() - start
                begun = time.perf_counter()
                whole.point = kept = intermediate_result.x.copy()
                self._looks, self.step = [float(intermediate_result.fun)], 1
                if progress:
                    progress(self._progress())
                self._finish_epoch()
                if after_epoch:
                    after_epoch(self)
                start += time.perf_counter() - begun
            if self.finished or stop():
                halted = True
                raise StopIteration

        first = initial_parameters(self.net, self.seed)
        options: Any = {
            **row.function(**settings),
            "ftol": FINEST * float(np.finfo(self.net.dtype).eps),
            "maxiter": self.epochs,
            "maxfun": MOST_TRIALS * self.epochs,
        }
        try:
            with limited_to(1) as limit, limit:  # once more: SciPy brings a library of its own
                minimize(
                    finite,
                    np.concatenate([first[name].ravel() for name in self.engine.parameters]),
                    jac=True,
                    method=row.method,
                    callback=after_iteration,
                    options=options,
                )
        finally:
            whole.point = kept
        self.converged = not halted

    def _scalars(self) -> Array:
        """`program.scalars` of the steps of this epoch, a row each."""
        steps = self.epoch_steps
        done = self.epoch * steps + np.arange(steps)
        scores = map(goodness, self.history)
        rates = np.broadcast_to(self.recipe.rate(done / (self.epochs * steps), scores), steps)
        scalars = np.empty((steps, len(self.program.scalars)))
        for column, name in zip(scalars.T, self.program.scalars, strict=True):
            column[...] = {"lr": rates, "t": done + 1}[name]
        return scalars

    def _diverged(self) -> TrainingError:
        """What is raised where J is no finite number; the doctor puts another `hint` where it knows more."""
        recipe, fields = self.recipe, {"epoch": self.epoch + 1}
        if self.steps == 0:
            hint = Sentence("training.never_finite.hint")
            return TrainingError("training.never_finite", dtype=self.net.dtype, hint=hint)
        if recipe.all_at_once:
            hint = Sentence("training.beyond_numbers.hint")
            return TrainingError("training.beyond_numbers", **fields, optimizer=recipe.optimizer, hint=hint)
        fields |= {"step": self.step + 1}
        hint = Sentence("training.diverged.hint")
        return TrainingError("training.diverged", **fields, rate=recipe.top_rate, hint=hint)

    def _progress(self) -> Progress:
        last = self.history[-1] if self.history else None
        return Progress(
            self.epoch + 1,
            self.epochs,
            self.step,
            self.epoch_steps,
            sum(self._looks) / len(self._looks) if self._looks else None,
            last.validation_accuracy if last else None,
            self.samples / self.seconds if self.seconds else 0.0,
        )

    def _finish_epoch(self) -> None:
        if not all(np.isfinite(w).all() for w in self.engine.parameters.values()):
            raise self._diverged()
        loss = sum(self._looks) / len(self._looks)
        seen = self._score(self.validation) if self.validation else None
        self.history.append(
            Epoch(self.epoch + 1, loss, seen.loss if seen else None, seen.accuracy if seen else None)
        )
        self.epoch, self.step, self._looks = self.epoch + 1, 0, []
        if self._best is None or goodness(self.history[-1]) > goodness(self.history[self._best[0] - 1]):
            self._best = self.epoch, self._parameters()

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """The running averages, where the recipe asks for them, in the place of the parameters."""
        if self.recipe.ema is None or self.steps == 0:
            yield
            return
        held, states = self.engine.parameters, self.engine.states
        trained = {name: held[name].copy() for name in self.program.parameters}
        for name in trained:
            held[name][...] = states[f"ema_{name}"]
        try:
            yield
        finally:
            for name, w in trained.items():
                held[name][...] = w

    def _parameters(self) -> dict[str, Array]:
        with self._averaged():
            return {name: w.copy() for name, w in self.engine.parameters.items()}

    def _score(self, samples: Samples) -> Evaluation:
        with self._averaged():
            return score(self.engine, self.scaling, self.targets, samples)

    def _model(self, parameters: dict[str, Array], epochs: int) -> Model:
        history = tuple(map(asdict, self.history[:epochs]))
        return Model(self.net, parameters, self.scaling, self.targets, self.train.info, history)

    @property
    def model(self) -> Model:
        """The model with the parameters of this moment."""
        return self._model(self._parameters(), self.epoch)

    @property
    def outcome(self) -> Model:
        """What training gives: the model of this moment; where it may end early, the best one."""
        return self.best if self.recipe.stops_early and self.best else self.model

    @property
    def best(self) -> Model | None:
        """The model after the epoch that was best on the validation part or, without one, in J; None before
        the first epoch is over."""
        return self._model(self._best[1], self._best[0]) if self._best else None

    def train_evaluation(self) -> Evaluation:
        """Loss and metrics over the whole training part with the parameters of this moment."""
        return self._score(self.train)

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """The optimizer's arrays and the counters: with the model, all that is needed to go on."""
        counters = {
            "epoch": self.epoch,
            "step": self.step,
            "looks": self._looks,
            "parts": self.parts,  # with other ones, sums come out differently in their last digit
        }
        if self.recipe.all_at_once:
            counters["converged"] = self.converged
        arrays = dict(self.engine.states)
        if self.recipe.ema is not None:  # the model has the averages
            arrays |= {f"trained_{name}": self.engine.parameters[name] for name in self.program.parameters}
        return arrays, counters

    def restore(self, model: Model, states: Mapping[str, Array], counters: Mapping[str, Any]) -> None:
        """Go back to a state that was kept. Raises ValueError, KeyError, TypeError for another run's, and for
        one that no training comes to; UsageError for one that saw its inputs scaled in another way."""
        if model.net != self.net:
            raise unfit("network")
        for ours, theirs in zip(vars(self.scaling).values(), vars(model.scaling).values(), strict=True):
            if ours.shape != theirs.shape or not np.allclose(ours, theirs, rtol=1e-9, atol=0):
                raise UsageError("training.other_scaling", name=self.train.info.name)
        check_kept(counters, model.history, self.epoch_steps)
        averaged = self.program.parameters if self.recipe.ema is not None else ()
        for name, array in self.engine.parameters.items():
            array[...] = states[f"trained_{name}"] if name in averaged else model.parameters[name]
        for name, array in self.engine.states.items():
            if states[name].shape != array.shape or states[name].dtype != array.dtype:
                raise unfit(name)
            array[...] = states[name]
        self.history = [Epoch(**entry) for entry in model.history]
        self.epoch, self.step = counters["epoch"], counters["step"]
        parts = counters.get("parts", self.parts)
        if not 1 <= parts <= MOST_PARTS:
            raise unfit("parts")
        self.engine.parts = parts
        self._looks = list(map(float, counters["looks"]))
        self.converged = counters.get("converged", False)

    def restore_best(self, best: Model) -> None:
        """Take a model that was kept for the best epoch so far; one of an epoch that is still to come again
        is left alone."""
        if 1 <= len(best.history) <= self.epoch:
            self._best = len(best.history), dict(best.parameters)


def _remembered(optimizer: str) -> int:
    """Count the steps that a minimizer remembers."""
    row, settings = MINIMIZERS.choose(optimizer)
    return int(row.function(**settings)["maxcor"])
