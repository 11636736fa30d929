"""Whether a policy denies what the poll function needs: a boundary, or one of the organization.

IAM simulates it for the function's own role. It takes service control policies into account with
their conditions, but no resource control policy, and what it says can differ from what AWS does.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.words import counted
from operate.doctor.findings import Finding, ok, unknown, warning, wrong
from operate.doctor.here import Here

AT_A_TIME = 20
"""Resources of one simulation."""
ALLOWED = "allowed"
ASSUME = "sts:AssumeRole"
Denial = tuple[str, str, str]
"""The action, why, and what keeps that from being certain."""


def permissions(here: Here) -> Iterator[Finding]:
    """Simulate every action that the plan needs, where it is needed."""
    needed = _needed(here)
    if here.found is None:
        yield unknown("a simulation needs the poll function's role", "deploy, then look again")
        return
    name = here.stack.functions["poll"]
    role = here.clients("lambda").get_function_configuration(FunctionName=name)["Role"]
    denied: defaultdict[Denial, set[str]] = defaultdict(set)
    for (region, actions), resources in needed.items():
        for denial in _simulate(here, role, region, actions, sorted(resources)):
            denied[denial].add(region)
    for (action, why, doubt), there in sorted(denied.items()):
        what = f"{action} is denied in {', '.join(sorted(there))}: {why}"
        if doubt:
            yield warning(f"{what}, if IAM is right: {doubt}", _do(here, why))
        else:
            yield wrong(what, _do(here, why))
    if not denied:
        number = counted(len({action for _, some in needed for action in some}), "action")
        yield ok(f"no policy denies any of {number}, as IAM simulates it")


BY_ORGANIZATION = "a service control policy does not allow it"
BY_BOUNDARY = "the permission boundary of the poll function's role does not allow it"
BY_POLICY = "a policy denies it"
BY_NONE = "no policy of the poll function's role allows it"
DO = {
    BY_ORGANIZATION: "ask who administers the organization, or take the watch out",
    BY_BOUNDARY: "widen the boundary",
    BY_POLICY: "take the statement out of the role's policies",
}


def _do(here: Here, why: str) -> str:
    return DO.get(why) or f"{here.ways.deploy}, or undo what was changed in the role by hand"


def _needed(here: Here) -> Mapping[tuple[str, tuple[str, ...]], set[str]]:
    """Give the resources on which actions are needed, by region and actions."""
    found: defaultdict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    named = {"partition": here.partition, "account": here.account}
    for watch, source, region in here.places():
        for each in here.compiled.needs[watch.name, source]:
            resources = (one.format(**named, region=region) for one in each.resources)
            found[region, each.actions].update(resources)
    # Roles are taken where Jobwatch runs; those of any account have a condition on a real call.
    roles = {one.format(**named) for one in here.compiled.roles if "*" not in one}
    if roles:
        found[here.region, (ASSUME,)] = roles
    return found


def _simulate(
    here: Here, role: str, region: str, actions: Sequence[str], resources: Sequence[str]
) -> Iterator[Denial]:
    """Give each action that is denied on any of its resources in a region."""
    pages = here.clients("iam").get_paginator("simulate_principal_policy")
    for start in range(0, len(resources), AT_A_TIME):
        for page in pages.paginate(
            PolicySourceArn=role,
            ActionNames=[*actions],
            ResourceArns=resources[start : start + AT_A_TIME],
            ContextEntries=[_context("aws:RequestedRegion", region)],
        ):
            for result in page["EvaluationResults"]:
                if why := _why(result):
                    yield result["EvalActionName"], why, _doubt(result, why)


def _context(key: str, value: str) -> dict[str, Any]:
    return {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}


def _doubt(result: Mapping[str, Any], why: str) -> str:
    """Say what keeps a denial from being certain, "" where nothing does."""
    if why == BY_ORGANIZATION:
        return "it does not say what the conditions of service control policies depend on"
    if result["EvalActionName"] == ASSUME:
        return "what it makes of roles in other accounts is not documented"
    parts = (result, *result.get("ResourceSpecificResults", ()))
    keys = {key for each in parts for key in each.get("MissingContextValues", ())}
    return f"it was not told {', '.join(sorted(keys))}" if keys else ""


def _why(result: Mapping[str, Any]) -> str | None:
    """Say why an action is denied on one of its resources, None where it is on none."""
    single = result.get("ResourceSpecificResults", ())
    decisions = {_decision(each) for each in (result, *single)}
    if decisions == {ALLOWED}:
        return None
    for detail, key, why in (
        ("OrganizationsDecisionDetail", "AllowedByOrganizations", BY_ORGANIZATION),
        ("PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary", BY_BOUNDARY),
    ):
        if any(each.get(detail, {}).get(key) is False for each in (result, *single)):
            return why
    return BY_POLICY if "explicitDeny" in decisions else BY_NONE


def _decision(result: Mapping[str, Any]) -> str:
    """Read a decision, but for the part that the policy of a resource in another account has.

    No simulation knows that policy: there, what our own policies say is all that it can tell.
    """
    details = result.get("EvalDecisionDetails") or {}
    ours = {said for kind, said in details.items() if "resource" not in kind.lower()}
    if ours == {ALLOWED}:
        return ALLOWED
    return str(result.get("EvalResourceDecision") or result["EvalDecision"])
