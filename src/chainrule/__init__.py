"""chainrule: derive, compute, check and train neural networks from one definition."""

__version__ = "0.1.0"
