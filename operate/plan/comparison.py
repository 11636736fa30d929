"""What a deployment would change, gathered: what is watched and told, permissions, calls, cost."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from infra.config.catalogue import MOST_PARENTS
from infra.config.plan import Compiled
from infra.cost.reckoning import Reckoning, reckon
from lambdas.plan import Plan
from operate.aws import Fetch
from operate.plan.deployed import Deployed, deployed, known_jobs
from operate.plan.differences import Differences, differences
from operate.plan.permissions import Allowed, allowed
from operate.stack import Stack


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is deployed against what the file says; `there` is None where nothing is deployed.

    `differs` is None where what is deployed is of another version, of which only the names of its
    watches can be told: then `added` and `removed` are all. `known` counts jobs of watches that are
    removed. `gained` and `lost` are permissions, in order. `emails` are those that are subscribed,
    and those that are not any more, each None where that can't be told.
    """

    there: Deployed | None
    differs: Differences | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    known: Mapping[str, int]
    emails: tuple[tuple[str, ...], tuple[str, ...]] | None
    gained: tuple[Allowed, ...]
    lost: tuple[Allowed, ...]
    before: Reckoning | None
    after: Reckoning

    @property
    def any(self) -> bool:
        """Whether a deployment changes anything of all this."""
        said = self.differs is None or self.differs.any
        return said or bool(self.gained or self.lost or (self.emails and any(self.emails)))


def compare(
    compiled: Compiled,
    after: Reckoning,
    stack: Stack | None,
    fetch: Fetch,
    *,
    partition: str,
    region: str,
    account: str,
) -> Comparison:
    """Compare the file's plan, and what it is reckoned to cost, with the one that is deployed.

    :raises Trouble: when what is deployed can't be read.
    """
    there = deployed(stack, fetch) if stack else None
    rows, place = compiled.rows, {"partition": partition, "region": region, "account": account}
    new, old = compiled.plan, there.plan if there else None
    may, might = allowed(new, rows, **place), allowed(old, rows, **place) if old else set()
    is_known = there is None or old is not None
    removed = tuple(sorted(there.watches - new.watches.keys())) if there else ()
    return Comparison(
        there=there,
        differs=differences(old, new) if is_known else None,
        added=tuple(sorted(new.watches.keys() - (there.watches if there else set()))),
        removed=removed,
        known=_known(removed, old, (account, region), stack) if stack and old else {},
        emails=_emails(there, compiled),
        gained=tuple(sorted(may - might)) if is_known else (),
        lost=tuple(sorted(might - may)),
        before=_reckoned(compiled, old) if old else None,
        after=after,
    )


def _known(
    removed: tuple[str, ...], old: Plan, own: tuple[str, str], stack: Stack
) -> Mapping[str, int]:
    counted = {name: known_jobs(old, old.watches[name], own, stack) for name in removed}
    return {name: count for name, count in counted.items() if count is not None}


def _emails(
    there: Deployed | None, compiled: Compiled
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    old = frozenset[str]() if there is None else there.emails
    if old is None:
        return None
    new = {*compiled.addresses}
    return tuple(sorted(new - old)), tuple(sorted(old - new))


def _reckoned(compiled: Compiled, old: Plan) -> Reckoning:
    """Reckon what is deployed with the addresses of now: its plan does not name its own."""
    rows = compiled.rows
    known = [name for name in old.sources if name in rows]
    parents = {name: MOST_PARENTS[rows[name].source.fan_out] for name in known}
    return reckon(replace(compiled, plan=old, parents=parents))
