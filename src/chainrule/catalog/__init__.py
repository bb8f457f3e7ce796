"""What a user picks by name. Each row is one short entry; value, derivative, source, TeX, tests and the
line in `chainrule list` follow from it."""
