"""Parses numbers from outside; those that make no sense, or would take too long, are left out."""

_DIGITS = 18
_MOST = 10**_DIGITS
"""Tokens, codes and seconds since 1970 are far fewer."""


def number(value: object) -> float | None:
    """A number, or text that is one, within ±10¹⁸; None for anything else."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -_MOST < value < _MOST else None


def count(value: object) -> int | None:
    """A whole number from 0 to 10¹⁸, or text of ASCII digits; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _DIGITS:
        return int(value)
    return value if type(value) is int and 0 <= value < _MOST else None
