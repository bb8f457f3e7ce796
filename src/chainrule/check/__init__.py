"""Checks: are these gradients right?

gradients          those that a network's program derives
formula            one that somebody wrote by hand
function           those that a user's own code returns
differences        finite differences of a function of numbers, with what rounding hides in them
directions         which entries are compared one by one; all of them along random directions
report             what a comparison found: numbers for programs, sentences for people
settings           what a user may set of a comparison
diagnosis          what is wrong, and what would be right
network_values     every quantity of a network in numbers
"""
