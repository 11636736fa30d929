"""`./jobwatch poll`: the engine over real HTTP, with what it remembers in a file."""

import io
import json
import re
import resource
import signal
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from werkzeug.wrappers import Response

from demo import standins
from demo.records import Moment, data_exchange, job_id, ses_import
from demo.world import Place, World
from infra.config.files.mistakes import Mistakes
from infra.config.plan import Compiled
from lambdas.apis.clients import Clients
from operate.aws import session_here
from operate.command.options import Means
from operate.poll import file
from operate.poll.found import found
from operate.poll.lanes import Polling
from operate.poll.show import layouts
from operate.poll.table import Item, MemoryTable
from operate.poll.words import document_of
from operate.screen import widest
from operate.trouble import Trouble
from tests import here
from tests.catalogue import compile_plan, read_once
from tests.said import Said, golden, run
from tests.standin_cases import IN_APP, import_of, show_parents

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
IMPORTS, JOBS = Place("sesv2", "import-jobs"), Place("dataexchange", "jobs")
WATCHES = """\
watches:
  contacts: {source: sesv2.import-jobs}
  exchange: {source: dataexchange.jobs}
"""


@pytest.fixture(scope="module", autouse=True)
def _catalogue() -> None:
    read_once()


def ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


def imports(*jobs: tuple[str, Moment]) -> Mapping[Place, list[dict[str, Any]]]:
    return {IMPORTS: [ses_import(*job) for job in jobs]}


RUNNING = "march", Moment("PROCESSING", ago(30), ago(1), processed=1_200)
DONE = "february", Moment("COMPLETED", ago(300), ago(240), ago(240), processed=5_000)
WHY = "The file has a malformed row at https://evil.example/x"
FAILED = "march", Moment("FAILED", ago(30), ago(0), ago(0), processed=1_200, failed=7, why=WHY)
WRITTEN = '{"format": "jobwatch poll", "version": 1, "saved_at": "2026-11-22T02:00:00Z"'
FRESH = "april", Moment("CREATED", ago(0), ago(0))


class Here:
    """Somebody who polls from here; `now` is what their clock says."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path, world: World) -> None:
        self.world, self.now = world, NOW
        self.watches, self.seen = folder / "watches.yaml", folder / "seen.json"
        self.watches.write_text(WATCHES, encoding="utf-8")
        self._capsys = capsys

    def poll(self, *words: str) -> Said:
        means = Means(clock=lambda: self.now)
        return run(self._capsys, "poll", f"--watches={self.watches}", *words, means=means)

    def again(self, *words: str) -> Said:
        """Poll a minute later, from what was remembered."""
        self.now += timedelta(minutes=1)
        return self.poll(f"--remember={self.seen}", *words)

    def told(self, *words: str) -> list[tuple[str, str]]:
        events = json.loads(self.again("--json", *words).out)["events"]
        return [(each["detail"]["job_id"], each["detail"]["status"]) for each in events]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, Mapping[str, str]]]:
    world = World()
    with here.account(world) as environment:
        yield world, environment


@pytest.fixture
def it(
    served: tuple[World, Mapping[str, str]],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Here:
    world, environment = served
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.chdir(tmp_path)
    exchange = data_exchange("weather", Moment("IN_PROGRESS", ago(5), ago(1)), "ExportAssetsToS3")
    world.show({**imports(RUNNING, DONE), JOBS: [exchange]})
    world.fault = lambda _operation, _number: None
    return Here(capsys, tmp_path, world)


def test_the_first_look_shows_what_is_there_and_tells_nothing(it: Here) -> None:
    said = it.again()
    assert (said.code, said.err) == (0, "")
    assert said.out == golden("poll-first")


WHOLE = """\
watches:
  theirs: {source: sesv2.import-jobs, organization: {units: [ou-abcd-11111111], role: reader}}
"""


@pytest.fixture
def organizations(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What AWS Organizations answers, by the operation."""
    answers: dict[str, Any] = {"ListOrganizationalUnitsForParent": {"OrganizationalUnits": []}}

    def answer(environ: dict[str, Any], start: Any) -> Any:
        found = answers[environ["HTTP_X_AMZ_TARGET"].partition(".")[2]]
        status, document = found if isinstance(found, tuple) else (200, found)
        kind = "application/x-amz-json-1.1"
        return Response(json.dumps(document), status, content_type=kind)(environ, start)

    with standins.listening(answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ORGANIZATIONS", url)
        yield answers


def test_the_accounts_of_an_organization_are_listed_from_here(
    it: Here, organizations: dict[str, Any]
) -> None:
    """Nobody may take a role here: that it was tried shows which accounts they are."""
    ids = ("444455556666", "777788889999")
    found = [{"Id": each, "State": "ACTIVE"} for each in ids]
    organizations["ListAccountsForParent"] = {"Accounts": found}
    it.watches.write_text(WHOLE, encoding="utf-8")
    unread = json.loads(it.poll("--json").out)["unread"]
    assert sorted(each["account"] for each in unread) == [*ids]


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ((), "theirs: no account is in ou-abcd-11111111"),
        (
            ("444455556666", "777788889999"),
            "theirs: 1 account of its organization, beyond `most: 1`",
        ),
    ],
)
def test_what_is_not_looked_at_of_an_organization_is_said(
    it: Here, organizations: dict[str, Any], ids: tuple[str, ...], said: str
) -> None:
    """Else units without an account look like accounts without a job."""
    found = [{"Id": each, "State": "ACTIVE"} for each in ids]
    organizations["ListAccountsForParent"] = {"Accounts": found}
    it.watches.write_text(WHOLE.replace("reader}", "reader, most: 1}"), encoding="utf-8")
    assert json.loads(it.poll("--json").out)["left_out"] == [said]
    assert f"Left out: {said}" in it.poll().out


def test_an_organization_that_can_not_be_listed_from_here_is_told_in_a_line(
    it: Here, organizations: dict[str, Any]
) -> None:
    refused = {"__type": "AccessDeniedException", "Message": "not you"}
    organizations["ListAccountsForParent"] = (400, refused)
    it.watches.write_text(WHOLE, encoding="utf-8")
    said = it.poll()
    assert said.code == 1
    assert "the organization's accounts can't be listed: AccessDeniedException: not you" in said.err
    assert "Traceback" not in said.err


def test_the_second_look_tells_what_changed_since(it: Here) -> None:
    it.again()
    it.world.show(imports(FAILED, DONE, FRESH))
    said = it.again()
    assert (said.code, said.err) == (0, "")
    assert said.out == golden("poll-second")


def test_what_was_told_is_not_told_again(it: Here) -> None:
    it.again()
    it.world.show(imports(FAILED, DONE))
    assert it.told() == [(job_id("march"), "FAILED")]
    assert it.told() == []


def test_without_a_file_each_look_is_the_first(it: Here) -> None:
    it.poll()
    it.world.show(imports(FAILED, DONE))
    said = json.loads(it.poll("--json").out)
    assert (said["since"], said["events"]) == (None, [])
    assert {job["status"] for job in said["jobs"]} == {"FAILED", "SUCCEEDED", "RUNNING"}


def test_a_status_that_was_just_entered_fails_a_build_that_asks_for_it(it: Here) -> None:
    assert it.again("--fail-on=FAILED").code == 0
    it.world.show(imports(FAILED, DONE))
    assert it.again("--fail-on=failed").code == 1
    assert it.again("--fail-on=FAILED").code == 0


def test_what_may_not_be_read_names_the_permissions_and_loses_nothing(it: Here) -> None:
    it.again()
    it.world.show(imports(FAILED, DONE))
    it.world.fault = lambda operation, _: 403 if operation == "sesv2:ListImportJobs" else None
    said = it.again()
    assert (said.code, said.err) == (1, "")
    assert said.out == golden("poll-denied")
    it.world.fault = lambda _operation, _number: None
    assert it.told() == [(job_id("march"), "FAILED")]


def test_a_place_that_cant_be_read_for_long_is_told_once_and_when_it_is_back(it: Here) -> None:
    it.again()
    it.world.fault = lambda operation, _: 403 if operation == "sesv2:ListImportJobs" else None
    said = [it.again("--json") for _ in range(4)]
    kinds = [[each["detail-type"] for each in json.loads(s.out)["events"]] for s in said]
    assert kinds == [[], [], ["Watch Unreachable"], []]
    it.world.fault = lambda _operation, _number: None
    said_again = it.again().out
    assert " OK          contacts  sesv2.import-jobs, 111122223333, us-east-1" in said_again


def test_what_jobs_live_in_is_found_from_here_too(it: Here) -> None:
    show_parents(it.world)
    job = import_of("may", Moment("PROCESSING", ago(9), ago(1), total=10, processed=3))
    it.world.show({Place("pinpoint", "import-jobs"): [job]})
    said = json.loads(it.poll("--source=pinpoint.import-jobs", "--json").out)
    (found_there,) = said["jobs"]
    assert found_there["parameters"] == IN_APP
    assert found_there["progress"] == {"total": 10, "processed": 3, "failed": 0}


def test_single_jobs_that_may_not_be_read_are_counted(it: Here) -> None:
    it.again()
    it.world.show(imports(FAILED, DONE))
    it.world.fault = lambda operation, _: 403 if operation == "sesv2:GetImportJob" else None
    said = it.again("--json")
    (unread,) = json.loads(said.out)["unread"]
    assert (said.code, unread["jobs"]) == (1, 1)
    assert unread["takes"] == ["ses:GetImportJob", "ses:ListImportJobs"]


def test_a_list_that_was_not_read_whole_is_said_and_is_where_the_next_poll_goes_on(
    it: Here,
) -> None:
    compiled, memory = compile_plan(it.watches), MemoryTable()
    unread = _polled(compiled, memory, seconds=0.0)
    assert {(each.watch, each.error) for each in unread} == {
        ("contacts", "OutOfTime"),
        ("exchange", "OutOfTime"),
    }
    assert _polled(compiled, memory, seconds=600.0) == []


def _polled(compiled: Compiled, memory: MemoryTable, *, seconds: float) -> list[Any]:
    own = (here.ACCOUNT, "us-east-1")
    clients = Clients(session_here())
    polling = Polling(compiled.plan, memory, clients, own, lambda: NOW, seconds=seconds)
    return [*found(polling, compiled, polling.poll(), []).unread]


def test_what_is_remembered_is_for_its_owner_only(it: Here) -> None:
    it.again()
    assert stat.S_IMODE(it.seen.stat().st_mode) == 0o600
    assert [each.name for each in it.seen.parent.iterdir() if "seen" in each.name] == ["seen.json"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "\x00\xff",
        f"{WRITTEN}}}",
        f'{WRITTEN.replace("2026-11-22T", "yesterday ")}, "items": []}}',
        f'{WRITTEN}, "items": [{{"pk": {{"S": "w#1"}}}}]}}',
        f'{WRITTEN}, "items": [{{"pk": {{"S": "w"}}, "sk": {{"S": "w"}}, "n": {{"N": "x"}}}}]}}',
        f'{WRITTEN}, "items": [{{"pk": {{"S": "w"}}, "sk": {{"S": "w"}}, "b": {{"B": "?"}}}}]}}',
        f'{WRITTEN}, "items": [{{"pk": {{"S": "w"}}, "sk": {{"S": "\\ud800"}}}}]}}',
        WRITTEN + ', "items": [{"pk": {"S": ""}, "sk": {"S": ""}, "expires_at": {"S": ""}}]}',
        WRITTEN.replace("2026-11-22T02:00:00Z", "0001-01-01T00:00:00+23:00") + ', "items": []}',
        "[" * 100_000,
    ],
)
def test_a_damaged_file_is_told_in_a_line_and_left_as_it_is(it: Here, content: str) -> None:
    it.seen.write_text(content, encoding="latin-1")
    said = it.again()
    assert (said.code, said.out) == (1, "")
    assert said.err == golden("poll-damaged").replace("FILE", str(it.seen))
    assert it.seen.read_text(encoding="latin-1") == content


def test_what_somebody_wrote_into_the_file_gives_a_terminal_no_orders(it: Here) -> None:
    it.again()
    known = json.loads(it.seen.read_text(encoding="utf-8"))
    for item in known["items"]:
        if "detail" in item:
            told = json.loads(item["detail"]["S"]) | {"watch": "\x1b]0;mine\x07"}
            item["detail"]["S"] = json.dumps(told)
    it.seen.write_text(json.dumps(known), encoding="utf-8")
    out = it.again().out
    assert "\ufffd]0;mine\ufffd" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("detail", ["", "{}", "[]", "?"])
def test_a_job_whose_event_is_lost_in_the_file_keeps_nothing_back(it: Here, detail: str) -> None:
    it.again()
    known = json.loads(it.seen.read_text(encoding="utf-8"))
    for each in (each for each in known["items"] if "detail" in each):
        each["detail"]["S"] = detail
    it.seen.write_text(json.dumps(known), encoding="utf-8")
    said = it.again()
    assert (said.code, said.err) == (0, "")


def test_a_file_of_another_version_is_told_as_such(it: Here) -> None:
    it.seen.write_text('{"format": "jobwatch poll", "version": 2}', encoding="utf-8")
    said = it.again()
    assert said.code == 1
    assert "another version of Jobwatch wrote it (2, this one writes 1)" in said.err


@pytest.mark.parametrize(
    ("elsewhere", "why"),
    [
        ("{folder}/nowhere/seen.json", "no such file or directory"),
        # Nobody makes a file there, be it root.
        ("/proc/self/seen.json", "no such file or directory"),
        ("/sys/seen.json", "(permission denied|read-only file system|no such file or directory)"),
    ],
)
def test_a_file_that_cant_be_written_is_told_before_anything_is_polled(
    it: Here, elsewhere: str, why: str
) -> None:
    it.again()
    it.world.show(imports(FAILED, DONE))
    elsewhere = elsewhere.format(folder=it.seen.parent)
    said = it.poll(f"--remember={elsewhere}")
    assert said.code == 1
    assert re.fullmatch(f"{re.escape(elsewhere)}: {why}\n", said.err)
    assert said.out == "", "it is told before anything is polled"
    assert it.told() == [(job_id("march"), "FAILED")]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_who_is_stopped_amid_a_poll_leaves_the_file_whole(
    it: Here, served: tuple[World, Mapping[str, str]], how: signal.Signals
) -> None:
    it.again()
    before, calls = it.seen.read_bytes(), it.world.calls()
    it.world.show(imports(FAILED, DONE))
    it.world.fault = lambda _operation, _number: time.sleep(2)
    words = ["poll", f"--watches={it.watches}", f"--remember={it.seen}"]
    process = subprocess.Popen(
        [ROOT / ".venv/bin/python", "-m", "operate", *words],
        cwd=ROOT,
        env=served[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while it.world.calls() == calls:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(how)
    out, err = process.communicate()
    assert process.returncode == (130 if how is signal.SIGINT else -how)
    assert (out, err.strip()) == ("", "")
    assert it.seen.read_bytes() == before
    it.world.fault = lambda _operation, _number: None
    assert it.told() == [(job_id("march"), "FAILED")]


def test_sources_and_patterns_stand_in_for_a_file(it: Here) -> None:
    said = json.loads(it.poll("--source=sesv2.import-jobs", "--source=dataex*", "--json").out)
    assert {job["watch"] for job in said["jobs"]} == {"sesv2-import-jobs", "dataex"}


def test_a_source_that_there_is_not_names_the_nearest_one(it: Here) -> None:
    said = it.poll("--source=sesv2.import-job")
    assert said.code == 2
    assert "did you mean sesv2.import-jobs?" in said.err


def test_words_that_are_alike_get_names_of_their_own() -> None:
    watches = document_of(["a.b", "a-b", "*", "a.b"]).content["watches"]
    assert watches == {"a-b": {"source": "a.b"}, "a-b-2": {"source": "a-b"}, "all": {"source": "*"}}


def test_a_file_without_a_right_word_is_told_in_lines(it: Here) -> None:
    it.watches.write_text("watches: {a: {source: sesv2.import-job}}", encoding="utf-8")
    with pytest.raises(Mistakes) as found_there:
        compile_plan(it.watches)
    said = it.poll()
    assert (said.code, said.out) == (1, "")
    assert said.err == f"{found_there.value}\n"


def test_nobody_without_credentials_gets_a_traceback(
    it: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    said = it.poll()
    assert said.code == 1
    assert said.err.startswith("AWS credentials: ")


def test_many_jobs_are_cut_and_counted(it: Here) -> None:
    many = [(f"job {n}", Moment("COMPLETED", ago(300), ago(9), ago(9 + n))) for n in range(50)]
    it.world.show(imports(RUNNING, *many))
    said = it.poll("--source=sesv2.import-jobs").out
    assert said.startswith("51 jobs: 1 unfinished, 50 ended\n")
    assert "and 11 more: --all" in said
    assert "more: --all" not in it.poll("--source=sesv2.import-jobs", "--all").out


@pytest.mark.parametrize("width", [60, 80, 100])
def test_on_a_narrow_terminal_status_id_and_watch_are_whole(it: Here, width: int) -> None:
    job_id, watch = "8a4f1c9e-6b0d-4a57-9c3e-2f71d0b6a814", "pinpoint-segment-imports"
    (job, *_) = json.loads(it.poll("--source=sesv2.import-jobs", "--json").out)["jobs"]
    screen = Console(width=width, file=io.StringIO())
    told = layouts([{**job, "job_id": job_id, "watch": watch}], NOW)
    with screen.capture() as written:
        screen.print(widest(screen, told))
    shown = written.get()
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown
    assert {job_id, watch, str(job["status"])} <= {*re.split(r"[\s,]+", shown)}


class TestFile:
    def test_gives_back_what_was_written(self, tmp_path: Path) -> None:
        path, items = tmp_path / "seen.json", [_item(digest={"B": b"\x00\xff"}, n={"N": "1.5"})]
        file.write(path, items, NOW)
        assert file.read(path, NOW) == file.Remembered(NOW, tuple(items))

    def test_forgets_what_is_to_be_forgotten_by_then(self, tmp_path: Path) -> None:
        path, ends = tmp_path / "seen.json", NOW + timedelta(days=1)
        file.write(path, [_item(expires_at={"N": str(int(ends.timestamp()))})], NOW)
        assert [len(_read(path, at).items) for at in (NOW, ends + timedelta(seconds=1))] == [1, 0]

    @pytest.mark.parametrize("ends", [{"N": "nan"}, {"N": "1e999"}])
    def test_whose_end_is_no_time_is_kept(self, tmp_path: Path, ends: dict[str, Any]) -> None:
        path = tmp_path / "seen.json"
        file.write(path, [_item(expires_at=ends)], NOW)
        found = file.read(path, NOW)
        assert found is not None
        assert len(found.items) == 1

    def test_is_as_it_was_where_it_could_not_be_written_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "seen.json"
        file.write(path, [], NOW)
        with suppress(TypeError):
            file.write(path, [_item(odd={"S": object()})], NOW)
        assert _read(path, NOW).items == ()
        assert [each.name for each in tmp_path.iterdir()] == ["seen.json"]

    def test_is_named_where_there_is_no_room_for_it(self, tmp_path: Path) -> None:
        path = tmp_path / "seen.json"
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
        try:
            with pytest.raises(OSError, match=r"seen\.json"):
                file.write(path, [_item()], NOW)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert not [*tmp_path.iterdir()]

    def test_is_written_through_a_link(self, tmp_path: Path) -> None:
        link, path = tmp_path / "link.json", tmp_path / "seen.json"
        link.symlink_to(path)
        file.write(link, [], NOW)
        assert link.is_symlink()
        assert path.exists()

    def test_of_somebody_elses_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "package.json"
        path.write_text('{"name": "x", "version": 1, "items": []}', encoding="utf-8")
        with pytest.raises(Trouble, match="damaged or no poll's"):
            file.read(path, NOW)

    def test_with_a_time_that_is_none_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "seen.json"
        file.write(path, [_item(expires_at={"S": "tomorrow"})], NOW)
        with pytest.raises(Trouble, match="damaged or no poll's"):
            file.read(path, NOW)


def _item(**attributes: Any) -> Item:
    return {"pk": {"S": "w#1"}, "sk": {"S": "scope"}, **attributes}


def _read(path: Path, now: datetime) -> file.Remembered:
    there = file.read(path, now)
    assert there is not None
    return there
