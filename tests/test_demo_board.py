"""The board on this machine: what the demonstration's link leads to."""

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import pytest
import urllib3

from demo.board import serve
from tests.board import Read
from tests.flow import flow_of


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A board of two jobs, of which one has a name that is markup."""
    with flow_of(tmp_path, {"imports": {"source": "sesv2.import-jobs"}}) as flow:
        flow.now = datetime.now(UTC)
        flow.poll()
        flow.api.put("<b>bold</b>", "FAILED", CreatedTimestamp=flow.now)
        flow.api.put("running", "PROCESSING", CreatedTimestamp=flow.now)
        flow.poll()
        with serve(flow.dynamodb, "seen", flow.plan) as found:
            yield found


def read(url: str) -> Read:
    answer = urllib3.request("GET", url)
    assert answer.status == HTTPStatus.OK
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    return Read(answer.data.decode())


def test_it_is_served_to_this_machine_only(address: str) -> None:
    assert address.startswith("http://127.0.0.1:")


def test_it_shows_the_jobs_of_the_table_and_its_buttons_are_links(address: str) -> None:
    page = read(address)
    assert {"<b>bold</b>", "running"} <= {*page.text.split("\n")}
    links = [each for each in page.having("href") if each.startswith("?")]
    assert "?status=FAILED&page=1&theme=light" in links
    failed = read(f"{address}/?status=FAILED&page=1&theme=dark")
    assert "running" not in failed.text.split("\n")
    assert any("theme=dark" in each for each in failed.having("href"))


@pytest.mark.parametrize(("path", "method"), [("/other", "GET"), ("/", "POST")])
def test_it_answers_nothing_else(address: str, path: str, method: str) -> None:
    assert urllib3.request(method, address + path).status == HTTPStatus.NOT_FOUND
