"""What the documents say is so: tables are fresh, examples work."""

import json
import re
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from infra.config.files.mistakes import Mistakes
from infra.config.plan import compile_plan
from infra.config.reference import PAGE, sources_page
from lambdas.model import JOB_STALLED, JOB_STATUS_CHANGE, WATCH_RECOVERED, WATCH_UNREACHABLE
from tests.records import detail, unreachable
from tests.template import of_type

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "catalogue"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def block(language: str, containing: str) -> str:
    """The code block of the README that contains some words."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    (found,) = [text for text in blocks if containing in text]
    return str(found)


def test_the_page_of_sources_is_fresh() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert sources_page(CATALOGUE, page) == page, "run `make docs`"


def test_the_readme_names_every_field_of_an_event_and_no_other() -> None:
    section = README.split("## The events")[1].split("## ")[0]
    table, last = section.split("| field |")[1].split("`detail` of the last two:")
    named = [
        name
        for row in table.splitlines()[2:]
        if row
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    ]
    assert sorted(named) == sorted(detail())
    assert set(unreachable()) <= set(re.findall(r"`(\w+)`", last))


def test_the_readme_names_every_detail_type() -> None:
    for announce in (JOB_STATUS_CHANGE, JOB_STALLED, WATCH_UNREACHABLE, WATCH_RECOVERED):
        assert f"| `{announce}` |" in README


def test_the_example_of_a_watches_file_is_right(tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text(block("yaml", "watches:"), encoding="utf-8")
    compiled = compile_plan(file, CATALOGUE)
    assert sorted(compiled.plan.watches) == [
        "audience-imports",
        "contact-imports",
        "nightly-exports",
    ]


def test_the_example_of_a_mistake_is_what_the_synth_says(tmp_path: Path) -> None:
    wrong = block("yaml", "watches:").replace("{ApplicationId: 4f", "{AplicationId: 4f")
    lines = ["# one", *wrong.splitlines()]
    file = tmp_path / "watches.yaml"
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(Mistakes) as raised:
        compile_plan(file, CATALOGUE)
    (expected,) = re.findall(r"```\nwatches\.yaml:7: (.*)\n```", README)
    assert expected in {str(m).split(": ", 1)[1] for m in raised.value.mistakes}


def test_the_example_of_a_rule_matches_the_events_that_it_is_for() -> None:
    with mock_aws():
        events, sqs = boto3.client("events"), boto3.client("sqs")
        url = sqs.create_queue(QueueName="matched")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        events.create_event_bus(Name="jobs")
        pattern = block("json", '"SUCCEEDED"')
        events.put_rule(Name="rule", EventBusName="jobs", EventPattern=pattern)
        target = {"Id": "queue", "Arn": arn["QueueArn"]}
        events.put_targets(Rule="rule", EventBusName="jobs", Targets=[target])
        details = [
            detail(watch="ses-imports", status="SUCCEEDED"),
            detail(watch="ses-imports", status="FAILED"),
            detail(watch="another", status="SUCCEEDED"),
        ]
        entry = {"EventBusName": "jobs", "Source": "jobwatch", "DetailType": JOB_STATUS_CHANGE}
        events.put_events(Entries=[{**entry, "Detail": json.dumps(d)} for d in details])
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        assert [json.loads(m["Body"])["detail"] for m in found] == details[:1]


def test_the_example_of_a_stack_synthesizes(tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(block("python", "EventBusName"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "CDK_OUTDIR": str(tmp_path / "out")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    template = json.loads((tmp_path / "out" / "SendTheNewsletter.template.json").read_text())
    rules = [r for r in template["Resources"].values() if r["Type"] == "AWS::Events::Rule"]
    assert rules[0]["Properties"]["EventPattern"] == json.loads(block("json", '"SUCCEEDED"'))


def test_every_link_between_the_documents_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_link_to_a_heading_leads_to_one() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]*)\)", text):
            other = page.parent / target if target else page
            assert anchor in anchors(other), f"{page.name}: {target}#{anchor}"


def test_the_runbook_says_what_a_new_reader_of_the_stream_sends_once_more() -> None:
    """It begins where the stream does, and what is too old by then is a dead letter at once."""
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"^## To this version\n(.*?)^## ", runbook, re.DOTALL | re.MULTILINE)
    (mapping,) = [
        each
        for name, each in of_type("AWS::Lambda::EventSourceMapping").items()
        if name.startswith("AlertingChanges")
    ]
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["MaximumRecordAgeInSeconds"] == 6 * 3_600
    assert "six hours" in section
    assert "`unsent` rings" in section


def test_each_pitfall_has_a_test_that_names_it() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    code = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("test_*.py"))
    rows = re.findall(r"^\| (P\d+) \|.*\| (.*) \|$", page, re.MULTILINE)
    assert len(rows) > 20
    for pitfall, tests in rows:
        for name in re.findall(r"`(\w+)`", tests):
            named = rf"def {name}\((?:(?!def ).)*?\) -> None:\s+\"\"\"{pitfall}:"
            assert re.search(named, code, re.DOTALL), name


def test_every_section_on_how_it_works_names_files_that_are_there() -> None:
    """A name without a folder is of the folder before it."""
    page = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
    for section in page.split("\n## ")[1:]:
        named = section.split("\n\n")[1]
        assert re.fullmatch(r"`[\w/.]+`(?:\s·\s`[\w/.]+`)*", named), section.partition("\n")[0]
        folder = Path()
        for name in re.findall(r"`([\w/.]+)`", named):
            folder = Path(name).parent if "/" in name else folder
            assert (ROOT / folder / Path(name).name).exists(), name


def test_every_file_that_the_page_on_reliability_names_is_there() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    for name in re.findall(r"`(tests/[\w/.]+)`", page):
        assert (ROOT / name).exists(), name
