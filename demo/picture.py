"""Draws the screen of the demonstration as SVG that looks alike wherever it is shown.

Each word stands at a place of its own, as wide as its cells, and boxes and bars are strokes: a
renderer that has another font moves no column. Every colour can be read on the dark ground.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape
from io import StringIO

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style

from demo.panels import WIDTH

CELL, LINE, MARGIN = 9.0, 19.0, 14.0
GROUND, TEXT, FAINT = "#0d1117", "#e6edf3", "#9da7b3"
COLOURS = {
    "red": "#ff7b72",
    "green": "#56d364",
    "yellow": "#e3b341",
    "magenta": "#d2a8ff",
    "bright_magenta": "#f778ba",
    "cyan": "#76e3ea",
    "bright_black": FAINT,
    # A bar: what is done, all of it when it is done, and what is left.
    "rgb(249,38,114)": "#76e3ea",
    "rgb(114,156,31)": "#56d364",
    "color(237)": "#484f58",
    "grey23": "#484f58",
}
STROKES = {
    "─": "0,.5 1,.5",
    "━": "0,.5 1,.5",
    "╸": "0,.5 .5,.5",
    "╺": ".5,.5 1,.5",
    "│": ".5,0 .5,1",
    "╭": ".5,1 .5,.5 1,.5",
    "╮": "0,.5 .5,.5 .5,1",
    "╰": ".5,0 .5,.5 1,.5",
    "╯": "0,.5 .5,.5 .5,0",
}
"""Each as points in its cell."""
_THICK = "━╸╺"
_PARTS = re.compile(r"─+|━+|[╸╺│╭╮╰╯]|[^\s─━╸╺│╭╮╰╯]+")


def picture(screen: RenderableType, title: str, description: str) -> str:
    """Return the SVG of a screen; the title and the description are for who cannot see it."""
    console = Console(width=WIDTH, force_terminal=True, color_system="truecolor", file=StringIO())
    lines = console.render_lines(screen, pad=False)
    drawn = [part for row, line in enumerate(lines) for part in _line(line, row)]
    width, height = WIDTH * CELL + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"'
    font = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
    return "\n".join(
        [
            f'{head} role="img" font-family="{font}" font-size="15">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(description)}</desc>",
            f'<rect width="{width:g}" height="{height:g}" rx="8" fill="{GROUND}"/>',
            f'<g transform="translate({MARGIN:g} {MARGIN:g})">',
            *drawn,
            "</g>",
            "</svg>\n",
        ]
    )


def _line(segments: Iterable[Segment], row: int) -> Iterator[str]:
    column = 0
    for segment in segments:
        for part in _PARTS.finditer(segment.text):
            draw = _stroke if part.group()[0] in STROKES else _word
            before = cell_len(segment.text[: part.start()])
            yield draw(part.group(), column + before, row, segment.style or Style())
        column += segment.cell_length


def _word(word: str, column: int, row: int, style: Style) -> str:
    place = f'x="{column * CELL:g}" y="{(row + 0.75) * LINE:g}"'
    size = f'textLength="{cell_len(word) * CELL:g}" lengthAdjust="spacingAndGlyphs"'
    weight = ' font-weight="bold"' if style.bold else ""
    return f'<text {place} {size} fill="{_colour(style)}"{weight}>{escape(word)}</text>'


def _stroke(run: str, column: int, row: int, style: Style) -> str:
    points = []
    for point in STROKES[run[0]].split():
        x, y = map(float, point.split(","))
        points.append(f"{(column + x * len(run)) * CELL:g},{(row + y) * LINE:g}")
    width, colour = (5, _colour(style)) if run[0] in _THICK else (1, FAINT)
    line = f'points="{" ".join(points)}" stroke="{colour}" stroke-width="{width}"'
    return f'<polyline {line} fill="none"/>'


def _colour(style: Style) -> str:
    named = style.color.name if style.color else None
    if named in COLOURS:
        return COLOURS[named]
    return FAINT if style.dim else TEXT
