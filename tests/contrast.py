"""How well a colour can be read on another one, as WCAG 2 defines it."""

ENOUGH = 4.5
"""What WCAG 2 asks for of text."""


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours such as #0d1117: from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Give the relative luminance of a colour of sRGB."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
