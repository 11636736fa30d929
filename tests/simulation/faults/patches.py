"""The faults: what is said of each, and what in lambdas/ makes it."""

from dataclasses import dataclass

Edit = tuple[str, str, str]
"""A file below lambdas/, a text that stands in it once, and what it becomes."""


@dataclass(frozen=True)
class Fault:
    """One fault: its name, what happens, and the edits that make it happen."""

    name: str
    says: str
    edits: tuple[Edit, ...]


FAULTS = (
    Fault(
        "gone-once",
        "E1: a job that one poll misses is called gone at once",
        (("diff.py", "    if not stored.missing:\n", "    if False:\n"),),
    ),
    Fault(
        "by-id-lost",
        "E1: a job watched by its id counts as ended though its end was not stored",
        (
            (
                "poll/by_id.py",
                "ended = {*map(short, self._terminal - visit.suspects)}",
                "ended = {*map(short, self._terminal)}",
            ),
        ),
    ),
    Fault(
        "stale-read",
        "E1: jobs are looked up in a read that may be stale",
        (("store/table.py", "consistent=True", "consistent=False"),),
    ),
    Fault(
        "hand-lost",
        "E2: a lane that ran out of time begins from the front again",
        (("poll/lane.py", "self._circle.around(before.resume_at)", "self._circle.around(())"),),
    ),
    Fault(
        "retention-up",
        "E3: a retention that is raised announces what it forgot before",
        (("diff.py", "    if health.shorter is None or (", "    if True or ("),),
    ),
    Fault(
        "gets-hang",
        "E4: gets that hang are asked one after the other",
        (("poll/gets.py", "MOST_UNANSWERED = 2\n", "MOST_UNANSWERED = 10_000\n"),),
    ),
    Fault(
        "no-deadline",
        "E4: calls are begun that outlast the invocation",
        (("deadline.py", "self.timer() + seconds <= self.at", "self.timer() <= self.at"),),
    ),
    Fault(
        "front-stops",
        "E5: a newest-first list is read to the first page of which one job is known",
        (
            (
                "poll/newest.py",
                "not unknown & page.jobs.keys()",
                "bool(page.jobs.keys() - unknown)",
            ),
        ),
    ),
    Fault(
        "unwritten",
        "E5: what could not be written is vouched for all the same",
        (
            (
                "poll/visit.py",
                "            self.suspects.add(job_id)\n            self.unwritten.add(job_id)\n",
                "            self.unwritten.add(job_id)\n",
            ),
        ),
    ),
    Fault(
        "overlap",
        "E7: a complete first read is never remembered while something is unwritten in any scope",
        (("poll/whole.py", "return self._cursor.began\n", "return None\n"),),
    ),
    Fault(
        "by-id-turns",
        "E8: jobs by id are asked for from the first one on each time",
        (("poll/by_id.py", "return asked[at:] + asked[:at]", "return asked"),),
    ),
    Fault(
        "late-partial",
        "E9: COMPLETED that becomes PARTIAL later is not told",
        (
            (
                "diff.py",
                "rules.get_completes and (stored.status, job.status) == (PARTIAL, SUCCEEDED)",
                "stored.terminal",
            ),
        ),
    ),
    Fault(
        "impossible",
        "E13: times that cannot be are believed",
        (
            (
                "times.py",
                "moment if moment is not None and AWS_BEGAN <= moment <= now + FAR_AHEAD else None",
                "moment",
            ),
        ),
    ),
    Fault(
        "again",
        "E14: an id that is used again is taken for the same job",
        (
            (
                "diff.py",
                (
                    "        return True\n    return stored.terminal and job.terminal and "
                    "_is_later(job.ended_at, stored.ended_at)\n"
                ),
                "        return False\n    return False\n",
            ),
        ),
    ),
    Fault(
        "endless",
        "E15: a list that never ends is read on for ever",
        (("apis/reader.py", "MOST_STALE_PAGES = 50\n", "MOST_STALE_PAGES = 10**9\n"),),
    ),
    Fault(
        "page-lost",
        "E17: what was surely seen of a list that failed is not told",
        (
            (
                "poll/whole.py",
                "        partial = self._examine_seen()\n        failed = after",
                "        partial = self._before.partial\n        failed = after",
            ),
        ),
    ),
    Fault(
        "first-loud",
        "what a watch first reads is told",
        (
            (
                "diff.py",
                "is not None or rules.list_ends:\n        return False\n",
                "is not None or rules.list_ends:\n        return True\n",
            ),
        ),
    ),
    Fault(
        "appears-quiet",
        "what is new in a new parent is not told",
        (("poll/discovery.py", "quiet_before = quiet_before or health.began_at", "pass"),),
    ),
    Fault(
        "listed-once",
        "what parents hold is listed once, and never again",
        (("poll/discovery.py", "        return before == now\n", "        return True\n"),),
    ),
    Fault(
        "failed-is-empty",
        "a list that fails after its first page counts as complete",
        (
            (
                "poll/whole.py",
                "            return self._failed(error), error\n",
                "            return self._finish(), error\n",
            ),
        ),
    ),
    Fault(
        "narrowed-gone",
        "a job that other globs leave out is followed until it is called gone",
        (
            (
                "poll/worker.py",
                "if not visit.unfinished.close_some(selection.leaves_out, visit.rules):",
                "if False:",
            ),
        ),
    ),
    Fault(
        "narrowed-loud",
        "what other globs take in is told as if it were new",
        (
            (
                "health.py",
                "    if health.read_at is None:\n        return anew\n",
                "    if True:\n        return anew\n",
            ),
        ),
    ),
    Fault(
        "overrun-again",
        "a job that runs for too long is told again and again",
        (("diff.py", "replace(after, overrun=True)", "after"),),
    ),
    Fault(
        "overrun-never",
        "a job that runs for too long is not noticed while nothing else changes",
        (
            (
                "poll/unfinished.py",
                "self._stalled_parts(rules) | self._overrunning_parts(rules)",
                "self._stalled_parts(rules)",
            ),
        ),
    ),
    Fault(
        "overrun-anew",
        "a job that was told to run for too long is told so again once it changes",
        (("diff.py", "        overrun=was_told,\n", ""),),
    ),
    Fault(
        "stall-again",
        "a stalled job is called stalled again and again",
        (("diff.py", "replace(_unmoved_after(stored), stalled=True)", "_unmoved_after(stored)"),),
    ),
    Fault(
        "stall-never",
        "a job that stops moving is not noticed while nothing else changes",
        (
            (
                "poll/whole.py",
                "self._before.suspect_parts | self._visit.due_parts()",
                "self._before.suspect_parts",
            ),
        ),
    ),
    Fault(
        "never-recovers",
        "P13: a scope whose parent is removed stays unreachable",
        (("poll/gone.py", "        worker.leave(scope, before)\n", ""),),
    ),
    Fault(
        "unreachable-early",
        "a scope is called unreachable after two failures",
        (("health.py", "UNREACHABLE_AFTER = 3\n", "UNREACHABLE_AFTER = 2\n"),),
    ),
    Fault(
        "unreachable-never",
        "failures in a row are not counted",
        (("health.py", "min(health.failures + 1, UNREACHABLE_AFTER)", "1"),),
    ),
    Fault(
        "blind-write",
        "writes name no version: one that was overtaken undoes the later one",
        (("store/table.py", "    if version > 1:\n", "    if False:\n"),),
    ),
    Fault(
        "order-lost",
        "P1: events of one job share a call, of which one may be refused",
        (
            (
                "outbox/entries.py",
                "    if call and (full or before & entry.in_order_with)",
                "    if call and full",
            ),
        ),
    ),
    Fault(
        "put-aside-never",
        "E12: what the bus never takes holds up all behind it",
        (("outbox/buses.py", "final=code in FINAL", "final=False"),),
    ),
    Fault(
        "skip-refused",
        "what the bus refuses for now is passed over",
        (
            (
                "outbox/delivery.py",
                "            return entry.records[0].sequence\n        if len",
                "            return None\n        if len",
            ),
        ),
    ),
    Fault(
        "alert-twice-told",
        "an alert is sent for a status that was told before",
        (("alert/status.py", " and (entered or again)", ""),),
    ),
    Fault(
        "muted-loud",
        "alerts of what is muted are sent",
        (
            (
                "alert/mutes.py",
                "        if self.watch not in (None, watch):\n",
                "        if True:\n",
            ),
        ),
    ),
    Fault(
        "muted-lost",
        "what stands when a mute ends is told to nobody",
        (
            (
                "alert/deciding.py",
                "        return replace(standing, kept=_newer(standing.kept, alert, moment)), []\n",
                "        return standing, []\n",
            ),
        ),
    ),
    Fault(
        "silent-ends",
        "what was opened in silence is told to be over",
        (("alert/deciding.py", "not is_over or (trouble and not trouble.told)", "not is_over"),),
    ),
    Fault(
        "resolved-few",
        "people are not told that what they were alerted of is over",
        (
            (
                "alert/writer.py",
                "self._machines(named) if first.muted else",
                "self._machines(named) if first.state == terms.RESOLVED else",
            ),
        ),
    ),
    Fault(
        "told-all",
        "an alert is brought to all recipients, whomever its watch names",
        (("alert/bus.py", '"to": [*notice.to],', '"to": sorted(self.recipients),'),),
    ),
    Fault(
        "removed-parent",
        "jobs of a parent that is gone are forgotten",
        (
            (
                "poll/lane.py",
                "elif settle_gone(scope, self._worker, partial(self._note, is_gone=True)):\n",
                "else:\n",
            ),
        ),
    ),
    Fault(
        "index-believed",
        "the index is believed although it is behind",
        (
            (
                "store/table.py",
                "            if checksum(found) == expected or not whole:\n",
                "            if True:\n",
            ),
        ),
    ),
    Fault(
        "edge-moves",
        "the job at which a front ends, made anew, hides what is behind it",
        (("poll/visit.py", "before.boundary in younger or ", ""),),
    ),
    Fault(
        "known-again",
        "a page of ids that are used again ends a list that is read down to known jobs",
        (
            (
                "poll/visit.py",
                "        if may_be_younger(change.before, change.after):\n",
                "        if change.before is None:\n",
            ),
        ),
    ),
    Fault(
        "unlisted-gone",
        "a job behind a front is called gone though the list has it",
        (
            (
                "poll/newest.py",
                "found, other, list_ended = find(self._pages_behind(), sought, self._update_found)",
                "found, other, list_ended = set[str](), set[str](), True",
            ),
        ),
    ),
    Fault(
        "child-forgotten",
        "a parent that is missing for a while is not remembered when it is back",
        (
            (
                "poll/discovery.py",
                "ids_checksum=None if self.gone else checksum(there)",
                "ids_checksum=checksum(there | held.keys())",
            ),
            ("poll/discovery.py", " and not self._is_full(health):", ":"),
        ),
    ),
    Fault(
        "stragglers-lost",
        "a poll that ran out of time forgets what runs behind the front",
        (("poll/newest.py", "if cursor.examined is not None:", "if False:"),),
    ),
    Fault(
        "gone-first",
        "what is gone with a parent begins anew in each turn, and others wait for it",
        (("poll/circle.py", "if name >= from_[:1]:", "if True:"),),
    ),
    Fault(
        "stopped-amid",
        "a turn that was stopped amid a scope begins with it again, and what is behind it has none",
        (
            (
                "poll/lane.py",
                "resume_at=(*above, name + chr(0)), amid=()",
                "resume_at=amid, amid=()",
            ),
        ),
    ),
    Fault(
        "left-out-gone",
        "a job of which a get of many told nothing counts as one that is not there",
        (
            (
                "poll/gets.py",
                "                job = self.get(job_id, listed.get(job_id))\n",
                (
                    "                job = None if answers.seen else "
                    "self.get(job_id, listed.get(job_id))\n"
                ),
            ),
        ),
    ),
    Fault(
        "asked-once",
        "of a list without statuses, a job is asked for once only",
        (
            (
                "diff.py",
                "stored is None or not stored.terminal or stored.raw_status == NOT_FOUND",
                "stored is None",
            ),
        ),
    ),
    Fault(
        "unconfirmed-gone",
        "where no call reads a job, the first list that lacks it tells that it is gone",
        (
            (
                "diff.py",
                "    if not stored.missing:\n",
                "    if not stored.missing and rules.get_completes:\n",
            ),
        ),
    ),
    Fault(
        "since-moves",
        "each reading of a list asks for what was created since the last one began",
        (
            ("poll/since.py", "MARGIN = timedelta(hours=1)\n", "MARGIN = timedelta()\n"),
            ("poll/since.py", "self._cursor.since or self._next_since()", "self._next_since()"),
        ),
    ),
    Fault(
        "always-late",
        "turns of a quick cadence are dropped as long as others take all the time",
        (("poll/lane_round.py", "return tick - since > LONGEST_DROPPED", "return False"),),
    ),
    Fault(
        "missing-unread",
        "a run is missing though a place of its watch could not be read",
        (
            (
                "poll/expect.py",
                "            self.fail()\n        elif",
                "            pass\n        elif",
            ),
        ),
    ),
    Fault(
        "success-forgotten",
        "a run counts only for the turn that saw it first, whatever becomes of that",
        (
            (
                "poll/visit.py",
                "        self.succeeded_at = self.health.succeeded_at\n",
                "",
            ),
            ("runs.py", "change.after if change else stored", "change.after if change else None"),
        ),
    ),
    Fault(
        "forgotten-soon",
        "what has ended is forgotten a day later, whatever the retention",
        (
            (
                "diff.py",
                "    return max(since + rules.retention, rules.now + LEAST_KEPT)\n",
                "    return rules.now + LEAST_KEPT\n",
            ),
        ),
    ),
    Fault(
        "never-daily",
        "all of a list is read when its watch begins, and never again",
        (
            (
                "health.py",
                "    return now - health.read_at >= min(FULL_READ_EVERY, retention / 4)\n",
                "    return False\n",
            ),
        ),
    ),
    Fault(
        "raised-anew",
        "what was to be forgotten before the retention was raised is told anew",
        (
            (
                "health.py",
                "(health.shorter and health.read_at < health.shorter[0])",
                "False",
            ),
        ),
    ),
    Fault(
        "hour-lost",
        "for two days, a cron's zone has the hour of before its clocks were changed",
        (
            (
                "cron.py",
                "import UTC, datetime, timedelta\n",
                "import UTC, datetime, timedelta, timezone\n",
            ),
            (
                "cron.py",
                "        found = None\n",
                (
                    "        found = None\n"
                    "        offset = (moment - back).astimezone(ZoneInfo(zone)).utcoffset()\n"
                ),
            ),
            (
                "cron.py",
                "(moment - back).astimezone(ZoneInfo(zone))):",
                "(moment - back).astimezone(timezone(offset))):",
            ),
        ),
    ),
    Fault(
        "open-forgotten",
        "what stands open for longer than the retention is told to be over never",
        (
            (
                "alert/memory.py",
                "self.clock() + max(self.retention, OPEN_KEPT if is_open else LEAST_KEPT)\n",
                "self.clock() + self.retention\n",
            ),
        ),
    ),
    Fault(
        "left-read",
        "accounts that left an organization are read for ever",
        (
            (
                "poll/spread.py",
                "kept = [each for each in before.accounts if each in found]",
                "kept = [*before.accounts]",
            ),
        ),
    ),
    Fault(
        "members-lost",
        "a list of accounts that fails counts as one that has none",
        (
            (
                "poll/spread.py",
                "return replace(before, listed_at=now, failed_since=since, error=said)",
                "return Members((), now, since, said)",
            ),
        ),
    ),
    Fault(
        "first-page",
        "of a list of accounts one page is read",
        (("apis/organizations.py", 'if not answer.get("NextToken"):', "if True:"),),
    ),
    Fault(
        "suspended-read",
        "accounts that are suspended are read",
        (("apis/organizations.py", ") == ACTIVE:", "):"),),
    ),
    Fault(
        "listed-daily",
        "the accounts of an organization are listed once a day",
        (("poll/spread.py", "timedelta(hours=1), timedelta", "timedelta(days=1), timedelta"),),
    ),
    Fault(
        "left-open",
        "what is unreachable in an account that left stays so",
        (("poll/membership.py", "        if listed:\n", "        if False:\n"),),
    ),
)
