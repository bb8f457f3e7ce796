"""Derivations: how the gradients of one network come about, as documents."""
