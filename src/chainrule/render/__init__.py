"""Readings of expressions and programs: matrix form, NumPy source, text, TeX. No array library in here."""
