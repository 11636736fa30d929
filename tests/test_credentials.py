"""Whether there are credentials is told before the CDK's command line is asked to deploy."""

from pathlib import Path

import pytest

from operate import credentials
from operate.conformance import __main__ as conformance

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "made-up"}


@pytest.fixture(autouse=True)
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take every way away in which this machine may have credentials."""
    for name in ("PROFILE", "DEFAULT_PROFILE", "CONTAINER_CREDENTIALS_RELATIVE_URI", *ROLES):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


ROLES = ("WEB_IDENTITY_TOKEN_FILE", "ROLE_ARN", "CONTAINER_CREDENTIALS_FULL_URI")


def test_none_are_told_with_ways_to_get_some(capsys: pytest.CaptureFixture[str]) -> None:
    assert credentials.main([]) == 1
    said = capsys.readouterr().err
    assert said.startswith("There are no AWS credentials here.")
    assert all(len(line) <= 100 for line in said.splitlines())


def test_keys_in_the_environment_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    assert credentials.main(["-c", "stack=Staging", "--require-approval", "never"]) == 0


def test_the_profile_is_the_one_that_the_cdk_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "credentials").write_text(
        "[mine]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = made-up\n"
    )
    assert credentials.main(["--profile", "mine"]) == 0
    assert credentials.main(["--profile=other"]) == 1
    assert capsys.readouterr().err == (
        "AWS credentials: The config profile (other) could not be found\n"
    )


def test_conformance_tells_it_alike_before_it_makes_anything(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert conformance.main(["--profile", "other"]) == 1
    said = capsys.readouterr().out
    assert said == "AWS credentials: The config profile (other) could not be found\n"


def test_a_broken_file_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").write_text("[default\n")
    assert credentials.main([]) == 1
    said = capsys.readouterr().err
    assert said == f"AWS credentials: Unable to parse config file: {tmp_path / 'config'}\n"
