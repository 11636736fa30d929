"""What `make` sets up, and with what Python it says that it does."""

import ast
import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
ENVIRONMENTS = {
    "dev": ".venv",
    "local-aws": ".venv-aws",
    "checkov": ".venv-checkov",
    "cli": ".venv-cli",
    "bench-airflow": ".venv-bench/airflow",
}
"""The folder of each group of dependencies that is set up by `make test`, and of the largest."""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = PROJECT["dependency-groups"]
ELSEWHERE = {"deploy": "requirements.txt", "functions": "lambdas/requirements.txt"}


def lock(group: str) -> str:
    """The group's packages, as pip reads them."""
    return (ROOT / ELSEWHERE.get(group, f"requirements/{group}.txt")).read_text(encoding="utf-8")


def pins(group: str) -> dict[str, str]:
    """The version of each package that the group installs."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock(group), re.MULTILINE))


def oldest() -> str:
    """The oldest Python that the project says it needs."""
    return f"{PROJECT['project']['requires-python'].removeprefix('>=')}.0"


@pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONSAFEPATH", "PIP_USER", "PYTHONHOME"])
def test_what_people_set_for_other_work_reaches_neither_pip_nor_python(name: str) -> None:
    (unexported,) = re.findall(r"^unexport ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    script = (ROOT / "jobwatch").read_text(encoding="utf-8")
    (unset,) = re.findall(r"^unset ((?:.*\\\n)*.*)", script, re.MULTILINE)
    assert name in unexported.replace("\\", " ").split()
    assert name in unset.replace("\\", " ").split()


def test_what_is_set_up_is_whole_whatever_npm_and_pip_are_told() -> None:
    """NODE_ENV=production leaves the CDK out, PIP_USER puts packages elsewhere."""
    assert re.search(r"npm ci\b.*--include=dev", MAKEFILE)
    assert "--no-user" in MAKEFILE


@pytest.mark.parametrize("group", GROUPS)
def test_all_that_is_installed_is_pinned_by_its_content(group: str) -> None:
    named = [Requirement(each) for each in GROUPS[group] if isinstance(each, str)]
    wanted = {canonicalize_name(each.name): f"{each.specifier}" for each in named}
    pinned = pins(group)
    assert wanted == {name: f"=={pinned.get(name)}" for name in wanted}, "make lock"
    packages = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", lock(group), flags=re.MULTILINE).strip())
    assert len(packages) == len(pinned)
    assert all(re.search(r" --hash=sha256:[0-9a-f]{64}", each) for each in packages)


@pytest.mark.parametrize("group", ENVIRONMENTS)
def test_every_pin_installs_with_the_oldest_python(group: str) -> None:
    environment, pinned = ENVIRONMENTS[group], pins(group)
    folders = map(str, (ROOT / environment).glob("lib/*/site-packages"))
    installed = [
        each
        for each in distributions(path=list(folders))
        if pinned.get(canonicalize_name(each.name)) == each.version
    ]
    if not installed:
        pytest.skip(f"{environment} is not there")
    wants = {
        f"{each.name}=={each.version}": each.metadata.get("Requires-Python") for each in installed
    }
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


def test_mypy_knows_the_types_of_all_that_is_used_of_the_cdk() -> None:
    """What it skips of that library is of any type, and nothing that is done with it is wrong."""
    mypy = PROJECT["tool"]["mypy"]
    skipped, known = (
        {each for override in mypy["overrides"] if override.get("follow_imports") == how
         for each in override["module"]}
        for how in ("skip", "silent")
    )  # fmt: skip
    files = [file for each in mypy["files"] for file in [ROOT / each, *(ROOT / each).rglob("*.py")]]
    used = {name for file in files if file.suffix == ".py" for name in _cdk_modules(file)}
    assert skipped == {"aws_cdk.*"}
    assert len(used) > 10
    assert used - known == set()


def _cdk_modules(file: Path) -> set[str]:
    """Name the modules of the CDK that a file imports."""
    names = set[str]()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            parts = {f"{node.module}.{each.name}" for each in node.names}
            names |= parts if node.module == "aws_cdk" else {node.module}
    return {name for name in names if name.partition(".")[0] == "aws_cdk"}
