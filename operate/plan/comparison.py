"""What a deployment would change, gathered: what is watched and told, permissions, calls, cost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from infra.config.catalogue import MOST_PARENTS
from infra.config.plan import Compiled
from infra.config.policies import TooLargeError
from infra.cost.reckoning import Reckoning, reckon
from lambdas.plan import Plan
from operate.aws import Fetch
from operate.plan.deployed import Deployed, deployed, known_jobs
from operate.plan.differences import Difference, Differences, differences
from operate.plan.granted import granted, would_grant
from operate.plan.own import own_of, own_said
from operate.plan.permissions import POLL, Allowed, allowed
from operate.plan.recipients import is_recipient, recipients_of, recipients_said
from operate.plan.said import NOTHING, Said
from operate.plan.template import Resources
from operate.stack import Stack


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is deployed against what the file says; `there` is None where nothing is deployed.

    `differs` is None where what is deployed is of another version, of which only the names of its
    watches can be told: then `added` and `removed` are all. `known` counts jobs of watches that are
    removed. `gained` and `lost` are permissions, in order. `emails` are those that are subscribed,
    and those that are not any more; `told` says of recipients where they are and what they
    hear, `own` what the stack has of the user's own. These are None where that can't be told.
    `is_granted` is whether permissions are those that the template has, and not those that the rows
    which are here would have taken.
    """

    there: Deployed | None
    differs: Differences | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    known: Mapping[str, int]
    emails: tuple[tuple[str, ...], tuple[str, ...]] | None
    told: tuple[Difference, ...] | None
    own: tuple[Difference, ...] | None
    gained: tuple[Allowed, ...]
    lost: tuple[Allowed, ...]
    is_granted: bool
    before: Reckoning | None
    after: Reckoning

    @property
    def is_whole(self) -> bool:
        """Whether all of it could be read off the template."""
        return self.is_granted and None not in (self.told, self.own, self.emails)

    @property
    def any(self) -> bool:
        """Whether a deployment changes anything of all this."""
        said = self.differs is None or self.differs.any
        moved = self.told or self.own or (self.emails and any(self.emails))
        return said or bool(self.gained or self.lost or moved)


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
    place = {"partition": partition, "region": region, "account": account}
    new, old = compiled.plan, there.plan if there else None
    may, might, is_granted = _allowed(compiled, there, place)
    is_known = there is None or old is not None
    removed = tuple(sorted(there.watches - new.watches.keys())) if there else ()
    return Comparison(
        there=there,
        differs=differences(old, new) if is_known else None,
        added=tuple(sorted(new.watches.keys() - (there.watches if there else set()))),
        removed=removed,
        known=_known(removed, old, (account, region), stack) if stack and old else {},
        emails=_emails(there, compiled),
        told=_beside(there, recipients_of, recipients_said(compiled), is_recipient),
        own=_beside(there, own_of, own_said(compiled.own)),
        gained=tuple(sorted(may - might)) if is_known else (),
        lost=tuple(sorted(might - may)),
        is_granted=is_granted,
        before=_reckoned(compiled, old) if old else None,
        after=after,
    )


def _allowed(
    compiled: Compiled, there: Deployed | None, place: Mapping[str, str]
) -> tuple[set[Allowed], set[Allowed], bool]:
    """Give what is allowed by the file's plan, by the one that is there, and whether that is so.

    Where the rows are others than those of then, it is the template that tells what is allowed:
    without it, that is not known.
    """
    new, old = compiled.plan, there.plan if there else None
    rows, kept = compiled.rows, compiled.kept
    may, might = allowed(new, rows, **place), allowed(old, rows, **place) if old else set()
    if there is None or old is None:
        return may, might, True
    try:
        before = granted(there.resources or {}, place)
        if not before or before == would_grant(old, rows, place, kept):
            return may, might, bool(before)
    except (LookupError, TypeError, AttributeError, TooLargeError):
        return may, might, False
    others, theirs = ({each for each in some if each.who != POLL} for some in (may, might))
    return others | would_grant(new, rows, place, kept), theirs | before, True


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


def _beside(
    there: Deployed | None,
    read: Callable[[Resources], Said],
    after: Said,
    is_told: Callable[[str], bool] = lambda _: False,
) -> tuple[Difference, ...] | None:
    """Hold what a file says against the template, of what both know; a plan has none of it.

    `is_told` says of a key whether it is also told where only one of them has it.
    """
    before = {} if there is None else _read_off(there, read)
    if before is None:
        return None
    both = [key for key in dict.fromkeys((*before, *after)) if key in before and key in after]
    alone = [key for key in dict.fromkeys((*before, *after)) if key not in both and is_told(key)]
    found = ((key, before.get(key, NOTHING), after.get(key, NOTHING)) for key in (*both, *alone))
    return tuple(Difference(key, old, new) for key, old, new in found if old != new)


def _read_off(there: Deployed, read: Callable[[Resources], Said]) -> Said | None:
    try:
        return None if there.resources is None else read(there.resources)
    except (LookupError, TypeError, AttributeError):
        return None


def _reckoned(compiled: Compiled, old: Plan) -> Reckoning:
    """Reckon what is deployed with the addresses of now: its plan does not name its own."""
    rows = compiled.rows
    known = [name for name in old.sources if name in rows]
    parents = {name: MOST_PARENTS[rows[name].source.fan_out] for name in known}
    return reckon(replace(compiled, plan=old, parents=parents))
