"""A local AWS: MiniStack as a process on this machine, and how to talk to it.

It enforces IAM, as AWS does, and serves nothing but TLS: whatever runs in it does so with the
very permissions that it was deployed with.
"""

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import urllib3
from botocore.config import Config

from demo.certificate import make_certificate
from demo.supervisor import Supervised
from demo.world import REGION

ROOT = Path(__file__).resolve().parent.parent
JOB_SECONDS = {"MINISTACK_DDB_EXPORT_COMPLETE_AFTER_SEC": "6", "TRANSLATE_JOB_RUN_SECONDS": "8"}
"""How long MiniStack's own jobs take: long enough to be seen in progress."""
STARTER = Path(__file__).with_name("start_ministack.py")
_PATIENCE = 60.0


class Trouble(Exception):
    """Something that the demonstration needs does not work; the message says what, and why."""


@dataclass(frozen=True)
class Tools:
    """Where the tools are; each can be elsewhere, as an environment variable says."""

    ministack: Path
    cdk: Path

    @classmethod
    def find(cls) -> "Tools":
        """Return the tools that `make` installs at the project's root, or those that are set.

        :raises Trouble: when one of them is not there.
        """
        tools = cls(
            Path(os.environ.get("JOBWATCH_MINISTACK", ROOT / ".venv-aws/bin/ministack")),
            Path(os.environ.get("JOBWATCH_CDK", ROOT / "node_modules/.bin/cdk")),
        )
        for tool in (tools.ministack, tools.cdk):
            if not tool.exists():
                raise Trouble(f"{tool} is not there: run `make install`")
        return tools


@dataclass(frozen=True)
class LocalAws:
    """A MiniStack that runs: where it is, and the folder for whatever belongs to the run.

    `key` and `region` are whose it is: a key of 12 digits is an account, with every right in it.
    """

    endpoint: str
    folder: Path
    key: str = "test"
    region: str = REGION

    @property
    def certificate(self) -> Path:
        """What vouches for it: its own certificate."""
        return self.folder / "certificate.pem"

    @property
    def log(self) -> Path:
        """What it and the functions in it wrote."""
        return self.folder / "ministack.log"

    def client(
        self,
        service: str,
        key: str = "",
        region: str = "",
        *,
        patience: float = 120,
        attempts: int = 2,
    ) -> Any:
        """Return a boto3 client of this AWS, whatever the user's own settings are; made once.

        `key` and `region` are another account and region than its own. A call may take `patience`
        seconds, and is made so many times before it fails.
        """
        which = (service, key or self.key, region or self.region)
        return _client(self, which, patience, attempts)

    def environment(self) -> dict[str, str]:
        """Return the environment in which command line tools talk to this AWS."""
        return clean_environment() | self.settings()

    def settings(self) -> dict[str, str]:
        """Return what a user sets to talk to this AWS."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_CA_BUNDLE": str(self.certificate),
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }


@cache
def _client(aws: LocalAws, which: tuple[str, str, str], patience: float, attempts: int) -> Any:
    service, key, region = which
    session: Any = boto3.Session()
    return session.client(
        service,
        endpoint_url=aws.endpoint,
        verify=str(aws.certificate),
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key="test",
        config=Config(proxies={}, read_timeout=patience, retries={"total_max_attempts": attempts}),
    )


def clean_environment() -> dict[str, str]:
    """Return this process's environment without any of the user's own AWS in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


@contextmanager
def run(
    tools: Tools, folder: Path, standins: Mapping[str, str], starter: Path = STARTER
) -> Iterator[LocalAws]:
    """Run MiniStack on a free loopback port; its functions call the stand-ins for their services.

    `starter` is the script that MiniStack's own Python runs.

    :raises Trouble: when it does not start.
    """
    port = free_port()
    aws = LocalAws(f"https://127.0.0.1:{port}", folder)
    key = folder / "key.pem"
    make_certificate(aws.certificate, key)
    environment = _environment(port, folder, standins) | {
        "AUTH": "true",
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(aws.certificate),
        "MINISTACK_SSL_KEY": str(key),
        "AWS_CA_BUNDLE": str(aws.certificate),
    }
    with (
        aws.log.open("wb") as output,
        Supervised(_command(tools, starter), cwd=folder, env=environment, log=output) as process,
    ):
        _wait(process, aws)
        yield aws


def _command(tools: Tools, starter: Path) -> list[str]:
    python = tools.ministack.with_name("python")
    # -P: the modules beside the script are not for MiniStack to find.
    return [str(python), "-P", str(starter)]


def _environment(port: int, folder: Path, standins: Mapping[str, str]) -> dict[str, str]:
    endpoints = {f"AWS_ENDPOINT_URL_{name.upper()}": url for name, url in standins.items()}
    return clean_environment() | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "LAMBDA_EXECUTOR": "local",
        "TMPDIR": str(folder),
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "DOCKER_HOST": f"unix://{folder / 'no-docker.sock'}",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        **JOB_SECONDS,
        **endpoints,
    }


def free_port() -> int:
    """Find a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: Supervised, aws: LocalAws) -> None:
    until = time.monotonic() + _PATIENCE
    while not _healthy(aws):
        if process.ended() is not None:
            raise Trouble(f"The local AWS ended while starting.\n{tail(aws.log)}")
        if time.monotonic() > until:
            raise Trouble(f"The local AWS did not answer in {_PATIENCE:.0f} s.\n{tail(aws.log)}")
        time.sleep(0.2)


def _healthy(aws: LocalAws) -> bool:
    url = f"{aws.endpoint}/_ministack/health"
    try:
        with urllib3.PoolManager(ca_certs=str(aws.certificate)) as pool:
            answer = pool.request("GET", url, timeout=5, retries=False)
    except urllib3.exceptions.HTTPError:
        return False
    return answer.status == HTTPStatus.OK


def tail(log: Path, lines: int = 25) -> str:
    """Return the end of a log, for a message about what went wrong."""
    text = log.read_text(encoding="utf-8", errors="replace")
    return "\n".join(["…", *text.splitlines()[-lines:]])
