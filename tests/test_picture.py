"""The picture of the demonstration can be read by everyone, whatever font they have."""

from xml.etree import ElementTree as ET

import pytest
from rich.panel import Panel
from rich.text import Text

from demo.picture import CELL, COLOURS, FAINT, GROUND, TEXT, picture
from tests.contrast import ENOUGH, contrast

SVG = "{http://www.w3.org/2000/svg}"


def drawn() -> ET.Element:
    text = Text("job  <b>")
    text.append("   FAILED", style="bold red")
    svg = picture(Panel(text, height=3), "A title", "What it shows")
    return ET.fromstring(svg)  # noqa: S314  it is ours


def test_every_word_stands_at_its_own_place_and_is_as_wide_as_its_cells() -> None:
    words = {t.text: (float(t.get("x", "")), float(t.get("textLength", ""))) for t in texts()}
    assert words == {
        "job": (2 * CELL, 3 * CELL),
        "<b>": (7 * CELL, 3 * CELL),
        "FAILED": (13 * CELL, 6 * CELL),
    }


def test_what_takes_two_cells_has_two_and_moves_what_follows() -> None:
    svg = picture(Text("🔴 a 💥b c"), "A title", "What it shows")
    words = ET.fromstring(svg).iter(f"{SVG}text")  # noqa: S314  it is ours
    assert [(t.text, t.get("x"), t.get("textLength")) for t in words] == [
        ("🔴", "0", f"{2 * CELL:g}"),
        ("a", f"{3 * CELL:g}", f"{CELL:g}"),
        ("💥b", f"{5 * CELL:g}", f"{3 * CELL:g}"),
        ("c", f"{9 * CELL:g}", f"{CELL:g}"),
    ]


def test_a_box_is_drawn_and_not_written() -> None:
    assert len(list(drawn().iter(f"{SVG}polyline"))) == 8


def test_it_has_a_title_and_a_description() -> None:
    assert drawn().findtext(f"{SVG}title") == "A title"
    assert drawn().findtext(f"{SVG}desc") == "What it shows"


@pytest.mark.parametrize("colour", sorted({TEXT, FAINT, *COLOURS.values()} - {"#484f58"}))
def test_every_colour_of_a_text_can_be_read_on_the_ground(colour: str) -> None:
    assert contrast(colour, GROUND) >= ENOUGH


def texts() -> list[ET.Element]:
    return list(drawn().iter(f"{SVG}text"))
