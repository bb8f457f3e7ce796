"""Documents: headings, sentences, formulas, tables and source, in five forms."""
