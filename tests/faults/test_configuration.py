"""Bad configuration: whatever stands in `watches.yaml` or in a user's row, it is told in lines.

Documents that are right are changed in one to four places, and texts and bytes are made up. The
compiler gives a plan or raises Mistakes, each with file, line and one line of words; nothing else.
"""

import copy
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.config.files.mistakes import Mistake, Mistakes
from lambdas.plan import write_plan
from tests.catalogue import compile_plan
from tests.flow import CATALOGUE
from tests.tally import TALLY

ROOT = Path(__file__).parents[2]
SOAK = int(os.environ.get("JOBWATCH_EXAMPLES", "150")) / 150
EXAMPLES = max(int(90 * SOAK), 20)
BOUNDED = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
RIGHT: dict[str, Any] = {
    "watches": {
        "contact-imports": {"source": "sesv2.import-jobs", "every": "15 seconds"},
        "audience-imports": {
            "source": "pinpoint.segment-import-jobs",
            "for": {"ApplicationId": "4f1c0a", "SegmentId": "9be201"},
        },
        "nightly-exports": {
            "source": "dataexchange.jobs",
            "jobs": ["job-1", "job-2"],
            "regions": ["us-east-1", "eu-west-1"],
            "accounts": [{"id": "111122223333", "role": "reader", "external_id": "some-word"}],
            "every": "5 minutes",
            "idle_every": "1 hour",
            "discover_every": "1 hour",
            "stalled_after": "2 hours",
        },
    },
    "alerts": {"on": ["FAILED", "PARTIAL"], "email": ["ops@example.com"]},
    "retention": "30 days",
    "concurrency": "10",
}
WORDS = [
    *("watches", "alerts", "on", "for", "jobs", "source", "sesv2.import-jobs", "1 minute", "null"),
    *(
        "15 seconds",
        "7 seconds",
        "0 seconds",
        "90 seconds",
        "9" * 9 + " weeks",
        "every",
        "idle_every",
        "discover_every",
    ),
    *("ApplicationId", "{region}", "{}", "{0}", "{a!r}", "{a.b[0]}", "[]", "a || b", "@", "*"),
    *("Errors[?a=='b']", "length(@)", "a.b.c", "&a", "*a", "!!python/object:os.system", "<<", "-"),
    *("9" * 400, "x" * 5_000, "\u202e", "\x85", "\ufeff", "é", "🚀", "²", "٣ days", ".nan"),
    *("-1", "0x1F", "01", "true", "2026-11-22", "a: b", "#", "%", "'", '"', "\\", "\t", "\n", " "),
    *("ListImportJobs", "GetImportJob", "NextToken", "JobStatus", "COMPLETED", "../../etc/passwd"),
]
SCALARS = st.one_of(
    st.sampled_from(WORDS),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.text(max_size=12),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)), inner, max_size=3),
    ),
    max_leaves=6,
)


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document below its root."""
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    for step, inner in steps:
        yield (*above, step)
        if isinstance(inner, dict | list):
            yield from places(inner, (*above, step))


def mutated(right: dict[str, Any]) -> st.SearchStrategy[Any]:
    """A right document in which one to four places are changed, removed, renamed or doubled."""

    @st.composite
    def make(draw: st.DrawFn) -> Any:
        document = copy.deepcopy(right)
        for _ in range(draw(st.integers(1, 4))):
            found = list(places(document))
            if not found:
                break
            *above, step = draw(st.sampled_from(found))
            group: Any = document
            for each in above:
                group = group[each]
            change(draw, group, step)
        return document

    return make()


def change(draw: st.DrawFn, group: Any, step: Any) -> None:
    kind = draw(st.sampled_from(["value", "remove", "rename", "wrap", "letter"]))
    value = group[step]
    if kind == "value":
        group[step] = draw(VALUES)
    elif kind == "wrap":
        group[step] = draw(st.sampled_from([[value], {"a": value}, [value, value]]))
    elif kind == "letter" and isinstance(value, str):
        at = draw(st.integers(0, len(value)))
        letter = draw(st.sampled_from(["", "x", "{", "]", " ", "."]))
        group[step] = value[:at] + letter + value[at + 1 :]
    elif kind == "rename" and isinstance(group, dict):
        group[draw(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)))] = group.pop(step)
    else:
        del group[step]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("configuration")


def check(watches: Path, catalogue: Path, *files: Path) -> None:
    """Compile, and hold what is told against the promise."""
    mistakes = mistakes_of(watches, catalogue)
    lengths = {str(file): lines_of(file) for file in files}
    for mistake in mistakes:
        told = str(mistake)
        assert mistake.file in lengths, told
        assert 1 <= mistake.line <= lengths[mistake.file], told
        assert told == told.strip(), repr(told)
        assert len(told.splitlines()) == 1, repr(told)
        assert told.startswith(f"{mistake.file}:{mistake.line}: ")
        assert "expected " in told
        told.encode()
    TALLY["wrong configurations, each told in lines"] += bool(mistakes)
    TALLY["odd configurations that are right"] += not mistakes


def lines_of(file: Path) -> int:
    """Count lines as YAML does, which knows rarer breaks than the newline."""
    text = file.read_bytes().decode(errors="replace")
    return len(re.split("\r\n|[\n\r\x85\u2028\u2029]", text))


def mistakes_of(watches: Path, catalogue: Path) -> tuple[Mistake, ...]:
    """Compile; give what is wrong, or nothing where there is a plan, which must be JSON."""
    try:
        compiled = compile_plan(watches, catalogue)
    except Mistakes as error:
        return error.mistakes or (Mistake("", 0, "", "", ""),)
    json.dumps(write_plan(compiled.plan), allow_nan=False)
    return ()


def test_a_right_file_is_right(folder: Path) -> None:
    """Else the fuzzing would begin with what is wrong already."""
    (folder / "right.yaml").write_text(yaml.safe_dump(RIGHT), encoding="utf-8")
    compiled = compile_plan(folder / "right.yaml", CATALOGUE)
    assert compiled.plan.watches.keys() == RIGHT["watches"].keys()


@given(document=mutated(RIGHT), flow=st.sampled_from([None, True, False]))
@BOUNDED
def test_watches_that_are_wrong_somewhere(folder: Path, document: Any, flow: bool | None) -> None:
    file = folder / "watches.yaml"
    text = yaml.safe_dump(document, default_flow_style=flow, allow_unicode=True, width=80)
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    check(file, CATALOGUE, file)


@given(data=st.data())
@BOUNDED
def test_watches_whose_text_is_broken(folder: Path, data: st.DataObject) -> None:
    """Letters of a right file are removed, doubled or replaced, so that its YAML may break."""
    file = folder / "broken.yaml"
    text = yaml.safe_dump(RIGHT)
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(start + 30, len(text))))
        middle = data.draw(st.one_of(st.sampled_from(WORDS), st.just(text[start:end] * 2)))
        text = text[:start] + middle + text[end:]
    file.write_text(text, encoding="utf-8")
    check(file, CATALOGUE, file)


@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
@BOUNDED
def test_watches_that_are_any_bytes(folder: Path, content: bytes) -> None:
    file = folder / "bytes.yaml"
    file.write_bytes(content)
    check(file, CATALOGUE, file)


FEW = ("codebuild", "dataexchange", "dynamodb", "mgh", "pinpoint", "sesv2", "translate")
"""With ids of several members and many in one call among them: each takes seconds."""
ALL = [path.stem for path in sorted(CATALOGUE.glob("*.yaml"))]
ROWS = ALL if "JOBWATCH_EXAMPLES" in os.environ else FEW
"""A soak tries all of them."""


@pytest.fixture(params=ROWS)
def catalogue(request: pytest.FixtureRequest, folder: Path) -> tuple[Path, str]:
    """A catalogue of one file, which a user wrote."""
    directory = folder / f"catalogue-{request.param}"
    directory.mkdir(exist_ok=True)
    return directory, request.param


def test_rows_that_are_wrong_somewhere(folder: Path, catalogue: tuple[Path, str]) -> None:
    directory, name = catalogue
    text = (CATALOGUE / f"{name}.yaml").read_text(encoding="utf-8")
    right = yaml.safe_load(text)
    first = f"{name}.{next(iter(right['sources']))}"
    watches = folder / f"watches-{name}.yaml"
    watches.write_text(f"watches:\n  w:\n    source: {first}\n", encoding="utf-8")
    file = directory / f"{name}.yaml"

    @given(document=mutated(right))
    @settings(BOUNDED, max_examples=max(EXAMPLES // 3, 10))
    def fuzz(document: Any) -> None:
        text = yaml.safe_dump(document, allow_unicode=True)
        file.write_text(text, encoding="utf-8", errors="surrogatepass")
        check(watches, directory, watches, file)

    fuzz()


@pytest.mark.parametrize(
    "odd", ["line\nbreak", "next\x85line", "\u2028", "\u202e", "\x1b[2J", " ", "jobs "]
)
def test_the_right_words_are_a_users_own_and_break_no_line(odd: str, folder: Path) -> None:
    directory = folder / "words"
    directory.mkdir(exist_ok=True)
    rows = yaml.safe_load((CATALOGUE / "sesv2.yaml").read_text(encoding="utf-8"))
    rows["sources"] = {f"import-{odd}": rows["sources"]["import-jobs"]}
    file, watches = directory / "sesv2.yaml", folder / "words.yaml"
    file.write_text(yaml.safe_dump(rows), encoding="utf-8")
    text = "watches: {near: {source: sesv2.import-jobs}, far: {source: x}}\n"
    watches.write_text(text, encoding="utf-8")
    check(watches, directory, watches, file)
    assert mistakes_of(watches, directory)


EDGES: dict[str, Callable[[Path], object]] = {
    "a folder": Path.mkdir,
    "nothing there": lambda file: file,
    "an empty file": Path.touch,
    "UTF-16": lambda file: file.write_text("watches: {}", encoding="utf-16"),
    "a million brackets": lambda file: file.write_text("[" * 1_000_000, encoding="utf-8"),
    "a million dashes": lambda file: file.write_text("- " * 1_000_000, encoding="utf-8"),
    "laughs": lambda file: file.write_text(laughs(), encoding="utf-8"),
    "two documents": lambda file: file.write_text("a: 1\n---\nb: 2\n", encoding="utf-8"),
    "itself inside": lambda file: file.write_text("watches: &a {w: *a}\n", encoding="utf-8"),
    "unclosed": lambda file: file.write_text("watches: [", encoding="utf-8"),
    "a quote": lambda file: file.write_text("watches: {w: {source: 1}}\n'", encoding="utf-8"),
    "odd alerts": lambda file: file.write_text(odd({"on": [None, {"a": 1}]}), encoding="utf-8"),
    "a long line": lambda file: file.write_text(f"watches: {'x' * 1_000_000}", encoding="utf-8"),
    "many watches": lambda file: file.write_text(many(), encoding="utf-8"),
}


def laughs() -> str:
    lines = ["a0: &a0 [lol, lol]"]
    lines += [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 25)]
    return "\n".join(lines)


def odd(alerts: object) -> str:
    return yaml.safe_dump({**RIGHT, "alerts": alerts})


def many() -> str:
    return "watches:\n" + "".join(f"  w{n}: {{source: sesv2.import-job}}\n" for n in range(2_000))


@pytest.mark.parametrize("make", EDGES.values(), ids=EDGES)
def test_a_file_at_the_edge_is_told_in_time(make: Any, tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    make(file)
    with pytest.raises(Mistakes) as raised:
        compile_plan(file, CATALOGUE)
    for mistake in raised.value.mistakes:
        assert mistake.line >= 1
        assert len(str(mistake).splitlines()) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00",
        yaml.safe_dump({**RIGHT, "watches": {"": {"\u202e": "\x85"}}}).encode(),
    ],
    ids=["bytes", "odd names"],
)
def test_the_app_tells_it_in_lines_and_with_exit_code_1(
    content: bytes, tmp_path: Path, tally: Counter[str]
) -> None:
    file = tmp_path / "watches.yaml"
    file.write_bytes(content)
    context = {"CDK_CONTEXT_JSON": json.dumps({"watches": str(file)}), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, str(ROOT / "app.py")]
    quiet = {f"JSII_SILENCE_WARNING_{name}_NODE_VERSION": "20" for name in ("END_OF_LIFE",)}
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | context | quiet,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    for line in done.stderr.splitlines():
        assert line.startswith("watches.yaml:") or f"{file}:" in line, line
    tally["wrong configurations, each told in lines"] += 1
