"""Characters that nobody sees: by their category, or because they are drawn as nothing."""

import unicodedata

INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
EMPTY = {
    *map(chr, (0x34F, 0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0)),
    *map(chr, (0x1107F, 0x13441, 0x13442, 0x16FE4, 0x1BC9D, 0x1D159)),
    *map(chr, range(0xE0100, 0xE01F0)),
}
SELECTORS = {*map(chr, range(0xFE00, 0xFE10))}
_UNDRAWN = EMPTY | SELECTORS


def hidden(text: str) -> set[str]:
    """What nobody would see of a text."""
    return {c for c in text if unicodedata.category(c) in INVISIBLE or c in _UNDRAWN}
