"""What is wrong with the credentials is told before the CDK's command line is asked."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from operate import bootstrap, credentials
from operate.conformance import __main__ as conformance
from tests.command import Cdk, call

OTHER = (
    "AWS credentials: The config profile (other) could not be found → "
    "`aws configure list-profiles` has those that there are\n"
)
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "made-up"}


@pytest.fixture(autouse=True)
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take every way away in which this machine may have credentials."""
    for name in ("PROFILE", "DEFAULT_PROFILE", "CONTAINER_CREDENTIALS_RELATIVE_URI", *ROLES):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


ROLES = ("WEB_IDENTITY_TOKEN_FILE", "ROLE_ARN", "CONTAINER_CREDENTIALS_FULL_URI")


@pytest.fixture
def cdk(tmp_path: Path) -> Cdk:
    return Cdk(tmp_path)


def test_none_are_told_with_ways_to_get_some(cdk: Cdk, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("bootstrap", "deploy", "destroy"):
        assert call(verb, **cdk.means) == 1
        said = capsys.readouterr().err
        assert said == f"AWS credentials: there are none here → {credentials.LOG_IN}\n"
    assert cdk.calls() == []


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("keys")
def test_keys_in_the_environment_do(cdk: Cdk) -> None:
    with mock_aws():
        assert call("bootstrap", "--stack", "Staging", "--", "--trust", "x", **cdk.means) == 0
    assert cdk.calls() == ["bootstrap"]


@pytest.mark.usefixtures("keys")
def test_a_region_is_asked_for_where_none_is_said(
    cdk: Cdk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The CDK would deploy to us-east-1, or send to `./jobwatch bootstrap`."""
    monkeypatch.delenv("AWS_REGION")
    assert call("bootstrap", **cdk.means) == 1
    told = "AWS credentials: no region is set → --region NAME, or export AWS_REGION=NAME\n"
    assert capsys.readouterr().err == told
    with mock_aws():
        assert call("bootstrap", "--region", "eu-west-1", **cdk.means) == 0


def test_those_that_have_expired_are_told() -> None:
    def expired() -> None:
        raise ClientError({"Error": {"Code": "ExpiredToken"}}, "GetCallerIdentity")

    meta = SimpleNamespace(region_name="eu-west-1")
    sts = SimpleNamespace(meta=meta, get_caller_identity=expired)
    with pytest.raises(credentials.Nobody, match=r"they have expired → aws sso login"):
        credentials.who(lambda _: sts)


@pytest.mark.parametrize(
    "way", [["--", "--proxy", "http://p"], ["--", "--ca-bundle-path=x"], ["--profile=x"]]
)
def test_what_only_the_cdk_can_ask_is_left_to_it(cdk: Cdk, way: list[str], tmp_path: Path) -> None:
    """A code of a second factor would be asked for twice, and works once."""
    (tmp_path / "config").write_text("[profile x]\nmfa_serial = arn:aws:iam::1:mfa/me\n")
    assert call("bootstrap", *way, **cdk.means) == 0
    assert cdk.calls() == ["bootstrap"]


@pytest.mark.usefixtures("keys")
def test_who_is_not_ready_for_the_cdk_is_sent_to_bootstrap(
    cdk: Cdk, capsys: pytest.CaptureFixture[str]
) -> None:
    cdk.fail("deploy")
    with mock_aws():
        assert call("deploy", **cdk.means) == 1
        assert "./jobwatch bootstrap" in capsys.readouterr().err
        ssm = boto3.client("ssm", region_name="eu-west-1")
        ssm.put_parameter(Name=bootstrap.PARAMETER, Value="21", Type="String")
        assert call("deploy", **cdk.means) == 1
    assert not capsys.readouterr().err


def test_who_may_not_see_whether_it_is_ready_is_sent_nowhere() -> None:
    def denied(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetParameter")

    exceptions = SimpleNamespace(ParameterNotFound=KeyError)
    ssm = SimpleNamespace(get_parameter=denied, exceptions=exceptions)
    assert bootstrap.unready(lambda _: ssm) is None


def test_the_profile_is_the_one_that_the_cdk_is_given(
    cdk: Cdk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "credentials").write_text(
        "[mine]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = made-up\n"
    )
    with mock_aws():
        assert call("destroy", "--profile", "mine", **cdk.means) == 0
    assert cdk.words("destroy")[-2:] == ["--profile", "mine"]
    assert call("destroy", "--profile=other", **cdk.means) == 1
    assert capsys.readouterr().err == OTHER


def test_conformance_tells_it_alike_before_it_makes_anything(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert conformance.main(["--profile", "other"]) == 1
    assert capsys.readouterr().out == OTHER


def test_a_broken_file_is_told_in_one_line(
    cdk: Cdk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").write_text("[default\n")
    assert call("destroy", **cdk.means) == 1
    said = capsys.readouterr().err
    told = f"AWS credentials: Unable to parse config file: {tmp_path / 'config'} → "
    assert said.startswith(told)
    assert said.count("\n") == 1
