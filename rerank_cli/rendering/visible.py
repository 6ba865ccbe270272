"""Escapes control characters in foreign text, so that a terminal shows them instead of obeying."""

import re

LINE_BREAK = re.compile(r"\r\n|\r|\n")
"""What ends a line in a passage."""

UNSEEN = (
    *range(0x80, 0xA0),
    0x061C,
    0x200B,
    # Joiners, as variation marks, shape letters and emoji; they are left alone.
    *range(0x200E, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
    *range(0xFFF9, 0xFFFC),
)
"""Code points that show as nothing, or change how what follows shows."""

LONE = range(0xDC80, 0xDD00)
"""Lone surrogates, which stand for bytes that were not UTF-8 (in file names)."""

# C0 controls and DEL have pictures of their own; C1 controls, marks that turn the writing
# direction, and line breaks that only some programs know are named by their code point.
_TABLE = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "␡",
    **{code: f"<U+{code:04X}>" for code in UNSEEN},
    **{code: f"<0x{code - 0xDC00:02X}>" for code in LONE},
}
_BLOCK = {**_TABLE, ord("\n"): "\n", ord("\t"): "\t"}


def visible(text: str) -> str:
    """One line: every control character becomes a visible symbol, newlines and tabs too."""
    return text if text.isprintable() else text.translate(_TABLE)


def visible_block(text: str) -> str:
    """Many lines: as `visible`, but newlines and tabs, the layout of the output, stay."""
    return text.translate(_BLOCK)
