"""The board in a real browser: in both themes, with whatever strangers wrote, without an error."""

import struct
from pathlib import Path

import pytest
import yaml

from demo import board_picture
from demo.board import document
from demo.browser import NAMES, WIDTH, Browser
from lambdas.board.asked import DARK, LIGHT, Asked
from lambdas.board.style import COLOURS, GROUND
from tests.board import Read, board, found, remembered, varied

ROOT = Path(__file__).parents[1]
CORPUS = yaml.safe_load((ROOT / "tests" / "data" / "hostile.yaml").read_text(encoding="utf-8"))
MARKUP = (
    "<script>document.title = 'owned'; console.log('owned')</script>",
    "<img src=x onerror=\"document.title = 'owned'; console.log('owned')\">",
    '"><svg/onload="document.title = \'owned\'">',
    "</td></tr></table></div></body><h1>all is well</h1>",
    "</style><style>.jw{display:none}</style>",
)
PROBE = """
<script>
  const page = document.querySelector(".jw"), style = getComputedStyle(page);
  page.dataset.ground = style.backgroundColor;
  page.dataset.wide = document.documentElement.scrollWidth;
  page.dataset.bars = [...page.querySelectorAll(".bar div")].map(e => e.clientWidth > 0).join();
</script>
"""
"""The page itself has no script, nor would CloudWatch let one run."""


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    found = Browser.find(tmp_path)
    if found is None:
        pytest.skip(f"no browser is on the PATH: none of {', '.join(NAMES)}")
    return found


def rendered(browser: Browser, html: str, theme: str) -> Read:
    """Have a page rendered, whose console must have nothing to say."""
    file = browser.folder / "page.html"
    file.write_text(document(html, theme) + PROBE, encoding="utf-8", errors="replace")
    dom, said = browser.read(file.as_uri())
    assert said == []
    return Read(dom)


def rgb(colour: str) -> str:
    """Write a colour such as #0f1b2a as browsers do."""
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_it_is_rendered_in_its_colours_and_no_wider_than_its_place(
    browser: Browser, theme: str
) -> None:
    read = rendered(browser, board(found(varied(60)), Asked(theme=theme)), theme)
    assert read.having("data-ground") == [rgb(COLOURS[theme][GROUND])]
    assert int(read.having("data-wide")[0]) <= WIDTH
    assert "true" in read.having("data-bars")[0]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_names_that_are_markup_are_text_and_nothing_of_theirs_runs(
    browser: Browser, theme: str
) -> None:
    corpus = (some for kind, some in CORPUS.items() if kind != "repeated")
    texts = [*MARKUP, *(each for some in corpus for each in some)]
    for start in range(0, len(texts), 20):
        some = texts[start : start + 20]
        jobs = [
            remembered(number, job_name=text, job_type=text, failure={"message": text})
            for number, text in enumerate(some)
        ]
        read = rendered(browser, board(found(jobs), Asked(theme=theme)), theme)
        assert read.tags <= {
            *("html", "head", "meta", "title", "link", "style", "body", "script", "div", "span"),
            *("a", "table", "thead", "tbody", "tr", "th", "td", "br", "svg", "rect", "text"),
        }
        scripts = [tag for tag, _ in read.elements].count("script")
        assert scripts == 1, "the probe alone"
        assert "owned" not in read.text.split("\n")[1], "the title is ours"
        if not start:
            assert "<script>document.title = 'owned'" in read.text


def test_the_pictures_in_the_docs_are_drawn_by_their_command(
    browser: Browser, tmp_path: Path
) -> None:
    files = [tmp_path / "light.png", tmp_path / "dark.png"]
    assert board_picture.main([str(each) for each in files]) == 0
    for file, kept in zip(files, ("board.png", "board-dark.png"), strict=True):
        drawn, shown = (each.read_bytes() for each in (file, ROOT / "docs" / "images" / kept))
        assert size(drawn) == size(shown) == (WIDTH, board_picture.HEIGHT)
        assert browser.folder == tmp_path


def size(png: bytes) -> tuple[int, int]:
    """Read the width and the height of a picture."""
    assert png.startswith(b"\x89PNG\r\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height
