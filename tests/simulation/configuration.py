"""What a run watches: watches of every kind, drawn from the sources of the catalogue."""

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from lambdas.plan import Expect, Organization, Plan, Watch
from tests.simulation.dice import Dice
from tests.simulation.jobwatch import ACCOUNT, REGION, base_plan, member
from tests.simulation.organization import UNITS, said
from tests.simulation.pace import pace_of

if TYPE_CHECKING:
    from random import Random

DAY = 86_400
GLOBS = (("", ""), ("*[0-4]", ""), ("", "*[147]"), ("*-*", "*[0-35-8]"))
"""Over ids, which end in any digit: to include, and to exclude."""
SOURCES = (
    "sesv2.import-jobs",
    "dataexchange.jobs",
    "pinpoint.import-jobs",
    "pinpoint.segment-import-jobs",
    "dynamodb.exports",
    "translate.text-translation-jobs",
    "sesv2.export-jobs",
)
NEWER_SOURCES = ("codebuild.builds", "storagegateway.cache-reports")
"""Of newer kinds, which are watched in storms of theirs only."""
BESIDE = {
    "sesv2.import-jobs": "sesv2.export-jobs",
    "sesv2.export-jobs": "sesv2.import-jobs",
    "pinpoint.import-jobs": "pinpoint.segment-import-jobs",
    "pinpoint.segment-import-jobs": "pinpoint.import-jobs",
}
"""Another source of the same service: a lane of it has both."""
RECIPIENTS = {"mail": "email", "chat": "slack", "oncall": "pagerduty", "lake": "topic"}
SEVERITIES = (None, "critical", "error", "warning")
"""Whom a watch may alert, by the kind of recipient, and how bad it may say it is."""


class Configuration:
    """Draws the first plan, and those of the deployments that follow."""

    def __init__(self, dice: Dice, sources: tuple[str, ...] = SOURCES) -> None:
        self._on, self._loud, self._sources = dice.on, dice.loud, sources
        self._all, self._pace = dice, pace_of(dice.on)
        self._dice: Random = dice.of("configuration")
        self._discoveries: Random = dice.of("discoveries")
        self._durations: Random = dice.of("durations")
        self._globs: Random = dice.of("globs")
        self._base = base_plan(SOURCES + NEWER_SOURCES)
        self._count = 0
        most = 5 if "many watches" in self._on else 2
        least = 3 if "many watches" in self._loud else 1
        watches = [self._watch() for _ in range(self._dice.randint(least, most))]
        retention = self._dice.choice((2, 7, 30)) * DAY
        self.plan = self._planned(watches, retention)

    def _planned(self, watches: list[Watch], retention: int) -> Plan:
        names = sorted({name for watch in watches for name in watch.sources})
        sources = {name: self._base.sources[name] for name in names}
        fields: dict[str, Any] = {"watches": {w.name: w for w in watches}, "sources": sources}
        fields["recipients"] = RECIPIENTS if "mutes" in self._on else {}
        return replace(self._base, retention=retention, **fields)

    def _watch(self) -> Watch:
        dice = self._dice
        source = dice.choice(self._sources)
        base = self._base.watches[source.replace(".", "-")]
        self._count += 1
        cadences = [60, 60]
        cadences += [15] if "quick cadences" in self._on else []
        cadences += [300, 300] if "slow cadences" in self._on else []
        regions = (REGION, "us-east-1") if "regions" in self._on and dice.random() < 0.3 else ()
        members = "members" in self._on and dice.random() < 0.3
        every = dice.choice(self._pace.everyday or cadences)
        watch = replace(
            base,
            name=f"w{self._count}",
            every=every,
            sources=self._looked_at(source, regions),
            accounts=(member(),) if members else (),
            organization=self._organization(),
            stalled_after=self._stalled(),
            max_duration=self._max_duration(),
            idle_every=None,
            discover_every=self._discover_every(every),
            expect=self._expected(),
            alerts=replace(base.alerts, after=self._after(), **self._routing()),
        )
        if "idle scopes" in self._on and dice.random() < 0.3:
            watch = replace(watch, idle_every=every * dice.choice((2, 10)))
        by_id = 1.0 if "watches by id" in self._loud else 0.35
        if self._may_name(watch) and dice.random() < by_id:
            watch = replace(watch, jobs=self._ids(), idle_every=None, expect=None)
        return replace(watch, **self._narrowing())

    def _after(self) -> int:
        """Draw from the how manyth failure in a row on a watch alerts."""
        if "failures in a row" not in self._on:
            return 1
        return self._all.of("failures in a row").choice((1, 2, 3))

    def _routing(self) -> dict[str, Any]:
        """Draw whom a watch alerts, none to all of the recipients, and how bad it says it is."""
        if "mutes" not in self._on:
            return {}
        dice = self._all.of("routing")
        to = dice.sample(sorted(RECIPIENTS), dice.randint(0, len(RECIPIENTS)))
        return {"to": tuple(to), "severity": dice.choice(SEVERITIES)}

    def _organization(self) -> Organization | None:
        """Draw the units into whose accounts a watch looks: most do, the first one always."""
        if "organizations" not in self._on:
            return None
        dice = self._all.of("units")
        units = dice.choice(UNITS)
        return said(*units) if self._count == 1 or dice.random() < 0.7 else None

    def _expected(self) -> Expect | None:
        """Draw a run that is expected: by a cron, or always."""
        if "expected runs" not in self._on:
            return None
        dice = self._all.of("expected runs")
        within, at = 60 * dice.choice(self._pace.within), dice.choice(self._pace.expected)
        return Expect(at, dice.choice(self._pace.zones), within)

    def _discover_every(self, every: int) -> int | None:
        if "parents that are listed seldom" not in self._on:
            return None
        drawn = self._discoveries.choice(self._pace.discoveries)
        return drawn if drawn > every else None

    def _looked_at(self, source: str, regions: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """Give the sources of a watch: seldom two, of which one is looked at in fewer regions."""
        found, other = {source: regions}, BESIDE.get(source)
        name = f"w{self._count}"
        if other in self._sources and self._all.has("watches of several sources", name, 0.4):
            found[other] = regions[:1]
        return found

    def _may_name(self, watch: Watch) -> bool:
        """Tell whether a watch may name its jobs."""
        name, *others = watch.sources
        source = self._base.sources[name]
        named = "watches by id" in self._on and source.get and not source.parents
        return bool(named) and not others

    def _ids(self) -> tuple[str, ...]:
        sizes = (30, 60, 90) if "watches by id" in self._loud else (1, 4, 30)
        return tuple(f"named-{n}" for n in range(self._dice.choice(sizes)))

    def _stalled(self) -> int | None:
        if "stalls" not in self._on or ("stalls" not in self._loud and self._dice.random() < 0.4):
            return None
        return self._dice.choice(self._pace.stalls)

    def _max_duration(self) -> int | None:
        if "max durations" not in self._on:
            return None
        return self._durations.choice(self._pace.durations)

    def _narrowing(self) -> dict[str, Any]:
        """Draw which jobs a watch leaves out: about none, a third, half or two thirds."""
        if "narrowed watches" not in self._on:
            return {}
        include, exclude = self._globs.choice(GLOBS)
        drawn = {"include": include, "exclude": exclude}
        return {side: {"id": (glob,)} if glob else {} for side, glob in drawn.items()}

    def deploy(self) -> set[str]:
        """Change the plan; give the names of watches that begin anew or read in another way."""
        dice, plan = self._dice, self.plan
        watches, retention, anew = dict(plan.watches), plan.retention, set[str]()
        if "retention that changes" in self._on and dice.random() < 0.5:
            retention = dice.choice((1, 7, 30, 90)) * DAY
        if "watches that come and go" in self._on and dice.random() < 0.5:
            if len(watches) > 1 and dice.random() < 0.5:
                del watches[dice.choice(sorted(watches))]
            else:
                watch = self._watch()
                watches[watch.name] = watch
        if "watches that change" in self._on:
            anew |= self._change(watches)
        if "narrowed watches" in self._on:
            name = self._globs.choice(sorted(watches))
            watch, drawn = watches[name], self._narrowing()
            if watch.jobs is None:
                watches[name] = replace(watch, **drawn)
                anew.add(name)
        if "expected runs" in self._on:
            self._expect_otherwise(watches)
        anew |= watches.keys() - plan.watches.keys()
        self.plan = self._planned([*watches.values()], retention)
        return anew

    def _expect_otherwise(self, watches: dict[str, Watch]) -> None:
        """Let some watches expect another run than before, which begins anew."""
        for name, watch in watches.items():
            drawn = self._expected()
            if watch.jobs is None and self._all.of("expected runs").random() < 0.2:
                watches[name] = replace(watch, expect=drawn)

    def _change(self, watches: dict[str, Watch]) -> set[str]:
        dice = self._dice
        name = dice.choice(sorted(watches))
        watch = watches[name]
        match dice.choice(("name", "mode", "stalled", "cadence")):
            case "name":
                del watches[name]
                self._count += 1
                watch = replace(watch, name=f"w{self._count}")
            case "mode" if self._may_name(watch):
                jobs = None if watch.jobs else self._ids()
                expect = None if jobs else self._expected()
                watch = replace(watch, jobs=jobs, idle_every=None, expect=expect)
            case "stalled":
                told = {"stalled_after": self._stalled(), "max_duration": self._max_duration()}
                watches[name] = replace(watch, **told)
                return set()
            case _:
                every = self._pace.changed
                discover_every = self._discover_every(every)
                watches[name] = replace(watch, every=every, discover_every=discover_every)
                return set()
        watches[watch.name] = watch
        return {watch.name}


def slowest(watch: Watch) -> int:
    """Tell how many seconds apart what a watch does is at most."""
    return max(watch.every, watch.idle_every or 0, watch.discover_every or 0)


def leaves_out(watch: Watch, job_id: str) -> bool:
    """Tell whether a watch leaves a job out."""
    taken = all(fnmatchcase(job_id, glob) for globs in watch.include.values() for glob in globs)
    left = any(fnmatchcase(job_id, glob) for globs in watch.exclude.values() for glob in globs)
    return watch.jobs is None and (left or not taken)


def places(watch: Watch) -> list[tuple[str, str, str]]:
    """Give the sources of a watch, each with where it is looked at: an account and a region."""
    return [
        (name, account, each)
        for name, to in watch.sources.items()
        for account in watch.accounts_in(ACCOUNT)
        for each in to or (REGION,)
    ]
