"""What differs between two plans: a pure function of both."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from lambdas.plan import Plan, Watch
from operate.plan.said import NOTHING, Said, hidden, settings_said, some, watch_said

QUIETLY = "begins quietly: what is there is remembered, and not told"
ANEW = "what it did not look at before begins quietly, the rest goes on"
LEFT = "nothing is told any more of what it looks at no more"
GLOBS = "jobs that it leaves out now are followed no more, those that it takes in begin quietly"
NAMED = "nothing is told any more of jobs that it names no more"
_MEANS = (
    (("source ", "account ", "for."), ANEW),
    (("jobs",), NAMED),
    (("include.", "exclude."), GLOBS),
)
"""What a change under a key means for what is watched, by how the key begins."""
HIDDEN = "something changes that is not shown: an external id, or what stands behind others"
ROW = "is read otherwise than before: its row of the catalogue changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a file says otherwise; "" where it does not say it."""

    key: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A watch that is in both plans; `means` says in sentences what its changes come to."""

    watch: str
    differences: tuple[Difference, ...]
    means: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """What a deployment changes in what is watched, and how it is told.

    `added` and `removed` are watches by name, as their files say them; `recipients` are kinds.
    """

    added: Mapping[str, Said]
    changed: tuple[Changed, ...]
    removed: Mapping[str, Said]
    settings: tuple[Difference, ...]
    recipients: tuple[Difference, ...]

    @property
    def any(self) -> bool:
        """Whether there is one."""
        parts = (self.added, self.changed, self.removed, self.settings, self.recipients)
        return any(parts)


def differences(before: Plan | None, after: Plan) -> Differences:
    """Hold a plan against what is deployed; None where nothing is."""
    old: Mapping[str, Watch] = before.watches if before else {}
    new = after.watches
    settings = tuple(_between(settings_said(before) if before else {}, settings_said(after)))
    return Differences(
        added={name: watch_said(new[name]) for name in sorted(new.keys() - old.keys())},
        changed=tuple(_changed(before, after, settings)) if before else (),
        removed={name: watch_said(old[name]) for name in sorted(old.keys() - new.keys())},
        settings=settings,
        recipients=tuple(_between(before.recipients if before else {}, after.recipients)),
    )


def _changed(before: Plan, after: Plan, settings: Collection[Difference]) -> Iterator[Changed]:
    """Give the watches that change, but for what each has of the file's own settings."""
    rows = before.sources
    other = {name for name, row in after.sources.items() if rows.get(name) not in (None, row)}
    for name in sorted(before.watches.keys() & after.watches.keys()):
        old, new = before.watches[name], after.watches[name]
        every = [*_between(watch_said(old), watch_said(new))]
        found = tuple(each for each in every if each not in settings)
        read_otherwise = sorted(other & old.sources.keys() & new.sources.keys())
        means = [*_means(found)]
        if old != new and (not every or hidden(old, new)):
            means.append(HIDDEN)
        if read_otherwise:
            means.append(f"{some(read_otherwise)} {ROW}")
        if found or means:
            yield Changed(name, found, tuple(means))


def _between(before: Said, after: Said) -> Iterator[Difference]:
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key, NOTHING), after.get(key, NOTHING)
        if old != new:
            yield Difference(key, old, new)


def _means(found: tuple[Difference, ...]) -> Iterator[str]:
    for begins, sentence in _MEANS:
        if any(each.key.startswith(begins) for each in found):
            yield sentence
    if any(each.key.startswith(("source ", "account ")) and not each.after for each in found):
        yield LEFT
