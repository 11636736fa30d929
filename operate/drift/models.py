"""The models of the newest botocore that PyPI has."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

_DATA = "botocore/data/"
_WHEEL = re.compile(r"botocore-([0-9.]+)-")


class Unavailable(Exception):
    """Models that can't be had; its text says why in a line."""


def download(folder: Path) -> tuple[str, Path]:
    """Download the newest botocore into a folder; give its version and the folder of its models.

    :raises Unavailable: where pip can't.
    """
    # -P: what is in this folder is not pip, whatever its name.
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps"]
    command += ["--only-binary", ":all:", "--disable-pip-version-check", "--quiet"]
    command += ["--dest", str(folder), "botocore"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    wheels = [*folder.glob("botocore-*.whl")]
    if done.returncode or not wheels:
        said = done.stderr.strip().splitlines() or ["it says nothing"]
        raise Unavailable(f"pip could not download botocore: {said[-1]}")
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(folder, (each for each in wheel.namelist() if each.startswith(_DATA)))
    found = _WHEEL.match(wheels[0].name)
    return found[1] if found else wheels[0].name, checked(folder / _DATA)


def checked(data: Path) -> Path:
    """Give a folder of models back.

    :raises Unavailable: where it is none.
    """
    if not (data / "endpoints.json").exists() and not (data / "endpoints.json.gz").exists():
        raise Unavailable(f"{data} has no endpoints.json, as botocore/data has")
    return data
