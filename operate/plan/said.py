"""A watch as its file says it: each thing that it says, by the key under which people look for it.

So two watches are compared key by key, and a difference reads as it would in the file.
"""

from collections.abc import Callable, Collection, Iterator, Mapping

from infra.config.files.durations import spoken
from infra.words import counted
from lambdas.plan import Account, Expect, Organization, Plan, Policy, Watch

Said = Mapping[str, str]
Write = Callable[[Collection[str]], str]
"""Writes words, all of them or some."""
HERE = "where the stack is"
NOTHING = ""
"""What stands for a key that the file leaves out."""
MOST_LISTED = 8


def watch_said(watch: Watch) -> Said:
    """Say a watch."""
    return {key: value for key, value in _watch(watch, some) if value}


def hidden(before: Watch, after: Watch) -> bool:
    """Tell whether anything changes that is not said: words behind others, an external id."""
    said, now = dict(_watch(before, some)), dict(_watch(after, some))
    whole, then = dict(_watch(before, _every)), dict(_watch(after, _every))
    asked = {each.id: each.external_id for each in before.accounts if each.external_id}
    return any(said[key] == now.get(key) and whole[key] != then.get(key) for key in whole) or any(
        each.external_id and asked.get(each.id, each.external_id) != each.external_id
        for each in after.accounts
    )


def settings_said(plan: Plan) -> Said:
    """Say what a file says besides watches and recipients."""
    said = {
        "retention": spoken(plan.retention),
        "concurrency": str(plan.concurrency),
        **{f"alerts.{key}": value for key, value in _policy(plan.alerts, some)},
    }
    return {key: value for key, value in said.items() if value}


def some(words: Collection[str]) -> str:
    """Write words; of many, how many more there are."""
    each = sorted(words)
    more = len(each) - MOST_LISTED
    return ", ".join(each[:MOST_LISTED]) + (f" and {more:,} more" if more > 0 else "")


def _every(words: Collection[str]) -> str:
    return ", ".join(sorted(words))


def _watch(watch: Watch, write: Write) -> Iterator[tuple[str, str]]:
    yield from (
        (f"source {name}", write(where) if where else HERE) for name, where in watch.sources.items()
    )
    yield from ((f"for.{name}", value) for name, value in watch.parameters.items())
    yield "jobs", write(watch.jobs or ())
    yield from ((f"account {each.id}", _account(each)) for each in watch.accounts)
    if watch.organization:
        yield from _organization(watch.organization, write)
    for key in ("every", "idle_every", "discover_every", "stalled_after", "max_duration"):
        seconds = getattr(watch, key)
        yield key, NOTHING if seconds is None else spoken(seconds)
    for side in ("include", "exclude"):
        yield from ((f"{side}.{n}", write(globs)) for n, globs in getattr(watch, side).items())
    yield "expect", _run(watch.expect) if watch.expect else NOTHING
    yield from ((f"alerts.{key}", value) for key, value in _policy(watch.alerts, write))


def _organization(organization: Organization, write: Write) -> Iterator[tuple[str, str]]:
    yield "organization.units", write(organization.units)
    yield "organization.except", write(organization.without)
    yield "organization.role", organization.role
    yield "organization.most", f"{organization.most:,}"


def _account(account: Account) -> str:
    named = f" ({account.name})" if account.name else ""
    asked = ", with an external id" if account.external_id else ""
    return f"by the role {account.role}{named}{asked}"


def _run(expect: Expect) -> str:
    at = f"at {expect.at} ({expect.zone}), " if expect.at else ""
    return f"{at}within {spoken(expect.within)}"


def _policy(policy: Policy, write: Write) -> Iterator[tuple[str, str]]:
    yield "on", write(policy.on) or "no status of a job"
    yield "to", write(policy.to)
    yield "severity", policy.severity or NOTHING
    yield "owner", policy.owner or NOTHING
    yield "runbook", policy.runbook or NOTHING
    yield "after", counted(policy.after, "failure") + " in a row" if policy.after > 1 else NOTHING
