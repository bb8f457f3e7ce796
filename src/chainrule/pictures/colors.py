"""The colours of all pictures."""

INK, SOFT, GRID = "#1f2933", "#5f6c7b", "#e3e7ec"
RED, BLUE, GREY = "#c0392b", "#2563a8", "#9aa5b1"
