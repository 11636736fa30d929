"""Whether a policy denies what the poll function needs: a boundary, or one of the organization.

IAM simulates it for the function's own role. It takes service control policies into account with
their conditions, but no resource control policy, and what it says can differ from what AWS does.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from infra.config.permissions import Permission
from infra.words import counted
from operate.doctor.findings import Finding, ok, unknown, warning, wrong
from operate.doctor.here import Here

AT_A_TIME = 20
"""Resources of one simulation."""
Denial = tuple[str, str, str]
"""The action, why, and which keys of a condition IAM would have needed to be sure."""


def permissions(here: Here) -> Iterator[Finding]:
    """Simulate every action that the plan needs, in every region that is watched."""
    needed = [
        (region, each) for region in here.watched_regions() for each in here.compiled.permissions
    ]
    # Roles are taken where Jobwatch runs, whatever region is then looked at.
    needed += [(here.region, each) for each in _roles(here)]
    if here.found is None:
        yield unknown("a simulation needs the poll function's role", "deploy, then look again")
        return
    name = here.stack.functions["poll"]
    role = here.clients("lambda").get_function_configuration(FunctionName=name)["Role"]
    denied: defaultdict[Denial, set[str]] = defaultdict(set)
    for region, permission in needed:
        for denial in _simulate(here, role, permission, region):
            denied[denial].add(region)
    for (action, why, unknown_keys), there in sorted(denied.items()):
        what = f"{action} is denied in {', '.join(sorted(there))}: {why}"
        if unknown_keys:
            yield warning(f"{what}, if IAM is right: it was not told {unknown_keys}", DO[why])
        else:
            yield wrong(what, DO[why])
    if not denied:
        actions = {action for _, permission in needed for action in permission.actions}
        yield ok(f"no policy denies any of {counted(len(actions), 'action')}, as IAM simulates it")


BY_ORGANIZATION = "a service control policy does not allow it"
BY_BOUNDARY = "the permission boundary of the poll function's role does not allow it"
BY_POLICY = "a policy denies it"
BY_NONE = "no policy of the poll function's role allows it"
DO = {
    BY_ORGANIZATION: "ask who administers the organization, or take the watch out",
    BY_BOUNDARY: "widen the boundary",
    BY_POLICY: "take the statement out of the role's policies",
    BY_NONE: "make deploy, or undo what was changed in the role by hand",
}


def _roles(here: Here) -> Iterator[Permission]:
    """Give the roles to assume; those of any account have a condition that needs a real call."""
    named = tuple(role for role in here.compiled.roles if "*" not in role)
    if named:
        yield Permission(("sts:AssumeRole",), named)


def _simulate(here: Here, role: str, permission: Permission, region: str) -> Iterator[Denial]:
    """Give each action that is denied on any of its resources in a region."""
    resources = [
        each.format(partition=here.partition, region=here.region, account=here.account)
        for each in permission.resources
    ]
    there = [each for each in resources if _region_of(each) in {"", region}]
    pages = here.clients("iam").get_paginator("simulate_principal_policy")
    for start in range(0, len(there), AT_A_TIME):
        for page in pages.paginate(
            PolicySourceArn=role,
            ActionNames=[*permission.actions],
            ResourceArns=there[start : start + AT_A_TIME],
            ContextEntries=[_context("aws:RequestedRegion", region)],
        ):
            for result in page["EvaluationResults"]:
                if why := _why(result):
                    yield result["EvalActionName"], why, _not_told(result)


def _region_of(arn: str) -> str:
    """Give the region of a resource: "" where it has none, as a role, or is any resource."""
    return arn.split(":")[3] if arn.startswith("arn:") else ""


def _context(key: str, value: str) -> dict[str, Any]:
    return {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}


def _not_told(result: Mapping[str, Any]) -> str:
    """Name the keys on which a policy's condition depends, and which a simulation does not have."""
    parts = (result, *result.get("ResourceSpecificResults", ()))
    return ", ".join(
        sorted({key for each in parts for key in each.get("MissingContextValues", ())})
    )


def _why(result: Mapping[str, Any]) -> str | None:
    """Say why an action is denied on one of its resources, None where it is on none."""
    single = result.get("ResourceSpecificResults", ())
    decisions = {result["EvalDecision"], *(each["EvalResourceDecision"] for each in single)}
    if decisions == {"allowed"}:
        return None
    for detail, key, why in (
        ("OrganizationsDecisionDetail", "AllowedByOrganizations", BY_ORGANIZATION),
        ("PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary", BY_BOUNDARY),
    ):
        if any(each.get(detail, {}).get(key) is False for each in (result, *single)):
            return why
    return BY_POLICY if "explicitDeny" in decisions else BY_NONE
