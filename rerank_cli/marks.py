"""The encoding that bytes show by themselves: by a mark, or as UTF-16 or UTF-32 without one."""

import codecs

# The UTF-32 mark begins with the UTF-16 one, so it is looked for first.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
"""Encodings of two or four bytes a character."""

_NO_TEXT = {"Cc", "Cn", "Co", "Cs"}
"""Unicode's categories of control characters, and of what is no character."""
_ASCII_TEXT = 0.9
"""The share of ASCII characters above which text is in a Latin script."""


def bom(data: bytes | bytearray) -> tuple[bytes, str | None]:
    """The byte order mark that the data begin with, and its encoding; (b"", None) if none."""
    return next(((mark, name) for mark, name in _BOMS if data.startswith(mark)), (b"", None))


def is_wide(encoding: str) -> bool:
    """Whether a line end is more than a byte in an encoding."""
    return encoding.replace("_", "-").lower().startswith(("utf-16", "utf-32"))


def unmarked(data: bytes | bytearray) -> str | None:
    """The wide encoding that data without a mark are certainly in; None if that is not certain."""
    shares = plausible(data)
    name = max(shares, key=lambda each: shares[each], default=None)
    if name is None or shares[name] * len(data) < 2 * (4 if "32" in name else 2):
        return None
    rivals = [share for each, share in shares.items() if each != name]
    # Latin text swaps to plausible Chinese, of which none is ASCII; other text to what is no text.
    if shares[name] >= _ASCII_TEXT:
        return None if any(rivals) else name
    return None if rivals or is_text(data.replace(b"\0", b""), "utf-8") else name


def plausible(data: bytes | bytearray) -> dict[str, float]:
    """The wide encodings that the data may be text in, each with its share of ASCII characters."""
    if 0 not in data:
        return {}
    found = {}
    for name in _WIDE:
        if is_text(data, name):
            text = data.decode(name)
            found[name] = len(text.encode("ascii", "ignore")) / max(len(text), 1)
    return found


def is_text(data: bytes | bytearray, encoding: str) -> bool:
    """Whether the data can be decoded, and to characters that texts have."""
    import unicodedata

    try:
        characters = set(data.decode(encoding))
    except UnicodeError:
        return False
    characters -= {*"\t\n\v\f\r"}
    return all(unicodedata.category(each) not in _NO_TEXT for each in characters)
