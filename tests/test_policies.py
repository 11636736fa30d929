"""Whatever is watched, its permissions are cut into policies that IAM takes, and none is lost."""

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Any

import botocore.session
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from infra.config.abbreviations import abbreviated
from infra.config.aws.regions import regions
from infra.config.aws.services import iam_prefix, operation_model, service_model, service_names
from infra.config.files.mistakes import Mistakes
from infra.config.lint.calls import reads
from infra.config.lint.credentials import gives_away
from infra.config.permissions import Permission, permissions_of
from infra.config.plan import Compiled
from infra.config.policies import ELSE, MANAGED, MOST_MANAGED, TooLargeError, cut, session_policy
from infra.config.rows import Row
from infra.config.statements import Statement, assuming, document, fill_in, reading, together
from infra.config.watches import Watch
from infra.member import member_template
from tests.catalogue import compile_plan, ours
from tests.iam import (
    LONGEST,
    allowed,
    assert_they_fit,
    characters,
    policies_of,
    that_can_be_taken,
    wanted,
)
from tests.largest import ACCOUNTS, APPLICATIONS, ROLE, largest, write_largest
from tests.template import COMPILED, ROOT, Json, synthesize

HERE = "arn:{partition}:ses:{region}:{account}:import-job/*"
SESSION = botocore.session.Session()


@cache
def rows() -> dict[str, Row]:
    return dict(ours().rows)


def documents(permissions: Iterable[Permission]) -> list[Json]:
    return [document(policy, str) for policy in cut(reading(permissions))]


@st.composite
def watches(draw: st.DrawFn) -> Watch:
    """A watch of any source, with some of its parents named, in some regions."""
    source = draw(st.sampled_from(sorted(rows())))
    names = [parent.parameter for parent in rows()[source].source.parents]
    some = names[: draw(st.integers(0, len(names)))]
    ids = st.text("abc*?{}$", min_size=1, max_size=3) | st.integers(0, 9).map("{:032x}".format)
    found = st.lists(st.sampled_from(regions()), unique=True, max_size=40)
    given = {"source": source, "for": {name: draw(ids) for name in some}}
    return Watch.model_validate(given | ({"regions": r} if (r := draw(found)) else {}))


@given(st.lists(watches(), min_size=1, max_size=12))
def test_whatever_is_watched_the_policies_allow_it_all_and_nothing_else(some: list[Watch]) -> None:
    permissions = permissions_of((watch, rows()[watch.source[0]]) for watch in some)
    found, asked = documents(permissions), wanted(permissions)
    assert that_can_be_taken(allowed(found), asked) == asked
    assert_they_fit(found[:1], found[1:])


@pytest.mark.parametrize("service", ["*", "s*", "??s"])
def test_a_resource_of_whatever_service_is_said_by_itself(service: str) -> None:
    """A row of one's own may have it: beside others, their actions would be taken on it, too."""
    any_ = Statement(("glue:GetJobRun",), (f"arn:{{partition}}:{service}:{{region}}:*:*",))
    other = Statement(("ses:GetImportJob",), ("arn:{partition}:ses:{region}:{account}:job/1",))
    assert [*together([any_, other])] == [any_, other]


def test_statements_of_several_services_are_said_together_where_they_would_not_fit() -> None:
    one = Statement(("ses:GetImportJob",), (HERE,))
    other = Statement(("glue:GetJobRun",), (HERE.replace(":ses:", ":glue:"),))
    same = Statement(("ses:GetExportJob",), (HERE.replace("import", "export"),))
    anything = Statement(("ses:ListImportJobs",), ("*",))
    assert [*together([one, other, same, anything])] == [
        Statement(other.actions + one.actions, other.resources + one.resources),
        same,
        anything,
    ]
    assert cut([one, other, same, anything]) == ((one, other, same, anything),)


def test_few_regions_are_named_in_the_resources() -> None:
    few = tuple(HERE.replace("{region}", region) for region in ("eu-west-1", "us-east-1"))
    (policy,) = cut(reading([Permission(("ses:GetImportJob",), few)]))
    assert policy == (Statement(("ses:GetImportJob",), few),)


def test_many_regions_are_named_once_for_all_resources_in_a_condition() -> None:
    many = tuple(HERE.replace("{region}", region) for region in sorted(regions()))
    (policy,) = cut(reading([Permission(("ses:GetImportJob",), many)]))
    condition = ("StringLike", "aws:RequestedRegion", tuple(sorted(regions())))
    anywhere = HERE.replace("{region}", "*")
    assert policy == (Statement(("ses:GetImportJob",), (anywhere,), condition),)


def test_what_is_in_no_region_is_under_no_condition() -> None:
    """A service that is the same everywhere is called in one region, whatever is watched."""
    many = ("*", *(f"arn:{{partition}}:iam::{{account}}:role/{n}" for n in range(60)))
    found = reading([Permission(("iam:GetRole",), many)])
    assert {each.condition for each in found} == {None}


def test_what_names_a_region_belongs_to_a_service_that_is_called_in_each_of_its_regions() -> None:
    for source, row in rows().items():
        service = SESSION.get_service_model(row.service).endpoint_prefix
        partition = SESSION.get_data("endpoints")["partitions"][0]
        if not partition["services"].get(service, {}).get("isRegionalized", True):
            calls = filter(None, (row.source.list, row.source.get, *row.source.parents))
            templates = [each for call in calls for each in call.resource]
            assert not [each for each in templates if ":{region}:" in each], source


def test_actions_that_share_a_resource_are_cut_too() -> None:
    many = tuple(f"service:GetThisVeryLongNamedJobOfNumber{n}" for n in range(300))
    found = documents([Permission(many, ("*",))])
    assert allowed(found) == {(action, "*") for action in many}
    assert_they_fit(found[:1], found[1:])


def test_a_session_is_allowed_the_actions_of_the_service() -> None:
    written = json.loads(session_policy(("ses:GetImportJob", "ses:ListImportJobs")))
    assert allowed([written]) == {("ses:GetImportJob", "*"), ("ses:ListImportJobs", "*")}


def reading_operations(service: str) -> set[str]:
    """Name all that may be read of a service, as actions, but for credentials."""
    model = service_model(service)
    assert model is not None
    names = [name for name in model.operation_names if reads(name)]
    return {f"{iam_prefix(service)}:{each}" for each in names if not gives_away(service, each)}


def allowed_of(policy: str, operations: Iterable[str]) -> set[str]:
    """Pick the operations that a session's policy allows."""
    patterns = [action for action, _ in allowed([json.loads(policy)])]
    return {each for each in operations if any(fnmatchcase(each, some) for some in patterns)}


@pytest.mark.parametrize("service", ["sagemaker", "ssm", "glue", "s3control", "datazone", "ec2"])
def test_a_session_of_a_service_of_which_all_is_read_is_allowed_no_credentials(
    service: str,
) -> None:
    """Whole verbs would let it have `ssm:GetParameter` or `s3:GetObject`."""
    every = reading_operations(service)
    policy = session_policy(every)
    assert len(policy) <= 2_048
    prefix = iam_prefix(service)
    of_aws = {
        f"{prefix}:{name}"
        for other in service_names()
        if iam_prefix(other) == prefix
        for name in operations_of(other)
    }
    more = allowed_of(policy, of_aws) - every
    assert allowed_of(policy, every) == every
    assert not [each for each in more if not reads(each.partition(":")[2])]
    assert not [each for each in more if gives_away(service, each.partition(":")[2])]


@pytest.mark.parametrize("room", [20, 100, 130])
def test_of_no_service_of_a_session_is_all_allowed(room: int) -> None:
    """A row may need actions of other services, too: the verbs of each of them are its own."""
    actions = {"connect:ListInstances", "connect:ListUsers", "connect:DescribeUser"}
    further = {"kms:DescribeKey", "kms:ListKeys", "kms:ListKeyPolicies"}
    written = abbreviated(actions | further, room)
    every = [f"{each}:{name}" for each in ("connect", "kms") for name in operations_of(each)]
    allowed_ = {each for each in every if any(fnmatchcase(each, some) for some in written)}
    assert actions | further <= allowed_
    assert all(reads(each.partition(":")[2]) for each in allowed_)


def operations_of(service: str) -> list[str]:
    model = service_model(service)
    assert model is not None
    return list(model.operation_names)


def test_a_session_of_many_sources_is_allowed_what_costs_the_least() -> None:
    """First beginnings that nothing else has, then those that few others have."""
    every = reading_operations("sagemaker")
    some = {each for each in every if "Job" in each or ":List" in each}
    assert len(str(sorted(some))) > 3_000
    assert allowed_of(session_policy(some), every) == some


def test_what_fits_is_never_abbreviated() -> None:
    few = sorted(reading_operations("translate"))
    assert json.loads(session_policy(few))["Statement"][0]["Action"] == few


def test_actions_that_no_beginning_shortens_are_refused() -> None:
    with pytest.raises(TooLargeError) as told:
        session_policy([f"translate:Get{'Long' * 600}", "translate:ListJobs"])
    assert told.value.most == 2_048


TAGS = "ListTagsForResource"


def test_a_file_that_no_session_can_read_is_a_mistake(tmp_path: Path) -> None:
    """A row that also needs an action of nearly every service there is."""
    rows_of = copytree(ROOT / "catalogue", tmp_path / "catalogue")
    file = rows_of / "translate.yaml"
    named = [each for each in service_names() if iam_prefix(each) == each]
    tagged = [each for each in named if operation_model(each, TAGS) is not None]
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["sources"]["text-translation-jobs"]["get"]["also"] = {
        f"{each}:{TAGS}": "*" for each in tagged
    }
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    watches = tmp_path / "watches.yaml"
    watches.write_text(
        "watches:\n  w:\n    source: translate.text-translation-jobs\n"
        '    accounts: [{id: "111122223333", role: reader}]\n',
        encoding="utf-8",
    )
    with pytest.raises(Mistakes) as told:
        compile_plan(watches, rows_of)
    (mistake,) = map(str, told.value.mistakes)
    assert mistake.startswith(f"{watches}:1: watches: found actions of one service that take a")
    assert mistake.endswith("expected at most 2,048: fewer sources of it in other accounts")


@cache
def ids_that_fit() -> int:
    """Count the ids that a role can hold, by halves."""
    few, many = 0, 10_000
    while many - few > 1:
        middle = (few + many) // 2
        try:
            cut(reading([_of_ids(middle)]))
            few = middle
        except TooLargeError:
            many = middle
    return few


def _of_ids(many: int) -> Permission:
    return Permission(("ses:GetImportJob",), tuple(f"{HERE}{n:032x}" for n in range(many)))


def test_policies_are_filled_to_what_iam_takes_before_anything_is_refused() -> None:
    found = [
        document(policy, lambda text: text.format(**_names()))
        for policy in cut(reading([_of_ids(ids_that_fit())]))
    ]
    assert_they_fit(found[:1], found[1:])
    assert len(found) == 1 + MOST_MANAGED
    assert min(map(characters, found)) > MANAGED - 200


def _names() -> dict[str, str]:
    kinds = {"partition": "Partition", "region": "Region", "account": "AccountId"}
    return {name: LONGEST[f"AWS::{kind}"] for name, kind in kinds.items()}


def test_what_no_role_can_hold_is_refused_with_its_size() -> None:
    with pytest.raises(TooLargeError) as told:
        cut(reading([_of_ids(ids_that_fit() + 1)]))
    assert 71_680 == told.value.most < told.value.taken < 71_680 + 300


def test_a_resource_that_no_policy_can_hold_is_refused() -> None:
    with pytest.raises(TooLargeError):
        cut(assuming([f"arn:{{partition}}:iam::1:role/{'path/' * 3_000}reader"]))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compile_plan(write_largest(tmp_path_factory.mktemp("largest")), ROOT / "catalogue")


def test_the_largest_file_watches_every_source_and_in_every_region_by_id() -> None:
    watches = largest().values()
    assert {watch["source"] for watch in watches} == {*rows()}
    ids = [watch for watch in watches if "ApplicationId" in watch.get("for", ())]
    assert len([watch for watch in ids if "accounts" not in watch]) == 4 * APPLICATIONS
    (aws, *_) = SESSION.get_data("endpoints")["partitions"]
    assert {region for watch in watches for region in watch.get("regions", ())} == {*aws["regions"]}
    assert max(len(watch.get("accounts", ())) for watch in watches) == len(ACCOUNTS) == 1_000


def test_the_poll_functions_policies_fit_for_the_largest_file(compiled: Compiled) -> None:
    made = synthesize(compiled)
    inline, managed = policies_of("<PollingPollRole>", made)
    assert_they_fit(inline, managed)
    assert len(managed) == MOST_MANAGED
    assert len(json.dumps(made)) < 1_000_000, "what CloudFormation takes from a bucket"


def test_they_allow_what_the_largest_file_takes_and_nothing_else(compiled: Compiled) -> None:
    found = [document(policy, str) for policy in cut(reading(compiled.permissions), ELSE)]
    asked = wanted(compiled.permissions)
    assert that_can_be_taken(allowed(found), asked) == asked


def test_what_is_kept_is_enough_for_what_the_poll_function_may_do_besides() -> None:
    inline, _ = policies_of("<PollingPollRole>", synthesize(COMPILED))
    besides = [each for each in inline if "ses:GetImportJob" not in json.dumps(each)]
    assert sum(map(characters, besides)) <= ELSE


def test_the_function_waits_for_its_policies_and_these_for_the_room_that_they_need() -> None:
    resources = synthesize(COMPILED)["Resources"]
    after = {name: set(each.get("DependsOn", ())) for name, each in resources.items()}
    (poll,) = [name for name in after if name.startswith("PollingPollFunction")]
    (jobs,) = [name for name in after if name.startswith("PollingPollRoleJobs")]
    (besides,) = [name for name in after if name.startswith("PollingPollRoleDefaultPolicy")]
    assert jobs in after[poll]
    assert after[jobs] == {besides}


def test_the_members_policies_fit_for_the_largest_file(compiled: Compiled) -> None:
    (reader,) = compiled.readers
    resources = yaml.safe_load(member_template(reader, "Jobwatch"))["Resources"]
    (own,) = resources.pop("Reader")["Properties"]["Policies"]
    managed = [each["Properties"] for each in resources.values()]
    assert all(each["Roles"] == [{"Ref": "Reader"}] for each in managed)
    found = [_filled(each["PolicyDocument"]) for each in (own, *managed)]
    assert_they_fit(found[:1], found[1:])
    assert {resource.count("${") for _, resource in allowed(found)} == {0}
    asked = wanted(reader.permissions, _longest)
    assert that_can_be_taken(allowed(found), asked) == asked


def _longest(template: str) -> str:
    partition, region, account = LONGEST.values()
    return fill_in(template, partition=partition, region=region, account=account)


def _filled(value: Any) -> Any:
    """Write what CloudFormation writes for the references of the member's template."""
    match value:
        case {"Fn::Sub": str() as text}:
            for name, longest in (*LONGEST.items(), ("JobwatchRegion", LONGEST["AWS::Region"])):
                text = text.replace(f"${{{name}}}", longest)
            return text
        case dict():
            return {key: _filled(each) for key, each in value.items()}
        case list():
            return [_filled(each) for each in value]
    return value


def test_a_file_that_no_role_can_hold_is_a_mistake_for_each_such_role(tmp_path: Path) -> None:
    with pytest.raises(Mistakes) as told:
        compile_plan(write_largest(tmp_path, applications=20), ROOT / "catalogue")
    reader, poll = sorted(map(str, told.value.mistakes), key=lambda told: "poll function" in told)
    file = f"{tmp_path}/watches.yaml:2: watches: found permissions of "
    assert poll.startswith(file)
    assert poll.endswith(
        " characters for the poll function, expected at most 68,680: fewer ids in `for`, or a "
        "second stack for some of the watches"
    )
    assert reader.endswith(
        f" characters for role {ROLE}, expected at most 71,680: fewer ids in `for`, or a role of "
        "another name for some of the watches"
    )
