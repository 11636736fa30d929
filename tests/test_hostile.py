"""Hostile input at length: a corpus goes the real road, and through every outlet that there is.

A job answers with a text in every field that may hold one; what comes of it is looked at where it
leaves: the event, the mail, the JSON for machines, the log, the terminal, a dead letter, and the
lines of a synth. No outlet writes HTML or CSV, and the template's texts are ours alone.
"""

import io
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.markup import escape

from infra.config.files.mistakes import Mistakes
from lambdas.alert import message
from lambdas.alert.message import LONGEST_SUBJECT
from lambdas.alert.phrases import LARGEST_BODY, LONGEST_LINE
from lambdas.alert.resolved import resolved_body
from lambdas.alert.status import alert_attributes
from lambdas.alert.wording import body, open_title
from lambdas.apis.reader import LONGEST_CODE, LONGEST_ERROR
from lambdas.legible import legible, write_line
from lambdas.outbox.dead_letters import LARGEST, LONGEST_REASON, Letter, write_letter
from lambdas.text import LONGEST_MESSAGE, clean, one_line, writable, write_json
from lambdas.unlinked import for_people
from operate.doctor.findings import wrong
from operate.doctor.show import as_json, show
from tests.api import refused
from tests.catalogue import compile_plan
from tests.flow import CATALOGUE, make_plan
from tests.records import detail, unreachable
from tests.secret_texts import SECRETS, TEXTS
from tests.sim import Simulation
from tests.unseen import hidden
from tests.values import NOW

CORPUS: Mapping[str, list[Any]] = yaml.safe_load(
    (Path(__file__).parent / "data" / "hostile.yaml").read_text(encoding="utf-8")
)
REPEATED = [text * times for text, times in CORPUS["repeated"]]
SHORT = [text for kind, texts in CORPUS.items() if kind != "repeated" for text in texts]
HOSTILE = [*SHORT, *REPEATED, *TEXTS.values()]
BATCHES = [HOSTILE[start : start + 15] for start in range(0, len(HOSTILE), 15)]
"""As many as one mail shows."""
LARGEST_EVENT = 64_000
"""Bytes, as `lambdas.text` has it: EventBridge takes four times as many."""
LARGEST_MESSAGE = 262_144
CONSOLE = "console.aws.amazon.com/"
WATCHES: Mapping[str, Any] = {
    "contacts": {"source": "sesv2.import-jobs"},
    "data": {"source": "dataexchange.jobs"},
    "segments": {"source": "pinpoint.segment-import-jobs"},
    "translations": {"source": "translate.text-translation-jobs"},
}


def named(texts: Sequence[str]) -> str:
    """Name a batch by its first text."""
    return ascii(texts[0])[1:25]


class Outlets:
    """What left Jobwatch of late: events, and messages as the topic got them."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.messages: list[dict[str, Any]] = []
        publish = simulation.topic.publish_batch

        def publish_batch(**call: Any) -> dict[str, Any]:
            self.messages += call["PublishBatchRequestEntries"]
            return publish(**call)

        simulation.topic.publish_batch = publish_batch  # type: ignore[method-assign]

    def poll(self) -> Any:
        """Poll and hand over; give the summary."""
        self.messages.clear()
        self.simulation.bus.events.clear()
        summary = self.simulation.poll()
        assert summary is not None
        assert summary.errors == []
        self.simulation.publish()
        assert self.simulation.aside == []
        return summary

    @property
    def events(self) -> list[dict[str, Any]]:
        return self.simulation.bus.events


@cache
def outlets(folder: Path) -> Outlets:
    """Give Jobwatch in memory, after its quiet first read: once, as a text is soon sent."""
    simulation = Simulation(make_plan(folder, WATCHES))
    simulation.apis["pinpoint.segment-import-jobs"].children = {
        "ApplicationId": ["app"],
        "SegmentId": ["segment"],
    }
    it = Outlets(simulation)
    it.poll()
    return it


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Outlets:
    return outlets(tmp_path_factory.mktemp("plan"))


def fail(it: Outlets, texts: Sequence[str]) -> None:
    """Let jobs of each source fail, whose answers have a text wherever one may stand."""
    apis = it.simulation.apis
    for api in apis.values():
        api.jobs.clear()
        api.fuller.clear()
    ses, data = apis["sesv2.import-jobs"], apis["dataexchange.jobs"]
    segments, translate = (
        apis["pinpoint.segment-import-jobs"],
        apis["translate.text-translation-jobs"],
    )
    segments.children["SegmentId"] = ["segment", *(text[:200] for text in texts if text.strip())]
    segments.put("j", "FAILED", Failures=[*texts], Definition={"S3Url": texts[0]}, Type=texts[0])
    for text in texts:
        job_id = id_of(text)
        ses.put(job_id, "FAILED", CreatedTimestamp=NOW)
        ses.fuller[job_id] = {
            "FailureInfo": {"ErrorMessage": text},
            "ImportDataSource": {"S3Url": text, "DataFormat": text},
        }
        source = {"Bucket": text, "Key": text}
        data.put(
            job_id,
            "ERROR",
            Arn=text,
            Type=text,
            Errors=[{"Code": text, "Message": text, "ResourceId": text}] * 21,
            Details={"ImportAssetsFromS3": {"AssetSources": [source] * 21, "DataSetId": text}},
        )
        translate.put(job_id, "FAILED", SubmittedTime=NOW, JobName=text, Message=text)


def id_of(text: str) -> str:
    return writable(text) or "empty"


@pytest.mark.parametrize("texts", BATCHES, ids=named)
def test_a_text_of_the_corpus_leaves_as_it_may(it: Outlets, texts: Sequence[str]) -> None:
    fail(it, texts)
    it.poll()
    told = [event["detail"] for event in it.events]
    assert {each["watch"] for each in told} == {*WATCHES}
    for each in told:
        check_event(each)
    assert {each["MessageAttributes"]["watch"]["StringValue"] for each in it.messages} == {*WATCHES}
    for sent in it.messages:
        check_message(sent, told)
    messages = {d["job_id"]: d["failure"]["message"] for d in told if d["watch"] == "contacts"}
    assert messages == {one_line(id_of(text)): clean(text, LONGEST_MESSAGE) for text in texts}


@pytest.mark.parametrize("texts", BATCHES, ids=named)
def test_what_an_api_says_when_it_refuses_leaves_as_it_may(
    it: Outlets, texts: Sequence[str]
) -> None:
    apis = [*it.simulation.apis.values()]
    said = itertools.cycle(texts)

    def refuse(_operation: str, _parameters: Mapping[str, Any]) -> None:
        raise refused(next(said) or "Unknown", message=next(said))

    for api in apis:
        api.fail = refuse
    for _ in range(len(texts)):
        for place in it.poll().unread:
            check_line(write_line({"scope": place}))
            assert len(place["error"].encode()) <= LONGEST_CODE
            assert len(place["message"].encode()) <= LONGEST_ERROR
    for api in apis:
        api.fail = lambda _operation, _parameters: None
    it.poll()


@pytest.mark.parametrize("texts", BATCHES, ids=named)
def test_an_unreachable_watch_says_why_as_it_may(texts: Sequence[str]) -> None:
    for text in texts:
        check_unreachable(text)


def check_unreachable(text: str) -> None:
    error = {"code": clean(text, LONGEST_CODE), "message": clean(text, LONGEST_ERROR)}
    lost = unreachable(error=error, parameters={"Id": clean(text)})
    check_event(lost)
    texts = (open_title("UNREACHABLE", "job", [lost]), body("UNREACHABLE", "job", [lost]))
    sent = message.entry(alert_attributes("Watch Unreachable", lost), *texts, [lost], 1)
    check_message(sent, [lost])


def check_event(told: Mapping[str, Any]) -> None:
    """Machines get valid JSON within its bounds, without secrets and control characters."""
    written = write_json(told)
    assert len(written.encode()) < LARGEST_EVENT
    assert json.loads(written) == told
    check_secrets(written)
    for each in texts_of(told):
        assert not [c for c in each if c < " " and c not in "\t\n\r"]
        assert not {*each} & {*"\x7f\x9b\x1b\u202e\u2066\u200b\ufeff"}
    if told.get("console_url"):
        assert told["console_url"].isascii()
        assert told["console_url"].startswith("https://")


def check_message(sent: Mapping[str, Any], details: Sequence[Mapping[str, Any]]) -> None:
    """People get lines that can be seen, machines what the event has."""
    assert message.size(sent) < LARGEST_MESSAGE
    assert len(sent["Subject"]) <= LONGEST_SUBJECT
    assert sent["Subject"].isascii()
    check_text(sent["Subject"])
    told = json.loads(sent["Message"])
    assert len(told["default"].encode()) < LARGEST_BODY + 1_000
    check_text(told["default"])
    machine = json.loads(told["sqs"])["detail"]
    for alert in machine["alerts"]:
        (whole,) = [each for each in details if each["id"] == alert["id"]]
        assert alert["status"] == whole["status"]
        assert alert.items() >= whole.items() or len(write_json(whole)) > 10_000
        if "text" in alert:  # what people read is in the JSON, too
            check_text(alert["title"])
            check_text(alert["text"])
    check_secrets(told["sqs"])


def check_text(text: str) -> None:
    """Hold a text for people against what is promised of it."""
    for line in text.splitlines():
        check_line(line)
        assert len(line.encode()) <= LONGEST_LINE + 10
        if re.search(r"(?<!s3)(?<!hxxp)(?<!hxxps)://", line.lower()):
            assert line.startswith("Link     https://")
            assert CONSOLE in line
    assert "javascript:" not in text
    assert not [word for word in text.split() if word.lower().startswith("www.")]


def check_line(line: str) -> None:
    """Nothing in a line is unseen, and nothing secret."""
    assert hidden(line) == set()
    assert line.isprintable()
    check_secrets(line)


def check_secrets(text: str) -> None:
    assert not [secret for secret in SECRETS if secret in text]


def texts_of(value: Any) -> Iterator[str]:
    """Give every text of a document, names included."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield name
            yield from texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("texts", BATCHES, ids=named)
def test_a_terminal_shows_it_and_does_nothing_else(texts: Sequence[str]) -> None:
    """As `doctor` and `replay` print it."""
    for text in texts:
        check_terminal(text)


def check_terminal(text: str) -> None:
    printed = io.StringIO()
    told = str(clean(text))
    screen = Console(file=printed, width=100, highlight=False, force_terminal=False)
    show(screen, "group", [("check", wrong(f"said {told}", "do"))])
    screen.print(escape(legible(f"a change stays aside ({for_people(told)})")), soft_wrap=True)
    for line in printed.getvalue().splitlines():
        check_line(line)
    for line in as_json([("group", "check", wrong(str(clean(text)), "do"))]).splitlines():
        check_line(line)


@pytest.mark.parametrize("letter", ["x", '"', "\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_a_text_of_many_that_are_over_is_no_larger_than_of_many_that_are_open(letter: str) -> None:
    """The JSON for machines has what is left of a message, five times."""
    text = letter * 500
    long = dict.fromkeys(("job_id", "job_name", "job_type"), text)
    link = f"https://eu-west-1.console.aws.amazon.com/{'x' * 900}"
    over = detail(**long, parameters={"ApplicationId": text}, console_url=link)
    some, was, since = [over] * 20, ["FAILED"] * 20, ["2026-11-22T02:00:00Z"] * 20
    told = resolved_body("SES import job", some, was, since)
    assert len(told.encode()) < LARGEST_BODY + 1_000
    assert re.search(r"\nand \d+ more, all of them in ", told)


def test_a_dead_letter_is_ascii_and_fits() -> None:
    for text in HOSTILE:
        letter = write_letter(Letter("1", {"dynamodb": {"NewImage": {"a": {"S": text}}}}, text))
        assert letter.isascii()
        assert len(letter) <= LARGEST
        assert json.loads(letter)["reason"] == clean(text, LONGEST_REASON)


def test_none_of_it_is_a_name_that_reaches_the_template(tmp_path: Path) -> None:
    """CloudFormation's descriptions, alarms and outputs have of the file only watches' names."""
    names = {text[:200]: {"source": text[:200]} for text in SHORT if "\ud83d" not in text}
    names["fine"] = {"source": "sesv2.import-jobs"}
    file = tmp_path / "watches.yaml"
    file.write_text(yaml.safe_dump({"watches": names}), encoding="utf-8")
    with pytest.raises(Mistakes) as raised:
        compile_plan(file, CATALOGUE)
    told = [str(each) for each in raised.value.mistakes]
    assert len([line for line in told if "expected a name of a-z" in line]) == len(names) - 2
    for line in told:
        assert line.isprintable()
        assert len(line) < 700


PIECES = st.sampled_from([*SHORT, *"\u202e\u200d\ufe0f\x1b://.", "http", "www", " "])
MIXED = st.lists(PIECES | st.text(max_size=20), max_size=8).map("".join)
WITH_SECRET = st.builds("{}\n{}\n{}".format, MIXED, st.sampled_from([*TEXTS.values()]), MIXED)


@given(MIXED | WITH_SECRET)
def test_any_mixture_of_it_leaves_as_it_may(text: str) -> None:
    """Past the road: what an older version may have stored goes through the mail's words, too."""
    told = str(clean(text, LONGEST_MESSAGE))
    failed = detail(
        job_id=told[:1_000],
        job_name=told,
        job_type=told,
        failure={"code": told, "message": told, "details": [told] * 5},
        details={"Some": {"Text": told, "Texts": [told] * 5}},
        parameters={"Id": told},
    )
    lost = unreachable(error={"code": told[:100], "message": told}, parameters={"Id": told})
    for status, about in (("FAILED", failed), ("UNREACHABLE", lost)):
        check_text(open_title(status, "SES import job", [about]))
        check_text(body(status, "SES import job", [about]))
    check_line(write_line({"message": told}))
