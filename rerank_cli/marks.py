"""Which encoding bytes are in, as far as they show it: by a mark, or as UTF-16 without one."""

import codecs

# The UTF-32 mark begins with the UTF-16 one, so it is looked for first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def mark_of(data: bytes | bytearray) -> tuple[bytes, str]:
    """The byte order mark that the data begin with, if any, and the encoding that follows."""
    return next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8"))


def unmarked_utf16(data: bytes | bytearray) -> str | None:
    """UTF-16, by its name, if the data are that: mostly ASCII, the first two characters too.

    Every other byte of such characters is NUL, which no text in another encoding holds.
    """
    half = len(data) // 2
    for name, high, low in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        nuls, others = data[high::2], data[low::2]
        is_ascii = nuls.startswith(b"\0\0") and nuls.count(0) * 2 > half
        if is_ascii and others.count(0) * 10 < half:
            return name
    return None
