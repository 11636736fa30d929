"""Whether the accounts of organizations are known: how many there are, as of when."""

from collections.abc import Iterator

from infra.words import counted
from lambdas.members import Members, Units, left_out
from lambdas.plan import Watch
from lambdas.store.members import read_members
from operate.doctor.findings import Finding, ok, unknown, warning, wrong
from operate.doctor.here import Here

DO = "docs/runbook.md#an-organizations-accounts-cant-be-listed"


def organizations(here: Here) -> Iterator[Finding]:
    """Tell of each organization that is watched what the table knows of its accounts."""
    plan = here.compiled.plan
    if not plan.units:
        return
    client, table = here.clients("dynamodb"), here.stack.outputs["TableName"]
    for units, members in read_members(client, table, plan.units).items():
        yield _listed(units, members)
        for watch in plan.watches.values():
            if watch.organization and watch.organization.units == units:
                yield from _left_out(watch, members)


def _listed(units: Units, members: Members) -> Finding:
    named = ", ".join(units)
    if members.listed_at is None:
        return unknown(f"{named}: not listed yet", "look again once a poll was due")
    there = counted(len(members.accounts), "account")
    if members.failed_since is not None:
        since = f"{members.failed_since:%Y-%m-%d %H:%M} UTC"
        why = f": {members.error}" if members.error else ""
        before = f"{there} of before" if members.accounts else "no account"
        return wrong(f"{named}: can't be listed since {since}{why}; {before} can be read", DO)
    return ok(f"{named}: {there}, listed {members.listed_at:%Y-%m-%d %H:%M} UTC")


def _left_out(watch: Watch, members: Members) -> Iterator[Finding]:
    if more := left_out(watch, members):
        what = f"{watch.name}: {counted(more, 'account')} of the organization left out"
        yield warning(what, "a higher `most` in its `organization`, or `except`")
