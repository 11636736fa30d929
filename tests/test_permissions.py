"""The permissions that reading takes: no more than the watches need."""

import json
import time
from pathlib import Path

import pytest
import yaml

from infra.config.permissions import MOST_NAMED, permissions_of, roles_of
from infra.config.rows import read_catalogue
from infra.config.watches import Watch
from tests.catalogue import compile_plan

ROOT = Path(__file__).parents[1]
APPS = "arn:{partition}:mobiletargeting:{region}:{account}:apps"


@pytest.fixture
def allowed(tmp_path):
    """Give each allowed action's resources for the watches that a test writes down."""

    def permissions_of(*watches):
        rows = (f"  w{number}: {watch}" for number, watch in enumerate(watches))
        file = tmp_path / "watches.yaml"
        file.write_text("\n".join(["watches:", *rows]), encoding="utf-8")
        compiled = compile_plan(file, ROOT / "catalogue")
        return {a: set(p.resources) for p in compiled.permissions for a in p.actions}

    return permissions_of


def test_a_list_is_read_with_its_list_and_get_operations(allowed):
    assert allowed("{source: sesv2.import-jobs}") == {
        "ses:ListImportJobs": {"*"},
        "ses:GetImportJob": {"arn:{partition}:ses:{region}:{account}:import-job/*"},
    }


def test_discovery_needs_the_parents_operations(allowed):
    assert allowed("{source: pinpoint.segment-export-jobs}") == {
        "mobiletargeting:GetApps": {APPS, f"{APPS}/*"},
        "mobiletargeting:GetSegments": {f"{APPS}/*"},
        "mobiletargeting:GetSegmentExportJobs": {f"{APPS}/*/segments/*"},
        "mobiletargeting:GetExportJob": {f"{APPS}/*/jobs/export/*"},
    }


def test_an_id_that_is_given_narrows_every_resource(allowed):
    watch = "{source: pinpoint.segment-export-jobs, for: {ApplicationId: 4f1c0a}}"
    assert allowed(watch) == {
        "mobiletargeting:GetSegments": {f"{APPS}/4f1c0a", f"{APPS}/4f1c0a/*"},
        "mobiletargeting:GetSegmentExportJobs": {f"{APPS}/4f1c0a/segments/*"},
        "mobiletargeting:GetExportJob": {f"{APPS}/4f1c0a/jobs/export/*"},
    }


def test_ids_that_are_all_given_need_no_discovery(allowed):
    given = "{ApplicationId: 4f1c0a, SegmentId: 9be201}"
    segment = f"{APPS}/4f1c0a/segments/9be201"
    assert allowed(f"{{source: pinpoint.segment-export-jobs, for: {given}}}") == {
        "mobiletargeting:GetSegmentExportJobs": {segment, f"{segment}/jobs/export"},
        "mobiletargeting:GetExportJob": {f"{APPS}/4f1c0a/jobs/export/*"},
    }


def test_jobs_that_are_read_one_by_one_need_only_the_get_operation(allowed):
    watch = "{source: pinpoint.import-jobs, for: {ApplicationId: 4f1c0a}, jobs: [j1]}"
    assert allowed(watch) == {"mobiletargeting:GetImportJob": {f"{APPS}/4f1c0a/jobs/import/*"}}


def test_regions_that_are_given_narrow_the_resources_to_them(allowed):
    regions = "[us-east-1, eu-west-1]"
    watch = f"{{source: dataexchange.jobs, jobs: [j1], regions: {regions}}}"
    assert allowed(watch) == {
        "dataexchange:GetJob": {
            "arn:{partition}:dataexchange:eu-west-1:{account}:jobs/*",
            "arn:{partition}:dataexchange:us-east-1:{account}:jobs/*",
        }
    }


def test_what_iam_knows_no_resource_for_is_allowed_where_the_watches_look(tmp_path):
    def regions_of(*watches):
        file, named = tmp_path / "watches.yaml", {f"w{n}": each for n, each in enumerate(watches)}
        file.write_text(json.dumps({"watches": named}), encoding="utf-8")
        found = compile_plan(file, ROOT / "catalogue").permissions
        return {a: p.regions for p in found for a in p.actions}

    here, there = {"source": "dataexchange.jobs"}, ["us-east-1", "eu-west-1"]
    assert regions_of(here)["dataexchange:ListJobs"] == ("{region}",)
    assert regions_of(here)["dataexchange:GetJob"] == ()
    both = regions_of(here, here | {"regions": there})["dataexchange:ListJobs"]
    assert both == ("eu-west-1", "us-east-1", "{region}")


def test_a_service_that_is_the_same_everywhere_is_called_in_no_region_that_a_watch_names(tmp_path):
    """Its one endpoint is in a region of AWS's choice, which is the region that IAM sees."""
    file = tmp_path / "watches.yaml"
    for source in ("cloudfront.invalidations", "organizations.create-account-status"):
        for watch in ({"source": source}, {"source": source, "regions": ["eu-west-1"]}):
            file.write_text(json.dumps({"watches": {"w": watch}}), encoding="utf-8")
            found = compile_plan(file, ROOT / "catalogue").permissions
            assert any("*" in each.resources for each in found), "IAM knows no resource for some"
            assert {each.regions for each in found} == {()}


def test_what_is_allowed_on_everything_and_on_some_is_allowed_where_the_watches_look(tmp_path):
    """One operation lists all and reads one, of which alone IAM knows a resource."""
    file = tmp_path / "watches.yaml"
    watch = {"source": "frauddetector.batch-import-jobs", "regions": ["eu-west-1"]}
    file.write_text(json.dumps({"watches": {"w": watch}}), encoding="utf-8")
    (found,) = compile_plan(file, ROOT / "catalogue").permissions
    assert (found.resources, found.regions) == (("*",), ("eu-west-1",))


def test_another_account_needs_no_permission_here(allowed):
    accounts = '[{id: "111122223333", role: reader}]'
    assert allowed(f"{{source: sesv2.import-jobs, accounts: {accounts}}}") == {}


def accounts(*found):
    """Give accounts by the last digit of the id, the role and the external id, if any."""
    keys = ("id", "role", "external_id")
    return [dict(zip(keys, (f"11112222333{d}", *rest), strict=False)) for d, *rest in found]


@pytest.fixture
def compiled(tmp_path):
    """Compile watches that a test writes down as a source and its accounts."""

    def compile_watches(*watches):
        rows = {
            f"w{number}": {"source": source, "accounts": accounts(*found)}
            for number, (source, *found) in enumerate(watches)
        }
        file = tmp_path / "watches.yaml"
        file.write_text(json.dumps({"watches": rows}), encoding="utf-8")
        return compile_plan(file, ROOT / "catalogue")

    return compile_watches


def test_a_role_abroad_allows_what_the_watches_of_its_accounts_take_together(compiled):
    plan = compiled(
        ("sesv2.import-jobs", (1, "reader"), (2, "other")),
        ("sesv2.export-jobs", (2, "reader")),
        ("dataexchange.jobs", (3, "other")),
    )
    actions = {r.role: {a for p in r.permissions for a in p.actions} for r in plan.readers}
    ses = {f"ses:{verb}{kind}Job" for verb, kind in (("Get", "Import"), ("Get", "Export"))}
    assert actions == {
        "reader": ses | {"ses:ListImportJobs", "ses:ListExportJobs"},
        "other": {"ses:GetImportJob", "ses:ListImportJobs"}
        | {"dataexchange:GetJob", "dataexchange:ListJobs"},
    }
    assert plan.permissions == ()


def test_a_role_abroad_knows_every_external_id_that_is_said_to_it(compiled):
    one = compiled(("sesv2.import-jobs", (1, "reader", "word"), (2, "reader", "word")))
    assert [reader.external_ids for reader in one.readers] == [("word",)]
    two = compiled(("sesv2.import-jobs", (1, "reader", "word"), (2, "reader")))
    assert [reader.external_ids for reader in two.readers] == [("", "word")]


def watch(account, role, **more):
    account = {"id": f"{account:012}", "role": role, **more}
    return Watch.model_validate({"source": "x", "accounts": [account]})


def test_each_role_is_named_while_they_are_few():
    few = [watch(account, "reader") for account in range(MOST_NAMED)]
    assert len(roles_of([*few, *few])) == MOST_NAMED
    assert not any("*" in role for role in roles_of(few))


def test_many_roles_of_one_name_are_named_once_for_all_accounts():
    many = [watch(account, "team/reader") for account in range(MOST_NAMED)]
    assert roles_of([*many, watch(7, "alone")]) == (
        "arn:{partition}:iam::*:role/team/reader",
        "arn:{partition}:iam::000000000007:role/alone",
    )


def test_who_asks_for_an_external_id_is_named_among_many_too():
    many = [watch(account, "reader") for account in range(MOST_NAMED)]
    assert roles_of([*many, watch(777, "reader", external_id="theirs")]) == (
        "arn:{partition}:iam::*:role/reader",
        "arn:{partition}:iam::000000000777:role/reader",
    )


def test_a_broader_resource_covers_the_narrower_ones_of_another_watch(allowed):
    narrow = "{source: pinpoint.import-jobs, for: {ApplicationId: 4f1c0a}}"
    broad = "{source: pinpoint.import-jobs}"
    assert allowed(narrow, broad) == allowed(broad)


def test_narrow_watches_side_by_side_stay_narrow(allowed):
    watches = (
        f"{{source: pinpoint.import-jobs, for: {{ApplicationId: {app}}}, jobs: [j1]}}"
        for app in ("a", "b")
    )
    assert allowed(*watches) == {
        "mobiletargeting:GetImportJob": {
            f"{APPS}/a/jobs/import/*",
            f"{APPS}/b/jobs/import/*",
        }
    }


@pytest.mark.parametrize("odd", ["*", "?", "{account}", "${aws:username}", "é", '"'])
def test_an_odd_id_is_neither_wildcard_nor_template_nor_variable(allowed, odd):
    quoted = odd.replace('"', '\\"')
    given = f'for: {{ApplicationId: "a{quoted}b"}}'
    found = allowed(f"{{source: pinpoint.import-jobs, {given}, jobs: [j1]}}")
    (resource,) = found["mobiletargeting:GetImportJob"]
    middle = resource.removeprefix(f"{APPS}/a").removesuffix("b/jobs/import/*")
    assert len(middle) == len(odd)
    assert not set(middle) & set('*${}é"')


def test_an_odd_id_hides_no_broader_resource(allowed):
    odd = '{source: pinpoint.import-jobs, for: {ApplicationId: "*"}}'
    assert (
        f"{APPS}/*"
        in allowed(odd, "{source: pinpoint.import-jobs}")["mobiletargeting:GetImportJobs"]
    )


def test_actions_on_the_same_resources_are_one_permission():
    compiled = compile_plan(ROOT / "watches.yaml", ROOT / "catalogue")
    listed = next(p for p in compiled.permissions if p.resources == ("*",))
    assert listed.actions == (
        "dataexchange:ListJobs",
        "ses:ListExportJobs",
        "ses:ListImportJobs",
    )


def test_iam_calls_a_service_otherwise_than_its_calls_are_signed(allowed):
    assert allowed("{source: cloudcontrol.resource-requests}").keys() == {
        "cloudformation:GetResourceRequestStatus",
        "cloudformation:ListResourceRequests",
    }


def test_an_operation_may_need_an_action_of_another_service(allowed, compiled):
    assert allowed("{source: connect.test-case-executions}").keys() == {
        "connect:GetTestCaseExecutionSummary",
        "connect:ListInstances",
        "connect:ListTestCaseExecutions",
        "ds:DescribeDirectories",
    }
    abroad = compiled(("connect.test-case-executions", (1, "reader")))
    assert "ds:DescribeDirectories" in abroad.plan.session_policies["connect"]


def test_a_row_of_thousands_of_broad_resources_ends_soon(tmp_path):
    """It took a minute for two thousand, and four times as long for twice as many."""
    broad = [
        f"arn:{{partition}}:ses:{{region}}:{{account}}:x/{'*a' * 180}{n}" for n in range(3_000)
    ]
    narrow = [f"arn:{{partition}}:ses:{{region}}:{{account}}:y/{n}" for n in (1, 2)]
    row = yaml.safe_load((ROOT / "catalogue" / "sesv2.yaml").read_text(encoding="utf-8"))
    listing = row["sources"]["import-jobs"]["list"]
    listing["resource"] = [*broad, *narrow, "arn:{partition}:ses:{region}:{account}:y/*"]
    found = read_rows(tmp_path, row)
    began = time.process_time()
    watch = Watch.model_validate({"source": "sesv2.import-jobs"})
    (permission,) = (
        each for each in permissions_of([(watch, found)]) if each.actions == ("ses:ListImportJobs",)
    )
    assert time.process_time() - began < 20
    assert {*permission.resources} == {*broad, "arn:{partition}:ses:{region}:{account}:y/*"}


def read_rows(folder, row):
    (folder / "sesv2.yaml").write_text(yaml.safe_dump(row), encoding="utf-8")
    return read_catalogue(folder).rows["sesv2.import-jobs"]
