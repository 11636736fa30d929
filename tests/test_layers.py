"""Data flows one way, and importing a module does nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAMBDAS = ROOT / "lambdas"
LAYERS = [
    {"budgets", "model", "paths", "settings", "throttles"},
    {"plan", "text"},
    {"answers", "digest", "jobs", "roles", "scopes"},
    {"alerts", "clients", "diff", "handover", "health"},
    {"details", "invocation", "publish", "read", "store"},
    {"look"},
    {"list_look", "record"},
    {"visit"},
    {"descend", "summary"},
    {"tick"},
    {"handle_poll", "handle_publish"},
]
"""From the bottom up: a module imports from layers below its own only."""
STAGES = {"read", "diff", "health", "store", "publish"}
"""They never import each other: they meet in a visit and in the handlers."""


def imports(module: str) -> set[str]:
    tree = ast.parse((LAMBDAS / f"{module}.py").read_text(encoding="utf-8"))
    named = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    return {name.removeprefix("lambdas.") for name in named if name.startswith("lambdas.")}


def modules() -> list[str]:
    return sorted(file.stem for file in LAMBDAS.glob("*.py") if file.stem != "__init__")


def test_every_module_has_its_layer() -> None:
    assert sorted(name for layer in LAYERS for name in layer) == modules()


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_from_below_only(module: str) -> None:
    place = next(number for number, layer in enumerate(LAYERS) if module in layer)
    below = set().union(*LAYERS[:place])
    assert imports(module) <= below


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_a_stage_imports_no_other_stage(stage: str) -> None:
    assert not imports(stage) & STAGES


def test_no_module_knows_a_service_by_name() -> None:
    """P24: sources are data, not code."""
    names = {file.stem for file in (ROOT / "catalogue").glob("*.yaml")} - {"dynamodb"}
    code = {file.name: file.read_text(encoding="utf-8") for file in LAMBDAS.glob("*.py")}
    docstrings_left_out = {
        name: [n.value for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant)]
        for name, text in code.items()
    }
    assert not [
        (name, value)
        for name, values in docstrings_left_out.items()
        for value in values
        if value in names
    ]


def test_what_runs_in_lambda_needs_no_more_than_its_requirements() -> None:
    """Neither pydantic, YAML nor boto3: they are not in the zip."""
    code = (
        "import sys, lambdas.handle_poll, lambdas.publish.handler;"
        "print([m for m in ('boto3', 'yaml', 'pydantic', 'infra') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


def test_importing_a_handler_makes_no_client_and_reads_no_setting() -> None:
    code = "import lambdas.handle_poll, lambdas.publish.handler"
    environment = {"PATH": "/nowhere"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0
