"""`check formula`: is a formula that somebody wrote for a gradient right?

check        the verdict
python       formulas as users type them, much as in Python
tex          formulas in LaTeX
forms        what both languages share
terms        what a reader has read, where it cannot be a tree at once
draws        what names stand for, in numbers drawn at random
entries      formulas for single entries
values       what formulas in a notation amount to
explanation  what is wrong with a wrong one
edits        every small change of a formula
"""

from chainrule.check.formula.check import FormulaReport, check_formula

__all__ = ["FormulaReport", "check_formula"]
