"""Two accounts: a rule takes events to a bus of the other one, and its state machines wait.

The accounts are those that the pages name, so that their documents are deployed as they stand. Who
lets whom do what, tests/local/start_far.py asks MiniStack's IAM, for MiniStack itself lets nothing
go from one account to another.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo.deploy import Deployed, bootstrap
from demo.local_aws import LocalAws, Tools, run
from operate.member import write_templates
from tests.downstream import machines, nested
from tests.examples import EXAMPLES
from tests.local.apps import BUS, deployed, put, waited_for
from tests.local.watching import deploy_watches
from tests.patterns import event

OURS, THEIRS = "111122223333", "444455556666"
SOURCE = "translate.text-translation-jobs"
STARTER = Path(__file__).with_name("start_far.py")
PATIENCE = 240.0


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """The account in which Jobwatch is."""
    with run(Tools.find(), tmp_path_factory.mktemp("aws"), {}, STARTER) as aws:
        here = replace(aws, key=OURS, region="eu-west-1")
        bootstrap(Tools.find(), here)
        yield here


@pytest.fixture(scope="module")
def theirs(ours: LocalAws) -> LocalAws:
    """The other account, in the same region."""
    there = replace(ours, key=THEIRS)
    bootstrap(Tools.find(), there)
    return there


@pytest.fixture
def their_bus(ours: LocalAws) -> LocalAws:
    """The other account, in another region, with a queue behind a bus that lets nobody in."""
    far = replace(ours, key=THEIRS, region="us-east-1")
    events, sqs = far.client("events"), far.client("sqs")
    events.create_event_bus(Name="theirs")
    url = sqs.create_queue(QueueName="far")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    events.put_rule(Name="all", EventBusName="theirs", EventPattern='{"source": ["jobwatch"]}')
    target = {"Id": "queue", "Arn": arn["QueueArn"]}
    events.put_targets(Rule="all", EventBusName="theirs", Targets=[target])
    return far


def test_a_bus_of_another_account_and_region_gets_every_event_from_the_rules_role_alone(
    ours: LocalAws, their_bus: LocalAws
) -> None:
    """Without its policy, or with that of another role, nothing comes there."""
    page = (EXAMPLES / "other_account" / "README.md").read_text(encoding="utf-8")
    (policy,) = re.findall(r"put-permission --event-bus-name theirs --policy '([^']+)'", page)
    (target,) = re.findall(r"-c target=(\S+)", page)
    ours.client("events").create_event_bus(Name=BUS)
    deployed(ours, "other_account", bus=BUS, target=target)
    lets_in = their_bus.client("events").put_permission
    put(ours, event(job_id="before"))
    lets_in(EventBusName="theirs", Policy=policy.replace("jobwatch-to-their-bus", "another"))
    put(ours, event(job_id="of another role"))
    lets_in(EventBusName="theirs", Policy=policy)
    put(ours, event(job_id="far"))
    sqs = their_bus.client("sqs")
    url = sqs.get_queue_url(QueueName="far")["QueueUrl"]

    def got() -> list[Any]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2)
        return [json.loads(each["Body"]) for each in found.get("Messages", ())]

    (found,) = waited_for(got)
    assert (found["account"], found["region"]) == (OURS, "eu-west-1")
    assert found["detail"] == event(job_id="far")["detail"]


@pytest.fixture(scope="module")
def watching(
    ours: LocalAws, theirs: LocalAws, tmp_path_factory: pytest.TempPathFactory
) -> Deployed:
    """Jobwatch in its account, which looks at the jobs of the other one."""
    file = tmp_path_factory.mktemp("ours") / "watches.yaml"
    role = {"id": THEIRS, "role": "jobwatch-reader"}
    file.write_text(json.dumps({"watches": {"far": {"source": SOURCE, "accounts": [role]}}}))
    stack = deploy_watches(ours, file)
    (template,) = write_templates(file, "Jobwatch", file.parent)
    client, given = theirs.client("cloudformation"), {"JobwatchAccount": OURS, "ExternalId": ""}
    client.create_stack(
        StackName="jobwatch-reader",
        TemplateBody=template.read_text(encoding="utf-8"),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in {**given, "JobwatchRegion": ours.region}.items()
        ],
    )
    waiter = client.get_waiter("stack_create_complete")
    waiter.wait(StackName="jobwatch-reader", WaiterConfig={"Delay": 1})
    return stack


@pytest.fixture(scope="module")
def texts(theirs: LocalAws) -> str:
    """Where a text is that can be translated in the other account."""
    s3 = theirs.client("s3")
    there = {"LocationConstraint": theirs.region}
    s3.create_bucket(Bucket="their-texts", CreateBucketConfiguration=there)
    s3.put_object(Bucket="their-texts", Key="in/terms.txt", Body=b"Delivery takes two days.")
    return "s3://their-texts"


def translate(theirs: LocalAws, texts: str) -> str:
    """Start a job in the other account; give its id."""
    started = theirs.client("translate").start_text_translation_job(
        InputDataConfig={"S3Uri": f"{texts}/in/", "ContentType": "text/plain"},
        OutputDataConfig={"S3Uri": f"{texts}/out/"},
        DataAccessRoleArn=f"arn:aws:iam::{THEIRS}:role/translator",
        SourceLanguageCode="en",
        TargetLanguageCodes=["fr"],
        ClientToken=f"token-{time.monotonic_ns()}",
    )
    return str(started["JobId"])


def role_of(aws: LocalAws, name: str, trust: Any, **statement: Any) -> str:
    """Make a role; give its ARN."""
    client = aws.client("iam")
    made = client.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    may = statement.get("may") or allow(**statement)
    client.put_role_policy(RoleName=name, PolicyName="May", PolicyDocument=json.dumps(may))
    return str(made["Arn"])


def allow(**statement: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


OF_MACHINES = allow(Principal={"Service": "states.amazonaws.com"}, Action="sts:AssumeRole")


def machine(aws: LocalAws, name: str, definition: Any, role: str) -> str:
    """Make a state machine; give its ARN."""
    client = aws.client("stepfunctions")
    made = client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)
    return str(made["stateMachineArn"])


def ended(aws: LocalAws, arn: str, given: Any, tick: Callable[[], Any]) -> Any:
    """Run a state machine to its end, while Jobwatch looks at the jobs; describe the execution."""
    client, until = aws.client("stepfunctions"), time.monotonic() + PATIENCE
    run = client.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"]
    while (found := client.describe_execution(executionArn=run))["status"] == "RUNNING":
        assert time.monotonic() < until, aws.log.read_text(errors="replace")[-5_000:]
        tick()
        time.sleep(2)
    return found


def ticking(aws: LocalAws, stack: Deployed) -> Callable[[], Any]:
    return lambda: aws.client("lambda").invoke(FunctionName=stack.tick, Payload=b"{}")


@pytest.fixture(scope="module")
def between(ours: LocalAws, theirs: LocalAws, watching: Deployed) -> str:
    """The page's two state machines and its role between them; the ARN of the one that calls."""
    said, function = nested(), f"arn:aws:lambda:eu-west-1:{OURS}:function:{watching.wait}"
    definition = json.loads(
        json.dumps(said["wait-for-job"]).replace("${WaitFunctionName}", watching.wait)
    )
    waits = role_of(ours, "waits", OF_MACHINES, Action="lambda:InvokeFunction", Resource=function)
    machine(ours, f"wait-for-{THEIRS}", definition, waits)
    role = role_of(ours, f"wait-for-{THEIRS}", said["trust"], may=said["may"])
    caller = role_of(theirs, "import", OF_MACHINES, Action="sts:AssumeRole", Resource=role)
    return machine(theirs, "import", of_source(said["import"]), caller)


def of_source(definition: Any) -> Any:
    """Give a machine of the page as it is for the source that is watched here."""
    return json.loads(json.dumps(definition).replace("dataexchange.jobs", SOURCE))


def test_a_machine_of_the_other_account_is_told_by_one_in_jobwatchs(
    ours: LocalAws, theirs: LocalAws, watching: Deployed, between: str, texts: str
) -> None:
    job = translate(theirs, texts)
    found = ended(theirs, between, {"job": job}, ticking(ours, watching))
    assert found["status"] == "SUCCEEDED", found
    detail = json.loads(found["output"])
    assert (detail["job_id"], detail["account"]) == (job, THEIRS)
    assert detail["status"] == "SUCCEEDED"


def test_another_machine_of_that_account_may_not_take_the_role(
    ours: LocalAws, theirs: LocalAws, watching: Deployed, between: str
) -> None:
    """The trust names the one machine by its external id, and its role."""
    described = theirs.client("stepfunctions").describe_state_machine(stateMachineArn=between)
    another = machine(theirs, "another", json.loads(described["definition"]), described["roleArn"])
    found = ended(theirs, another, {"job": "any"}, ticking(ours, watching))
    assert (found["status"], found["error"]) == ("FAILED", "States.TaskFailed")
    assert "may not take it" in found["cause"]


def test_jobwatch_in_the_other_account_as_well_tells_its_machines_itself(
    theirs: LocalAws, texts: str, tmp_path: Path
) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text(json.dumps({"watches": {"own": {"source": SOURCE}}}))
    stack = deploy_watches(theirs, file)
    definition = of_source(machines()["dataexchange.jobs"])
    definition = json.loads(json.dumps(definition).replace("${WaitFunctionName}", stack.wait))
    definition["StartAt"] = "Wait for the job"
    function = f"arn:aws:lambda:eu-west-1:{THEIRS}:function:{stack.wait}"
    role = role_of(theirs, "waits", OF_MACHINES, Action="lambda:InvokeFunction", Resource=function)
    job = translate(theirs, texts)
    arn = machine(theirs, "own", definition, role)
    found = ended(theirs, arn, {"job": job}, ticking(theirs, stack))
    assert found["status"] == "SUCCEEDED", found
    detail = json.loads(found["output"])
    assert (detail["job_id"], detail["account"]) == (job, THEIRS)
