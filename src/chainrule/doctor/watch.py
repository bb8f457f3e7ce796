"""When the doctor looks: before the first step, after the first steps and the first epoch, then ever more
rarely, and at the end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable

import numpy as np

from chainrule.data.dataset import Samples
from chainrule.doctor.finding import Finding
from chainrule.doctor.illnesses import BEGIN, EARLY, END, ILLNESSES, LATE, MIDWAY, broken_down
from chainrule.doctor.patient import Patient
from chainrule.errors import Sentence, TrainingError
from chainrule.training.loop import Trainer

FIRST_STEPS = 63
"""After how many steps of a long first epoch it looks: what an engine has done that is asked for 1 step, then
for 2, 4, 8, 16 and 32 more."""
SECONDS_KEPT = 1.0
"""Seconds of training after which a state is kept that steps can be done again from."""
COST = 0.005
"""The share of the time that keeping states may take."""
BROKEN_DOWN = ("training.diverged", "training.never_finite")
"""Errors of trainings that can be explained."""
HOPELESS = {row.name for row in ILLNESSES if row.hopeless} | {"non_finite", "overflow", "never_finite"}
"""What may be why nothing of use is learned."""


class Doctor:
    """Watches one run: `look` is called before it, now and then after some steps, and after every epoch.

    test: the test part, of which only the inputs are compared with those that are learned from. tell: called
    with each finding. known: codes of what was found in an earlier part of the run, which is not told again.
    What it does changes nothing in the training.
    """

    def __init__(
        self,
        test: Samples | None = None,
        tell: Callable[[Finding], None] = lambda finding: None,
        known: Iterable[str] = (),
    ) -> None:
        self.test, self.tell, self.known = test, tell, set(known)
        self._start: Patient | None = None
        self._told: list[Finding] = []
        self._kept: Trainer | None = None
        self._due = 0.0  # seconds of training at which a state is kept again
        self._looked_early = False

    @np.errstate(all="ignore")
    def look(self, trainer: Trainer) -> list[Finding]:
        """Look at the training where it is time to; returns what is found."""
        found: list[Finding] = []
        if self._start is None:
            self._start = Patient(trainer.twin(), test=self.test)
            found = self._examine(self._start, BEGIN)
        elif (stage := self._stage(trainer)) is not None:
            found = self._examine(Patient(trainer, self._start), stage)
        if self._kept is None or trainer.seconds > self._due:
            begun = time.perf_counter()
            self._kept = trainer.twin()
            taken = time.perf_counter() - begun
            self._due = trainer.seconds + max(SECONDS_KEPT, taken / COST)
        return found

    @np.errstate(all="ignore")
    def explain(self, error: TrainingError) -> list[Finding]:
        """Find out what the training broke down of, where that is why it failed. The error gets what was
        found as notes, and says that they tell what to try."""
        if error.key not in BROKEN_DOWN:
            return []
        found = self._reason_of_breakdown()
        told = [each for each in self._told if each.code in HOPELESS]
        if told:
            error.fields["hint"] = Sentence("doctor.says")
        for each in told:
            error.add_note(str(each))
        return found

    def _reason_of_breakdown(self) -> list[Finding]:
        if self._kept is None or self._start is None:
            return []
        if self._kept.recipe.all_at_once:  # whose steps cannot be done again one by one
            return []
        better = (each.numbers.get("better", math.inf) for each in self._told)
        lower = [rate for rate in better if rate < self._kept.recipe.top_rate]
        found = broken_down(self._kept, self._start, lower)
        if found is None:
            return []
        code, numbers = found
        return [self._said(Finding(code, numbers["epoch"] - 1, numbers))]

    def _stage(self, trainer: Trainer) -> int | None:
        """How far the training is, where that is a time to look."""
        done, whole = trainer.epoch, trainer.epochs
        if trainer.step:
            due = not self._looked_early and not done and trainer.steps >= FIRST_STEPS
            self._looked_early |= due
            return EARLY if due else None
        if trainer.finished:
            return END
        if done in (1, *(math.ceil(whole * share) for share in (1 / 8, 1 / 4, 1 / 2))):
            return LATE if 2 * done >= whole else MIDWAY if 4 * done >= whole else EARLY
        return None

    def _examine(self, patient: Patient, stage: int) -> list[Finding]:
        """Look for every illness that can be seen at this stage and was not found yet."""
        found: list[Finding] = []
        if stage > BEGIN and not math.isfinite(patient.loss):
            return found  # the training is about to break down
        if BEGIN < stage < END and patient.averages_behind:
            return found  # they may catch up
        hopeless = not HOPELESS.isdisjoint(self.known)
        for row in ILLNESSES:
            due = row.when == BEGIN if stage == BEGIN else BEGIN < row.when <= stage
            if not due or row.name in self.known or (row.hopeless and hopeless):
                continue
            numbers = row.test(patient)
            if numbers is not None:
                hopeless |= row.hopeless
                found.append(self._said(Finding(row.name, patient.trainer.epoch, numbers)))
        return found

    def _said(self, finding: Finding) -> Finding:
        self.known.add(finding.code)
        self._told.append(finding)
        self.tell(finding)
        return finding
