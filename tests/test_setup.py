"""What `make` sets up, and with what Python it says that it does."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
ENVIRONMENTS = {
    "constraints.txt": ".venv",
    "requirements-checkov.txt": ".venv-checkov",
    "requirements-cli.txt": ".venv-cli",
    "bench/requirements/airflow.txt": ".venv-bench/airflow",
}


def oldest() -> str:
    """The oldest Python that the project says it needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['requires-python'].removeprefix('>=')}.0"


@pytest.mark.parametrize(("pins", "environment"), ENVIRONMENTS.items(), ids=ENVIRONMENTS)
def test_every_pin_installs_with_the_oldest_python(pins: str, environment: str) -> None:
    lines = (ROOT / pins).read_text(encoding="utf-8").splitlines()
    pinned = {
        canonicalize_name(name): at for name, at in (x.split("==") for x in lines if "==" in x)
    }
    folders = map(str, (ROOT / environment).glob("lib/*/site-packages"))
    installed = [
        each
        for each in distributions(path=list(folders))
        if pinned.get(canonicalize_name(each.name)) == each.version
    ]
    if not installed:
        pytest.skip(f"{environment} is not there")
    wants = {f"{each.name}=={each.version}": each.metadata["Requires-Python"] for each in installed}
    refused = {pin: said for pin, said in wants.items() if oldest() not in SpecifierSet(said or "")}
    assert not refused


def test_the_list_of_targets_fits_a_terminal() -> None:
    helped = re.findall(r"^[a-z]+:.*## (.*)$", MAKEFILE, re.MULTILINE)
    assert len(helped) > 20
    assert not [words for words in helped if len(f"  make {'':11} {words}") > 100]


def test_the_documents_and_make_name_the_same_oldest_python() -> None:
    words = f"Python {oldest().removesuffix('.0')} or newer"
    assert all(words in (ROOT / page).read_text() for page in ("README.md", "CONTRIBUTING.md"))
    assert set(re.findall(r"Python [\d.]+ or newer", MAKEFILE)) == {words}
