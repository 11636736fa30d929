"""What is said of a file without a mistake: in five lines, what was checked and what it comes to.

Further lines tell of what is allowed and seldom meant.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator

import botocore

from infra.config.files.durations import spoken
from infra.config.plan import Compiled
from infra.config.recipients import unnamed
from infra.cost.reckoning import Reckoning
from infra.words import counted, listed, money
from lambdas.legible import legible
from lambdas.plan import Plan

MOST_CADENCES = 6
"""As many as fit in a line."""
BEHIND_BUS = (
    ("slack", "Slack channel"),
    ("teams", "Teams channel"),
    ("pagerduty", "pager"),
    ("topic", "topic"),
)
BROAD = re.compile(
    r"(^|/)(OrganizationAccountAccess|AWSControlTowerExecution|.*admin)", re.IGNORECASE
)
"""Roles that AWS or people make to administer an account with."""


def summary(compiled: Compiled, reckoned: Reckoning, watches: str) -> Iterator[str]:
    """Give the lines: of `watches` as the file was named."""
    plan = compiled.plan
    sources = counted(len(plan.sources), "source")
    yield (
        f"{legible(watches)}: {counted(len(plan.watches), 'watch', 'watches')} of {sources}, "
        f"checked against botocore {botocore.__version__}"
    )
    yield f"  polls    every {_cadences(compiled)}, {_places(compiled)}"
    calls, month = round(reckoned.calls_a_minute), money(reckoned.dollars)
    lanes = counted(reckoned.lanes, "lane")
    yield f"  calls    {calls:,} a minute in {lanes}, for about {month} a month (./jobwatch cost)"
    yield f"  alerts   on {_reasons(plan.alerting)}, {_recipients(compiled)}"
    yield f"  reads    {_permissions(compiled)}"
    if compiled.added:
        instead = f", instead of ours {listed(compiled.replaced)}" if compiled.replaced else ""
        said = counted(len(compiled.added), "source")
        yield f"  rows     {said} from the catalogue beside the file{instead}"
    if compiled.left_out:
        yield f"  left out {listed(compiled.left_out)}: only with `for`, in a watch of its own"
    if compiled.unfit:
        yield f"  left out {listed(compiled.unfit)}: no job there can fit `include`"
    yield from _warnings(compiled)


def _warnings(compiled: Compiled) -> Iterator[str]:
    plan = compiled.plan
    for watch, word in compiled.vain:
        yield f"  warning  {watch}: exclude.{word} leaves out no job, as no list there tells it"
    if uncounted := _uncounted(plan):
        words = f"counts no failure of {listed(uncounted)}: no job there has a name"
        yield f"  warning  `after` {words}"
    policies = [plan.alerts, *(watch.alerts for watch in plan.watches.values())]
    for name in unnamed(compiled.recipients, (each.to for each in policies)):
        yield f"  warning  no alert is sent to {name}: no `to` names it"
    for reader in compiled.readers:
        if BROAD.search(reader.role):
            words = "may do far more there than read jobs (./jobwatch member)"
            yield f"  warning  {reader.role} {words}"


def _uncounted(plan: Plan) -> list[str]:
    """Name the watches that ask for failures in a row of one name, of jobs that have none."""
    return [
        name
        for name, watch in sorted(plan.watches.items())
        if watch.alerts.after > 1
        and not any(plan.sources[source].job_name for source in watch.sources)
    ]


def _cadences(compiled: Compiled) -> str:
    words = [spoken(each) for each in sorted(compiled.cadences)]
    if len(words) > MOST_CADENCES:
        return f"{words[0]} to {words[-1]} in {len(words)} cadences".removeprefix("1 ")
    return listed(words).removeprefix("1 ")


def _places(compiled: Compiled) -> str:
    watches = compiled.plan.watches.values()
    accounts = {account.id for watch in watches for account in watch.accounts}
    named = [regions for watch in watches for regions in watch.sources.values()]
    regions = {region for each in named for region in each}
    where = []
    if not all(watch.is_elsewhere for watch in watches):
        where.append("the stack's account")
    if accounts:
        where.append(counted(len(accounts), "other account"))
    units: dict[tuple[str, ...], int] = {}
    for said in filter(None, (watch.organization for watch in watches)):
        units[said.units] = max(said.most, units.get(said.units, 0))
    if most := sum(units.values()):
        where.append(f"up to {counted(most, 'account')} of the organization")
    there = []
    if not all(named):
        there.append("the stack's region")
    if regions:
        there.append(counted(len(regions), "named region"))
    return f"in {listed(where)}, in {listed(there)}"


def _reasons(statuses: Collection[str]) -> str:
    return listed(sorted(statuses)) if statuses else "no status of a job"


def _recipients(compiled: Compiled) -> str:
    emails = compiled.addresses
    words = [f"by email to {counted(len(emails), 'address', 'addresses')}"] if emails else []
    kinds = Counter(compiled.plan.recipients.values())
    words += [f"to {counted(kinds[kind], what)}" for kind, what in BEHIND_BUS if kinds[kind]]
    return listed(words) if words else "by email to nobody: alerts.email names none"


def _permissions(compiled: Compiled) -> str:
    actions = {action for each in compiled.permissions for action in each.actions}
    own = f"with {counted(len(actions), 'action')} in the stack's account"
    if not compiled.readers:
        return own
    anywhere = any("*" in role for role in compiled.roles)
    where = "all over the organization" if anywhere else "elsewhere (./jobwatch member)"
    roles = f"by {counted(len(compiled.readers), 'role')} {where}"
    return f"{own}, and {roles}" if actions else roles
