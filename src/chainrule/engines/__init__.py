"""Engines run programs. None of them knows calculus, notation or TeX."""
