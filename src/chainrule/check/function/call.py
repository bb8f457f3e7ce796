"""A user's own function: how it is called, and what of its result is the loss and what are gradients."""

from __future__ import annotations

import contextlib
import inspect
import io
import math
import random
import sys
import time
import traceback
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from types import TracebackType
from typing import Any, TypeVar

import numpy as np

from chainrule.check.function.values import Numbers, as_numbers, copied, like
from chainrule.errors import Sentence, UsageError, listed
from chainrule.randomness import generator
from chainrule.warned import heard

T = TypeVar("T")
Function = Callable[..., Any]
Values = dict[str, Any]
"""The arguments of a call by their names."""


@dataclass(frozen=True)
class Outcome:
    """What one call gave: the loss and the gradients as they came. arguments: as the call left them.
    warned: where and why NumPy warned."""

    loss: Any
    gradients: Any
    arguments: Values
    warned: Sentence | None


class Caller:
    """Calls a function that returns its loss and gradients; or one for the loss and one for the gradients, or
    a layer's forward and backward pass, whose loss is the sum of its outputs times numbers drawn.

    fixed: the global random numbers begin anew at every call. seconds: how long the fastest call took. What
    is printed goes to stderr, once.
    """

    def __init__(self, function: Function, gradient: Function | None, seed: int) -> None:
        self.function, self.gradient, self.seed = function, gradient, seed
        self.signature = _signature(function)
        self.fixed = False
        self.printed: Any = sys.stderr
        self.seconds = math.inf

    def bound(self, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Values:
        """Arguments by name, with the function's own defaults. Raises UsageError where they do not fit."""
        try:
            found = self.signature.bind(*arguments, **named)
        except TypeError as error:
            raise UsageError("check_function.arguments", signature=self.title, reason=str(error)) from error
        return self.completed(found.arguments)

    def completed(self, values: Mapping[str, Any]) -> Values:
        """Arguments by name, with the function's own defaults."""
        found = inspect.BoundArguments(self.signature, OrderedDict(values))
        found.apply_defaults()
        return dict(found.arguments)

    @property
    def title(self) -> str:
        """The function's name with its arguments."""
        return f"{getattr(self.function, '__name__', 'f')}({', '.join(self.signature.parameters)})"

    def __call__(self, values: Values) -> Outcome:
        """Call it with values of its own, so that it cannot change those given."""
        arguments = {name: copied(value) for name, value in values.items()}
        start = time.perf_counter()

        def called() -> tuple[Any, Any]:
            result = self._run(self.function, *self._of(arguments))
            return _parts(result) if self.gradient is None else self._pair(result, arguments)

        (loss, gradients), warned = self._listening(called)
        self.printed = io.StringIO()
        self.seconds = min(self.seconds, time.perf_counter() - start)
        return Outcome(loss, gradients, arguments, _told(warned[0]) if warned else None)

    def _of(self, values: Values) -> tuple[tuple[Any, ...], dict[str, Any]]:
        found = inspect.BoundArguments(self.signature, OrderedDict(values))
        return found.args, found.kwargs

    def _listening(self, work: Callable[[], T]) -> tuple[T, list[warnings.WarningMessage]]:
        """What some work gives, and its warnings. Standard output and random numbers are the process's, as
        warnings are, so that one thread at a time is here; blocks stand in one another for the same reason
        as theirs."""

        def quietly() -> T:
            with contextlib.redirect_stdout(sys.stdout), contextlib.redirect_stdout(self.printed):
                return with_random_numbers(self.seed, work) if self.fixed else work()

        return heard(quietly)

    def _run(self, function: Function, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        try:
            return function(*arguments, **named)
        except Exception as error:
            raise failure(error) from error

    def _pair(self, result: Any, arguments: Values) -> tuple[Any, Any]:
        """The loss and the gradients of two functions, of which the second may take what the first kept."""
        assert self.gradient is not None
        first, *kept = result if isinstance(result, tuple) and result else (result,)
        output = as_numbers(first)
        new: list[Any] = kept
        loss = first
        if output is not None and output.size > 1:  # a layer
            weights = generator(self.seed, "check outputs").standard_normal(output.shape)
            loss = float(np.sum(output * weights))
            new = [like(first, weights), *kept]
        return loss, self._run(self.gradient, *self._for_gradient(arguments, new))

    def _for_gradient(self, values: Values, new: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The gradient's arguments: those of the loss by name, and what the loss returned beside it."""
        assert self.gradient is not None
        parameters = _signature(self.gradient).parameters
        unknown = [name for name, p in parameters.items() if name not in values and p.default is p.empty]
        if not unknown:
            return (), {name: values[name] for name in parameters if name in values}
        if len(unknown) == len(new):
            known = {name: values[name] for name in parameters if name in values}
            return (), known | dict(zip(unknown, new, strict=True))
        if len(parameters) == len(values) and not new:
            return tuple(values.values()), {}
        raise UsageError("check_function.gradient_arguments", names=listed(unknown), signature=self.title)


def _told(warning: warnings.WarningMessage) -> Sentence:
    fields = {"file": File(warning.filename).name, "line": warning.lineno, "reason": warning.message}
    return Sentence("check_function.warned", **fields)


def _signature(function: Function) -> inspect.Signature:
    try:
        return inspect.signature(function)
    except ValueError:  # of what is written in C
        return inspect.signature(lambda *x: None)
    except TypeError as error:
        raise UsageError("check_function.not_callable", found=type(function).__name__) from error


def _parts(result: Any) -> tuple[Any, Any]:
    """Loss and gradients: usually in this order, and the other way round where that alone makes sense."""
    if not isinstance(result, (tuple, list)) or len(result) < 2:
        raise UsageError("check_function.no_pair", found=described(result))
    first, *rest = result
    if len(rest) == 1:
        other = rest[0]
        if _is_number(other) and not _is_number(first):
            return other, first
        return first, other
    # after a dictionary or list of gradients, what else is returned is none
    return first, rest[0] if isinstance(rest[0], Mapping) or as_numbers(rest[0]) is None else tuple(rest)


def _is_number(value: Any) -> bool:
    array = as_numbers(value)
    return array is not None and array.size == 1


def described(value: Any) -> str:
    """What a value is, briefly: its type, and its shape where it has one."""
    array: Numbers | None = as_numbers(value)
    name = type(value).__name__
    return name if array is None or not array.ndim else f"{name} {array.shape}"


def with_random_numbers(seed: int, work: Callable[[], T]) -> T:
    """What some work gives while the generators that all code shares begin at a seed. They go on afterwards
    as if nothing had been."""
    states = random.getstate(), np.random.get_state(), _of_torch()

    def put_back() -> None:
        random.setstate(states[0])
        np.random.set_state(states[1])
        for set_state, state in states[2]:
            set_state(state)

    try:
        try:
            random.seed(seed)
            np.random.seed(seed % 2**32)
            if "torch" in sys.modules:
                sys.modules["torch"].manual_seed(seed)
            return work()
        finally:
            put_back()
    finally:
        put_back()  # an interrupt may have come in between


def _of_torch() -> list[tuple[Callable[[Any], None], Any]]:
    """What puts the generators of PyTorch back, and their states, where it is loaded."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return []
    found = [(torch.set_rng_state, torch.get_rng_state())]
    if torch.cuda.is_available():  # `manual_seed` reaches these too
        found.append((torch.cuda.set_rng_state_all, torch.cuda.get_rng_state_all()))
    return found


def failure(error: BaseException) -> UsageError:
    """A user's own error, with the line where it arose."""
    if isinstance(error, UsageError):
        return error
    if isinstance(error, SyntaxError):
        file, line = error.filename or "", error.lineno
    else:
        frame = _last_own(error.__traceback__)
        file, line = frame.filename, frame.lineno
    said = str(error).partition("\n")[0].rstrip(".") if not isinstance(error, SyntaxError) else error.msg
    reason = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return UsageError("check_function.raised", file=File(file).name, line=line, reason=reason)


def _last_own(trace: TracebackType | None) -> traceback.FrameSummary:
    """The last line that is neither a library's nor the interpreter's."""
    frames = traceback.extract_tb(trace)
    libraries = File(np.__file__).parents[1], File(traceback.__file__).parent, File(__file__).parents[1]
    own = [frame for frame in frames if not frame.filename.startswith(("<", *map(str, libraries)))]
    return (own or frames)[-1]
