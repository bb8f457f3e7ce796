"""When the doctor looks: before the first step, after the first steps and the first epoch, then ever more
rarely, and at the end; never so soon again that looking would take much of the time."""

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
LONG = 50 * FIRST_STEPS
"""Steps of a training that is long enough for that; a shorter one is left alone where its loss shows that it
learned."""
STEPS_BETWEEN, SAMPLES_BETWEEN = 1_000, 20_000
"""The least that is done between two looks after epochs where J falls: a look takes as long as some ten small
steps."""
SECONDS_BETWEEN = 600.0
"""The longest that a training is left alone."""
SECONDS_KEPT = 1.0
"""Seconds of training after which a state is kept that steps can be done again from."""
COST = 0.005
"""The share of the time that keeping states may take."""
BROKEN_DOWN = ("training.diverged", "training.never_finite", "training.beyond_numbers")
"""Errors of trainings that can be explained."""
HOPELESS = {row.name for row in ILLNESSES if row.hopeless} | {
    "never_finite",
    "non_finite",
    "overflow",
    "beyond_numbers",
}
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
        self._due = SECONDS_KEPT  # seconds of training at which a state is kept again
        self._idle = 0.0  # seconds of training until which nothing is to do within an epoch
        self._looked = 0, 0, 0.0  # steps, samples and seconds of training at the last look

    def look(self, trainer: Trainer) -> list[Finding]:
        """Look at the training where it is time to; returns what is found."""
        if trainer.step and (trainer.epoch or trainer.step < FIRST_STEPS) and trainer.seconds < self._idle:
            return []
        found: list[Finding] = []
        with np.errstate(all="ignore"):
            stage = self._stage(trainer)
            if stage is not None:
                found = self._examine(self._patient(trainer), stage)
                self._looked = trainer.steps, trainer.samples, trainer.seconds
        if trainer.seconds > self._due:
            begun = time.perf_counter()
            self._kept = trainer.twin()
            taken = time.perf_counter() - begun
            self._due = trainer.seconds + max(SECONDS_KEPT, taken / COST)
        self._idle = min(self._due, self._looked[2] + SECONDS_BETWEEN)
        return found

    def _patient(self, trainer: Trainer) -> Patient:
        if self._start is not None:
            return Patient(trainer, self._start)
        self._start = Patient(trainer.twin(), test=self.test)
        return self._start

    @np.errstate(all="ignore")
    def explain(self, error: TrainingError, trainer: Trainer) -> list[Finding]:
        """Find out what the training broke down of, where that is why it failed. The error gets what was
        found as notes, and says that they tell what to try."""
        if error.key not in BROKEN_DOWN:
            return []
        found = self._reason_of_breakdown(trainer)
        told = [each for each in self._told if each.code in HOPELESS]
        if told:
            error.fields["hint"] = Sentence("doctor.says")
        for each in told:
            error.add_note(str(each))
        return found

    def _reason_of_breakdown(self, trainer: Trainer) -> list[Finding]:
        if self._start is None:
            return []
        before = trainer if trainer.recipe.all_at_once else self._kept or self._start.trainer.twin()
        rates = [each.numbers["better"] for each in self._told if "better" in each.numbers]
        found = broken_down(before, self._start, rates)
        if found is None:
            return []
        code, numbers = found
        return [self._said(Finding(code, numbers["epoch"] - 1, numbers))]

    def _stage(self, trainer: Trainer) -> int | None:
        """How far the training is, where that is a time to look."""
        if self._start is None:
            return BEGIN
        whole = trainer.epochs * trainer.epoch_steps
        if not trainer.step and trainer.finished:
            return None if whole < LONG and self._start.learned(trainer.history) else END
        steps, samples, seconds = self._looked
        if trainer.step:
            due = steps < FIRST_STEPS <= trainer.step and not trainer.epoch and whole >= LONG
        else:
            epochs = (1, *(math.ceil(trainer.epochs * share) for share in (1 / 8, 1 / 4, 1 / 2)))
            pays = trainer.steps >= steps + STEPS_BETWEEN or trainer.samples >= samples + SAMPLES_BETWEEN
            due = trainer.epoch in epochs and (pays or trainer.history[-1].loss > self._start.chance)
        if not due and trainer.seconds < seconds + SECONDS_BETWEEN:
            return None
        return LATE if 2 * trainer.steps >= whole else MIDWAY if 4 * trainer.steps >= whole else EARLY

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
