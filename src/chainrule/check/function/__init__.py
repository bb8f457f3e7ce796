"""`check function`: are the gradients that a user's own code returns those of its own loss?

check        the check
file         a function in a user's file, and its arguments
call         how a function is called, and what of its result is the loss
object       parameters that are no arguments
values       what is an array in arguments and results
names        which gradient belongs to which argument
differences  numeric derivatives of a function of which nothing is known but its values
compared     a gradient beside its numeric derivatives
causes       why it is wrong
layers       derivatives of activations that it has lost, kept or misplaced
penalties    penalties in a loss and in a gradient
source       what the function's source tells
report       what the check found
"""

from chainrule.check.function.check import check_function, check_values
from chainrule.check.function.report import FunctionReport

__all__ = ["FunctionReport", "check_function", "check_values"]
