"""The page of alerts: it is fresh, its examples can be, and a team's file routes as it says."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from botocore.model import Shape
from botocore.validate import validate_parameters

from demo.picture import CELL, MARGIN
from infra.config.derived import got_job
from infra.config.rows import read_catalogue
from infra.subscriptions import filters
from operate.alerts import page
from operate.alerts.examples import KINDS, SEVERAL
from operate.alerts.messages import Message, message, resolved
from tests.receivers import faults
from tests.template import ROOT, of_type, synthesize

SVG = "{http://www.w3.org/2000/svg}"
SOURCES = sorted(page.examples().families)
COLUMNS = 100
JAVAS = r"\uD800\uDC00-\uDBFF\uDFFF"
"""What stands in patterns for the characters of two surrogates; Python has no `\\p{…}` either."""


def test_the_page_and_its_pictures_are_fresh() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.alerts_page(text) == text, "run `make docs`"
    drawn = page.pictures()
    assert {*page.PICTURES.iterdir()} == {*drawn}
    for file, svg in drawn.items():
        assert file.read_text(encoding="utf-8") == svg, "run `make docs`"


def test_each_kind_of_alert_has_a_picture_and_is_of_a_family_that_can_send_it() -> None:
    assert [*page.examples().kinds] == [*KINDS]
    for kind, example in page.examples().kinds.items():
        assert kind in page.told_of(example.of).kinds


@pytest.mark.parametrize("source", SOURCES)
def test_an_answer_is_what_the_service_could_say(source: str) -> None:
    """By its model: members, types, lengths, patterns and words."""
    (shape,) = got_job(read_catalogue(ROOT / "catalogue").rows[source])
    assert isinstance(shape, Shape)
    family = page.examples().families[source]
    for end in ({}, *family.ends.values(), *family.others, *family.over.values()):
        answer = {**family.job, **end}
        validate_parameters(answer, shape)
        assert [*unsaid(answer, shape)] == []


def unsaid(value: Any, shape: Any, path: str = "") -> list[str]:
    """What botocore does not hold against a model: patterns, and the words of an enumeration."""
    if shape.type_name == "structure":
        return [
            each
            for name, part in value.items()
            for each in unsaid(part, shape.members[name], f"{path}.{name}")
        ]
    if shape.type_name == "list":
        return [each for part in value for each in unsaid(part, shape.member, f"{path}[]")]
    if shape.type_name != "string":
        return []
    pattern = shape.metadata.get("pattern", "").replace(JAVAS, "\U00010000-\U0010ffff")
    fits = not pattern or r"\p{" in pattern or re.search(f"^(?:{pattern})$", value)
    known = not shape.enum or value in shape.enum
    return [] if fits and known else [f"{path}: {value}"]


def test_what_a_service_could_not_say_is_found() -> None:
    (shape,) = got_job(read_catalogue(ROOT / "catalogue").rows["sagemaker.training-jobs"])
    job = page.examples().families["sagemaker.training-jobs"].job
    wrong = {**job, "TrainingJobName": "a name", "SecondaryStatus": "Trained"}
    assert unsaid(wrong, shape) == [".TrainingJobName: a name", ".SecondaryStatus: Trained"]


def messages(source: str) -> list[Message]:
    told = page.told_of(source)
    return [message(told, kind) for kind in told.kinds]


def ends(source: str) -> list[Message]:
    told = page.told_of(source)
    return [resolved(told, kind) for kind in told.kinds if told.is_over(kind)]


def test_each_kind_is_shown_open_and_over_to_each_kind_of_recipient() -> None:
    states = {file.stem for file in page.pictures()}
    kinds = [kind.lower() for kind in KINDS]
    assert states == {*kinds, *(f"{kind}-resolved" for kind in kinds)}
    text = page.PAGE.read_text(encoding="utf-8")
    for file, svg in page.pictures().items():
        assert f"](images/alerts/{file.name})" in text
        words = " ".join(" ".join(ET.fromstring(svg).itertext()).split())  # noqa: S314  ours
        for frame in ("Mail", "Slack or Teams", "PagerDuty", "topic of your own"):
            assert frame in words, file
        assert '"state": ' + ('"resolved"' if "-" in file.stem else '"open"') in words


def test_several_that_are_over_are_one_message_and_an_end_of_each_incident() -> None:
    over = page.pictured(SEVERAL, over=True)
    before = page.pictured(SEVERAL)
    opened = [each["dedup_key"] for each in before.machine["detail"]["alerts"]]
    assert over.machine["detail"]["count"] == before.machine["detail"]["count"] == len(opened)
    assert [each["pagerduty"]["dedup_key"] for each in over.paged] == opened
    assert [each["to"] for each in over.paged] == [["oncall"]] * len(opened)
    assert over.pager["event_action"] == "resolve"


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_over_resolves_what_was_open(source: str) -> None:
    for each in ends(source):
        if each.kind == SEVERAL:
            continue
        before = message(each.told, each.kind)
        assert each.pager["event_action"] == "resolve"
        assert each.pager["dedup_key"] == before.pager["dedup_key"]
        assert each.chat["metadata"]["threadId"] == before.chat["metadata"]["threadId"]
        assert f"\nWas      {each.kind} since " in each.text
        assert each.subject.startswith("RESOLVED: ")


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_over_is_as_its_receivers_document(source: str) -> None:
    for each in ends(source):
        assert each.entry["MessageAttributes"]["state"]["StringValue"] == "resolved"
        for name in ("chat", "pagerduty"):
            assert faults(name, each.event[name]) == []


@pytest.mark.parametrize("source", SOURCES)
def test_each_message_is_of_its_kind_and_as_its_receivers_document(source: str) -> None:
    for each in messages(source):
        status = each.entry["MessageAttributes"]["status"]["StringValue"]
        assert status == ("FAILED" if each.kind == SEVERAL else each.kind)
        assert each.machine["detail"]["count"] == len(each.told.records(each.kind))
        for name in ("chat", "pagerduty"):
            assert faults(name, each.event[name]) == []


@pytest.mark.parametrize("source", SOURCES)
def test_no_line_of_a_text_says_nothing(source: str) -> None:
    for each in (*messages(source), *ends(source)):
        for line in each.text.splitlines():
            assert not re.search(r"None|null|\{|  ,| ,|, ,|^\w+\s*$", line.replace("${", ""))


@pytest.mark.parametrize("name", sorted(file.name for file in page.pictures()))
def test_a_picture_has_a_hundred_columns_and_nothing_beside_them(name: str) -> None:
    drawing = ET.fromstring(page.pictures()[page.PICTURES / name])  # noqa: S314
    width = float(drawing.get("viewBox", "").split()[2])
    assert width <= COLUMNS * CELL + 2 * MARGIN
    for word in drawing.iter(f"{SVG}text"):
        assert float(word.get("x", "")) + float(word.get("textLength", "")) <= COLUMNS * CELL
    kind, _, state = name.removesuffix(".svg").partition("-")
    kind = kind if kind == SEVERAL else kind.upper()
    assert drawing.findtext(f"{SVG}desc") == page.pictured(kind, over=state == "resolved").text


WHOM = {
    "contact-imports": {"marketing@example.com", "marketing-chat", "lake"},
    "audience-imports": {"marketing-chat", "lake"},
    "table-exports": {"data-chat", "oncall", "lake"},
    "orders-etl": {"data-chat", "oncall", "lake"},
    "data-products": {"data@example.com", "data-chat", "lake"},
    "trainings": {"ml-chat", "lake"},
    "sentiment": {"ml-chat", "lake"},
    "settlements": {"platform-chat", "oncall", "lake"},
    "restores": {"platform-chat", "lake"},
    "bulk-copies": {"platform-chat", "lake"},
}
"""Who gets the alerts of each watch of the team: addresses, and recipients behind the bus."""


@cache
def rules() -> Mapping[str, Any]:
    """The patterns of the rules of the team's stack, by whose each is."""
    made = of_type("AWS::Events::Rule", synthesize(page.team())).values()
    patterns = [rule["EventPattern"]["detail"] for rule in made]
    return {
        name: each for name in page.team().plan.behind_bus for each in patterns if of(name, each)
    }


def of(name: str, pattern: Mapping[str, Any]) -> bool:
    return bool(pattern.get("to") == [name])


def matches(pattern: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    """As SNS and EventBridge do: of an array, one value is enough."""
    return all(
        {*asked}.intersection([said[name]] if isinstance(said[name], str) else said[name])
        for name, asked in pattern.items()
    )


def whom(each: Message) -> set[str]:
    compiled = page.team()
    to = {name for event in (each.event, *each.paged) for name in event["to"]}
    said = {"to": [*to], "state": each.event["state"]}
    mails = filters(compiled.emails, compiled.recipients).items()
    found = {address for address, pattern in mails if matches(pattern, said)}
    return found | {name for name, pattern in rules().items() if matches(pattern, said)}


@pytest.mark.parametrize("source", SOURCES)
def test_an_alert_of_the_team_reaches_whom_its_watch_names_and_nobody_else(source: str) -> None:
    for each in messages(source):
        assert whom(each) == WHOM[each.told.watch.name], each.kind


@pytest.mark.parametrize("source", SOURCES)
def test_the_team_is_told_what_is_over_but_by_mail_only_who_asks_for_it(source: str) -> None:
    for each in ends(source):
        told = {n for n in WHOM[each.told.watch.name] if "@" not in n or n == "data@example.com"}
        assert whom(each) == told, each.kind


def test_the_teams_file_has_ten_watches_of_four_teams_and_two_severities() -> None:
    compiled = page.team()
    policies = [watch.alerts for watch in compiled.plan.watches.values()]
    assert {name: sorted(watch.alerts.to) for name, watch in compiled.plan.watches.items()} == {
        name: sorted(each.removesuffix("@example.com") for each in told)
        for name, told in WHOM.items()
    }
    assert len(policies) == 10
    assert len({policy.owner for policy in policies}) == 4
    assert {policy.severity for policy in policies} == {"critical", "warning"}
    for policy in policies:
        assert ("oncall" in policy.to) is (policy.severity == "critical")
    assert {*compiled.plan.recipients.values()} == {"email", "slack", "teams", "pagerduty", "topic"}
    assert (compiled.left_out, compiled.unfit) == ((), ())
