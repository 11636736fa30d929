"""Data flows one way, and importing a module does nothing."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAMBDAS = ROOT / "lambdas"
FUNCTIONS = ("tick", "poll", "publish", "alert", "board", "wait", "answer")
SHARED = ("apis", "outbox", "store", "waits")
MAY_USE: dict[str, set[str]] = {
    "tick": set(),
    "poll": {"apis", "store"},
    "publish": {"outbox"},
    "alert": {"outbox", "store"},
    "board": {"store"},
    "wait": {"waits"},
    "answer": {"waits"},
}
"""The shared folders that each function needs."""
SHARED_MAY_USE = {"waits": {"store"}}
"""And those that a shared one needs: who waits looks up jobs."""
DECISIONS = {"diff", "health", "digest"}
HANDLERS = [f"lambdas.{name}.handler" for name in FUNCTIONS]


def files(folder: str = "") -> list[Path]:
    """The modules of a folder; of none: the values and decisions that lie above them."""
    return sorted((LAMBDAS / folder).glob("*.py"))


def imported(file: Path) -> Iterator[tuple[str, list[str]]]:
    """The modules that a module imports, and what it takes of each by name."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or "", [each.name for each in node.names]
        elif isinstance(node, ast.Import):
            yield from ((each.name, []) for each in node.names)


def imports(file: Path) -> set[str]:
    """What a module imports of ours: `store`, `apis.clients`."""
    found = set()
    for module, names in imported(file):
        found |= {module, *(f"{module}.{name}" for name in names if module == "lambdas")}
    return {name.removeprefix("lambdas.") for name in found if name.startswith("lambdas.")}


def of(folder: str) -> set[str]:
    """What the modules of a folder import from other modules than their own."""
    found = set().union(*map(imports, files(folder)))
    return {name for name in found if name.split(".")[0] != folder}


def folders(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names} & {*FUNCTIONS, *SHARED}


def test_the_folders_are_the_functions_and_what_they_share() -> None:
    found = {each.parent.name for each in LAMBDAS.glob("*/__init__.py")}
    assert found == {*FUNCTIONS, *SHARED}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_uses_what_it_needs_and_never_anothers_folder(function: str) -> None:
    """Only poll asks job APIs; what tells people reads the stream, the board the table."""
    assert folders(of(function)) <= MAY_USE[function]


@pytest.mark.parametrize("function", ["tick", "publish", "alert", "board", "wait", "answer"])
def test_only_poll_decides(function: str) -> None:
    assert not of(function) & DECISIONS


@pytest.mark.parametrize("folder", SHARED)
def test_what_is_shared_knows_no_function_and_decides_nothing(folder: str) -> None:
    assert folders(of(folder)) <= SHARED_MAY_USE.get(folder, set())
    assert not of(folder) & (DECISIONS - {"digest"})


def test_the_reader_of_job_apis_knows_no_queue_and_no_digest() -> None:
    assert not of("apis") & {"messages", "digest"}


def test_values_and_decisions_import_from_no_folder() -> None:
    assert not folders(of(""))


@pytest.mark.parametrize("decision", ["diff", "health"])
def test_decisions_are_made_of_plain_values(decision: str) -> None:
    assert imports(LAMBDAS / f"{decision}.py") <= {"digest", "model", "times"}


def test_no_module_knows_a_service_by_name() -> None:
    """P24: sources are data, not code. Some are parts of our own stack, or say where to look."""
    ours = {"dynamodb", "events", "lambda", "logs", "organizations", "sqs", "stepfunctions"}
    services = {file.stem for file in (ROOT / "catalogue").glob("*.yaml")} - ours
    found = {
        (file.name, node.value)
        for file in LAMBDAS.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in services
    }
    assert not found


def test_no_test_is_imported() -> None:
    """What tests share stands beside them, in modules that hold none."""
    tests = {file.stem for file in (ROOT / "tests").rglob("test_*.py")}
    found = {
        (str(file.relative_to(ROOT)), part)
        for folder in ("tests", "bench", "demo")
        for file in (ROOT / folder).rglob("*.py")
        for module, names in imported(file)
        for part in (*module.split("."), *names)
        if part in tests
    }
    assert not found


CLOCKS = {"monotonic", "now", "perf_counter", "time", "today", "utcnow"}


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is imported: all but the bodies of its functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            parts = [*child.decorator_list, *child.args.defaults, *child.args.kw_defaults]
            yield from (each for part in parts if part for each in ast.walk(part))
        elif not isinstance(child, ast.Lambda):
            yield child
            yield from at_import(child)


def called(node: ast.AST) -> str:
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", ""))


def test_no_test_reads_a_clock_when_it_is_collected() -> None:
    """Workers that collect at two times would disagree on what a test is called."""
    found = {
        (file.name, node.lineno)
        for file in (ROOT / "tests").rglob("*.py")
        for node in at_import(ast.parse(file.read_text(encoding="utf-8")))
        if called(node) in CLOCKS
    }
    assert not found


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_a_handler_makes_no_client_and_reads_no_setting_and_no_file() -> None:
    """A client would read the model of its service."""
    code = (
        "import sys; opened = [];"
        "sys.addaudithook(lambda e, a: opened.append(str(a[0])) if e == 'open' else None);"
        f"import {', '.join(HANDLERS)};"
        "print([f for f in opened if '.json' in f])"
    )
    assert run(code, PATH="/nowhere") == "[]"


@pytest.mark.parametrize("handler", HANDLERS)
def test_what_runs_in_lambda_needs_no_more_than_its_requirements(handler: str) -> None:
    """Neither pydantic, YAML nor boto3, which are not in the zip; nor what is another's."""
    strangers = [*("boto3", "yaml", "pydantic", "infra", "operate"), *HANDLERS]
    strangers.remove(handler)
    code = f"import sys, {handler}; print([m for m in {strangers!r} if m in sys.modules])"
    assert run(code) == "[]"


def test_no_command_starts_the_cdks_library() -> None:
    """It runs on Node, takes seconds, and paints a banner."""
    code = (
        "import sys, operate.conformance.__main__;"
        "from operate.command.group import SUMMARIES, load;"
        "print(len([load(name) for name in SUMMARIES]) > 10, 'aws_cdk' in sys.modules)"
    )
    assert run(code, PATH="/nowhere") == "True False"


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["--versoin"], []])
def test_help_and_wrong_words_wait_for_nothing_that_takes_time_to_import(words: list[str]) -> None:
    code = (
        "import contextlib, io, sys; from operate.command.group import jobwatch\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    jobwatch.main({words!r}, prog_name='./jobwatch')\n"
        "print([m for m in ('botocore', 'pydantic', 'yaml', 'aws_cdk') if m in sys.modules])"
    )
    assert run(code, PATH="/nowhere") == "[]"
