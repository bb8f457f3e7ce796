"""When the doctor looks: before the first step, after the first steps and the first epoch, then ever more
rarely, and at the end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable

from chainrule.data.dataset import Samples
from chainrule.doctor.finding import Finding
from chainrule.doctor.illnesses import BEGIN, EARLY, ILLNESSES, LATE, MIDWAY, broken_down
from chainrule.doctor.patient import Patient
from chainrule.training.loop import Trainer

FIRST_STEPS = 63
"""After how many steps of a long first epoch it looks: what an engine has done that is asked for 1 step, then
for 2, 4, 8, 16 and 32 more."""
SECONDS_KEPT = 1.0
"""Seconds of training after which a state is kept that steps can be done again from."""
COST = 0.005
"""The share of the time that keeping states may take."""


class Doctor:
    """Watches one run: `look` is called before it, now and then after some steps, and after every epoch.

    test: the test part, of which only the inputs are compared with those that are learned from. tell: called
    with each finding. known: findings of an earlier part of the run, which are not told again.
    What it does changes nothing in the training.
    """

    def __init__(
        self,
        test: Samples | None = None,
        tell: Callable[[Finding], None] = lambda finding: None,
        known: Iterable[Finding] = (),
    ) -> None:
        self.test, self.tell = test, tell
        self.findings = list(known)
        self._start: Patient | None = None
        self._kept: Trainer | None = None
        self._due = 0.0  # seconds of training at which a state is kept again
        self._looked_early = False

    def look(self, trainer: Trainer) -> None:
        """Look at the training where it is time to."""
        if self._start is None:
            self._start = Patient(trainer.twin(), test=self.test)
            self._examine(self._start, BEGIN)
        elif (stage := self._stage(trainer)) is not None:
            self._examine(Patient(trainer, self._start), stage)
        if self._kept is None or trainer.seconds > self._due:
            begun = time.perf_counter()
            self._kept = trainer.twin()
            taken = time.perf_counter() - begun
            self._due = trainer.seconds + max(SECONDS_KEPT, taken / COST)

    def explain(self) -> Finding | None:
        """Find out what the training broke down of; None where it does not break down again."""
        if self._kept is None or self._start is None:
            return None
        found = broken_down(self._kept, self._start)
        if found is None:
            return None
        code, numbers = found
        finding = Finding(code, numbers["epoch"] - 1, numbers)
        self._say(finding)
        return finding

    def _stage(self, trainer: Trainer) -> int | None:
        """How far the training is, where that is a time to look."""
        done, whole = trainer.epoch, trainer.epochs
        if trainer.step:
            due = not self._looked_early and not done and trainer.steps >= FIRST_STEPS
            self._looked_early |= due
            return EARLY if due else None
        if trainer.finished:
            return LATE
        if done in (1, *(math.ceil(whole * share) for share in (1 / 8, 1 / 4, 1 / 2))):
            return LATE if 2 * done >= whole else MIDWAY if 4 * done >= whole else EARLY
        return None

    def _examine(self, patient: Patient, stage: int) -> None:
        """Look for every illness that can be seen at this stage and was not found yet."""
        if stage > BEGIN and not math.isfinite(patient.loss):
            return  # the training is about to break down
        found = {finding.code for finding in self.findings}
        hopeless = any(row.hopeless and row.name in found for row in ILLNESSES)
        for row in ILLNESSES:
            due = row.when == BEGIN if stage == BEGIN else BEGIN < row.when <= stage
            if not due or row.name in found or (row.hopeless and hopeless):
                continue
            numbers = row.test(patient)
            if numbers is not None:
                hopeless |= row.hopeless
                self._say(Finding(row.name, patient.trainer.epoch, numbers))

    def _say(self, finding: Finding) -> None:
        self.findings.append(finding)
        self.tell(finding)
