"""Values of options: bounds and names, each checked in one place."""

import math
from collections.abc import Callable, Sequence

import typer

_A_DAY = 86_400


def one_of(names: Sequence[str]) -> Callable[[str], str]:
    """A parser that takes these names and no others."""

    def check(text: str) -> str:
        if text not in names:
            raise typer.BadParameter(f"{text!r} is not one of {', '.join(names)}.")
        return text

    return check


def delimiter(text: str) -> str:
    r"""Parse what stands between cells: one character, or `\t` for a tab."""
    character = "\t" if text == "\\t" else text
    if len(character) != 1 or character in '"\r\n':
        raise typer.BadParameter(f"{text!r} is not one character, such as ; or \\t.")
    return character


def finite(text: str | float) -> float:
    """Parse a number that is neither infinite nor NaN."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise typer.BadParameter(f"{text!r} is not a finite number.")
    return number


def seconds(text: str | float) -> float:
    """Parse seconds: more than 0, and at most a day."""
    number = finite(text)
    if not 0 < number <= _A_DAY:
        raise typer.BadParameter(f"{text!r} is not more than 0 and at most {_A_DAY} seconds.")
    return number


def price(text: str | float) -> float:
    """Parse a price: a finite number that is not below 0."""
    number = finite(text)
    if number < 0:
        raise typer.BadParameter(f"{text!r} is less than nothing.")
    return number
