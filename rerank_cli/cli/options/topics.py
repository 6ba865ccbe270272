"""Options and arguments, each under a heading of the help pages."""

from functools import partial

from typer import Argument, Option

INPUT, OUTPUT, WHERE, HOW = "Input", "Output", "Where to score", "How to score"

input_argument = partial(Argument, rich_help_panel=INPUT, show_default=False)
input_option = partial(Option, rich_help_panel=INPUT)
output_option = partial(Option, rich_help_panel=OUTPUT)
where_option = partial(Option, rich_help_panel=WHERE)
how_option = partial(Option, rich_help_panel=HOW)
