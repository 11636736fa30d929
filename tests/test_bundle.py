"""The functions' zip: small, pure, complete, the same from any machine, and built only once."""

import hashlib
import json
import re
import resource
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import aws_cdk as cdk
import botocore
import pytest

from infra.bundle import CALLED_ANYHOW, PYTHON, TOLD, BundleError, build_bundle
from infra.function import RUNTIME
from lambdas.plan import Expect, parse_plan
from tests.catalogue import compile_plan

ROOT = Path(__file__).parents[1]
OPERATIONS = {
    "dataexchange": ("GetJob", "ListJobs"),
    "dynamodb": ("ListExports",),
    "organizations": ("ListCreateAccountStatus",),
    "pinpoint": ("GetApps", "GetImportJob", "GetImportJobs"),
    "sesv2": ("GetImportJob", "ListImportJobs"),
}
"""Organizations is signed for one region, wherever it is called from."""
CALLED = {"dynamodb", "events", "lambda", "sns", "sqs", "stepfunctions", "sts", *OPERATIONS}
PLAN = compile_plan(ROOT / "watches.yaml", ROOT / "catalogue").plan
MEGABYTES = 1_000_000


def project(folder: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "lambdas", folder / "lambdas", ignore=ignored)
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def bundle(root: Path) -> Path:
    return build_bundle(root, PLAN, OPERATIONS)


@pytest.fixture
def no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object, **__: object) -> None:
        raise AssertionError("a command ran")

    monkeypatch.setattr(subprocess, "run", run)


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


def test_the_functions_import_and_call_from_the_bundle_alone(bundle: Path) -> None:
    code = """
import sys
import zipfile
sys.path.insert(0, sys.argv[1])
import botocore.session
from lambdas.tick import handler
from lambdas.poll import handler
from lambdas.publish import handler
from lambdas.alert import handler
from aws_lambda_powertools import Logger, Metrics
for service in sys.argv[2:]:
    client = botocore.session.Session().create_client(service, "eu-west-1")
    assert service != "dynamodb" or client.get_paginator("query")
"""
    command = [sys.executable, "-I", "-S", "-B", "-c", code, str(bundle), *sorted(CALLED)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_botocore_keeps_the_newest_model_of_the_services_that_are_called(bundle: Path) -> None:
    data = bundle / "botocore" / "data"
    assert {path.name for path in data.iterdir() if path.is_dir()} == CALLED
    assert {path.name for path in data.glob("*.json")} == {
        "_retry.json",
        "endpoints.json",
        "partitions.json",
        "sdk-default-configuration.json",
    }
    assert [path.name for path in (data / "dynamodb").iterdir()] == ["2012-08-10"]
    models = {path.name.split(".")[0] for path in data.glob("*/*/*.json")}
    assert models == {"service-2", "endpoint-rule-set-1", "paginators-1"}


def test_no_prose_is_shipped(bundle: Path) -> None:
    models = [path.read_text() for path in (bundle / "botocore" / "data").glob("*/*/*")]
    assert [model[:80] for model in models if '"documentation":"' in model] == []


def test_its_clients_call_what_a_whole_botocore_calls(bundle: Path) -> None:
    """The endpoints and the names that requests are signed with, in every partition."""
    code = """
import json
import sys
import zipfile
sys.path[:0] = sys.argv[1:2]
import botocore.session
called = json.loads(sys.argv[2])
session = botocore.session.Session()
for region in ("eu-west-1", "cn-north-1", "us-gov-west-1", "us-isob-east-1"):
    print(region, session.get_partition_for_region(region))
    for service in sys.argv[3:]:
        client = session.create_client(service, region)
        model = client.meta.service_model
        signer = client._request_signer
        print(service, client.meta.endpoint_url, signer.signing_name, signer.region_name)
        for name in called.get(service, model.operation_names):
            print(name, model.operation_model(name).http)
"""

    def told(*words: str) -> str:
        pruned = {name: each for name, each in OPERATIONS.items() if name not in CALLED_ANYHOW}
        pruned["lambda"] = TOLD
        command = [sys.executable, "-I", "-B", *words, json.dumps(pruned), *sorted(CALLED)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout

    whole = Path(botocore.__file__).parents[1]
    assert told("-S", "-c", code, str(bundle)) == told("-c", code, str(whole))


HANDLERS = [
    f"lambdas.{name}.handler"
    for name in ("tick", "poll", "publish", "alert", "board", "wait", "answer")
]


@pytest.fixture(scope="module")
def imported(bundle: Path) -> dict[str, tuple[set[str], set[str]]]:
    """What a handler imports besides what every function does, and all, each in its own process."""
    code = """
import os
import sys
import zipfile
sys.path[:0] = sys.argv[1:2]
import botocore.session, aws_lambda_powertools
before = set(sys.modules)
for handler in sys.argv[2:]:
    if not os.fork():
        __import__(handler)
        print(*{name.split(".")[0] for name in set(sys.modules) - before})
        print(*sys.modules, flush=True)
        os._exit(0)
    assert os.wait()[1] == 0, handler
"""
    command = [sys.executable, "-I", "-S", "-B", "-c", code, str(bundle), *HANDLERS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [{*line.split()} for line in done.stdout.splitlines()]
    return dict(zip(HANDLERS, zip(lines[::2], lines[1::2], strict=True), strict=True))


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_function_imports_its_own_files_and_what_every_function_does(
    imported: dict[str, tuple[set[str], set[str]]], handler: str
) -> None:
    """At a cold start everything is compiled: what isn't needed by a first call isn't imported."""
    more, everything = imported[handler]
    assert more <= {"lambdas", "concurrent"}
    assert handler in everything
    assert everything.isdisjoint({"asyncio", "boto3", "multiprocessing", "s3transfer"})
    # It compiles for long, and alerts alone are read by people.
    assert ("lambdas.unlinked" in everything) == (handler == "lambdas.alert.handler")


def test_it_has_crons_and_time_zones_only_where_a_watch_has_a_cron(
    root: Path, bundle: Path, tmp_path: Path
) -> None:
    """Its own zones, as the runtime's image need not have any."""
    code = """
import sys
import zipfile
sys.path[:0] = sys.argv[1:2]
import zoneinfo
zoneinfo.reset_tzpath(())
from datetime import datetime
from lambdas.cron import latest
print(latest("0 3 * * *", "Europe/Berlin", datetime.fromisoformat("2026-07-01T12:00:00+00:00")))
"""
    name, watch = next(iter(PLAN.watches.items()))
    without = replace(watch, expect=Expect(None, "UTC", 3_600))
    expecting = replace(watch, expect=Expect("0 3 * * *", "Europe/Berlin", 3_600))
    plans = [replace(PLAN, watches={**PLAN.watches, name: each}) for each in (without, expecting)]
    without_cron = build_bundle(root, plans[0], OPERATIONS)
    with_cron = build_bundle(project(tmp_path), plans[1], OPERATIONS)
    for built in (bundle, without_cron):
        assert not [path for kind in ("cronsim", "tzdata") for path in built.glob(f"{kind}*")]
    command = [sys.executable, "-I", "-S", "-B", "-c", code, str(with_cron)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("2026-07-01 01:00:00+00:00\n", "")


def test_it_holds_nothing_of_this_machine_and_nothing_compiled(bundle: Path) -> None:
    names = [path.relative_to(bundle).as_posix() for path in bundle.rglob("*")]
    wrong = re.compile(r"__pycache__|\.pyc$|\.so$|\.pyd$|^bin/|\.dist-info|^lambdas/requirements")
    assert [name for name in names if wrong.search(name)] == []


def test_its_zip_is_small(bundle: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "functions"), "zip", bundle)
    assert Path(archive).stat().st_size < 6 * MEGABYTES


def test_the_plan_lies_at_its_root_with_sorted_keys(bundle: Path) -> None:
    text = (bundle / "plan.json").read_text()
    assert parse_plan(json.loads(text)) == PLAN
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


def test_lambda_may_read_every_file(bundle: Path) -> None:
    modes = {path.stat().st_mode & 0o777 for path in bundle.rglob("*")}
    assert modes == {0o644, 0o755}


@pytest.mark.usefixtures("no_pip")
def test_a_second_synth_builds_nothing(root: Path, bundle: Path) -> None:
    before = sorted((root / "build").iterdir())
    turned = replace(PLAN, watches=dict(reversed(PLAN.watches.items())))
    assert build_bundle(root, turned, dict(reversed(OPERATIONS.items()))) == bundle
    assert sorted((root / "build").iterdir()) == before


@pytest.mark.usefixtures("no_pip")
def test_another_plan_is_another_zip_from_the_same_dependencies(root: Path, bundle: Path) -> None:
    other = build_bundle(root, replace(PLAN, concurrency=7), OPERATIONS)
    assert cdk.FileSystem.fingerprint(str(other)) != cdk.FileSystem.fingerprint(str(bundle))


def test_the_same_input_has_the_same_fingerprint_elsewhere(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "more.txt").write_text("colorama==0.4.6\n")
    monkeypatch.setenv("PIP_REQUIREMENT", str(tmp_path / "more.txt"))
    monkeypatch.setenv("PIP_USER", "1")  # for somebody who installs like that by default
    (project(tmp_path) / "lambdas" / "__pycache__").mkdir()
    (tmp_path / "lambdas" / "__pycache__" / "stale.cpython-311.pyc").touch()
    other = build_bundle(tmp_path, PLAN, OPERATIONS)
    assert other != bundle
    assert cdk.FileSystem.fingerprint(str(other)) == cdk.FileSystem.fingerprint(str(bundle))


def test_a_failing_pip_is_told_in_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    requirements = project(tmp_path) / "lambdas" / "requirements.txt"
    requirements.write_text("six==1.17.0\n")
    with pytest.raises(BundleError) as told:
        build_bundle(tmp_path, PLAN, OPERATIONS)
    assert str(told.value).startswith(f"{requirements}: cannot be installed: Hashes are required")
    assert "\n" not in str(told.value)
    assert list((tmp_path / "build").iterdir()) == []


def test_what_is_called_pip_where_the_command_is_called_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    (tmp_path / "pip.py").write_text(f"open({str(ran)!r}, 'w').close()\n")
    requirements = project(tmp_path) / "lambdas" / "requirements.txt"
    requirements.write_text("six==1.17.0\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BundleError, match="Hashes are required"):
        build_bundle(tmp_path, PLAN, OPERATIONS)
    assert not ran.exists()


def test_a_package_whose_content_is_another_is_not_packed(tmp_path: Path) -> None:
    requirements = project(tmp_path) / "lambdas" / "requirements.txt"
    pinned = re.sub(r"(?<=sha256:)[0-9a-f]{8}", "0" * 8, requirements.read_text())
    requirements.write_text(pinned)
    with pytest.raises(BundleError, match="THESE PACKAGES DO NOT MATCH THE HASHES"):
        build_bundle(tmp_path, PLAN, OPERATIONS)


@pytest.mark.parametrize("part", ["dependencies", "functions"])
def test_what_was_changed_since_it_was_built_is_not_deployed(root: Path, part: str) -> None:
    bundle = build_bundle(root, PLAN, OPERATIONS)
    built = bundle if part == "functions" else next(bundle.parent.glob("dependencies-*"))
    victim = built / "six.py"
    content = victim.read_bytes()
    victim.write_bytes(content + b"import os\n")
    try:
        with pytest.raises(BundleError, match="was changed after it was built"):
            build_bundle(root, PLAN, OPERATIONS)
    finally:
        victim.write_bytes(content)
    assert build_bundle(root, PLAN, OPERATIONS) == bundle


@pytest.mark.parametrize("part", ["dependencies", "functions"])
@pytest.mark.parametrize("kind", ["file", "directory", "nowhere", "empty"])
def test_what_was_put_beside_what_was_built_is_not_deployed(
    root: Path, tmp_path: Path, part: str, kind: str
) -> None:
    """A package's folder in place of a link: the CDK would pack what it leads to."""
    bundle = build_bundle(root, PLAN, OPERATIONS)
    built = bundle if part == "functions" else next(bundle.parent.glob("dependencies-*"))
    stranger, target = built / "certifi", tmp_path / kind
    if kind == "empty":
        stranger.mkdir()
    else:
        stranger.symlink_to(target)
    if kind == "file":
        target.write_text("import os")
    elif kind == "directory":
        target.mkdir()
        (target / "__init__.py").write_text("import os")
    try:
        with pytest.raises(BundleError, match=r"is a link|was changed after it was built"):
            build_bundle(root, PLAN, OPERATIONS)
    finally:
        stranger.rmdir() if kind == "empty" else stranger.unlink()
    assert build_bundle(root, PLAN, OPERATIONS) == bundle


def test_what_the_configuration_of_pip_adds_is_not_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package of certificates would be taken by botocore."""
    wheel = tmp_path / "certifi-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("certifi.py", "")
        notes = "certifi-1.dist-info/"
        archive.writestr(notes + "METADATA", "Metadata-Version: 2.1\nName: certifi\nVersion: 1\n")
        archive.writestr(notes + "WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(notes + "RECORD", "")
    content = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (tmp_path / "more.txt").write_text(f"certifi @ {wheel.as_uri()} --hash=sha256:{content}\n")
    (tmp_path / "pip.conf").write_text(f"[install]\nrequirement = {tmp_path / 'more.txt'}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    with pytest.raises(BundleError, match=r"did not install what is pinned .*: certifi 1: "):
        build_bundle(project(tmp_path), PLAN, OPERATIONS)
    assert not [*(tmp_path / "build").iterdir()]


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (project(tmp_path) / "build").touch()
    with pytest.raises(BundleError) as told:
        build_bundle(tmp_path, PLAN, OPERATIONS)
    assert str(told.value) == f"{tmp_path / 'build'}: cannot be written: File exists"


def test_a_disk_that_is_full_is_told_in_one_line_and_leaves_nothing(
    root: Path, bundle: Path
) -> None:
    before = {*bundle.parent.iterdir()}
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, usual[1]))
    try:
        with pytest.raises(BundleError) as told:
            build_bundle(root, replace(PLAN, retention=5), OPERATIONS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert str(told.value).endswith(": cannot be written: File too large")
    assert len(str(told.value)) < 300
    assert {*bundle.parent.iterdir()} == before


def refuse(self: Path, _: object) -> None:
    """What some file systems do to chmod or rename."""
    raise PermissionError(1, "Operation not permitted", str(self))


def test_a_file_system_that_refuses_to_rename_is_told_in_one_line(
    root: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {*bundle.parent.iterdir()}
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(BundleError, match=r"cannot be written: Operation not permitted$"):
        build_bundle(root, replace(PLAN, retention=6), OPERATIONS)
    assert {*bundle.parent.iterdir()} == before


def test_a_file_system_without_modes_stops_nothing(
    root: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "chmod", refuse)
    other = build_bundle(root, replace(PLAN, retention=4), OPERATIONS)
    assert other != bundle
    assert (other / "plan.json").is_file()


def test_a_service_that_botocore_does_not_know_is_told(root: Path) -> None:
    with pytest.raises(BundleError, match="knows no service nonsense"):
        build_bundle(root, PLAN, {"nonsense": ()})


def test_what_is_tested_here_is_what_is_deployed() -> None:
    deployed, tested = pins("lambdas/requirements.txt"), pins("requirements/dev.txt")
    assert deployed == {name: tested[name] for name in deployed}


def test_it_is_made_for_the_python_that_is_deployed() -> None:
    assert f"python{PYTHON}" == RUNTIME.name
