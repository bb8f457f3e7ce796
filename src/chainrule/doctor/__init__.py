"""The doctor: watches a training at little cost and says what is wrong with it, and what to try.

finding      what it says: a code, and the numbers that show it
samples      what is measured of the samples alone
patient      what is measured of a training at one moment
trials       how far some steps at other rates get; the first number that is not finite
illnesses    the table: when each is looked for, and by which test
watch        when the doctor looks
"""

from chainrule.doctor.finding import Finding
from chainrule.doctor.watch import Doctor

__all__ = ["Doctor", "Finding"]
