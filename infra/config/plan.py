"""Compiles `watches.yaml` and the catalogue into the plan that the functions read."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from pydantic import ValidationError

from infra.config.catalogue import MOST_PARENTS
from infra.config.checks import check_watches
from infra.config.defaults import with_defaults
from infra.config.files.documents import Document, read_document
from infra.config.files.mistakes import Mistake, Mistakes
from infra.config.files.wording import mistakes_of
from infra.config.lint.row import lint_row
from infra.config.narrowing import vain_exclude
from infra.config.own import Own
from infra.config.permissions import (
    Permission,
    Reader,
    permissions_in_a_region,
    permissions_of,
    readers_of,
    roles_of,
)
from infra.config.plan_values import build_plan, source_of
from infra.config.policies import ELSE, SPREADING, UNDER_KEY, TooLargeError, cut
from infra.config.rows import Catalogue, Row, extended, read_catalogue
from infra.config.sources import choose, left_out, unfit, wanted
from infra.config.statements import LISTING_ACCOUNTS, TO_LIST_ACCOUNTS, Statement, assuming, reading
from infra.config.watches import MOST_DOLLARS, MOST_PLACES, Recipient, WatchesFile
from lambdas.apis.organizations import SERVICE as ORGANIZATIONS
from lambdas.plan import Plan, Policy, Source, Watch


@dataclass(frozen=True, slots=True)
class Compiled:
    """The plan, and what the stack needs to know beside it.

    `left_out` are the sources that only a pattern means and that can't be watched without `for`,
    `unfit` those of which a watch's `include` takes in no job; `vain` are watches with a word of
    their `exclude` by which no job is left out;
    `added` are those of the catalogue beside the file, of which the `replaced` are ours, too.
    `parents` are how many things a source's jobs may live in, at most; `most_dollars` may be spent
    in a month, as the `document` says.
    `cadences` maps seconds to the names of the watches that are due that often; `operations` are
    what is called of each service, by botocore's names; `roles` are ARN templates such as
    arn:{partition}:iam::111122223333:role/x; `readers` say what those roles must allow where they
    are. `needs` are by watch and source what it takes to read it, with {region} for each of its
    regions. `emails` get every alert, `recipients` those that are to their names. `dashboard` says
    whether the stack has one, `schemas` whether those of events are put into a registry. `rows` are
    those of the catalogue that it was compiled out of. `own` is what the stack takes of the user's.
    """

    plan: Plan
    permissions: tuple[Permission, ...]
    emails: tuple[str, ...]
    cadences: dict[int, tuple[str, ...]]
    operations: Mapping[str, tuple[str, ...]]
    roles: tuple[str, ...]
    readers: tuple[Reader, ...] = ()
    needs: Mapping[tuple[str, str], tuple[Permission, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()
    vain: tuple[tuple[str, str], ...] = ()
    added: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    parents: Mapping[str, int] = field(default_factory=dict)
    most_dollars: int = MOST_DOLLARS
    dashboard: bool = True
    document: Document = field(default_factory=lambda: Document(""))
    rows: Mapping[str, Row] = field(default_factory=dict, repr=False)
    recipients: Mapping[str, Recipient] = field(default_factory=dict)
    schemas: bool = False
    own: Own = field(default_factory=Own)

    @property
    def kept(self) -> int:
        """Characters of the poll function's role for what it may do besides reading jobs."""
        spreading = SPREADING if self.plan.units else 0
        return ELSE + spreading + (UNDER_KEY if self.own.key else 0)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every email address that is subscribed to alerts."""
        named = (each.email for each in self.recipients.values())
        return tuple(dict.fromkeys(chain(self.emails, *named)))

    def emails_of(self, policy: Policy) -> set[str]:
        """Give the addresses that get the alerts of a policy."""
        named = (self.recipients[name].email for name in policy.to if name in self.recipients)
        return {*self.emails}.union(*named)

    def statements(self) -> Iterator[Statement]:
        """Say what the poll function may do in accounts: read jobs here, take roles elsewhere."""
        yield from reading(self.permissions)
        yield from assuming(self.roles)
        if self.plan.units:
            yield TO_LIST_ACCOUNTS


def compile_plan(watches: Path, catalogue: Path) -> Compiled:
    """Compile the plan; raises Mistakes with everything that is wrong in any of the files."""
    return compile_watches(watches, read_catalogue(catalogue))


def compile_made(document: Document, beside: Path, catalogue: Path) -> Compiled:
    """Compile what stands in no file, as if it stood beside one; raises Mistakes."""
    return compile_document(document, extended(read_catalogue(catalogue), beside))


def compile_watches(watches: Path, known: Catalogue) -> Compiled:
    """Compile the plan out of a catalogue that was read; raises Mistakes as above.

    What stands in the folder `catalogue` beside the file is added to it.
    """
    compiled = compile_document(read_document(watches), extended(known, watches))
    return replace(compiled, replaced=tuple(name for name in compiled.added if name in known.ids))


def compile_document(document: Document, known: Catalogue) -> Compiled:
    """Compile what was read out of a catalogue, to which nothing is added; raises Mistakes."""
    document = with_defaults(document)
    mistakes = [*known.mistakes, *document.mistakes]
    mistakes += _lint_watched(document, known)
    file = _read(document, known, mistakes)
    if mistakes or file is None:
        raise Mistakes(mistakes)
    try:
        compiled = replace(
            _compile(file, known.rows), added=known.added, document=document, rows=known.rows
        )
    except TooLargeError as error:
        raise Mistakes([_of_a_session(error, document)]) from error
    if mistakes := [*_too_large(compiled, document), *_too_many_places(compiled.plan, document)]:
        raise Mistakes(mistakes)
    return compiled


def _lint_watched(document: Document, known: Catalogue) -> Iterator[Mistake]:
    """Find everything that is wrong with the rows of what is watched, and with the user's own.

    To hold all against the services' models would take seconds.
    """
    content = document.content if isinstance(document.content, dict) else {}
    watches = content.get("watches")
    named = watches.values() if isinstance(watches, dict) else ()
    groups = [each for each in named if isinstance(each, dict)]
    meant = (wanted(each.get("source"), each.get("except"), known.rows) for each in groups)
    own = known.rows.keys() & {*known.added}
    for name in sorted(own.union(*meant)):
        yield from lint_row(known.rows[name])


def _read(document: Document, known: Catalogue, mistakes: list[Mistake]) -> WatchesFile | None:
    if not document.lines:
        return None
    mistakes += check_watches(document, known)
    try:
        return WatchesFile.model_validate(document.content)
    except ValidationError as error:
        told = {(each.line, each.key) for each in document.mistakes}
        found = mistakes_of(WatchesFile, error, document)
        mistakes += [each for each in found if (each.line, each.key) not in told]
        return None


def _compile(file: WatchesFile, rows: Mapping[str, Row]) -> Compiled:
    chosen = {name: choose(watch, rows) for name, watch in file.watches.items()}
    watched = {
        (name, source): (watch.model_copy(update={"regions": regions}), rows[source])
        for name, watch in file.watches.items()
        for source, regions in chosen[name].items()
    }
    watches = watched.values()
    plan = build_plan(file, chosen, rows)
    without = {name for watch in file.watches.values() for name in left_out(watch, rows)}
    taken = {name for watch in file.watches.values() for name in unfit(watch, rows)}
    return Compiled(
        plan=plan,
        permissions=permissions_of(watches),
        emails=file.alerts.email,
        cadences=_cadences(plan.watches.values()),
        operations=operations_of(plan),
        roles=roles_of(file.watches.values()),
        readers=readers_of(watches),
        needs={each: permissions_in_a_region(*watched[each]) for each in watched},
        left_out=tuple(sorted(without - plan.sources.keys())),
        unfit=tuple(sorted(taken - plan.sources.keys() - without)),
        vain=tuple(
            (name, word)
            for name, watch in sorted(file.watches.items())
            for word in vain_exclude(watch.exclude, [rows[source] for source in chosen[name]])
        ),
        parents={name: MOST_PARENTS[rows[name].source.fan_out] for name in plan.sources},
        most_dollars=file.most_dollars,
        dashboard=file.dashboard,
        recipients=file.recipients,
        schemas=file.schemas,
        own=file.stack,
    )


def _too_large(compiled: Compiled, document: Document) -> Iterator[Mistake]:
    """Find each role that cannot hold what the watches take."""
    poll = ("the poll function", "a second stack", compiled.kept, compiled.statements())
    readers = (
        (f"role {each.role}", "a role of another name", 0, reading(each.permissions))
        for each in compiled.readers
    )
    for role, other, kept, statements in (poll, *readers):
        try:
            cut(statements, kept)
        except TooLargeError as error:
            found = f"permissions of {error.taken:,} characters for {role}"
            words = (
                f"at most {error.most:,}: fewer ids in `for`, or {other} for some of the watches"
            )
            yield document.mistake(("watches",), found, words)


def _too_many_places(plan: Plan, document: Document) -> Iterator[Mistake]:
    """Find each watch that expects a run in more places than one item has room for."""
    for name, watch in plan.watches.items():
        regions = sum(len(each) or 1 for each in watch.sources.values())
        most = watch.organization.most if watch.organization else 0
        places = regions * (len(watch.accounts) + most or 1)
        if watch.expect is not None and places > MOST_PLACES:
            fewer = "a lower `most` of `organization`, or " if most else ""
            words = f"at most {MOST_PLACES}: {fewer}several watches, each with its own run"
            found = f"{places:,} sources in accounts and regions"
            yield document.mistake(("watches", name, "expect"), found, words)


def operations_of(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Name by service the operations that the plan's sources and their parents are read with."""
    called = _operations(plan.sources.values())
    return _with_accounts(called) if plan.units else called


def operations_of_rows(rows: Iterable[Row]) -> dict[str, tuple[str, ...]]:
    """Name them for all that some rows could have a plan read."""
    return _with_accounts(_operations(map(source_of, rows)))


def _with_accounts(called: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Add what lists the accounts of an organization, whose service may have sources, too."""
    listing = {*called.get(ORGANIZATIONS, ()), *LISTING_ACCOUNTS}
    return {**called, ORGANIZATIONS: tuple(sorted(listing))}


def _operations(sources: Iterable[Source]) -> dict[str, tuple[str, ...]]:
    called: defaultdict[str, set[str]] = defaultdict(set)
    for source in sources:
        for listing in (source.listing, *(parent.listing for parent in source.parents)):
            called[listing.service or source.service].add(listing.operation)
        if source.get:
            called[source.service].add(source.get.operation)
    return {service: tuple(sorted(called[service])) for service in sorted(called)}


def _of_a_session(error: TooLargeError, document: Document) -> Mistake:
    """Say that the read operations of a service are too many for what is allowed elsewhere."""
    found = f"actions of one service that take a policy of {error.taken:,} characters"
    words = f"at most {error.most:,}: fewer sources of it in other accounts"
    return document.mistake(("watches",), found, words)


def _cadences(watches: Iterable[Watch]) -> dict[int, tuple[str, ...]]:
    names: defaultdict[int, list[str]] = defaultdict(list)
    for watch in watches:
        names[watch.every].append(watch.name)
    return {every: tuple(sorted(names[every])) for every in sorted(names)}
