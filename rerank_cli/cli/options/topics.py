"""The headings of the help pages, under which options stand."""

INPUT, OUTPUT, WHERE, HOW = "Input", "Output", "Where to score", "How to score"
