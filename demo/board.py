"""The board on this machine: the HTML that the dashboard shows, of the local AWS's table.

CloudWatch gives the page its place, its theme and its buttons; here a small server does.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from demo.standins import listening
from lambdas.board.asked import DARK, LIGHT, Asked, read_asked
from lambdas.board.look import look
from lambdas.board.page import page
from lambdas.board.style import COLOURS, GROUND, LINK
from lambdas.plan import Plan
from lambdas.store.listing import Listing

READERS = 4
SECONDS = 5
"""After so many, a browser asks again."""
FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
}


def document(html: str, theme: str, head: str = "") -> str:
    """Write a whole document around a page: what CloudWatch's console is around it."""
    ground = COLOURS[theme][GROUND]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Jobwatch</title>'
        f'<link rel="icon" href="data:,">{head}<style>body{{margin:12px;background:{ground};'
        f"font-family:{FONT}}}</style></head><body>{html}</body></html>"
    )


def link(label: str, asked: Asked) -> str:
    """Write a button as a link of this server's."""
    words = urlencode({**asked.words, "theme": asked.theme})
    return f'<a class="btn" href="?{words.replace("&", "&amp;")}">{label}</a>'


def answer(listing: Listing, plan: Plan, asked: Asked, now: datetime) -> str:
    """Write the document that shows what is asked for."""
    found = look(listing, plan.watches, asked, now)
    html = page(found, asked, now, link, plan.consoles.values())
    other = DARK if asked.theme == LIGHT else LIGHT
    colour = f'style="color:{COLOURS[asked.theme][LINK]};font-size:13px;padding:8px"'
    words = urlencode({**asked.words, "theme": other}).replace("&", "&amp;")
    turned = f'<p><a {colour} href="?{words}">{other}</a></p>'
    refresh = f'<meta http-equiv="refresh" content="{SECONDS}">'
    return document(html + turned, asked.theme, refresh)


@contextmanager
def serve(client: Any, table: str, plan: Plan) -> Iterator[str]:
    """Serve the board of a table on a free loopback port; yield the address."""
    with ThreadPoolExecutor(READERS) as pool:
        listing = Listing(client, table, pool)

        def application(environ: Any, start_response: Any) -> Iterable[bytes]:
            request = Request(environ)
            if request.method != "GET" or request.path != "/":
                return Response(status=404)(environ, start_response)
            asked = read_asked(request.args.to_dict(), plan.watches)
            html = answer(listing, plan, asked, datetime.now(UTC))
            response = Response(html, mimetype="text/html", headers=HEADERS)
            return response(environ, start_response)

        with listening(application) as address:
            yield address
