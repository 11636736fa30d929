"""What names say: the words of operations and members, and what a job is called after them."""

import re

Words = tuple[str, ...]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_VERBS = re.compile(r"^(Batch)?(Get|List|Describe|Search)|^Search")
_VERSION = re.compile(r"V[0-9]+$")
_OF = re.compile("(By|For|In)[A-Z].*$")
"""What it is listed by, as in ListTasksByUser."""
_SEVERAL = frozenset({"history", "status", "work"})
"""What may stand for several as it is."""
# fmt: off
AROUND = frozenset(
    {
        "description", "detail", "entry", "history", "info", "information", "item",
        "output", "overview", "properties", "record", "response", "result", "structure",
        "summary", "type", "view"
    }
)
"""What stands behind the name of a thing where its shape is named."""
JOBS = frozenset(
    {
        "analysis", "assessment", "backup", "batch", "build", "conversion", "crawl",
        "deployment", "evaluation", "execution", "export", "generation", "import",
        "inference", "ingestion", "investigation", "invocation", "job", "migration",
        "operation", "query", "recommendation", "refresh", "report", "request", "restore",
        "review", "run", "scan", "session", "task", "test", "transfer", "upgrade",
        "workflow"
    }
)
"""What a thing is called that ends by itself."""
LIKE_JOBS = frozenset(
    {
        "backfill", "command", "discovery", "enrichment", "experiment", "invalidation",
        "invoke", "iteration", "maintenance", "modification", "prediction", "preview",
        "refactor", "replay", "replication", "search", "status", "update", "work"
    }
)
"""What such a thing is called as well, in words that members have for other things, too."""
# fmt: on


def words(name: str) -> Words:
    """Give the words of a name: `JobStatus` and `JOB_STATUS` are job and status."""
    shouted = name.isupper() or "_" in name or "-" in name
    found = re.findall("[A-Za-z]+|[0-9]+", name) if shouted else _WORD.findall(_tidy(name))
    return tuple(each.lower() for each in found)


def _tidy(name: str) -> str:
    """Write a word of capitals, and what follows it, as the other words are: AIJob, taskIDs."""
    return re.sub(r"[A-Z]{2,}(?=s\b|s[A-Z])", lambda found: found[0].title(), _split(name))


def _split(name: str) -> str:
    return re.sub(r"([A-Z]+)([A-Z][a-z])(?!s?\b$)", r"\1 \2", name) if len(name) > 1 else name


def singular(word: str) -> str:
    """Give the singular of a word, as operations need it."""
    for many, one in (
        ("analyses", "analysis"),
        ("indices", "index"),
        ("ies", "y"),
        ("sses", "ss"),
        ("ches", "ch"),
    ):
        if word.endswith(many):
            return word.removesuffix(many) + one
    for one in ("xes", "shes"):
        if word.endswith(one):
            return word.removesuffix("es")
    plural = word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if plural else word


def thing(name: str) -> Words:
    """Name what an operation is about, or what a shape describes, in the singular."""
    found = [*words(_OF.sub("", _VERSION.sub("", _VERBS.sub("", name))))]
    while len(found) > 1 and singular(found[-1]) in AROUND:
        found.pop()
    return (*found[:-1], singular(found[-1])) if found else ()


def several(operation: str) -> bool:
    """Tell whether an operation is named for several of a thing."""
    said = words(_OF.sub("", _VERSION.sub("", operation)))
    many = any(singular(each) != each or each in _SEVERAL for each in said[-2:])
    return many and said[0] != "batch"


def source_name(operation: str) -> str:
    """Name the source of a list operation: `ListImportJobs` has import-jobs."""
    return re.sub(
        "(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", _VERBS.sub("", operation)
    ).lower()


def bare(name: str, noun: Words) -> tuple[Words, int]:
    """Give what a member's name says beside the name of the job, and how it names the job.

    0: by its own name, as JobId of an import job; 1: not at all; 2: by that of any job.
    """
    found = words(name)
    for rank, of_job, heads in ((0, {*noun}, {*noun[-1:]}), (2, {*noun, *JOBS}, JOBS)):
        lead = next(
            (at for at, word in enumerate(found[:-1]) if word not in of_job), len(found) - 1
        )
        while lead and found[lead - 1] not in heads:
            lead -= 1
        if lead:
            return found[lead:], rank
    return found, 1
