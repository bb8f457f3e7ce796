"""`check gradients`: derived gradients against finite differences of the loss.

check        the check
samples      what gradients are checked on, given or drawn
network      numeric derivatives of a network's loss
"""

from chainrule.check.gradients.check import check_gradients
from chainrule.check.gradients.samples import drawn_inputs, drawn_targets
from chainrule.check.report import GradientReport, ParameterReport

__all__ = ["GradientReport", "ParameterReport", "check_gradients", "drawn_inputs", "drawn_targets"]
