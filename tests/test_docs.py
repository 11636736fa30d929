"""What the documents say is so: tables are fresh, examples work."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import boto3
import pytest
import yaml
from moto import mock_aws

from infra.config import reference
from infra.config.catalogue import Service, Source
from infra.config.files.mistakes import Mistakes
from infra.config.organization import Organization
from infra.config.own import Own, Vpc
from infra.config.receivers import PagerDuty, Slack, Teams
from infra.config.watches import Account, Alerts, Expect, Policy, Recipient, Watch, WatchesFile
from lambdas.alert import message, terms, wording
from lambdas.alert.status import alert_attributes
from lambdas.apis.jobs import read_job
from lambdas.model import (
    JOB_OVERRUNNING,
    JOB_STALLED,
    JOB_STATUS_CHANGE,
    RUN_ARRIVED,
    RUN_MISSING,
    WATCH_RECOVERED,
    WATCH_UNREACHABLE,
)
from lambdas.poll.event import job_detail
from lambdas.publish.publisher import SOURCE
from lambdas.text import CUT, LARGEST_PART, LONGEST_MESSAGE, LONGEST_TEXT, MOST_ITEMS
from operate.member import write_templates
from operate.rules import broken
from tests.catalogue import compile_plan, ours
from tests.records import detail, missing, unreachable
from tests.rows import sources_of
from tests.template import TOLD, of_type, synthesize
from tests.values import SCOPE, SES_ANSWER, changed, stored

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "catalogue"
README = (ROOT / "README.md").read_text(encoding="utf-8")
WATCHES, EVENTS, ALERTS, DOWNSTREAM = (
    (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("watches", "events", "alerts", "downstream")
)
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def block(language: str, containing: str, page: str = README) -> str:
    """The code block of a page that contains some words."""
    blocks = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    (found,) = [text for text in blocks if containing in text]
    return str(found)


def example() -> dict[str, Any]:
    """The event of the README."""
    event: dict[str, Any] = json.loads(block("json", '"resources"'))
    return event


def pattern() -> str:
    """The pattern of the README's rule."""
    (found,) = re.findall(r"aws events put-rule .*?--event-pattern '(.*?)'\n", README, re.DOTALL)
    return str(found)


def test_what_the_pages_say_of_the_catalogue_is_fresh() -> None:
    page = reference.PAGE.read_text(encoding="utf-8")
    assert reference.sources_page(CATALOGUE, page) == page, "run `make docs`"
    assert reference.readme(CATALOGUE, README) == README, "run `make docs`"
    keys = reference.KEYS.read_text(encoding="utf-8")
    assert reference.catalogue_page(CATALOGUE, keys) == keys, "run `make docs`"


def test_the_page_of_the_catalogue_shows_each_key_as_some_row_has_it() -> None:
    _, _, page = reference.KEYS.read_text(encoding="utf-8").partition("\n## Every key\n")
    lines = re.findall(r"^\| `(\w+)` \| (.+) \| (.*) \|$", page, re.MULTILINE)
    assert {*Service.model_fields, *Source.model_fields} <= {key for key, _, _ in lines}
    assert [key for key, _, example in lines if not example.startswith("`")] == []


def below(sections: Iterable[str], pattern: str) -> dict[str, list[str]]:
    """What a pattern finds in sections, by what their headings say."""
    by_heading = (section.partition("\n") for section in sections)
    return {title: re.findall(pattern, text, re.MULTILINE) for title, _, text in by_heading}


def test_each_source_stands_in_the_contents_at_its_service_and_below_its_heading() -> None:
    page = reference.PAGE.read_text(encoding="utf-8")
    contents, *sections = re.split(r"\n## ", page)[1:]
    lines = re.findall(r"^\| \[.+?\]\(#(.+?)\) \| `\1` \| (.+) \|$", contents, re.MULTILINE)
    linked = {service: re.findall(r"\]\(#([\w-]+)\)", kinds) for service, kinds in lines}
    told = below(sections, r"^\| \[`([\w.-]+)`\]")
    explained = below(sections, r"^### (.+)$")
    ids = ours().ids
    assert [*told] == sorted({name.partition(".")[0] for name in ids})
    assert told == explained
    assert told == {each: [n for n in ids if n.startswith(f"{each}.")] for each in told}
    assert linked == {each: [n.replace(".", "") for n in some] for each, some in told.items()}


def test_the_contents_call_a_service_what_aws_calls_it() -> None:
    page = reference.PAGE.read_text(encoding="utf-8")
    assert "| [AWS Step Functions](#stepfunctions) | `stepfunctions` | [" in page


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("sesv2.import-jobs", ""),
        ("apprunner.operations", " The synth reckons with 100 of `ServiceArn` in a region."),
        (
            "glue.job-runs",
            " The synth reckons with 1,000 of `JobName` in a region, listed every 15 minutes.",
        ),
        ("emr.steps", " A watch must name `ClusterId` in `for`, as there may be any number."),
        (
            "athena.calculation-executions",
            "; the synth reckons with 10 of `SessionId` there.",
        ),
    ],
)
def test_each_source_says_how_many_parents_a_cost_is_reckoned_with(source: str, said: str) -> None:
    page = reference.PAGE.read_text(encoding="utf-8")
    section = page.partition(f"\n### {source}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    (line,) = re.findall(r"^Order of the list: (.+)$", section, re.MULTILINE)
    assert line.endswith(said)
    assert bool(said) == ("reckons" in line or "must name" in line)


def test_the_example_of_an_event_is_what_a_job_becomes(tmp_path: Path) -> None:
    """It is a whole one, as EventBridge hands it to a target."""
    event = example()
    source = sources_of(tmp_path, SCOPE.source)[SCOPE.source]
    seen = datetime.fromisoformat(event["time"])
    job = read_job(source, SES_ANSWER, seen)
    assert job is not None
    change = changed(job, stored("RUNNING", "PROCESSING", job.id))
    told = job_detail(SCOPE, source, change, seen, "eu-west-1.console.aws.amazon.com")
    assert event["detail"] == told
    assert list(event["detail"]) == list(told)
    of_eventbridge = {"version": "0", "id": event["id"], "resources": []}
    ours = {"detail-type": JOB_STATUS_CHANGE, "source": SOURCE, "time": told["observed_at"]}
    here = {name: told[name] for name in ("account", "region")}
    assert event == {**of_eventbridge, **ours, **here, "detail": told}


def test_the_example_of_an_alert_is_how_that_event_reads() -> None:
    (shown,) = re.findall(r"```\nSubject: (.*?)```", README, re.DOTALL)
    about = [example()["detail"]]
    named = ("FAILED", "SES import job", about)
    assert shown == f"{wording.open_title(*named)}\n\n{wording.body(*named, 'records')}"


def test_the_example_of_an_alerts_json_has_its_shape() -> None:
    shown = json.loads(block("json", '"alerts": [{"job_id"', ALERTS))
    attributes = alert_attributes(JOB_STATUS_CHANGE, detail())
    sent = json.loads(message.entry(attributes, "", "", [detail()], 1)["Message"])
    assert shown["detail"]["alerts"][0].items() <= detail().items()
    shown["detail"]["alerts"] = [detail()]
    assert shown == json.loads(sent["sqs"])


def test_the_page_of_the_file_says_how_bad_each_status_is() -> None:
    (said,) = re.findall(r"as its `severity`: (.*?) unless", WATCHES, re.DOTALL)
    errors, warnings = re.split(r"are an\s+`error`,", said)
    found = dict.fromkeys(re.findall(r"`([A-Z]+)`", errors), terms.ERROR)
    found |= dict.fromkeys(re.findall(r"`([A-Z]+)`", warnings), terms.WARNING)
    assert found == terms.SEVERITIES


def test_the_page_of_events_says_what_is_cut_and_where() -> None:
    (said,) = re.findall(r"What is too long\s(.*?)\n\n", EVENTS, re.DOTALL)
    numbers = [int(each.replace(",", "")) for each in re.findall(r"[\d,]*\d", said)]
    assert numbers == [LONGEST_TEXT, LONGEST_MESSAGE, MOST_ITEMS, LARGEST_PART]
    assert f"marked with `{CUT}`" in said


def test_the_page_of_events_names_every_field_of_an_event_and_no_other() -> None:
    section = EVENTS.split("## The fields")[1].split("## ")[0]
    table, rest = section.split("| field |")[1].split("`detail` of those about a scope")
    last, runs = rest.split("`detail` of `Run Missing`")
    named = [
        name
        for row in table.splitlines()[2:]
        if row
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    ]
    assert sorted(named) == sorted(detail())
    assert set(unreachable()) <= set(re.findall(r"`(\w+)`", last))
    assert set(missing()) - set(unreachable()) <= set(re.findall(r"`(\w+)`", runs))
    assert set(missing()["expected"]) <= set(re.findall(r'"(\w+)"', runs))


def test_the_readme_names_every_detail_type() -> None:
    jobs = (JOB_STATUS_CHANGE, JOB_STALLED, JOB_OVERRUNNING)
    watches = (WATCH_UNREACHABLE, WATCH_RECOVERED)
    for announce in (*jobs, *watches, RUN_MISSING, RUN_ARRIVED):
        assert f"| `{announce}` |" in README


def uncommented() -> str:
    """What ships in watches.yaml, with all that is commented out there."""
    _, _, text = (ROOT / "watches.yaml").read_text(encoding="utf-8").partition("\n")
    return re.sub(r"^( *)# (?=(?: *[a-z_-]+:(?: |$)))", r"\1", text, flags=re.MULTILINE)


RECEIVERS = {"slack": Slack, "teams": Teams, "pagerduty": PagerDuty}


@pytest.mark.parametrize(
    "text",
    [block("yaml", "retention:", WATCHES), uncommented()],
    ids=["docs/watches.md", "watches.yaml"],
)
def test_an_example_shows_everything_that_the_file_may_say(text: str, tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text(text, encoding="utf-8")
    assert compile_plan(file, CATALOGUE).plan.watches
    found = yaml.load(text, yaml.BaseLoader)  # noqa: S506  all are texts, `on` too
    watches = found["watches"].values()
    accounts = [account for watch in watches for account in watch.get("accounts", [])]
    recipients = [*found["recipients"].values()]
    for model, shown in (
        (WatchesFile, [found]),
        (Alerts, [found["alerts"]]),
        (Watch, watches),
        (Expect, [watch["expect"] for watch in watches if "expect" in watch]),
        (Account, accounts),
        (Organization, [w["organization"] for w in watches if "organization" in w]),
        (Policy, [watch["alerts"] for watch in watches if "alerts" in watch] + [found["alerts"]]),
        (Recipient, recipients),
        (Own, [found["stack"]]),
        (Vpc, [found["stack"]["vpc"]]),
        *(
            (model, [each[kind] for each in recipients if kind in each])
            for kind, model in RECEIVERS.items()
        ),
    ):
        keys = {field.alias or name for name, field in model.model_fields.items()}
        assert keys == {
            key for each in shown for key in each if model is not Policy or key != "email"
        }


@pytest.mark.parametrize(
    "text",
    [block("yaml", "stalled_after: 2 hours}"), block("yaml", "watches: {contact-imports", WATCHES)],
    ids=["README", "docs/watches.md"],
)
def test_the_first_example_of_a_watches_file_is_right(text: str, tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text(text, encoding="utf-8")
    assert "contact-imports" in compile_plan(file, CATALOGUE).plan.watches


def test_what_ships_says_the_defaults() -> None:
    every = block("yaml", "retention:", WATCHES)
    text = (ROOT / "watches.yaml").read_text(encoding="utf-8") + every
    assert WatchesFile.model_fields["concurrency"].default == 5
    assert text.count("left out: 5\n") == 2
    assert WatchesFile.model_fields["most_dollars"].default == 100
    assert text.count("left out: 100\n") == 2
    assert Watch.model_fields["every"].default == 60
    assert text.count("left out: 1 minute") == 2


def test_the_example_of_a_mistake_is_what_the_synth_says(tmp_path: Path) -> None:
    every = block("yaml", "retention:", WATCHES)
    wrong = every.replace("{ApplicationId: 4f", "{AplicationId: 4f")
    lines = ["# one", *wrong.splitlines()]
    file = tmp_path / "watches.yaml"
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(Mistakes) as raised:
        compile_plan(file, CATALOGUE)
    (expected,) = re.findall(r"```\nwatches\.yaml:7: (.*)\n```", WATCHES)
    assert expected in {str(m).split(": ", 1)[1] for m in raised.value.mistakes}


def test_the_example_of_a_rule_matches_the_events_that_it_is_for() -> None:
    with mock_aws():
        events, sqs = boto3.client("events"), boto3.client("sqs")
        url = sqs.create_queue(QueueName="matched")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        events.create_event_bus(Name="jobs")
        events.put_rule(Name="rule", EventBusName="jobs", EventPattern=pattern())
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


def test_the_readmes_queue_takes_what_its_topic_and_its_rule_send_and_no_others() -> None:
    """A rule or a topic that anybody may make could else send what starts the same work."""
    topic = "arn:aws:sns:eu-west-1:111122223333:alerts"
    (policy,) = re.findall(r"^(POLICY='.*?')$", README, re.DOTALL | re.MULTILINE)
    names = {"ACCOUNT": "111122223333", "ALERT_TOPIC_ARN": topic, "EVENT_BUS_NAME": "jobs"}
    script = f'{policy}\nprintf %s "$POLICY"'
    done = subprocess.run(["/bin/sh", "-euc", script], env=names, capture_output=True, check=True)
    (statement,) = json.loads(done.stdout)["Statement"]
    (rule,) = re.findall(r"put-rule .*?--name (\w+)", README)
    assert statement["Condition"] == {
        "ArnLike": {"aws:SourceArn": [topic, f"arn:*:events:*:111122223333:rule/jobs/{rule}"]}
    }


def test_the_example_of_a_stack_synthesizes(tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(block("python", "EventBusName", DOWNSTREAM), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={
            "PATH": "/usr/bin:/bin",
            "CDK_OUTDIR": str(tmp_path / "out"),
            "CDK_VALIDATION": "false",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "out" / "SendTheNewsletter.template.json").read_text()
    assert [*broken(text)] == []
    template = json.loads(text)
    rules = [r for r in template["Resources"].values() if r["Type"] == "AWS::Events::Rule"]
    assert rules[0]["Properties"]["EventPattern"] == json.loads(pattern())


def test_the_readme_leads_to_each_page() -> None:
    """One that only another page links to is found by nobody who does not read that first."""
    pages = {page.name for page in PAGES if page.parent != ROOT}
    assert {page for page in pages if f"](docs/{page}" not in README} == set()


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
    told = {pitfall for pitfall, _ in rows} | set(re.findall(r"^- (P\d+), ", page, re.MULTILINE))
    assert told == {f"P{number}" for number in range(1, 26)}
    for pitfall, tests in rows:
        for name in re.findall(r"`(\w+)`", tests):
            named = rf"def {name}\((?:(?!def ).)*?\) -> None:\s+\"\"\"{pitfall}:"
            assert re.search(named, code, re.DOTALL), name


def test_the_accounts_of_an_organization_are_chosen_by_their_state() -> None:
    """AWS is to take `Status` away."""
    page = (ROOT / "docs" / "other-accounts.md").read_text(encoding="utf-8")
    assert re.findall(r"Accounts\[\?(\w+)==", page) == ["State"]


def test_the_commands_for_a_members_role_give_each_parameter_that_has_no_default(
    tmp_path: Path,
) -> None:
    """Of the example's accounts, one has an external id and one has none."""
    page = (ROOT / "docs" / "other-accounts.md").read_text(encoding="utf-8")
    example_file, organization = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "watches.yaml"
    file.write_text(organization, encoding="utf-8")
    assert compile_plan(file, CATALOGUE).plan.units
    file.write_text(example_file, encoding="utf-8")
    (written,) = write_templates(file, "Jobwatch", tmp_path / "build")
    parameters = yaml.safe_load(written.read_text(encoding="utf-8"))["Parameters"]
    needed = {name for name, each in parameters.items() if "Default" not in each}
    (deploy,) = re.findall(r"--parameter-overrides (.*)\n", page)
    (stack_set,) = re.findall(r"--parameters (.*?)\naws", page, re.DOTALL)
    assert set(re.findall(r"(\w+)=", deploy)) == needed
    assert set(re.findall(r"ParameterKey=(\w+)", stack_set)) == needed


def test_what_was_tried_is_what_the_tests_count() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    _, shown = page.split("<!-- tried: begin -->")
    named = re.findall(r"^\| [\d,]+ \| (.*) \|$", shown, re.MULTILINE)
    code = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("*.py"))
    counted = set(re.findall(r"(?:tally|TALLY)\[\"(.*?)\"\]", code))
    assert set(named) == counted


@pytest.mark.parametrize("picture", sorted((ROOT / "docs").rglob("*.svg")), ids=lambda p: p.name)
def test_a_picture_is_shown_and_says_in_words_what_it_shows(picture: Path) -> None:
    shown = [
        page
        for page in PAGES
        for target in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
        if (page.parent / target).resolve() == picture
    ]
    assert len(shown) == 1
    drawn = ET.parse(picture).getroot()  # noqa: S314  it is ours
    for name in ("title", "desc"):
        assert drawn.findtext(f"{{http://www.w3.org/2000/svg}}{name}")


HOSTILE = {
    "AlertTopicArn": "arn:aws:sns:eu-west-1:111122223333:$(touch${IFS}ran)",
    "TableName": "`touch ran`",
    "TickFunctionName": "a;touch ran",
    "EventBusName": "a\nName;touch ran;\ta\nPATH=.;touch\tran",
    "PollRoleArn": "a' b",
    "PromptCommand": "touch",
    "AwsEndpointUrl": "https://theirs.example",
    "AwsRoleArn": "arn:aws:iam::111122223333:role-theirs",
}
"""Outputs of a stack that somebody else made under our name: any text, under names of their own."""


def exported(outputs: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Put outputs into a shell as the README does; give what it then exports beside its own."""
    (lines,) = re.findall(
        r'^(eval "\$\(aws cloudformation .*?\)")$', README, re.DOTALL | re.MULTILINE
    )
    told = folder / "told"
    told.write_text("".join(f"{key}\t{value}\n" for key, value in outputs.items()))
    script = f"STACK=Jobwatch\naws() {{ cat told; }}\n{lines}\nenv"
    done = subprocess.run(
        ["/bin/sh", "-euc", script],
        cwd=folder,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {*folder.iterdir()} == {told}, "something ran"
    found = dict(line.split("=", 1) for line in done.stdout.splitlines())
    return {name: found[name] for name in found.keys() - {"PATH", "PWD", "OLDPWD", "SHLVL", "_"}}


def test_what_a_stack_says_is_put_into_the_shell_and_never_run(tmp_path: Path) -> None:
    """Whoever may make a stack could else have whoever reads its outputs run what they like."""
    assert exported(HOSTILE, tmp_path) == {"EVENT_BUS_NAME": "a"}


def test_each_output_of_the_stack_is_put_into_the_shell(tmp_path: Path) -> None:
    url = "https://eu-west-1.console.aws.amazon.com/a_b/home?region=eu-west-1#c/d-e.fifo"
    outputs = synthesize(replace(TOLD, schemas=True))["Outputs"]
    assert len(outputs) > 15
    found = exported(dict.fromkeys(outputs, url), tmp_path)
    assert found == {re.sub("(?<=.)(?=[A-Z])", "_", name).upper(): url for name in outputs}


def test_the_runbook_puts_the_outputs_into_the_shell_as_the_readme_does() -> None:
    lines = block("sh", "describe-stacks")
    assert lines in (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")


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
