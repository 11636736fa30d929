"""Every row is held against botocore's service models, and a wrong one is told with its line."""

import re
from dataclasses import replace
from itertools import chain
from pathlib import Path

import jmespath
import pytest
import yaml
from botocore.loaders import JSONFileLoader, Loader

from infra.config.aws.paths import find
from infra.config.aws.services import (
    PlainFiles,
    operation_model,
    required_inputs,
    service_model,
)
from infra.config.aws.shapes import words
from infra.config.catalogue import Token
from infra.config.files.mistakes import InvalidValueError
from infra.config.lint.row import lint_row
from infra.config.lint.secrets import secret_in
from infra.config.rows import read_catalogue
from tests.catalogue import ours

ROOT = Path(__file__).parents[1]
CATALOGUE = ours()

PINPOINT = {
    "PENDING": {"CREATED", "PREPARING_FOR_INITIALIZATION", "INITIALIZING", "PENDING_JOB"},
    "RUNNING": {"PROCESSING", "COMPLETING", "FAILING"},
    "SUCCEEDED": {"COMPLETED"},
    "FAILED": {"FAILED"},
}
SES = {
    "PENDING": {"CREATED"},
    "RUNNING": {"PROCESSING"},
    "SUCCEEDED": {"COMPLETED"},
    "FAILED": {"FAILED"},
    "CANCELLED": {"CANCELLED"},
}
DATA_EXCHANGE = {
    "PENDING": {"WAITING"},
    "RUNNING": {"IN_PROGRESS"},
    "SUCCEEDED": {"COMPLETED"},
    "FAILED": {"ERROR", "TIMED_OUT"},
    "CANCELLED": {"CANCELLED"},
}


SQL, SPARK = "Athena engine version 3", "PySpark engine version 3"
WHOLE = ROOT / "tests" / "data" / "catalogue"
"""Rows that say all that there is to say, also what the model says."""
BROKEN = yaml.safe_load((ROOT / "tests" / "data" / "broken_rows.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["endpoints", "sesv2/2019-09-27/service-2", "nowhere"])
def test_a_model_is_read_as_botocore_reads_it_but_into_plain_dictionaries(name):
    """Its ordered ones take eight times as long, and there are 155 models to read."""
    file = f"{Loader.BUILTIN_DATA_PATH}/{name}"
    found = PlainFiles().load_file(file)
    assert found == JSONFileLoader().load_file(file)
    assert type(found) is (type(None) if name == "nowhere" else dict)


def test_the_catalogue_has_no_mistake():
    assert CATALOGUE.mistakes == ()


def test_what_a_row_leaves_out_is_what_was_written_by_hand():
    written = read_catalogue(WHOLE)
    assert written.mistakes == ()
    assert {each: row.source for each, row in written.rows.items()} == {
        each: CATALOGUE.rows[each].source for each in written.ids
    }


@pytest.mark.parametrize("source", sorted(CATALOGUE.ids))
def test_a_row_is_what_the_service_model_says(source):
    assert [str(mistake) for mistake in lint_row(CATALOGUE.rows[source])] == []


def test_each_row_that_counts_says_what():
    counting = {name: row.source.progress for name, row in CATALOGUE.rows.items()}
    counting = {name: each for name, each in counting.items() if any(each.model_dump().values())}
    assert len(counting) > 80
    assert [name for name, each in counting.items() if each.unit is None] == []


@pytest.mark.parametrize(
    ("source", "lists_with", "reads_one_with", "needs"),
    [
        ("pinpoint.import-jobs", "GetImportJobs", "GetImportJob", ["ApplicationId (GetApps)"]),
        ("pinpoint.export-jobs", "GetExportJobs", "GetExportJob", ["ApplicationId (GetApps)"]),
        (
            "pinpoint.segment-import-jobs",
            "GetSegmentImportJobs",
            "GetImportJob",
            ["ApplicationId (GetApps)", "SegmentId (GetSegments)"],
        ),
        (
            "pinpoint.segment-export-jobs",
            "GetSegmentExportJobs",
            "GetExportJob",
            ["ApplicationId (GetApps)", "SegmentId (GetSegments)"],
        ),
        ("sesv2.import-jobs", "ListImportJobs", "GetImportJob", []),
        ("sesv2.export-jobs", "ListExportJobs", "GetExportJob", []),
        ("dataexchange.jobs", "ListJobs", "GetJob", []),
    ],
)
def test_a_source_calls_what_the_contract_says(source, lists_with, reads_one_with, needs):
    row = CATALOGUE.rows[source].source
    assert (row.list.operation, row.get.operation) == (lists_with, reads_one_with)
    assert [f"{parent.parameter} ({parent.operation})" for parent in row.parents] == needs


@pytest.mark.parametrize(
    ("source", "statuses", "partial"),
    [
        ("pinpoint.import-jobs", PINPOINT, {"FailedPieces", "TotalFailures"}),
        ("pinpoint.export-jobs", PINPOINT, {"FailedPieces", "TotalFailures"}),
        ("pinpoint.segment-import-jobs", PINPOINT, {"FailedPieces", "TotalFailures"}),
        ("pinpoint.segment-export-jobs", PINPOINT, {"FailedPieces", "TotalFailures"}),
        ("sesv2.import-jobs", SES, {"FailedRecordsCount"}),
        ("sesv2.export-jobs", SES, set()),
        ("dataexchange.jobs", DATA_EXCHANGE, set()),
    ],
)
def test_a_source_maps_its_statuses_as_the_contract_says(source, statuses, partial):
    row = CATALOGUE.rows[source].source
    assert {ours: set(each) for ours, each in row.statuses.items()} == statuses
    assert set(row.partial) == partial


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case["wrong"].strip() or "left out")
def test_a_wrong_row_is_told_with_its_line_and_key(tmp_path, case):
    """Each of the rows of `data/broken_rows.yaml`, one of a kind of mistake."""
    before = (WHOLE / case["file"]).read_text(encoding="utf-8")
    after = before.replace(case["right"], case["wrong"], 1)
    path = tmp_path / case["file"]
    path.write_text(after, encoding="utf-8")
    catalogue = read_catalogue(tmp_path)
    mistakes = [*catalogue.mistakes, *(m for r in catalogue.rows.values() for m in lint_row(r))]
    number = line_of(case.get("line"), before, after)
    assert sorted({str(mistake) for mistake in mistakes}) == [
        f"{path}:{number}: {told}" for told in case["told"]
    ]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("sagemaker.training-jobs", "ValidationException"),
        ("sagemaker.processing-jobs", "ValidationException"),
        ("sagemaker.transform-jobs", "ValidationException"),
        ("sagemaker.hyper-parameter-tuning-jobs", "ResourceNotFound"),
        ("transcribe.transcription-jobs", "BadRequestException"),
        ("transcribe.medical-transcription-jobs", "BadRequestException"),
        ("transcribe.medical-scribe-jobs", "BadRequestException"),
        ("transcribe.call-analytics-jobs", "BadRequestException"),
        ("s3control.jobs", "NoSuchJobException"),
    ],
)
def test_a_job_that_is_not_there_is_known_by_what_its_service_says(source, code):
    """Not all say what their model does: a watch that waits for such a job would be unreachable."""
    assert code in CATALOGUE.rows[source].source.get.missing


def test_an_error_that_models_need_not_name_may_say_that_a_job_is_not_there():
    row = CATALOGUE.rows["sagemaker.training-jobs"]
    get = row.source.get.model_copy(update={"missing": ("ValidationException", "NoSuchJob")})
    wrong = replace(row, source=row.source.model_copy(update={"get": get}))
    assert [mistake.found for mistake in lint_row(wrong)] == ['"NoSuchJob"']


@pytest.mark.parametrize(
    ("source", "status", "ours"),
    [
        ("kafka.cluster-operations-v2", "REBOOT_IN_PROGRESS", "RUNNING"),
        ("kafka.cluster-operations-v2", "REBOOT_COMPLETE", "SUCCEEDED"),
        ("ecs.service-deployments", "STOPPED", "FAILED"),
        ("ecs.daemon-deployments", "STOPPED", "FAILED"),
    ],
)
def test_a_status_that_no_enumeration_explains_means_what_the_documents_say(source, status, ours):
    assert status in CATALOGUE.rows[source].source.statuses[ours]


STOPPED = {"Status": "stopped"}


@pytest.mark.parametrize(
    ("source", "job", "ours"),
    [
        ("codedeploy.deployments", {"status": "Stopped"}, "CANCELLED"),
        (
            "codedeploy.deployments",
            {"status": "Stopped", "errorInformation": {"code": "ALARM_ACTIVE"}},
            "FAILED",
        ),
        ("dms.replication-tasks", STOPPED | {"StopReason": "Stop Reason NORMAL"}, "SUCCEEDED"),
        ("dms.replications", STOPPED | {"StopReason": "Stop Reason FATAL_ERROR"}, "FAILED"),
        (
            "dms.replication-tasks",
            STOPPED | {"StopReason": "Stop Reason FATAL_ERROR Error Level FATAL"},
            "FAILED",
        ),
        (
            "dms.replication-tasks",
            {"Status": "running", "StopReason": "Stop Reason NORMAL"},
            "RUNNING",
        ),
        ("ec2.conversion-tasks", {"State": "cancelled"}, "FAILED"),
        ("ec2.export-tasks", {"State": "cancelled"}, "FAILED"),
        ("fis.experiments", {"state": {"status": "stopped"}}, "FAILED"),
        ("guardduty.malware-scans", {"ScanStatus": "SKIPPED"}, "FAILED"),
        ("resiliencehubv2.test-runs", {"status": "STOPPED"}, "FAILED"),
        (
            "sagemaker.agent-rft-jobs",
            {"JobStatus": "Stopped", "JobSecondaryStatus": "MaxRuntimeExceeded"},
            "FAILED",
        ),
        (
            "sagemaker.data-transformation-jobs",
            {"JobStatus": "Stopped", "JobSecondaryStatus": "Stopped"},
            "CANCELLED",
        ),
        ("sagemaker.training-jobs", {"TrainingJobStatus": "Stopped"}, "CANCELLED"),
        (
            "sagemaker.training-jobs",
            {"TrainingJobStatus": "Stopped", "SecondaryStatus": "MaxRuntimeExceeded"},
            "FAILED",
        ),
        ("ssm.automation-executions", {"AutomationExecutionStatus": "Cancelled"}, "CANCELLED"),
        (
            "ssm.automation-executions",
            {"AutomationExecutionStatus": "Cancelled", "TriggeredAlarms": [{"State": "ALARM"}]},
            "FAILED",
        ),
        (
            "ssm.automation-executions",
            {"AutomationExecutionStatus": "Success", "TriggeredAlarms": [{"State": "ALARM"}]},
            "SUCCEEDED",
        ),
        ("ssm.commands", {"Status": "Cancelled", "TriggeredAlarms": []}, "CANCELLED"),
        (
            "ssm.commands",
            {"Status": "Cancelled", "TriggeredAlarms": [{"State": "UNKNOWN"}]},
            "FAILED",
        ),
    ],
)
def test_what_an_alarm_an_error_or_a_limit_stopped_has_failed(source, job, ours):
    """Nobody asked for that end, and nobody would hear of it."""
    row = CATALOGUE.rows[source].source
    raw = jmespath.search(row.status, job)
    assert [each for each, known in row.statuses.items() if raw in known] == [ours]


DELETING = {
    "ec2.export-image-tasks": "deleting is how a task is cancelled, deleted its only bad end",
    "ec2.import-image-tasks": "deleting is how a task is cancelled, deleted its only bad end",
    "ec2.import-snapshot-tasks": "deleting is how a task is cancelled, deleted its only bad end",
    "ecs.stopped-tasks": "DELETED is the last state of each task, and nothing that anybody does",
    "ecs.tasks": "DELETED is the last state of each task, and nothing that anybody does",
    "imagebuilder.image-build-versions": "DELETED is the image, later: its build succeeded",
    "imagebuilder.image-pipeline-images": "DELETED is the image, later: its build succeeded",
}
"""Where a status of a deletion says more than that the record of a job is taken away."""


def test_a_job_that_is_taken_away_runs_no_more_and_has_not_failed():
    """An old one would be told as one that runs for too long, and then as gone."""
    otherwise = {
        source
        for source, row in CATALOGUE.rows.items()
        for ours, each in row.source.statuses.items()
        if ours != "CANCELLED" and any(re.match("delet", raw, re.IGNORECASE) for raw in each)
    }
    assert otherwise == {*DELETING}


LAUNCHED, LOST = {"launchStatus": "LAUNCHED"}, {"launchStatus": "FAILED"}
TERMINATED = {"launchStatus": "TERMINATED"}


@pytest.mark.parametrize(
    ("source", "job", "ours"),
    [
        (
            "cloudformation.stack-refactors",
            {"Status": "CREATE_FAILED", "ExecutionStatus": "UNAVAILABLE"},
            "FAILED",
        ),
        (
            "cloudformation.stack-refactors",
            {"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE"},
            "PENDING",
        ),
        (
            "drs.jobs",
            {"status": "COMPLETED", "participatingServers": [LAUNCHED, LOST]},
            "PARTIAL",
        ),
        ("drs.jobs", {"status": "COMPLETED", "participatingServers": [LOST]}, "FAILED"),
        ("drs.jobs", {"status": "COMPLETED", "participatingResources": [LOST]}, "FAILED"),
        (
            "drs.jobs",
            {
                "status": "COMPLETED",
                "participatingServers": [LAUNCHED],
                "participatingResources": [LOST],
            },
            "PARTIAL",
        ),
        (
            "drs.jobs",
            {"status": "COMPLETED", "participatingServers": [TERMINATED, LOST]},
            "PARTIAL",
        ),
        ("drs.jobs", {"status": "COMPLETED", "participatingServers": [LAUNCHED]}, "SUCCEEDED"),
        ("drs.jobs", {"status": "STARTED", "participatingServers": [LOST]}, "RUNNING"),
        ("mgn.jobs", {"status": "COMPLETED", "participatingServers": [LAUNCHED, LOST]}, "PARTIAL"),
        (
            "mgn.jobs",
            {"status": "COMPLETED", "participatingServers": [TERMINATED, LOST]},
            "PARTIAL",
        ),
        ("mgn.jobs", {"status": "COMPLETED", "participatingServers": [LOST, {}]}, "FAILED"),
        ("mgn.jobs", {"status": "COMPLETED", "participatingServers": []}, "SUCCEEDED"),
        (
            "macie2.classification-jobs",
            {"jobStatus": "COMPLETE", "lastRunErrorStatus": {"code": "ERROR"}},
            "PARTIAL",
        ),
        (
            "macie2.classification-jobs",
            {"jobStatus": "COMPLETE", "lastRunErrorStatus": {"code": "NONE"}},
            "SUCCEEDED",
        ),
        (
            "macie2.classification-jobs",
            {"jobStatus": "IDLE", "lastRunErrorStatus": {"code": "ERROR"}},
            "PENDING",
        ),
        (
            "sagemaker.auto-ml-jobs",
            {"AutoMLJobStatus": "Completed", "AutoMLJobSecondaryStatus": "ModelDeploymentError"},
            "PARTIAL",
        ),
        (
            "sagemaker.auto-ml-jobs",
            {"AutoMLJobStatus": "Completed", "AutoMLJobSecondaryStatus": "MaxCandidatesReached"},
            "SUCCEEDED",
        ),
    ],
)
def test_what_another_member_says_of_a_failure_is_the_status(source, job, ours):
    """A server that could not be launched was part of a success, for all that anybody heard."""
    row = CATALOGUE.rows[source].source
    raw = jmespath.search(row.status, job)
    assert [each for each, known in row.statuses.items() if raw in known] == [ours]


@pytest.mark.parametrize("source", ["codebuild.builds", "codebuild.build-batches"])
def test_a_build_that_failed_says_in_which_phase_and_quotes_no_command(source):
    """Once a build ended its current phase is COMPLETED; a message may quote what ran."""
    command = {"statusCode": "COMMAND_EXECUTION_ERROR", "message": "command: login --password x"}
    phases = [
        {"phaseType": "INSTALL", "phaseStatus": "SUCCEEDED"},
        {"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [command]},
        {"phaseType": "POST_BUILD", "phaseStatus": "IN_PROGRESS"},
        {"phaseType": "COMPLETED"},
    ]
    failure = CATALOGUE.rows[source].source.failure
    paths = (failure.code, failure.message, failure.details)
    assert [path and jmespath.search(path, {"phases": phases}) for path in paths] == [
        "BUILD",
        None,
        [{"Phase": "BUILD", "Code": "COMMAND_EXECUTION_ERROR"}],
    ]


def test_a_member_that_is_compared_with_a_text_has_no_other_text():
    """Else a row had to map whatever the member may be elsewhere."""
    row = CATALOGUE.rows["codedeploy.deployments"]
    statuses = row.source.statuses | {"FAILED": ("Failed",)}
    wrong = replace(row, source=row.source.model_copy(update={"statuses": statuses}))
    assert [mistake.found for mistake in lint_row(wrong)] == ["no ALARM_ACTIVE"]


@pytest.mark.parametrize(
    ("partial", "found"),
    [
        ("StatusMessage && `1`", []),
        ("Nothing && `1`", ['"Nothing"']),
        ("`1`", ["the JMESPath literal"]),
        ("StatusMessage && `true`", ["the JMESPath literal"]),
    ],
)
def test_a_condition_counts_one_where_it_is_of_what_there_is(partial, found):
    row = CATALOGUE.rows["backup.backup-jobs"]
    wrong = replace(row, source=row.source.model_copy(update={"partial": (partial,)}))
    assert [mistake.found for mistake in lint_row(wrong)] == found


def test_a_status_out_of_two_members_maps_what_the_model_knows_of_either():
    row = CATALOGUE.rows["ecs.tasks"]
    statuses = row.source.statuses | {"CANCELLED": ("UserInitated", "ServiceSchedulerInitiated")}
    wrong = replace(row, source=row.source.model_copy(update={"statuses": statuses}))
    (mistake,) = lint_row(wrong)
    assert mistake.found == "no UserInitiated"


@pytest.mark.parametrize(
    ("source", "since"),
    [
        ("backup.backup-jobs", "ByCreatedBefore"),
        ("backup.backup-jobs", "ByCompleteAfter"),
        ("codedeploy.deployments", "createTimeRange.end"),
        ("emr.notebook-executions", "To"),
        ("iotsitewise.pipeline-executions", "endTimeAfter"),
        ("sagemaker.training-jobs", "LastModifiedTimeAfter"),
        ("signer.signing-jobs", "signatureExpiresAfter"),
        ("swf.closed-workflow-executions", "startTimeFilter.latestDate"),
    ],
)
def test_a_list_is_asked_for_what_was_created_since_by_no_other_time(source, since):
    row = CATALOGUE.rows[source]
    listing = row.source.list.model_copy(update={"since": since, "order": "none"})
    wrong = replace(row, source=row.source.model_copy(update={"list": listing}))
    assert f'"{since}"' in [mistake.found for mistake in lint_row(wrong)]


def test_the_contacts_that_are_listed_have_any_status_but_that_of_what_nobody_booked():
    """One whose status is not asked for would be taken for gone."""
    contacts = CATALOGUE.rows["groundstation.contacts"].source
    asked = contacts.list.params["statusList"]
    assert sorted([*asked, "AVAILABLE"]) == sorted(chain(*contacts.statuses.values()))


def test_a_list_of_dms_projects_may_read_what_iam_asks_for_beside_it():
    (project,) = CATALOGUE.rows["dms.metadata-model-imports"].source.parents
    assert [*project.also] == ["dms:DescribeConversionConfiguration"]


def test_no_row_has_an_end_that_whoever_reports_the_job_chooses():
    """A tool whose clock is behind would hide its failures: they look too old to be told. An end
    that a service writes stands beside the creation, which bounds it from below."""
    rows = CATALOGUE.rows.values()
    assert [row.id for row in rows if row.source.ended and not row.source.created] == []


BEGUN_ANEW = {
    "cloudformation.generated-templates": "UpdateGeneratedTemplate",
    "launch-wizard.deployments": "UpdateDeployment",
    "lexv2-models.bot-recommendations": "UpdateBotRecommendation",
}
"""What updates a job and moves its status, too: it begins, goes on or ends then."""


def test_no_row_has_an_end_that_an_operation_moves_later():
    """Whoever changes a word of a job that had failed would have it told again."""
    moving = dict[str, str]()
    for name, row in CATALOGUE.rows.items():
        if not re.search("updat|modif", row.source.ended or "", re.IGNORECASE):
            continue
        get, model = row.source.get, service_model(row.service)
        ids = {get.id} if get and get.id else {each.rpartition(".")[2] for each in row.source.id}
        for operation in model.operation_names:
            taken = required_inputs(model.operation_model(operation))
            if operation.startswith("Update") and ids <= {*taken}:
                moving[name] = operation
    assert moving == BEGUN_ANEW


@pytest.mark.parametrize(
    ("source", "there", "asked"),
    [
        (
            "athena.calculation-executions",
            [
                {"Name": "a", "EngineVersion": {"EffectiveEngineVersion": SQL}},
                {"Name": "b", "EngineVersion": {"EffectiveEngineVersion": SPARK}},
                {"Name": "c"},
            ],
            ["b", "c"],
        ),
        (
            "datazone.metadata-generation-runs",
            [{"id": "a", "status": "DELETED"}, {"id": "b", "status": "AVAILABLE"}],
            ["b"],
        ),
        (
            "batch.jobs",
            [{"jobQueueArn": "a", "jobQueueType": "SAGEMAKER_TRAINING"}, {"jobQueueArn": "b"}],
            ["b"],
        ),
        (
            "batch.service-jobs",
            [{"jobQueueArn": "a", "jobQueueType": "SAGEMAKER_TRAINING"}, {"jobQueueArn": "b"}],
            ["a"],
        ),
        (
            "healthlake.fhir-import-jobs",
            [
                {"DatastoreId": "a", "DatastoreStatus": "DELETED"},
                {"DatastoreId": "b", "DatastoreStatus": "ACTIVE"},
                {"DatastoreId": "c", "DatastoreStatus": "UPDATING"},
            ],
            ["b", "c"],
        ),
        (
            "quicksight.ingestions",
            [{"DataSetId": "a", "ImportMode": "DIRECT_QUERY"}, {"DataSetId": "b"}],
            ["b"],
        ),
        (
            "workmail.mailbox-export-jobs",
            [
                {"OrganizationId": "a", "State": "Deleted"},
                {"OrganizationId": "b", "State": "Active"},
            ],
            ["b"],
        ),
    ],
)
def test_parents_that_hold_no_such_jobs_are_not_asked_for_them(source, there, asked):
    """An error would make each of them unreachable, and each would cost a call."""
    parent = CATALOGUE.rows[source].source.parents[0]
    member = parent.items.partition("[")[0]
    found = jmespath.search(parent.items, {member: there})
    assert [jmespath.search(parent.id, each) for each in found] == asked


def test_the_parts_of_an_id_that_a_get_takes_have_a_name_each():
    row = CATALOGUE.rows["swf.open-workflow-executions"]
    ids = {"id": ("execution.runId", "parent.runId")}
    told = [m.found for m in lint_row(replace(row, source=row.source.model_copy(update=ids)))]
    assert "two parts of one name" in told


@pytest.mark.parametrize(
    ("service", "operation", "items", "id_", "secret"),
    [
        ("chime", "ListBots", "Bots", "SecurityToken", "SecurityToken"),
        ("kafka", "ListScramSecrets", "SecretArnList", "@", "SecretArnList"),
    ],
)
def test_no_secret_names_what_jobs_live_in(service, operation, items, id_, secret):
    """Each event says in what its job is."""
    row = CATALOGUE.rows["cognito-idp.user-import-jobs"]
    other = {"service": service, "operation": operation, "items": items, "id": id_}
    parent = row.source.parents[0].model_copy(update=other)
    wrong = replace(row, source=row.source.model_copy(update={"parents": (parent,)}))
    told = {mistake.expected for mistake in lint_row(wrong)}
    assert f"a path without {secret}, which must not travel" in told


DEEP = {
    "brackets": "(" * 240 + "a" + ")" * 240,
    "negations": "!" * 499,
    "flattened": "a" + "[]" * 240,
    "indexed": "a" + "[0]" * 160,
    "filtered": "a[?" * 160,
    "either": "a" + "||a" * 160,
    "piped": "a" + "|a" * 200,
    "lists": "[" * 499,
    "objects": "{a:" * 160,
    "calls": "abs(" * 120,
    "stars": "*" + ".*" * 240,
    "a literal": "`" + "[" * 240 + "]" * 240 + "`",
    "a number": "a[" + "9" * 490 + "]",
    "alternatives": "|".join(["(@||@)"] * 40),
    "long": "'" + "x" * 9_000 + "'",
    "longer than any": "(" * 9_000,
}


@pytest.mark.parametrize("path", DEEP.values(), ids=DEEP)
@pytest.mark.parametrize(
    "place", ["list: jobs", "get: job", "token: read", "id", "failure: details"]
)
def test_a_path_that_is_deep_or_long_is_a_mistake_and_no_traceback(tmp_path, place, path):
    """S16: one that was 3,000 deep exhausted Python's stack."""
    row = yaml.safe_load((WHOLE / "sesv2.yaml").read_text(encoding="utf-8"))
    above, _, name = place.rpartition(": ")
    source = row["sources"]["import-jobs"]
    part = source["list"]["token"] if above == "token" else source[above] if above else source
    part[name] = path
    (tmp_path / "sesv2.yaml").write_text(yaml.dump(row), encoding="utf-8")
    catalogue = read_catalogue(tmp_path)
    told = [str(m) for r in catalogue.rows.values() for m in lint_row(r)]
    assert told
    assert all(len(line) < 400 for line in told)


DOUBLED = {
    "details": "Errors[]" + "|[].{a: @, b: @}" * 22,
    "details, chained": "Errors[]" + ".{a: @, b: @}" * 22,
    "details, by a member": "Errors[].{a: @, b: @}.{a: {a: a, b: b}.a, b: b}",
    "jobs": "Jobs[].{Id: Id, State: State, a: @, b: @}.{Id: Id, State: State, a: @, b: @}",
    "job": "{Id: Id, State: State, a: @}.{Id: Id, State: State, a: @, b: @}",
    "jobs, in a list": "Jobs[].{Id: Id, State: State} | {a: @, b: @}.a",
}


@pytest.mark.parametrize("where", DOUBLED)
def test_a_path_that_doubles_what_it_made_is_a_mistake(tmp_path, where):
    """Whoever walks over what it finds, poll too, would take twice as long with each step."""
    row = yaml.safe_load((WHOLE / "dataexchange.yaml").read_text(encoding="utf-8"))
    source, (part, *_) = row["sources"]["jobs"], where.split(",")
    above = {"details": source["failure"], "jobs": source["list"], "job": source["get"]}[part]
    above[part] = DOUBLED[where]
    (tmp_path / "dataexchange.yaml").write_text(yaml.dump(row), encoding="utf-8")
    (found,) = read_catalogue(tmp_path).rows.values()
    told = [str(mistake) for mistake in lint_row(found)]
    assert any("found {…} of what the path made by {…}, expected one {…}" in each for each in told)


def test_an_object_that_a_path_makes_may_stand_in_another_and_has_no_secret():
    output = operation_model("dataexchange", "GetJob").output_shape
    path = "Errors[].{a: Code, b: {c: Message, d: @}}[].b.c"
    assert [each.type_name for each in find(path, (output,))[0].of] == ["string"]
    secret = "Details.ExportAssetToSignedUrl.{a: AssetId, b: @, c: {d: @}}"
    assert set(secret_in(secret, find(secret, (output,)))) == {"SignedUrl"}


def line_of(text, before, after):
    """Give the line that has the text, or else the first one that was changed."""
    lines = list(enumerate(zip(before.splitlines(), after.splitlines(), strict=False), 1))
    if text is None:
        return next(number for number, (old, new) in lines if old != new)
    return next(number for number, (_, new) in lines if text in new)


COGNITO = """\
service: cognito-idp
sources:
  user-imports:
    label: user import
    list:
      operation: ListUserImportJobs
      jobs: UserImportJobs
      params: {MaxResults: 60}
      resource: "*"
    get:
      operation: DescribeUserImportJob
      job: UserImportJob
      id: JobId
      missing: [ResourceNotFoundException]
      resource: "*"
    parents:
      - operation: ListUserPools
        parameter: UserPoolId
        items: UserPools
        id: Id
        token: {send: NextToken, read: NextToken}
        params: {MaxResults: 60}
        resource: "*"
    fan_out: few
    id: JobId
    status: Status
    partial: []
    statuses:
      {PENDING: [Created, Pending], RUNNING: [InProgress, Stopping], SUCCEEDED: [Succeeded],
       FAILED: [Failed, Expired], CANCELLED: [Stopped]}
"""


def test_a_list_in_pages_takes_its_token_whatever_the_service_calls_that(tmp_path):
    """Cognito calls it PaginationToken, and botocore knows no paginator for the operation."""
    (tmp_path / "cognito-idp.yaml").write_text(COGNITO, encoding="utf-8")
    catalogue = read_catalogue(tmp_path)
    assert catalogue.mistakes == ()
    (row,) = catalogue.rows.values()
    assert [*lint_row(row)] == []
    assert row.source.list.token == Token(send="PaginationToken", read="PaginationToken")


def test_a_wrong_key_hides_no_mistake_of_another(tmp_path):
    wrong = COGNITO.replace("params: {MaxResults: 60}", "params: {MaxResult: 60}", 1)
    wrong = wrong.replace("    statuses:", "    progres: {}\n    statuses:")
    (tmp_path / "cognito-idp.yaml").write_text(wrong, encoding="utf-8")
    catalogue = read_catalogue(tmp_path)
    linted = [m.key for row in catalogue.rows.values() for m in lint_row(row)]
    assert [m.key for m in catalogue.mistakes] == ["sources.user-imports.progres"]
    assert "sources.user-imports.list.params.MaxResult" in linted


def test_a_file_with_another_ending_is_told_and_not_overlooked(tmp_path):
    (tmp_path / "sesv2.yml").write_text("service: sesv2\nsources: {}\n", encoding="utf-8")
    told = [str(mistake) for mistake in read_catalogue(tmp_path).mistakes]
    assert f"{tmp_path}/sesv2.yml:1: found the ending .yml, expected .yaml" in told


def test_a_catalogue_without_a_file_is_told(tmp_path):
    assert [str(mistake) for mistake in read_catalogue(tmp_path).mistakes] == [
        f"{tmp_path}:1: found no file, expected a file of the catalogue"
    ]


@pytest.mark.parametrize(
    ("expression", "kinds"),
    [
        ("@", ["an object"]),
        ("Jobs", ["a list"]),
        ("Jobs[]", ["a list"]),
        ("Jobs[0].State", ["a string"]),
        ("Jobs[-1]", ["an object"]),
        ("Jobs[*].Id | [0]", ["a string"]),
        ("Jobs[:1].Id", ["a list"]),
        ("Jobs[?State != 'ERROR'].Id", ["a list"]),
        ("Jobs[?Arn && Type == 'EXPORT_ASSETS_TO_S3']", ["a list"]),
        ("Jobs[].Errors[].Code", ["a list"]),
        ("Jobs[].Errors[].Code | [0]", ["a string"]),
        ("NextToken || Jobs[0].CreatedAt", ["a string", "a timestamp"]),
        ("(Jobs && NextToken) || Jobs[0].CreatedAt", ["a string", "a timestamp"]),
        ("Jobs[0] | State == 'ERROR' && Id", ["a string"]),
        ("Jobs[0].{a: Id, b: Details}", ["an object"]),
        ("Jobs[0].{a: Id, b: Details}.b", ["an object"]),
    ],
)
def test_a_path_is_followed_through_the_shapes(expression, kinds):
    output = operation_model("dataexchange", "ListJobs").output_shape
    assert [words(kind) for kind in find(expression, (output,))] == kinds


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "Job",
            "Jobs.Id",
            "Jobs[].Ident",
            "NextToken.x",
            "NextToken[0]",
            "NextToken || x",
            "x && NextToken",
            "NextToken && x",
            "NextToken == Jobs && NextToken",
            "Jobs[",
        ),
        *("Jobs[?Ident]", "Jobs[?State == 'DONE']", "Jobs[?State == 'ERROR' && Ident]"),
        *("Jobs[?State == ERROR]", "Jobs[?CreatedAt == '2026']", "Jobs[?State < 'ERROR']"),
    ],
)
def test_a_path_that_leads_nowhere_is_invalid(expression):
    output = operation_model("dataexchange", "ListJobs").output_shape
    with pytest.raises(InvalidValueError):
        find(expression, (output,))


VARIABLES = {"EnvironmentVariables", "EnvironmentVariableValue", "SensitiveString"}
TOKEN = {"RequestToken"}
URLS = {"SignedUrl", "ApiSpecificationUploadUrl"}


@pytest.mark.parametrize(
    ("service", "operation", "path", "secrets"),
    [
        ("dataexchange", "GetJob", "Details", {"ApiKey", *URLS}),
        ("dataexchange", "ListJobs", "Jobs[].Details", {"ApiKey", *URLS}),
        ("dataexchange", "GetJob", "Details.ExportAssetToSignedUrl", {"SignedUrl"}),
        ("dataexchange", "GetJob", "Details.ExportAssetToSignedUrl.AssetId", set()),
        ("dataexchange", "GetJob", "{a: Details.ExportAssetToSignedUrl.SignedUrl}", {"SignedUrl"}),
        ("dataexchange", "GetJob", "Details.ExportAssetToSignedUrl.SignedUrlExpiresAt", set()),
        (
            "dataexchange",
            "ListJobs",
            "Jobs[?Id].Details.ExportAssetToSignedUrl.SignedUrl",
            {"SignedUrl"},
        ),
        ("cloudcontrol", "GetResourceRequestStatus", "{a: ProgressEvent.RequestToken}.a", TOKEN),
        ("cloudcontrol", "GetResourceRequestStatus", "ProgressEvent.{a: RequestToken}|a", TOKEN),
        ("cloudcontrol", "GetResourceRequestStatus", "ProgressEvent.{a: Operation}.a", set()),
        ("sesv2", "GetExportJob", "ExportDestination", {"S3Url"}),
        ("sesv2", "GetImportJob", "ImportDataSource", set()),
        ("lambda", "GetFunctionConfiguration", "Environment", VARIABLES),
    ],
)
def test_a_secret_is_found_wherever_it_is_below_a_path(service, operation, path, secrets):
    output = operation_model(service, operation).output_shape
    assert set(secret_in(path, find(path, (output,)))) == secrets
