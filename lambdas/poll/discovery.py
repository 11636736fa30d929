"""From a parent scope to what it holds, by asking for it, or by what is known of it.

What it holds is remembered. So it need not be asked for each time, and it is noticed what is not
there any more; if that had unfinished jobs, it is visited until it is known what became of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from lambdas.apis.reader import Reader
from lambdas.deadline import Clock, Deadline
from lambdas.digest import checksum
from lambdas.health import after_failure, after_read, begun, is_full_read_due
from lambdas.model import Health, OutOfTimeError, Scope, SourceError
from lambdas.plan import Source
from lambdas.scopes import child_of
from lambdas.store import items
from lambdas.store.table import Table


class Discovery:
    """The discovery of what one parent scope holds.

    `before` is what the table holds of it; `children` are the scopes that are there, and `gone`
    those that are not there any more and not done with. It is listed each `list_every` seconds, or
    now where that is None.
    """

    def __init__(
        self,
        scope: Scope,
        source: Source,
        before: Health,
        *,
        table: Table,
        reader: Reader,
        clock: Clock,
        deadline: Deadline,
        retention: timedelta,
        leaves_time: Callable[[], bool],
        list_every: int | None,
    ) -> None:
        self._scope, self._source = scope, source
        self._table, self._reader = table, reader
        self._clock, self._deadline = clock, deadline
        self._before = before
        self._began = clock()
        self._retention = retention
        self._leaves_time = leaves_time
        self._list_every = list_every
        self.children: list[Scope] = []
        self.gone: list[Scope] = []

    def read(self, *, alone: bool, amid: bool) -> tuple[Health, SourceError | None]:
        """Ask what the scope holds, unless that is known; give its health, and what went wrong.

        :raises OutOfTimeError: when no time is left to ask, unless it was `alone` in having it:
            then it can't be read, as also where it leaves no time for anything that it holds.
            What it is known to hold has the turns that begin `amid` that: there it is not asked.
            Also when no time is left to look up what that is.
        """
        health = begun(self._before, self._began, self._retention)
        too_long = SourceError("OutOfTime", "it holds more than one invocation has time to list")
        if amid and health.failed_at:
            self._take(self._held(health))
            return health, too_long
        if (held := self._known(health)) is not None:
            self._take(held)
            return health, None
        try:
            names = self._names(alone=alone)
        except OutOfTimeError:
            if not alone:
                raise
            self._take(self._held(health))
            return after_failure(health, self._began, self._reader.calls.list), too_long
        except SourceError as error:
            self._take(self._held(health))
            return after_failure(health, self._began), error
        self.children = [self._child(name) for name in names]
        health = self._listed(after_read(health))
        if checksum(names) == health.ids_checksum and not self._is_full(health):
            return health, None
        return self._compare(health, {*names}), None

    def _take(self, held: Mapping[str, bool]) -> None:
        """Go by what the table knows, where the scope is not read."""
        self.children = [self._child(name) for name, gone in sorted(held.items()) if not gone]
        self.gone = [self._child(name) for name, gone in sorted(held.items()) if gone]

    def _known(self, health: Health) -> dict[str, bool] | None:
        """Give what the table knows to be held, where the scope was listed of late.

        None where it failed, or where not all is stored and settled: that is listed each time.
        """
        if health.ids_checksum is None or health.failures or not self._was_listed(health):
            return None
        held = self._held(health)
        if any(held.values()) or checksum(held) != health.ids_checksum:
            return None
        return held

    def _was_listed(self, health: Health) -> bool:
        """Tell whether it was since it was last due: another time for each, so that not all are."""
        if self._list_every is None or health.discovered_at is None:
            return False
        shift = items.shift(self._scope)
        times = (health.discovered_at, self._began)
        before, now = ((int(t.timestamp()) + shift) // self._list_every for t in times)
        return before == now

    def _listed(self, health: Health) -> Health:
        if self._list_every is None or self._was_listed(health):
            return health
        return replace(health, discovered_at=self._began)

    def _held(self, health: Health) -> dict[str, bool]:
        return held_by(self._scope, health, self._table, self._deadline)

    def _names(self, *, alone: bool) -> list[str]:
        if self._before.failed_at and not alone:
            raise OutOfTimeError  # all of a turn was not enough last time
        names = sorted(self._reader.children())
        if alone and not self._leaves_time():
            raise OutOfTimeError
        return names

    def _compare(self, health: Health, there: set[str]) -> Health:
        """Begin to remember what is new, and see what is gone."""
        held = self._held(self._before)
        gone = sorted(held.keys() - there)
        self.gone = [self._child(name) for name in gone]
        known = {} if self._before.held_before else held
        new = (name for name in sorted(there) if known.get(name) is not False)
        begun_now = {name: (self._child(name), self._fresh(health)) for name in new}
        # Marked only once each poll compares: else a mark might outlast a return.
        marks = self._before.held_before or self._before.ids_checksum is None
        gone_now = [name for name in gone if marks and not known.get(name)]
        if not self._table.put_children(self._scope, begun_now, gone_now, self._deadline):
            # What there was no time for is new next time, too.
            return replace(health, ids_checksum=None)
        return replace(
            health,
            read_at=self._read_at(health),
            # What is gone is compared until it is settled; it may come back, too.
            ids_checksum=None if self.gone else checksum(there),
            held_before=(),
        )

    def _child(self, name: str) -> Scope:
        return child_of(self._scope, self._source, name)

    def _read_at(self, health: Health) -> datetime | None:
        return self._began if self._is_full(health) else health.read_at

    def _is_full(self, health: Health) -> bool:
        return is_full_read_due(health, self._began, self._retention)

    def _fresh(self, health: Health) -> Health:
        """Begin the health of something new: what is there at first stays quiet.

        That holds even if its own first visit fails or comes late.
        """
        quiet_before = health.quiet_before
        if health.read_at is not None:
            quiet_before = quiet_before or health.began_at
        return Health(
            version=1,
            began_at=self._began,
            quiet_before=quiet_before,
            retention=int(self._retention.total_seconds()),
        )


def held_by(scope: Scope, health: Health, table: Table, deadline: Deadline) -> dict[str, bool]:
    """Name what a parent scope holds, as far as the table knows, each with whether it is gone.

    :raises OutOfTimeError: when no time is left for all of them.
    """
    return dict.fromkeys(health.held_before, False) | dict(table.children(scope, deadline))
