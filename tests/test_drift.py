"""What a later botocore changes for the catalogue: held against copies of models with changes."""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore
import pytest

from infra.config.aws.services import models_in, operation_model, service_names
from operate.drift import __main__ as command
from operate.drift.__main__ import left_out, main
from operate.drift.models import Unavailable, download
from tests import catalogue

DATA = Path(botocore.__file__).parent / "data"
CATALOGUE = Path(__file__).parents[1] / "catalogue"
SERVICES = ("comprehend", "polly")
Model = dict[str, Any]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files of the catalogue."""
    folder = tmp_path_factory.mktemp("catalogue")
    for service in SERVICES:
        shutil.copy(CATALOGUE / f"{service}.yaml", folder)
    return folder


@pytest.fixture
def later(tmp_path: Path) -> Callable[..., Path]:
    """Copy the models of two services, with a change to the one of comprehend."""

    def write(change: Callable[[Model], object] = lambda _: None, *services: str) -> Path:
        data = tmp_path / "data"
        for service in services or SERVICES:
            shutil.copytree(DATA / service, data / service)
        for name in ("endpoints.json", "partitions.json"):
            shutil.copy(DATA / name, data)
        (file,) = data.glob("comprehend/*/service-2.json.gz")
        model = json.loads(gzip.decompress(file.read_bytes()))
        change(model)
        file.write_bytes(gzip.compress(json.dumps(model).encode(), 1))
        return data

    return write


def found(ours: Path, data: Path, left: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    return [(each.source, each.what) for each in command.drift(ours, data, left)]


def test_what_a_model_says_is_printed_legibly_however_long_it_is(ours, later, capsys):
    """It is the newest wheel, which no hash pins."""

    def change(model: Model) -> None:
        long = "support for " * 2_000 + "<" * 9_000
        model["documentation"] = f"{long}. \x1b[2J\u202eIt is discontinued."

    assert main(["--data", str(later(change)), "--catalogue", str(ours)]) == 1
    printed = capsys.readouterr().out
    assert "It is discontinued" in printed
    assert not {*"\x1b\u202e"} & {*printed}


def test_the_same_models_change_nothing(ours, later, capsys):
    assert main(["--data", str(later()), "--catalogue", str(ours)]) == 0
    assert capsys.readouterr().out.startswith("0 changes in botocore ")


def test_a_new_status_is_told_for_each_row_that_has_it(ours, later, capsys):
    def change(model: Model) -> None:
        model["shapes"]["JobStatus"]["enum"].append("PAUSED")

    data = later(change)
    told = found(ours, data)
    assert len(told) == 9
    assert ("comprehend.topics-detection-jobs", "a new status PAUSED") in told
    assert {what for _, what in told} == {"a new status PAUSED"}
    assert main(["--data", str(data), "--catalogue", str(ours)]) == 1
    shown = capsys.readouterr().out
    assert "map it in statuses" in shown
    assert shown.splitlines()[-1].startswith("9 changes in botocore ")


def test_a_status_that_is_gone_is_told(ours, later):
    def change(model: Model) -> None:
        model["shapes"]["FlywheelIterationStatus"]["enum"].remove("EVALUATING")

    told = [("comprehend.flywheel-iterations", "no status EVALUATING any more")]
    assert found(ours, later(change)) == told


def test_a_member_that_is_gone_is_a_mistake_of_its_row(ours, later):
    def change(model: Model) -> None:
        del model["shapes"]["TopicsDetectionJobProperties"]["members"]["EndTime"]

    told = found(ours, later(change))
    assert {source for source, _ in told} == {"comprehend.topics-detection-jobs"}
    assert 'ended: found "EndTime", expected one of' in told[0][1]


def test_a_smaller_page_is_told(ours, later):
    def change(model: Model) -> None:
        model["shapes"]["MaxResultsInteger"]["max"] = 50

    what = "list.params.MaxResults was 500, is 50"
    assert ("comprehend.topics-detection-jobs", what) in found(ours, later(change))


def test_a_member_of_another_kind_is_told_and_what_then_no_longer_compiles(ours, later):
    def change(model: Model) -> None:
        model["shapes"]["Timestamp"]["type"] = "string"

    told = found(ours, later(change))
    assert ("comprehend.topics-detection-jobs", "created was timestamp, is string") in told
    assert [what for _, what in told if 'list.since: found "Filter.SubmitTimeAfter"' in what]


def test_an_operation_that_is_gone_or_deprecated_is_told(ours, later):
    def change(model: Model) -> None:
        del model["operations"]["ListTopicsDetectionJobs"]
        model["operations"]["DescribeSentimentDetectionJob"]["deprecated"] = True

    told = found(ours, later(change))
    assert ("comprehend.sentiment-detection-jobs", "get is deprecated") in told
    said = 'list.operation: found "ListTopicsDetectionJobs", expected an operation of comprehend'
    (_, what) = next(each for each in told if each[0] == "comprehend.topics-detection-jobs")
    assert said in what
    assert len(told) == 2


def test_a_service_that_is_gone_is_told(ours, later):
    told = found(ours, later(lambda _: None, "comprehend"))
    assert [source for source, _ in told] == ["polly"]
    assert 'found "polly", expected a service that botocore knows' in told[0][1]


def test_a_notice_that_a_service_ends_is_told_once_it_is_there(ours, later):
    def change(model: Model) -> None:
        model["documentation"] += "<p>Comprehend is no longer open to new customers. Sorry.</p>"

    told = [("comprehend", "a notice: Comprehend is no longer open to new customers")]
    assert found(ours, later(change)) == told


def test_a_new_list_of_jobs_is_told_unless_it_is_left_out(ours, later):
    def change(model: Model) -> None:
        old = model["operations"]["ListTopicsDetectionJobs"]
        model["operations"]["ListPoemsDetectionJobs"] = {**old, "name": "ListPoemsDetectionJobs"}

    data = later(change)
    what = "ListPoemsDetectionJobs is new, and looks like a list of jobs"
    assert found(ours, data) == [("comprehend.poems-detection-jobs", what)]
    assert found(ours, data, ("comprehend.poems-detection-jobs",)) == []
    assert found(ours, data, ("comprehend",)) == []


def test_a_broken_row_is_told_whatever_the_models_say(tmp_path, later):
    right = (CATALOGUE / "polly.yaml").read_text(encoding="utf-8")
    folder = tmp_path / "catalogue"
    folder.mkdir()
    (folder / "polly.yaml").write_text(right.replace("TaskStatus", "Taskstatus"), encoding="utf-8")
    (change, *_) = command.drift(folder, later(), ())
    assert (change.source, change.do) == ("polly.speech-synthesis-tasks", "mend the row")


def test_what_is_left_out_is_what_the_page_says():
    page = (
        "## What is left out\n| `a.b-c` | why |\n| `d` by ListD | why |\n\n## More\n| `e` | f |\n"
    )
    assert left_out(page) == {"a.b-c", "d"}
    ours_ = left_out(command.PAGE.read_text(encoding="utf-8"))
    assert "proton.deployments" in ours_
    assert {each.partition(".")[0] for each in ours_} <= {*service_names()}


def test_what_is_left_out_has_no_row_but_for_jobs_that_another_operation_lists():
    left = left_out(command.PAGE.read_text(encoding="utf-8"))
    assert left & {*catalogue.ours().ids} == {"guardduty.malware-scans"}


def test_the_other_models_are_looked_at_only_meanwhile(later):
    def change(model: Model) -> None:
        del model["operations"]["ListTopicsDetectionJobs"]

    before = service_names()
    with models_in(later(change)):
        assert service_names() == SERVICES
        assert operation_model("comprehend", "ListTopicsDetectionJobs") is None
    assert service_names() == before
    assert operation_model("comprehend", "ListTopicsDetectionJobs")


def test_a_folder_without_models_is_told_in_a_line(tmp_path, capsys):
    assert main(["--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{tmp_path} has no endpoints.json, as botocore/data has\n"


def test_a_download_that_fails_is_told_in_a_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (tmp_path / "pip.py").write_text("raise SystemExit('a stranger in this folder')\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Unavailable, match=r"^pip could not download botocore: ERROR: "):
        download(tmp_path)
